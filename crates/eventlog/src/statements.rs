//! The writer's statements, and the settings of the connection they are made for.

use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

use crate::{
    append::{Append, Receipt},
    batch::{Batch, Change, Columns, Known, Seen},
    copy,
    record::{Position, StreamId},
    tree::Tree,
};

/// Leaves that are added to the tree at a time where it lags behind.
pub(crate) const LEAVES: i64 = 100_000;
/// From so many events on, a batch is stored by COPY.
const COPIED: usize = 64;

/// How a writer's connection is set. Whoever hangs while holding the head is cut off, so that others go on; every
/// statement is a handful of index look-ups whatever the planner thinks of the statistics, and is planned once.
pub(crate) const SETTINGS: [(&str, &str); 11] = [
    ("lock_timeout", "3s"),
    ("statement_timeout", "10s"),
    ("idle_in_transaction_session_timeout", "2s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    // Each statement must see what was committed before it began: the whole order rests on this.
    ("default_transaction_isolation", "read committed"),
    ("default_transaction_deferrable", "off"),
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("jit", "off"),
];

/// Begins a transaction that holds the head until it ends.
pub(crate) async fn lock_head(connection: &mut PgConnection) -> Result<Seen, sqlx::Error> {
    let sql = "BEGIN; SELECT position, at, tree_size, peaks, xmin::text FROM log.head FOR NO KEY UPDATE";
    let rows = sqlx::raw_sql(sql).fetch_all(connection).await?;
    let row = rows.first().ok_or_else(|| sqlx::Error::Protocol("log.head has no row".into()))?;
    let peaks: Vec<u8> = row.try_get("peaks")?;
    let tree = Tree::read(row.try_get("tree_size")?, &peaks)
        .ok_or_else(|| sqlx::Error::Protocol("log.head does not hold a tree".into()))?;
    Ok(Seen { position: row.try_get("position")?, at: row.try_get("at")?, tree, xmin: row.try_get("xmin")? })
}

/// Under the lock of the head: adds events to the tree that are not in it, at most `most`. (A program that knows
/// nothing of the tree has appended them.)
pub(crate) async fn grow_tree(connection: &mut PgConnection, seen: &mut Seen, most: i64) -> Result<(), sqlx::Error> {
    let leaves = sqlx::query_scalar!(
        "SELECT leaf_hash FROM log.event WHERE position > $1 ORDER BY position LIMIT $2",
        seen.tree.size(),
        most
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut nodes = Vec::new();
    for leaf in leaves {
        let leaf = leaf.try_into().map_err(|_| sqlx::Error::Protocol("a leaf hash has 32 bytes".into()))?;
        seen.tree.push(leaf, |node| nodes.push(node));
    }
    seen.xmin = sqlx::query_scalar!(
        r#"WITH nodes AS (
               INSERT INTO log.tree_node (level, index, hash) SELECT * FROM unnest($1::smallint[], $2::bigint[], $3::bytea[])
           )
           UPDATE log.head SET tree_size = $4, peaks = $5 WHERE singleton RETURNING xmin::text AS "xmin!""#,
        &nodes.iter().map(|node| node.level).collect::<Vec<_>>(),
        &nodes.iter().map(|node| node.index).collect::<Vec<_>>(),
        &nodes.iter().map(|node| node.hash).collect::<Vec<_>>() as &[[u8; 32]],
        seen.tree.size(),
        seen.tree.peaks()
    )
    .fetch_one(connection)
    .await?;
    Ok(())
}

/// The versions of the streams, the receipts of the keys and the scopes that have keys, in one statement. It must
/// not be the one that takes the lock: its snapshot has to be younger.
pub(crate) async fn look_up(connection: &mut PgConnection, appends: &[&Append]) -> Result<Known, sqlx::Error> {
    let (mut kinds, mut ids, mut keys, mut scopes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for append in appends {
        kinds.push(append.stream.kind.as_str());
        ids.push(append.stream.id);
        keys.push(append.key.map(|key| key.key));
        scopes.extend(append.new_keys.iter().map(|new| new.scope.as_str()));
    }
    // (The LIMITs keep the planner at one index look-up for each row asked for.)
    let rows = sqlx::query!(
        r#"SELECT asked.kind AS "kind!", asked.id AS "id!", asked.key,
                  (SELECT e.version FROM log.event e
                   WHERE e.stream_id = asked.id AND e.stream_kind = asked.kind
                   ORDER BY e.version DESC LIMIT 1) AS version,
                  r.fingerprint AS "fingerprint?", r.stream_id AS "stream_id?", r.stream_kind AS "stream_kind?",
                  r.first_version AS "first_version?", r.last_version AS "last_version?",
                  r.last_position AS "last_position?",
                  (SELECT array_agg(k.scope) FROM log.data_key k WHERE k.scope = ANY($4)) AS scopes
           FROM unnest($1::text[], $2::uuid[], $3::bytea[]) AS asked (kind, id, key)
           LEFT JOIN LATERAL (SELECT * FROM log.receipt WHERE key = asked.key LIMIT 1) r ON true"#,
        &kinds as &[&str],
        &ids,
        &keys as &[Option<[u8; 32]>],
        &scopes as &[&str],
    )
    .fetch_all(connection)
    .await?;
    let mut known = Known::default();
    for row in rows {
        known.versions.insert(StreamId { kind: row.kind, id: row.id }, row.version.unwrap_or_default());
        known.scopes = row.scopes.unwrap_or_default();
        if let (Some(key), Some(fingerprint), Some(id), Some(kind), Some(first), Some(last), Some(position)) = (
            row.key.and_then(|key| key.try_into().ok()),
            row.fingerprint.and_then(|fingerprint| fingerprint.try_into().ok()),
            row.stream_id,
            row.stream_kind,
            row.first_version,
            row.last_version,
            row.last_position,
        ) {
            let receipt = Receipt {
                stream: StreamId { kind, id },
                first_version: first,
                last_version: last,
                position,
                repeated: true,
            };
            known.receipts.insert(key, (fingerprint, receipt));
        }
    }
    Ok(known)
}

/// The statement that stores, with more conditions and more to store where there is any.
macro_rules! store {
    ($connection:ident, $before:ident, $change:ident, $events:ident, $notify:ident, $conditions:tt, $more:tt,
     $($argument:expr,)*) => {{
        let c = $events;
        // Arrays of arrays cannot be ragged in Postgres, so each is its text form.
        let concerns: Vec<String> = c.concerns.iter().map(|ids| array(ids)).collect();
        sqlx::query!(
            "WITH head AS (
                 UPDATE log.head SET position = $1, at = $2, tree_size = $1, peaks = $20
                 WHERE singleton AND position = $3 AND xmin = $4::text::xid " + $conditions + "
                 RETURNING xmin::text AS xmin
             ), " + $more + " events AS (
                 INSERT INTO log.event (position, stream_kind, stream_id, version, id, type, schema_version, at, actor,
                                        correlation, causation, concerns, data, leaf_hash)
                 SELECT position, stream_kind, stream_id, version, id, type, schema_version, at, actor,
                        correlation, causation, concerns::uuid[], data::json, leaf_hash
                 FROM unnest($6::bigint[], $7::text[], $8::uuid[], $9::int[], $10::uuid[], $11::text[],
                             $12::smallint[], $13::timestamptz[], $14::text[], $15::uuid[], $16::uuid[], $17::text[],
                             $18::text[], $19::bytea[])
                      AS new (position, stream_kind, stream_id, version, id, type, schema_version, at, actor,
                              correlation, causation, concerns, data, leaf_hash)
                 WHERE EXISTS (SELECT FROM head)
             )
             SELECT xmin AS \"xmin!\", CASE WHEN $5 THEN pg_notify('log_head', $1::bigint::text) END AS done FROM head",
            $change.position,
            $change.at,
            $before.position,
            &$before.xmin,
            $notify,
            &c.position,
            &c.stream_kind as &[&str],
            &c.stream_id,
            &c.version,
            &c.id,
            &c.event_type as &[&str],
            &c.schema_version,
            &c.at,
            &c.actor as &[&str],
            &c.correlation,
            &c.causation as &[Option<Uuid>],
            &concerns,
            &c.data as &[&str],
            &c.leaf_hash as &[[u8; 32]],
            $change.tree.peaks(),
            $($argument,)*
        )
        .fetch_optional($connection)
        .await?
        .map(|row| row.xmin)
    }};
}

/// The same for a single event: no arrays, no parts that have nothing to do.
macro_rules! store_one {
    ($connection:ident, $before:ident, $change:ident, $events:ident, $notify:ident, $conditions:tt, $more:tt,
     $($argument:expr,)*) => {{
        let c = $events;
        // (The row of the event has the `xmin` of its transaction, which is that of the head's row.)
        sqlx::query!(
            "WITH head AS (
                 UPDATE log.head SET position = $1, at = $2, tree_size = $1, peaks = $6
                 WHERE singleton AND position = $3 AND xmin = $4::text::xid " + $conditions + "
                 RETURNING singleton
             )" + $more + "
             INSERT INTO log.event (position, stream_kind, stream_id, version, id, type, schema_version, at, actor,
                                    correlation, causation, concerns, data, leaf_hash)
             SELECT $1, $7::text, $8::uuid, $9::int, $10::uuid, $11::text, $12::smallint, $2, $13::text, $14::uuid,
                    $15::uuid, $16::uuid[], $17::text::json, $18::bytea
             FROM head
             RETURNING xmin::text AS \"xmin!\", CASE WHEN $5 THEN pg_notify('log_head', $1::bigint::text) END AS done",
            $change.position,
            $change.at,
            $before.position,
            &$before.xmin,
            $notify,
            $change.tree.peaks(),
            c.stream_kind[0],
            c.stream_id[0],
            c.version[0],
            c.id[0],
            c.event_type[0],
            c.schema_version[0],
            c.actor[0],
            c.correlation[0],
            c.causation[0],
            c.concerns[0],
            c.data[0],
            c.leaf_hash[0].as_slice(),
            $($argument,)*
        )
        .fetch_optional($connection)
        .await?
        .map(|row| row.xmin)
    }};
}

