-- Read models: derived from the log and rebuilt from it at will. Owned by the crate `readmodel`, which makes and
-- replaces the tables of the models themselves.
CREATE SCHEMA readmodel;

CREATE TABLE readmodel.checkpoint (
    model    text   PRIMARY KEY,
    -- The definition the table was built with.
    version  text   NOT NULL,
    -- Every event up to here is in it.
    position bigint NOT NULL
);

-- The lexemes of a document as a tsvector, for expression indexes.
CREATE FUNCTION readmodel.lexemes(doc jsonb) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_to_tsvector(ARRAY(SELECT jsonb_array_elements_text(doc -> 'lexemes')))
$$;
