-- The demo world in ordinary tables, as one would make them for PostGraphile: normalised, with keys and with an index
-- on every foreign key. They are filled from the documents of the read models, which the search_path finds.
--
-- Where there was a choice, it is the one that costs PostGraphile least: texts are kept as the HTML that clients show,
-- sentences with their names filled in, and what could be counted or derived is a column.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
BEGIN;

DROP SCHEMA IF EXISTS postgraphile CASCADE;
CREATE SCHEMA postgraphile;

CREATE TYPE postgraphile.phase AS ENUM ('orientation', 'preparation', 'implementation', 'embedding', 'scale_up');
CREATE TYPE postgraphile.stage AS ENUM ('planned', 'started', 'studied', 'decided', 'abandoned');
CREATE TYPE postgraphile.profession AS ENUM ('nurse', 'nurse_specialist', 'general_practitioner',
    'elderly_care_physician', 'medical_specialist', 'spiritual_counsellor', 'social_worker', 'project_leader',
    'coordinator', 'adviser', 'researcher');
CREATE TYPE postgraphile.organisation_kind AS ENUM ('hospital', 'hospice', 'gp_group', 'care_institution',
    'home_care', 'care_network', 'knowledge_organisation', 'programme_organisation');
CREATE TYPE postgraphile.bottleneck_kind AS ENUM ('capacity', 'funding', 'support', 'skills', 'collaboration',
    'technology', 'other');

-- Functions are temporary: PostGraphile would make fields of them.

-- A text, unless it was erased.
CREATE FUNCTION pg_temp.shown(text jsonb) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(text) = 'string' THEN text #>> '{}' END;