/// Stores the accepted events with their keys and receipts, moves the head and, if told to, notifies, provided that the
/// head is as the batch was decided on, that guessed versions are right and that keys are new. Returns what is then the
/// head's `xmin`, or nothing when nothing was stored. One statement, but two for a batch that [is large](is_large):
/// that one needs a transaction.
///
/// The statement's snapshot may be older than its lock on the head row. That does no harm: what was appended between
/// the two changed the row, which is then looked at again, and not found.
pub(crate) async fn store(
    connection: &mut PgConnection,
    before: &Seen,
    batch: &Batch<'_>,
    notify: bool,
) -> Result<Option<String>, sqlx::Error> {
    let Batch { change, columns: events, .. } = batch;
    if is_large(batch) {
        let rows = async { copy::encode(events) };
        return store_by_copy(connection, before, change, rows, notify).await;
    }
    // Every part of a statement costs, even one with nothing to do.
    let plain = change.keys.is_empty() && change.nodes.is_empty() && change.known.guesses.is_empty();
    Ok(match (&change.receipts[..], &events.position[..]) {
        ([], [_]) if plain => store_one!(connection, before, change, events, notify, "", "",),
        ([(key, fingerprint, receipt, _)], [_]) if plain => store_one!(
            connection,
            before,
            change,
            events,
            notify,
            "AND NOT EXISTS (SELECT FROM log.receipt WHERE key = $19::bytea)",
            ", receipt AS (
                 INSERT INTO log.receipt (key, fingerprint, stream_id, stream_kind, first_version, last_version,
                                          last_position, at)
                 SELECT $19, $20::bytea, $8::uuid, $7::text, $21::int, $9::int, $1, $2 FROM head
             )",
            key.as_slice(),
            fingerprint.as_slice(),
            receipt.first_version,
        ),
        ([], _) if plain => store!(connection, before, change, events, notify, "", "",),
        _ => store_all(connection, before, change, events, notify).await?,
    })
}

