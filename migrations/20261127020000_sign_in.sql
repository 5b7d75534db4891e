-- Signing in: sessions that say whose they are and since when, accounts at OpenID providers, and access tokens. Owned
-- by the crate `api`. Nothing here is part of the log; what belongs to a member goes when they are erased.

-- Those of before do not say when they began: everybody signs in anew.
DELETE FROM session.session;
ALTER TABLE session.session
    -- Names it on the page of one's sessions; signs nobody in.
    ADD COLUMN id       uuid        GENERATED ALWAYS AS ((data #>> '{signed_in,id}')::uuid) STORED,
    ADD COLUMN member   uuid        GENERATED ALWAYS AS ((data #>> '{signed_in,member}')::uuid) STORED,
    ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN used_at  timestamptz NOT NULL DEFAULT now();
CREATE INDEX session_member ON session.session (member);

-- An account at an OpenID provider, and whose it is.
CREATE TABLE session.account (
    issuer    text        NOT NULL,
    subject   text        NOT NULL,
    member    uuid        NOT NULL,
    linked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (issuer, subject),
    -- An address that was handed on to a colleague does not hand on the member.
    UNIQUE (issuer, member)
);

-- Logout tokens that were taken, until they expire: each counts once.
CREATE TABLE session.logout_token (
    issuer     text        NOT NULL,
    id         text        NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (issuer, id)
);

-- Access for programs. Stored as a hash: a copy of the table lets nobody in.
CREATE TABLE session.access_token (
    id         uuid        PRIMARY KEY,
    hash       bytea       NOT NULL UNIQUE,
    member     uuid        NOT NULL,
    name       text        NOT NULL,
    scopes     text[]      NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX access_token_member ON session.access_token (member);

GRANT SELECT, INSERT, UPDATE, DELETE ON session.account, session.logout_token, session.access_token TO leerwerk_service;