-- The texts of the demo world are paragraphs without markup.
CREATE FUNCTION pg_temp.html(text jsonb) RETURNS text LANGUAGE sql IMMUTABLE
RETURN '<p>' || replace(replace(replace(replace(pg_temp.shown(text),
    '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), E'\n\n', E'</p>\n<p>') || E'</p>\n';

CREATE TABLE postgraphile.theme (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);
INSERT INTO postgraphile.theme
SELECT key::uuid, doc ->> 'name' FROM catalogue WHERE doc ->> 'kind' = 'theme';

CREATE TABLE postgraphile.intervention (
    id      uuid PRIMARY KEY,
    name    text NOT NULL,
    summary text NOT NULL
);
INSERT INTO postgraphile.intervention
SELECT key::uuid, doc ->> 'name', doc ->> 'summary' FROM catalogue WHERE doc ->> 'kind' = 'intervention';

CREATE TABLE postgraphile.region (
    id   uuid PRIMARY KEY,
    name text NOT NULL
);
INSERT INTO postgraphile.region
SELECT key::uuid, doc ->> 'name' FROM catalogue WHERE doc ->> 'kind' = 'region';

CREATE TABLE postgraphile.organisation (
    id        uuid PRIMARY KEY,
    name      text NOT NULL,
    kind      postgraphile.organisation_kind NOT NULL,
    region_id uuid NOT NULL REFERENCES postgraphile.region
);
CREATE INDEX ON postgraphile.organisation (region_id);
INSERT INTO postgraphile.organisation
SELECT key::uuid, doc ->> 'name', (doc ->> 'organisation_kind')::postgraphile.organisation_kind,
    (doc ->> 'region')::uuid
FROM catalogue WHERE doc ->> 'kind' = 'organisation';

CREATE TABLE postgraphile.member (
    id              uuid PRIMARY KEY,
    name            text,
    profession      postgraphile.profession,
    organisation_id uuid NOT NULL REFERENCES postgraphile.organisation
);
CREATE INDEX ON postgraphile.member (organisation_id);
INSERT INTO postgraphile.member
SELECT key::uuid, pg_temp.shown(doc -> 'name'), (doc ->> 'profession')::postgraphile.profession,
    (doc ->> 'organisation')::uuid
FROM member;

CREATE TABLE postgraphile.project (
    id        uuid PRIMARY KEY,
    version   int NOT NULL,
    name      text,
    aim_html  text,
    phase     postgraphile.phase NOT NULL,
    region_id uuid NOT NULL REFERENCES postgraphile.region,
    lead_id   uuid NOT NULL REFERENCES postgraphile.member
);
CREATE INDEX ON postgraphile.project (region_id);
CREATE INDEX ON postgraphile.project (lead_id);
INSERT INTO postgraphile.project
SELECT key::uuid, (doc ->> 'version')::int, pg_temp.shown(doc -> 'name'), pg_temp.html(doc -> 'aim'),
    (doc ->> 'phase')::postgraphile.phase, (doc ->> 'region')::uuid, (doc ->> 'lead')::uuid
FROM project;

CREATE TABLE postgraphile.project_intervention (
    project_id      uuid NOT NULL REFERENCES postgraphile.project,
    place           int NOT NULL,
    intervention_id uuid NOT NULL REFERENCES postgraphile.intervention,
    PRIMARY KEY (project_id, place)
);
CREATE INDEX ON postgraphile.project_intervention (intervention_id);
INSERT INTO postgraphile.project_intervention
SELECT key::uuid, place, id::uuid
FROM project, jsonb_array_elements_text(doc -> 'interventions') WITH ORDINALITY AS listed (id, place);

CREATE TABLE postgraphile.project_organisation (
    project_id      uuid NOT NULL REFERENCES postgraphile.project,
    place           int NOT NULL,
    organisation_id uuid NOT NULL REFERENCES postgraphile.organisation,
    PRIMARY KEY (project_id, place)
);
CREATE INDEX ON postgraphile.project_organisation (organisation_id);
INSERT INTO postgraphile.project_organisation
SELECT key::uuid, place, id::uuid
FROM project, jsonb_array_elements_text(doc -> 'organisations') WITH ORDINALITY AS listed (id, place);

CREATE TABLE postgraphile.participant (
    project_id uuid NOT NULL REFERENCES postgraphile.project,
    place      int NOT NULL,
    member_id  uuid NOT NULL REFERENCES postgraphile.member,
    PRIMARY KEY (project_id, place)
);
CREATE INDEX ON postgraphile.participant (member_id);
INSERT INTO postgraphile.participant
SELECT key::uuid, place, id::uuid
FROM project, jsonb_array_elements_text(doc -> 'participants') WITH ORDINALITY AS listed (id, place);

CREATE TABLE postgraphile.phase_stay (
    project_id uuid NOT NULL REFERENCES postgraphile.project,
    place      int NOT NULL,
    phase      postgraphile.phase NOT NULL,
    "from"     timestamptz NOT NULL,
    until      timestamptz,
    PRIMARY KEY (project_id, place)
);
INSERT INTO postgraphile.phase_stay
SELECT key::uuid, place, (stay ->> 'phase')::postgraphile.phase, (stay ->> 'from')::timestamptz,
    (stay ->> 'until')::timestamptz
FROM project, jsonb_array_elements(doc -> 'phases') WITH ORDINALITY AS listed (stay, place);

CREATE TABLE postgraphile.bottleneck (
    id            uuid PRIMARY KEY,
    project_id    uuid NOT NULL REFERENCES postgraphile.project,
    text_html     text,
    kind          postgraphile.bottleneck_kind NOT NULL,
    raised_at     timestamptz NOT NULL,
    solution_html text,
    resolved_at   timestamptz
);
CREATE INDEX ON postgraphile.bottleneck (project_id, id);
INSERT INTO postgraphile.bottleneck
SELECT (raised ->> 'id')::uuid, key::uuid, pg_temp.html(raised -> 'text'),
    (raised ->> 'kind')::postgraphile.bottleneck_kind, (raised ->> 'raised_at')::timestamptz,
    pg_temp.html(raised #> '{resolution,solution}'), (raised #>> '{resolution,at}')::timestamptz
FROM project, jsonb_array_elements(doc -> 'bottlenecks') AS raised;

CREATE TABLE postgraphile.project_update (
    id         uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES postgraphile.project,
    text_html  text,
    at         timestamptz NOT NULL
);
CREATE INDEX ON postgraphile.project_update (project_id, id);
INSERT INTO postgraphile.project_update
SELECT (posted ->> 'id')::uuid, key::uuid, pg_temp.html(posted -> 'text'), (posted ->> 'at')::timestamptz
FROM project, jsonb_array_elements(doc -> 'updates') AS posted;

CREATE TABLE postgraphile.cycle (
    id         uuid PRIMARY KEY,
    project_id uuid NOT NULL REFERENCES postgraphile.project,
    number     int NOT NULL,
    stage      postgraphile.stage NOT NULL,
    aim        text,
    starts     date NOT NULL,
    ends       date NOT NULL
);
CREATE INDEX ON postgraphile.cycle (project_id, id);
INSERT INTO postgraphile.cycle
SELECT key::uuid, (doc ->> 'project')::uuid, (doc ->> 'number')::int,
    (CASE WHEN doc ->> 'abandoned' IS NOT NULL THEN 'abandoned' WHEN doc ->> 'decision' IS NOT NULL THEN 'decided'
        WHEN doc ->> 'result' IS NOT NULL THEN 'studied' WHEN doc ->> 'started_at' IS NOT NULL THEN 'started'
        ELSE 'planned' END)::postgraphile.stage,
    pg_temp.shown(doc -> 'aim'), (doc ->> 'starts')::date, (doc ->> 'ends')::date
FROM cycle;

-- A sentence in Dutch, with names.
CREATE FUNCTION pg_temp.told(sentence jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    told text := sentence ->> 'nl';
    actor text := sentence ->> 'actor';
    named text;
BEGIN
    told := replace(told, '{actor}', CASE WHEN actor LIKE 'member:%' THEN '{' || actor || '}'
        WHEN actor LIKE 'asker:%' THEN 'de vraagsteller' ELSE 'het platform' END);
    FOR named IN SELECT DISTINCT hit[1] FROM regexp_matches(told, '\{member:([0-9a-f-]{36})\}', 'g') AS hits (hit) LOOP
        told := replace(told, '{member:' || named || '}',
            coalesce((SELECT name FROM postgraphile.member WHERE id = named::uuid), 'een oud-deelnemer'));
    END LOOP;
    RETURN upper(left(told, 1)) || substr(told, 2);
END $$;

CREATE TABLE postgraphile.timeline_entry (
    project_id uuid NOT NULL REFERENCES postgraphile.project,
    position   bigint NOT NULL,
    at         timestamptz NOT NULL,
    type       text NOT NULL,
    sentence   text NOT NULL,
    PRIMARY KEY (project_id, position)
);
INSERT INTO postgraphile.timeline_entry
SELECT split_part(key, '/', 1)::uuid, (doc ->> 'position')::bigint, (doc ->> 'at')::timestamptz, doc ->> 'event_type',
    pg_temp.told(doc -> 'sentence')
FROM timeline WHERE doc ->> 'row' = 'entry';

CREATE TABLE postgraphile.question (
    id           uuid PRIMARY KEY,
    title        text,
    body_html    text,
    asker_id     uuid REFERENCES postgraphile.member,
    answer_count int NOT NULL,
    solved       boolean NOT NULL
);
CREATE INDEX ON postgraphile.question (asker_id);
INSERT INTO postgraphile.question
SELECT key::uuid, pg_temp.shown(doc -> 'title'), pg_temp.html(doc -> 'body'), (doc ->> 'asker')::uuid,
    jsonb_array_length(doc -> 'answers'), doc -> 'answers' @> '[{"accepted": true}]'
FROM question;

CREATE TABLE postgraphile.answer (
    id          uuid PRIMARY KEY,
    question_id uuid NOT NULL REFERENCES postgraphile.question,
    body_html   text,
    author_id   uuid REFERENCES postgraphile.member
);
CREATE INDEX ON postgraphile.answer (question_id);
CREATE INDEX ON postgraphile.answer (author_id);
INSERT INTO postgraphile.answer
SELECT (given ->> 'id')::uuid, key::uuid, pg_temp.html(given -> 'body'), (given ->> 'author')::uuid
FROM question, jsonb_array_elements(doc -> 'answers') AS given;

CREATE TABLE postgraphile.experience (
    id           uuid PRIMARY KEY,
    title        text,
    body_html    text,
    outcome_html text,
    author_id    uuid REFERENCES postgraphile.member
);
CREATE INDEX ON postgraphile.experience (author_id);
INSERT INTO postgraphile.experience
SELECT key::uuid, pg_temp.shown(doc -> 'title'), pg_temp.html(doc -> 'body'), pg_temp.html(doc -> 'outcome'),
    (doc ->> 'author')::uuid
FROM experience;

CREATE TABLE postgraphile.knowledge_page (
    id                uuid PRIMARY KEY,
    title             text,
    published_version int NOT NULL,
    published_at      timestamptz,
    intervention_id   uuid NOT NULL REFERENCES postgraphile.intervention,
    theme_id          uuid NOT NULL REFERENCES postgraphile.theme,
    editor_id         uuid REFERENCES postgraphile.member
);
CREATE INDEX ON postgraphile.knowledge_page (intervention_id);
CREATE INDEX ON postgraphile.knowledge_page (theme_id);
CREATE INDEX ON postgraphile.knowledge_page (editor_id);
INSERT INTO postgraphile.knowledge_page
SELECT key::uuid, pg_temp.shown(doc -> 'title'), (doc ->> 'published_version')::int,
    (doc ->> 'published_at')::timestamptz, (doc ->> 'intervention')::uuid, (doc ->> 'theme')::uuid,
    (doc ->> 'editor')::uuid
FROM knowledge_page;

CREATE TABLE postgraphile.section (
    knowledge_page_id uuid NOT NULL REFERENCES postgraphile.knowledge_page,
    place             int NOT NULL,
    heading           text,
    text_html         text,
    PRIMARY KEY (knowledge_page_id, place)
);
INSERT INTO postgraphile.section
SELECT key::uuid, place, pg_temp.shown(section -> 'heading'), pg_temp.html(section -> 'text')
FROM knowledge_page, jsonb_array_elements(doc -> 'published') WITH ORDINALITY AS listed (section, place);

-- What a section cites is one of three.
CREATE TABLE postgraphile.source (
    knowledge_page_id uuid NOT NULL,
    section_place     int NOT NULL,
    place             int NOT NULL,
    question_id       uuid REFERENCES postgraphile.question,
    answer_id         uuid REFERENCES postgraphile.answer,
    experience_id     uuid REFERENCES postgraphile.experience,
    PRIMARY KEY (knowledge_page_id, section_place, place),
    CONSTRAINT source_section FOREIGN KEY (knowledge_page_id, section_place) REFERENCES postgraphile.section,
    CHECK (num_nonnulls(question_id, answer_id, experience_id) = 1)
);
COMMENT ON CONSTRAINT source_section ON postgraphile.source IS '@foreignFieldName sources';
CREATE INDEX ON postgraphile.source (question_id);
CREATE INDEX ON postgraphile.source (answer_id);
CREATE INDEX ON postgraphile.source (experience_id);
INSERT INTO postgraphile.source
SELECT key::uuid, s.place, c.place,
    CASE WHEN cited ->> 'kind' = 'question' THEN (cited ->> 'question')::uuid END,
    CASE WHEN cited ->> 'kind' = 'answer' THEN (cited ->> 'answer')::uuid END,
    CASE WHEN cited ->> 'kind' = 'experience' THEN (cited ->> 'experience')::uuid END
FROM knowledge_page, jsonb_array_elements(doc -> 'published') WITH ORDINALITY AS s (section, place),
    jsonb_array_elements(section -> 'sources') WITH ORDINALITY AS c (cited, place);

-- PostGraphile offers what its role may do: reading.
DO $$ BEGIN
    IF to_regrole('postgraphile') IS NULL THEN CREATE ROLE postgraphile LOGIN; END IF;
END $$;
GRANT USAGE ON SCHEMA postgraphile TO postgraphile;
GRANT SELECT ON ALL TABLES IN SCHEMA postgraphile TO postgraphile;

COMMIT;
-- All tables, also those of the read models, so that neither side begins with work left over from filling.
VACUUM (ANALYZE);
CHECKPOINT;