/// Whether COPY is the better way in; below, its extra round trips cost more than they gain.
pub(crate) fn is_large(batch: &Batch<'_>) -> bool {
    batch.columns.position.len() >= COPIED
}

/// [`store`] in a transaction of its own, where it needs one.
pub(crate) async fn store_alone(
    connection: &mut PgConnection,
    before: &Seen,
    batch: &Batch<'_>,
    notify: bool,
) -> Result<Option<String>, sqlx::Error> {
    if !is_large(batch) {
        return store(connection, before, batch, notify).await;
    }
    sqlx::raw_sql("BEGIN").execute(&mut *connection).await?;
    let stored = store(&mut *connection, before, batch, notify).await?;
    sqlx::raw_sql(if stored.is_some() { "COMMIT" } else { "ROLLBACK" }).execute(connection).await?;
    Ok(stored)
}

/// [`store`] by COPY, within a transaction: first the head is moved, on the same conditions, and thereby locked; then
/// follow the events. While the database does the first, they can be encoded.
pub(crate) async fn store_by_copy(
    connection: &mut PgConnection,
    before: &Seen,
    change: &Change,
    rows: impl Future<Output = Vec<u8>>,
    notify: bool,
) -> Result<Option<String>, sqlx::Error> {
    let nothing = Columns::default();
    let moving = store_all(&mut *connection, before, change, &nothing, notify);
    let (stored, rows) = futures::join!(moving, rows);
    let stored = stored?;
    if stored.is_some() {
        copy::copy(connection, &rows).await?;
    }
    Ok(stored)
}

