-- How often a data key was destroyed, and how many of these times had been when the last sweep of bytes began. Whoever
-- writes opened texts compares the first number before and after, so that nothing is written back.
CREATE TABLE log.erasure (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    destroyed bigint NOT NULL DEFAULT 0,
    swept     bigint NOT NULL DEFAULT 0
);
INSERT INTO log.erasure (destroyed) SELECT count(*) FROM log.data_key WHERE destroyed_at IS NOT NULL;

-- Samples of wrapped keys in the planner's statistics would outlive the keys.
ALTER TABLE log.data_key ALTER COLUMN wrapped SET STATISTICS 0;

-- Old receipts are found without reading all of them. They are stored in the order of their moments, so the smallest
-- kind of index will do; it costs an append next to nothing.
CREATE INDEX receipt_at ON log.receipt USING brin (at) WITH (autosummarize = on);
