-- Who is signed in. Owned by the crate `api`. The id is stored as a hash: a copy of the table signs nobody in.
CREATE SCHEMA session;
CREATE TABLE session.session (
    id_hash    bytea       PRIMARY KEY,
    data       jsonb       NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX session_expiry ON session.session (expires_at);