/// The statement with all its parts.
async fn store_all(
    connection: &mut PgConnection,
    before: &Seen,
    change: &Change,
    events: &Columns<'_>,
    notify: bool,
) -> Result<Option<String>, sqlx::Error> {
    let Change { receipts, keys, nodes, known, .. } = change;
    let key_scopes: Vec<&str> = keys.iter().map(|(scope, ..)| scope.as_str()).collect();
    let key_bytes: Vec<&[u8]> = keys.iter().map(|(_, wrapped, _)| wrapped.as_slice()).collect();
    let key_moments: Vec<_> = keys.iter().map(|(.., at)| *at).collect();
    let receipt_keys: Vec<[u8; 32]> = receipts.iter().map(|(key, ..)| *key).collect();
    let fingerprints: Vec<[u8; 32]> = receipts.iter().map(|(_, print, ..)| *print).collect();
    let receipt_ids: Vec<Uuid> = receipts.iter().map(|(_, _, receipt, _)| receipt.stream.id).collect();
    let receipt_kinds: Vec<&str> = receipts.iter().map(|(_, _, receipt, _)| receipt.stream.kind.as_str()).collect();
    let receipt_firsts: Vec<i32> = receipts.iter().map(|(_, _, receipt, _)| receipt.first_version).collect();
    let receipt_lasts: Vec<i32> = receipts.iter().map(|(_, _, receipt, _)| receipt.last_version).collect();
    let receipt_positions: Vec<i64> = receipts.iter().map(|(_, _, receipt, _)| receipt.position).collect();
    let receipt_moments: Vec<_> = receipts.iter().map(|(.., at)| *at).collect();
    let node_levels: Vec<i16> = nodes.iter().map(|node| node.level).collect();
    let node_indexes: Vec<i64> = nodes.iter().map(|node| node.index).collect();
    let node_hashes: Vec<[u8; 32]> = nodes.iter().map(|node| node.hash).collect();
    let guessed_kinds: Vec<&str> = known.guesses.iter().map(|(stream, _)| stream.kind.as_str()).collect();
    let guessed_ids: Vec<Uuid> = known.guesses.iter().map(|(stream, _)| stream.id).collect();
    let guessed_versions: Vec<i32> = known.guesses.iter().map(|(_, version)| *version).collect();
    let xmin = store!(
        connection,
        before,
        change,
        events,
        notify,
        "AND NOT EXISTS (SELECT FROM unnest($21::text[], $22::uuid[], $23::int[]) AS guess (kind, id, version)
                         WHERE guess.version <> coalesce((SELECT e.version FROM log.event e
                                                          WHERE e.stream_id = guess.id AND e.stream_kind = guess.kind
                                                          ORDER BY e.version DESC LIMIT 1), 0))
         AND NOT EXISTS (SELECT FROM log.receipt WHERE key = ANY($24::bytea[]))
         AND NOT EXISTS (SELECT FROM log.data_key WHERE scope = ANY($25::text[]))",
        "receipts AS (
             INSERT INTO log.receipt (key, fingerprint, stream_id, stream_kind, first_version, last_version,
                                      last_position, at)
             SELECT * FROM unnest($24::bytea[], $26::bytea[], $27::uuid[], $28::text[], $29::int[], $30::int[],
                                  $31::bigint[], $32::timestamptz[])
             WHERE EXISTS (SELECT FROM head)
         ), keys AS (
             INSERT INTO log.data_key (scope, wrapped, created_at)
             SELECT * FROM unnest($25::text[], $33::bytea[], $34::timestamptz[]) WHERE EXISTS (SELECT FROM head)
         ), nodes AS (
             INSERT INTO log.tree_node (level, index, hash)
             SELECT * FROM unnest($35::smallint[], $36::bigint[], $37::bytea[]) WHERE EXISTS (SELECT FROM head)
         ),",
        &guessed_kinds as &[&str],
        &guessed_ids,
        &guessed_versions,
        &receipt_keys as &[[u8; 32]],
        &key_scopes as &[&str],
        &fingerprints as &[[u8; 32]],
        &receipt_ids,
        &receipt_kinds as &[&str],
        &receipt_firsts,
        &receipt_lasts,
        &receipt_positions,
        &receipt_moments,
        &key_bytes as &[&[u8]],
        &key_moments,
        &node_levels,
        &node_indexes,
        &node_hashes as &[[u8; 32]],
    );
    Ok(xmin)
}

