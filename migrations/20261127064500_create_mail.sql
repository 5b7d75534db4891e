-- What is written to people by mail. Owned by the crate `mail`. It is not part of the log and can be dropped: then nobody
-- is written to about what happened before. No name, address or text stands here: letters are written when they are sent.
CREATE SCHEMA mail;

-- How far the log was read for what people are to be told.
CREATE TABLE mail.follower (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint  NOT NULL
);

CREATE TABLE mail.outbox (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- What it tells to whom; nobody is told the same twice.
    about      text        NOT NULL UNIQUE,
    -- The kind of letter, and the ids of what it is about.
    letter     jsonb       NOT NULL,
    -- When it is tried next; nothing once it was sent or given up.
    due_at     timestamptz DEFAULT now(),
    tries      integer     NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    sent_at    timestamptz
);
CREATE INDEX outbox_due ON mail.outbox (due_at) WHERE due_at IS NOT NULL;

-- What somebody sent who has still to show that the address is theirs. Encrypted under a key that is not in the database.
CREATE TABLE mail.confirmation (
    id         uuid        PRIMARY KEY,
    content    bytea       NOT NULL,
    -- A keyed hash of the address: how often it is written to.
    address    bytea       NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
);
CREATE INDEX confirmation_address ON mail.confirmation (address);

GRANT USAGE ON SCHEMA mail TO leerwerk_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON mail.follower, mail.outbox, mail.confirmation TO leerwerk_service;
