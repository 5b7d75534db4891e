-- Read models by definition. Each definition of a model has a schema of its own, readmodel_<model>_<version>, so that
-- programs with different definitions work beside each other: each folds and reads its own. The tables of before
-- go at once and are built anew from the log: no program that reads them was ever released.

DO $$
DECLARE
    model regclass;
BEGIN
    FOR model IN SELECT oid FROM pg_class WHERE relnamespace = 'readmodel'::regnamespace AND relkind = 'r' LOOP
        EXECUTE format('DROP TABLE %s', model);
    END LOOP;
END $$;

-- Programs that fold. One lives as long as it holds the advisory lock (1818584434, number) and says so in time.
CREATE TABLE readmodel.worker (
    number   int         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Of its models: `<model> <version>`.
    versions text[]      NOT NULL,
    -- It folds only when nobody else does.
    standby  boolean     NOT NULL,
    until    timestamptz NOT NULL
);

-- Tables that were built of a model.
CREATE TABLE readmodel.build (
    model       text        NOT NULL,
    version     text        NOT NULL,
    -- live: queries read it; new: it is being built; previous: it was live before, and can be again.
    role        text        NOT NULL CHECK (role IN ('live', 'new', 'previous')),
    since       timestamptz NOT NULL DEFAULT now(),
    -- Every event up to here is in it.
    position    bigint      NOT NULL,
    -- It never goes beyond this position: a platform that shows itself as it was. It goes with that.
    until       bigint,
    -- So many erasures are seen to: it holds nothing of the texts that these have erased.
    erasures    bigint      NOT NULL,
    -- Who folds it: the number of a worker. Only the holder writes.
    holder      int,
    -- Since when it does not keep up, at which event it stopped and why; with no event, it is catching up.
    stale_since timestamptz,
    stopped_at  bigint,
    trouble     text,
    PRIMARY KEY (model, version, role)
);

GRANT SELECT, INSERT, UPDATE, DELETE ON readmodel.worker, readmodel.build TO leerwerk_service;

-- The service makes and drops these schemas, and no others.
CREATE FUNCTION readmodel.make_schema(name text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF name !~ '^readmodel_[a-z_]+_[0-9]+_[0-9a-f]{12}$' THEN
        RAISE invalid_schema_name USING MESSAGE = format('%I is no schema of a read model', name);
    END IF;
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I AUTHORIZATION leerwerk_service', name);
END $$;
REVOKE ALL ON FUNCTION readmodel.make_schema(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION readmodel.make_schema(text) TO leerwerk_service;
REVOKE CREATE ON SCHEMA readmodel FROM leerwerk_service;

-- The how-many-eth erasure destroyed it: whoever keeps opened texts asks what was erased since it last looked.
ALTER TABLE log.data_key ADD COLUMN erasure bigint;
UPDATE log.data_key SET erasure = (SELECT destroyed FROM log.erasure) WHERE destroyed_at IS NOT NULL;
CREATE INDEX data_key_erasure ON log.data_key (erasure) WHERE erasure IS NOT NULL;
GRANT UPDATE (erasure) ON log.data_key TO leerwerk_service;
