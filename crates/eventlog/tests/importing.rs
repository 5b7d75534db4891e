//! Bulk import: the same events, the same order, the same promises as one append after the other.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use eventlog::{Append, AppendError, Expected, ImportError, Imported, NewEvent, StreamId, Tree, envelope, leaf_hash};
use futures::{StreamExt as _, stream};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;

use crate::support::{Database, append, canonical, event, everything, id, in_time, keyed, stream as fresh, until};

/// Appends of one event, all to streams that do not exist yet.
fn singles(count: u64) -> Vec<Append> {
    (0..count).map(|n| keyed(append(&fresh(), Expected::NoStream, 1), n, 1)).collect()
}

/// All that the log stores, as text, but for the one key that each log makes for itself.
async fn stored(database: &Database) -> Vec<String> {
    let sql = "SELECT e::text FROM (SELECT * FROM log.event ORDER BY position) e
               UNION ALL SELECT row(position, at, tree_size, peaks)::text FROM log.head
               UNION ALL SELECT n::text FROM (SELECT * FROM log.tree_node ORDER BY level, index) n
               UNION ALL SELECT r::text FROM (SELECT * FROM log.receipt ORDER BY key) r
               UNION ALL SELECT k::text FROM (SELECT * FROM log.data_key WHERE scope <> 'log:secrets' ORDER BY scope) k";
    sqlx::query_scalar(sql).fetch_all(&database.pool).await.expect("read")
}

/// Row for row and byte for byte, hashes and tree included. (Appended, some are stored one by one, some in arrays, and
/// some by COPY.)
#[tokio::test]
async fn what_is_imported_is_what_would_have_been_appended() {
    let (one, other) = (Database::fresh().await, Database::fresh().await);
    let (appended, imported) = (one.open().await, other.open().await);
    let mut random = StdRng::seed_from_u64(1);
    let shared: Vec<StreamId> = (0..5).map(|_| fresh()).collect();
    let mut all = Vec::new();
    for key in 0..300 {
        let shape = random.random_range(0..6);
        let events = [1, 1, 1, 20, 64, 150][random.random_range(0..6)];
        let mut whole = match shape {
            0 => append(&shared[random.random_range(0..5)], Expected::Any, events),
            1 => Append { causation: Some(id()), ..append(&fresh(), Expected::Exact(0), events) },
            _ => append(&fresh(), Expected::NoStream, events),
        };
        whole.actor = format!("naïve \"{key}\"\n");
        for event in &mut whole.events {
            event.concerns = (0..random.random_range(0..4)).map(|_| id()).collect();
        }
        if shape == 2 {
            let payload = json!({ "text": { "$sealed": format!("contribution:{}", id()), "open": "é" } });
            let (event, keys) = (whole.events[0].id, &mut whole.new_keys);
            whole.events[0].data = appended.keys().seal(event, payload, keys).await.expect("sealed");
        }
        all.push(if shape == 3 { keyed(whole, key, 1) } else { whole });
    }
    for append in all.clone() {
        appended.append(append).await.expect("appended");
    }
    let done = imported.import(stream::iter(all)).await.expect("imported");
    let head = appended.head().await.expect("a head").position;
    assert!(head > 8_000, "{head} events are more than two chunks");
    let events = u64::try_from(head).expect("positive");
    assert_eq!(done, Imported { appends: 300, repeated: 0, events, position: head });
    assert!(stored(&one).await == stored(&other).await);
    assert_eq!(*imported.watch().borrow(), head);
}

/// Two processes append meanwhile, to the very streams that are imported, and a third follows.
#[tokio::test(flavor = "multi_thread")]
async fn others_get_their_turns_and_nobody_misses_anything() {
    let database = Database::fresh().await;
    let logs = [Arc::new(database.open().await), Arc::new(database.open().await)];
    let follower = database.open().await;
    let shared: Vec<StreamId> = (0..4).map(|_| fresh()).collect();
    let over = Arc::new(AtomicBool::new(false));
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..4 {
        let (log, stream, over) = (logs[n % 2].clone(), shared[n].clone(), over.clone());
        writers.spawn(async move {
            let mut positions = Vec::new();
            while !over.load(Ordering::Relaxed) {
                positions.push(log.append(append(&stream, Expected::Any, 1)).await.expect("appended").position);
            }
            positions
        });
    }
    let all = (0..2_000).map(|n| append(&shared[n % 4], Expected::Any, 10));
    let done = in_time("it is imported", logs[0].import(stream::iter(all))).await.expect("imported");
    over.store(true, Ordering::Relaxed);
    let positions = in_time("the writers are done", writers.join_all()).await.concat();
    assert_eq!((done.appends, done.events), (2_000, 20_000));
    assert!(positions.iter().any(|position| *position < done.position), "somebody's turn came in between");

    let events = everything(&logs[1]).await;
    assert_eq!(events.len(), 20_000 + positions.len());
    let (mut versions, mut tree) = (std::collections::HashMap::new(), Tree::default());
    for (position, event) in (1..).zip(&events) {
        let version = versions.entry(&event.stream).or_insert(0);
        *version += 1;
        assert_eq!((event.position, event.version), (position, *version));
        assert_eq!(leaf_hash(envelope(event).as_bytes()), event.leaf_hash);
        tree.push(event.leaf_hash, drop);
    }
    assert_eq!(follower.tree_head().await.expect("a head"), tree.head());
    let mut pages = pin!(follower.follow(0, 700));
    let mut seen = Vec::new();
    while seen.len() < events.len() {
        let page = in_time("it is followed", pages.next()).await.expect("it goes on").expect("a page");
        seen.extend(page.into_iter().map(|event| event.id));
    }
    assert!(seen.iter().eq(events.iter().map(|event| &event.id)));
}

