-- Who looked at what of whom, and on what ground (NEN 7513:2018). Owned by the crate `app`. It is no part of the log of
-- events: it has a retention of its own. Lines are added and go when they are old enough; nothing changes one.
CREATE SCHEMA access_log;

CREATE TABLE access_log.line (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL DEFAULT now(),
    -- Who: member:<id>, or operator:<name> on the command line of the service.
    actor      text        NOT NULL,
    -- By what right they were here: session, token:<id>, command line.
    credential text        NOT NULL,
    -- What they did.
    action     text        NOT NULL,
    -- Whose it is, or what: ids of members and things.
    subjects   uuid[]      NOT NULL,
    -- On what ground they may.
    ground     text        NOT NULL
);
CREATE INDEX line_at ON access_log.line USING brin (at);
CREATE INDEX line_subjects ON access_log.line USING gin (subjects);

CREATE FUNCTION access_log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'lines of the access log are never changed';
END $$;
CREATE TRIGGER refuse_update BEFORE UPDATE ON access_log.line EXECUTE FUNCTION access_log.refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON access_log.line EXECUTE FUNCTION access_log.refuse_change();

-- Old lines go through this alone, and never those of the last year.
CREATE FUNCTION access_log.prune(keep interval) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
DECLARE
    gone bigint;
BEGIN
    IF keep < interval '366 days' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the access log is kept for a year at the least';
    END IF;
    DELETE FROM access_log.line WHERE at < now() - keep;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $$;
REVOKE ALL ON FUNCTION access_log.prune(interval), access_log.refuse_change() FROM PUBLIC;

GRANT USAGE ON SCHEMA access_log TO leerwerk_service;
GRANT SELECT, INSERT ON access_log.line TO leerwerk_service;
GRANT EXECUTE ON FUNCTION access_log.prune(interval) TO leerwerk_service;