/// A Postgres array literal.
fn array(ids: &[Uuid]) -> String {
    let mut text = String::with_capacity(2 + 37 * ids.len());
    text.push('{');
    for (i, id) in ids.iter().enumerate() {
        if i > 0 {
            text.push(',');
        }
        text.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    }
    text.push('}');
    text
}

/// Tells other processes of a head they were not told of when it was stored.
pub(crate) async fn notify(connection: &mut PgConnection, head: Position) -> Result<(), sqlx::Error> {
    sqlx::query!("SELECT pg_notify('log_head', $1::bigint::text) AS done", head).execute(connection).await?;
    Ok(())
}

/// Whether an event stands at a position; if not, it never will: the head row is written anew, so that a statement
/// still on its way from a lost connection no longer finds it as it was.
pub(crate) async fn settle(connection: &mut PgConnection, place: (Position, Uuid)) -> Result<bool, sqlx::Error> {
    lock_head(connection).await?;
    let (position, id) = place;
    let stored = sqlx::query_scalar!(
        r#"WITH stored AS (
               SELECT EXISTS (SELECT FROM log.event WHERE position = $1 AND id = $2) AS yes
           ), fenced AS (
               UPDATE log.head SET position = position WHERE singleton AND NOT (SELECT yes FROM stored)
           )
           SELECT yes AS "yes!" FROM stored"#,
        position,
        id
    )
    .fetch_one(&mut *connection)
    .await?;
    sqlx::raw_sql("COMMIT").execute(connection).await?;
    Ok(stored)
}