/// Nothing of its chunk is stored; the chunks before it are.
#[tokio::test]
async fn the_first_append_that_cannot_be_done_ends_the_import() {
    for (place, at_fault) in [
        (9_000, append(&fresh(), Expected::Exact(3), 1)),
        (9_001, append(&fresh(), Expected::NoStream, 0)),
        (4_000, append(&StreamId::new("No name", id()), Expected::Any, 1)),
        (8_500, keyed(append(&fresh(), Expected::NoStream, 1), 17, 2)),
    ] {
        let database = Database::fresh().await;
        let log = database.open().await;
        let mut all = singles(10_000);
        all.insert(place, at_fault);
        let ImportError { imported, append, source } = log.import(stream::iter(all)).await.expect_err("refused");
        let stays = place / 4_000 * 4_000;
        assert_eq!(append, place as u64, "{source}");
        assert_eq!((imported.appends, imported.events), (stays as u64, stays as u64));
        assert_eq!(log.head().await.expect("a head").position, i64::try_from(stays).expect("small"));
        match place {
            9_000 => assert!(matches!(source, AppendError::Conflict { actual: 0, .. })),
            9_001 => assert!(matches!(source, AppendError::Size)),
            4_000 => assert!(matches!(source, AppendError::Kind)),
            _ => assert!(matches!(source, AppendError::KeyReused)),
        }
    }
}

#[tokio::test]
async fn what_the_database_refuses_ends_the_import_as_well() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let mut all = singles(6_000);
    all[5_000].actor = "member:\0".into();
    let error = log.import(stream::iter(all)).await.expect_err("refused");
    assert!(matches!(error.source, AppendError::Database(_)), "{error}");
    assert_eq!((error.append, error.imported.appends), (4_000, 4_000));
    assert_eq!(everything(&log).await.len(), 4_000);
}

/// Its connection is cut between two chunks, and once more while one is stored.
#[tokio::test]
async fn an_import_that_was_cut_off_can_be_tried_again() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let all = singles(10_000);
    let cut = stream::iter(all.clone()).enumerate().then(async |(n, append)| {
        if n == 4_100 {
            until("a chunk is stored", async || log.head().await.expect("a head").position == 4_000).await;
            assert_eq!(database.terminate("eventlog import").await, 1);
        }
        append
    });
    let error = log.import(cut).await.expect_err("cut off");
    assert!(matches!(error.source, AppendError::Unavailable(_)), "{error:?}");
    assert_eq!((error.append, error.imported.appends), (4_000, 4_000));

    let mut holder = database.pool.begin().await.expect("begun");
    sqlx::query("SELECT FROM log.head FOR UPDATE").execute(&mut *holder).await.expect("locked");
    let import = log.import(stream::iter(all.clone()));
    let (import, ()) = tokio::join!(import, async {
        until("it is cut off", async || database.terminate("eventlog import").await == 1).await;
        holder.rollback().await.expect("released");
    });
    assert!(matches!(import.expect_err("cut off").source, AppendError::Unavailable(_)));

    let done = log.import(stream::iter(all.clone())).await.expect("imported");
    assert_eq!(done, Imported { appends: 10_000, repeated: 4_000, events: 6_000, position: 10_000 });
    let again = log.import(stream::iter(all.clone())).await.expect("imported");
    assert_eq!(again, Imported { appends: 10_000, repeated: 10_000, events: 0, position: 10_000 });
    let ids: Vec<_> = everything(&log).await.into_iter().map(|event| event.id).collect();
    assert!(ids.iter().eq(all.iter().map(|append| &append.events[0].id)));
}

/// A chunk ends by its bytes, too.
#[tokio::test]
async fn large_events_are_imported_in_smaller_chunks() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let large = || NewEvent { data: canonical(&json!("x".repeat(900_000))), ..event(0) };
    let all = (0..20).map(|_| Append { events: vec![large()], ..append(&fresh(), Expected::NoStream, 0) });
    let whole = stream::iter(all).chain(stream::iter([append(&fresh(), Expected::Exists, 1)]));
    let error = log.import(whole).await.expect_err("the last is refused");
    assert_eq!((error.append, error.imported.appends), (20, 20));
    assert_eq!(log.import(stream::empty()).await.expect("nothing to do"), Imported::default());
}
