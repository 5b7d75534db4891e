-- What disintegrate-postgres 4.0.1 makes for a store with one domain identifier, and for its listener. One thing
-- differs: it writes 4294967295 as 0xFFFFFFFF, which Postgres understands from version 16 on only.
CREATE SEQUENCE seq_event_event_id;
CREATE TABLE event (
    event_id    bigint PRIMARY KEY DEFAULT nextval('seq_event_event_id'),
    event_type  varchar(255),
    payload     bytea,
    inserted_at timestamp DEFAULT now()
);
CREATE INDEX idx_event_type_btree ON event (event_type);
ALTER TABLE event ADD COLUMN project uuid;
CREATE INDEX idx_event_project ON event (project) WHERE project IS NOT NULL;

CREATE OR REPLACE FUNCTION event_store_begin_epoch()
RETURNS void AS $$
DECLARE
    id BIGINT;
    db_id INT;
BEGIN
    SELECT last_value INTO id FROM seq_event_event_id;
    SELECT oid INTO db_id FROM pg_database WHERE datname = current_database();

    PERFORM pg_try_advisory_xact_lock_shared(db_id, 0);
    PERFORM pg_try_advisory_xact_lock_shared(1, (id & 4294967295)::bit(32)::integer);
    PERFORM pg_try_advisory_xact_lock_shared(2, (id >> 32)::bit(32)::integer);
END;
$$ LANGUAGE plpgsql;

CREATE OR REPLACE FUNCTION event_store_current_epoch()
RETURNS BIGINT AS $$
DECLARE
    persisted_event_id BIGINT;
    pending_event_id BIGINT;
    db_id INT;
BEGIN
    SELECT COALESCE(MAX(event_id), 0) INTO persisted_event_id FROM event;
    SELECT oid INTO db_id FROM pg_database WHERE datname = current_database();

    SELECT MIN((l3.objid::bigint << 32) + l2.objid::bigint)
    INTO pending_event_id
    FROM pg_locks l1
    INNER JOIN pg_locks l2 ON l1.pid = l2.pid
    INNER JOIN pg_locks l3 ON l1.pid = l3.pid
    WHERE
        l1.classid = db_id
        AND l2.classid = 1
        AND l3.classid = 2
        AND l1.locktype = 'advisory';

    RETURN LEAST(COALESCE(pending_event_id, persisted_event_id), persisted_event_id);
END;
$$ LANGUAGE plpgsql;

CREATE TABLE IF NOT EXISTS event_listener (
    id TEXT PRIMARY KEY,
    last_processed_event_id BIGINT,
    updated_at TIMESTAMP DEFAULT now()
);

CREATE OR REPLACE FUNCTION notify_event_listener()
      RETURNS TRIGGER AS $$
 BEGIN
    PERFORM pg_notify('new_events', NEW.event_type);
    RETURN new;
 END;
$$ LANGUAGE plpgsql;

CREATE OR REPLACE TRIGGER event_insert_trigger
  AFTER INSERT ON event
  FOR EACH ROW
  EXECUTE function notify_event_listener();
