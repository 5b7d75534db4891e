-- Owned by the crate `eventlog`. New entries of the index on `concerns` gather in a list that is merged into the tree
-- of the index once it is long, by whoever happens to add the next one: a tenth of a second in which nobody appends.
-- The log now merges it aside, every few thousand events; the limit is for when nobody does.
ALTER INDEX log.event_concerns SET (gin_pending_list_limit = 32768);

-- Only the owner of an index may have it merged.
CREATE FUNCTION log.merge_concerns() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog
    AS $$ SELECT gin_clean_pending_list('log.event_concerns'::regclass) $$;
REVOKE ALL ON FUNCTION log.merge_concerns() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.merge_concerns() TO leerwerk_service;
