//! Bulk import beside raw COPY of the very same rows into a table that looks the same; and what an event takes on disk.

use std::time::{Duration, Instant};

use eventlog::{Append, Expected, NewEvent, Position, StreamId};
use futures::{StreamExt as _, TryStreamExt as _};
use sqlx::postgres::PgPoolCopyExt as _;

use crate::{
    Place, ROUNDS,
    callers::{concerns, id, now, payload},
    measure::median,
    rate,
};

/// Events of each round.
const EVENTS: usize = 100_000;
/// Streams that grow side by side, and the versions each gets.
const STREAMS: usize = 200;
const VERSIONS: i32 = 20;
const COLUMNS: &str = "position, stream_kind, stream_id, version, id, type, schema_version, at, actor, correlation,
                       causation, concerns, data, leaf_hash";

/// Appends of one event, knowing the version.
fn appends() -> Vec<Append> {
    let data = payload();
    let mut all = Vec::with_capacity(EVENTS);
    while all.len() < EVENTS {
        let streams: Vec<StreamId> = (0..STREAMS).map(|_| StreamId::new("project", id())).collect();
        for version in 0..VERSIONS {
            all.extend(streams.iter().map(|stream| Append {
                stream: stream.clone(),
                expected: Expected::Exact(version),
                events: vec![NewEvent {
                    id: id(),
                    event_type: "BottleneckRaised".into(),
                    schema_version: 1,
                    data: data.clone(),
                    concerns: concerns(stream.id),
                }],
                actor: "member:0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d13".into(),
                correlation: id(),
                causation: None,
                at: now(),
                key: None,
                new_keys: Vec::new(),
            }));
        }
    }
    all
}

pub(crate) async fn import(place: &Place) {
    println!("\n### Bulk import, {EVENTS} events a round\n\n| Way | events/s | ratio |\n|---|---|---|");
    place
        .run(
            "CREATE TABLE bench.text (LIKE log.event INCLUDING ALL);
             CREATE TABLE bench.binary (LIKE log.event INCLUDING ALL);
             ALTER INDEX bench.text_concerns_idx RESET (gin_pending_list_limit);
             ALTER INDEX bench.binary_concerns_idx RESET (gin_pending_list_limit);",
        )
        .await;
    let (mut ours, mut text, mut binary) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let after = place.log.head().await.expect("a head").position;
        let appends = appends();
        let began = Instant::now();
        place.log.import(futures::stream::iter(appends)).await.expect("imported");
        ours.push(speed(began.elapsed()));
        for (table, speeds) in [("text", &mut text), ("binary", &mut binary)] {
            speeds.push(speed(copy(place, after, table).await));
        }
    }
    let (ours, text, binary) = (median(ours), median(text), median(binary));
    let best = text.max(binary);
    println!("| COPY FROM STDIN, text, encoded before | {text:.0} | {:.2} |", text / best);
    println!("| COPY FROM STDIN, binary, encoded before | {binary:.0} | {:.2} |", binary / best);
    println!("| `import` of appends of one event | {ours:.0} | {:.2} |", ours / best);
}

fn speed(time: Duration) -> f64 {
    rate(Position::try_from(EVENTS).expect("small"), time)
}

/// Copies the rows after a position into another table; how long that takes once they are in memory.
async fn copy(place: &Place, after: i64, format: &str) -> Duration {
    let out = format!(
        "COPY (SELECT {COLUMNS} FROM log.event WHERE position > {after} ORDER BY position) TO STDOUT (FORMAT {format})"
    );
    let rows = place.pool.copy_out_raw(&out).await.expect("copied");
    let rows: Vec<u8> = rows.map_ok(|piece| piece.to_vec()).try_concat().await.expect("copied");
    let into = format!("COPY bench.{format} ({COLUMNS}) FROM STDIN (FORMAT {format})");
    let began = Instant::now();
    let mut copy = place.pool.copy_in_raw(&into).await.expect("copied");
    for piece in rows.chunks(64 << 10) {
        copy.send(piece).await.expect("sent");
    }
    assert_eq!(copy.finish().await.expect("copied"), EVENTS as u64);
    began.elapsed()
}

/// Bytes for each event, of the table and of its indexes.
pub(crate) async fn sizes(place: &Place) {
    println!("\n### On disk, bytes for each event\n\n| What | bytes |\n|---|---|");
    // What waits in the pending list of an index belongs in the index.
    place.run("VACUUM ANALYZE log.event").await;
    let head = place.log.head().await.expect("a head").position;
    let sql = "SELECT relname::text, pg_relation_size(oid) FROM pg_class
               WHERE oid = 'log.event'::regclass
                  OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'log.event'::regclass)
               UNION ALL SELECT 'all of it', pg_total_relation_size('log.event') ORDER BY 2";
    let mut rows = sqlx::query_as::<_, (String, i64)>(sql).fetch(&place.pool);
    while let Some(row) = rows.next().await {
        let (what, bytes) = row.expect("a size");
        println!("| {what} | {} |", bytes / head);
    }
}
