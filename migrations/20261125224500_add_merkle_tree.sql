-- The Merkle tree over the leaf hashes (RFC 6962). Owned by the crate `eventlog`, which also grows it over the events
-- that were there before.

-- The tree of the first `tree_size` events: the roots of its full subtrees, the largest first.
ALTER TABLE log.head ADD tree_size bigint NOT NULL DEFAULT 0, ADD peaks bytea NOT NULL DEFAULT '';

-- Roots of full subtrees of 256^level leaves: what tiles above the leaves consist of.
CREATE TABLE log.tree_node (
    level smallint NOT NULL CHECK (level > 0),
    index bigint   NOT NULL,
    hash  bytea    NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, index)
);
CREATE TRIGGER never_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON log.tree_node
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

-- The log only ever grows.
CREATE TRIGGER never_set_back BEFORE UPDATE ON log.head FOR EACH ROW
    WHEN (NEW.position < OLD.position OR NEW.tree_size < OLD.tree_size OR NEW.at < OLD.at)
    EXECUTE FUNCTION log.refuse_change();
