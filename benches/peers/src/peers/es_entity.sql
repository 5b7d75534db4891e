-- The tables that the documentation of es-entity asks for.
CREATE TABLE projects (
    id         uuid PRIMARY KEY,
    created_at timestamptz NOT NULL
);
CREATE TABLE project_events (
    id          uuid        NOT NULL REFERENCES projects (id),
    sequence    int         NOT NULL,
    event_type  varchar     NOT NULL,
    event       jsonb       NOT NULL,
    context     jsonb       DEFAULT NULL,
    recorded_at timestamptz NOT NULL,
    UNIQUE (id, sequence)
);
