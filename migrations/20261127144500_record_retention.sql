-- What is kept no longer goes, and that it went is recorded. Owned by the crate `api`. Counts alone stand here: nobody is
-- named. Lines are added and stay; nothing changes one.
CREATE SCHEMA retention;

CREATE TABLE retention.run (
    id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    -- The kind of data.
    kind   text        NOT NULL,
    -- How many went; none, once a day, where nothing was due.
    gone   bigint      NOT NULL CHECK (gone >= 0),
    -- How long it was kept, in seconds; 0 for what has an end of its own.
    period bigint      NOT NULL CHECK (period >= 0),
    -- What was done with, or ended, before this moment went.
    up_to  timestamptz NOT NULL
);
CREATE INDEX run_kind ON retention.run (kind, id);

CREATE FUNCTION retention.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'what the retention job recorded is never changed';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON retention.run EXECUTE FUNCTION retention.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON retention.run EXECUTE FUNCTION retention.refuse_change();
REVOKE ALL ON FUNCTION retention.refuse_change() FROM PUBLIC;

GRANT USAGE ON SCHEMA retention TO leerwerk_service;
GRANT SELECT, INSERT ON retention.run TO leerwerk_service;

-- The access log goes by batches, up to a moment; still through one function, and never what is of the last year. (That
-- of before stays for programs that still run.)
CREATE FUNCTION access_log.prune_batch(before timestamptz, most bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone bigint;
BEGIN
    IF before > now() - interval '366 days' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the access log is kept for a year at the least';
    END IF;
    DELETE FROM access_log.line WHERE id IN (SELECT id FROM access_log.line WHERE at < before ORDER BY id LIMIT most);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION access_log.prune_batch(timestamptz, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access_log.prune_batch(timestamptz, bigint) TO leerwerk_service;
