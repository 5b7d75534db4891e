-- The role the service works in: it appends to the log and reads it, and may do nothing else there. Logins are its
-- members (deploy/README.md); whoever applies this owns the rest.

-- Roles belong to the whole cluster, and another database of it may be migrated at the same time.
DO $$
DECLARE
    grant_it constant text := format('GRANT leerwerk_service TO %I;', current_user);
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'leerwerk_service') THEN
        BEGIN
            CREATE ROLE leerwerk_service NOLOGIN;
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN NULL; -- the other was quicker
            WHEN insufficient_privilege THEN
                RAISE insufficient_privilege USING MESSAGE = format(
                    'there is no role leerwerk_service, and %I may not create it; somebody who may create roles must '
                    'first run: CREATE ROLE leerwerk_service NOLOGIN; %s', current_user, grant_it);
        END;
    END IF;
    -- The owner works in the role as well, and hands over to it what the service has to own.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        BEGIN
            GRANT leerwerk_service TO CURRENT_USER;
        EXCEPTION
            WHEN unique_violation THEN NULL; -- the other was quicker
            WHEN insufficient_privilege THEN
                IF NOT pg_has_role('leerwerk_service', 'MEMBER') THEN
                    RAISE insufficient_privilege USING MESSAGE = format(
                        '%I is no member of the role leerwerk_service; somebody who may grant it must first run: %s',
                        current_user, grant_it);
                END IF;
        END;
    END IF;
END $$;

GRANT USAGE ON SCHEMA log, readmodel, session, public TO leerwerk_service;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;

GRANT SELECT, INSERT ON log.event, log.tree_node TO leerwerk_service;
GRANT SELECT, UPDATE (position, at, tree_size, peaks) ON log.head TO leerwerk_service;
-- Old receipts may go. (Locking those that are about to takes the right to update a column.)
GRANT SELECT, INSERT, DELETE, UPDATE (at) ON log.receipt TO leerwerk_service;
-- Erasing destroys a key.
GRANT SELECT, INSERT, UPDATE (wrapped, destroyed_at) ON log.data_key TO leerwerk_service;
GRANT SELECT, INSERT (destroyed), UPDATE (destroyed) ON log.erasure TO leerwerk_service;
REVOKE ALL ON FUNCTION log.refuse_change() FROM PUBLIC;

-- It makes and replaces the tables of the models, and owns them therefore.
GRANT CREATE ON SCHEMA readmodel TO leerwerk_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON readmodel.checkpoint TO leerwerk_service;
REVOKE ALL ON FUNCTION readmodel.lexemes(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION readmodel.lexemes(jsonb) TO leerwerk_service;

GRANT SELECT, INSERT, UPDATE, DELETE ON session.session TO leerwerk_service;

DO $$
BEGIN
    -- To see whether the schema is the present one. (Not there where the queries of the code are described.)
    IF to_regclass('_sqlx_migrations') IS NOT NULL THEN
        GRANT SELECT ON _sqlx_migrations TO leerwerk_service;
    END IF;
    -- Everybody's by default, but need not be. The replay check makes temporary tables.
    EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO leerwerk_service', current_database());
END $$;
