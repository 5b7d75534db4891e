//! Changing the key-encryption key: every text stays readable, no event is touched, and the old key can go.

use std::sync::Arc;

use eventlog::{Expected, KeyEncryptionKey, KeyEncryptionKeys, KeyError, Log, NewEvent, Options, ReadError};
use serde_json::{Value, json};

use crate::{
    sealing::{erased, read, store, text},
    support::{Database, append, event, id, now, pool, stream},
};

fn kek(byte: u8) -> KeyEncryptionKey {
    KeyEncryptionKey::new([byte; 32])
}

async fn open(database: &Database, current: u8, earlier: &[u8]) -> Result<Log, ReadError> {
    let keks = KeyEncryptionKeys::new(kek(current), earlier.iter().copied().map(kek).collect());
    Log::open(pool(&database.connect), database.connect.clone(), keks, &Options::default()).await
}

/// One event with a text under each of so many scopes.
async fn store_many(log: &Log, scopes: usize) -> Value {
    let mut whole = append(&stream(), Expected::NoStream, 1);
    let payload: Value = (0..scopes).map(|n| text(&format!("answer:{n:04}"), "Bel de huisarts.")).collect();
    let id = id();
    let data = log.keys().seal(id, payload.clone(), &mut whole.new_keys).await.expect("sealed");
    whole.events = vec![NewEvent { id, data, ..event(0) }];
    log.append(whole).await.expect("appended");
    payload
}

async fn row(database: &Database) -> String {
    let sql = "SELECT xmin::text || ctid::text || event::text FROM log.event WHERE position = 1";
    sqlx::query_scalar(sql).fetch_one(&database.pool).await.expect("read")
}

#[tokio::test]
async fn a_rotated_key_opens_everything_touches_no_event_and_the_old_one_can_go() {
    let database = Database::fresh().await;
    let payload = store_many(&database.open().await, 1_200).await;
    // The transaction that wrote a row, and the row.
    let untouched = row(&database).await;

    // A process that knows both goes on while another rewraps.
    let beside = open(&database, 8, &[7]).await.expect("opens");
    let late = store(&beside, json!(text("member:1", "Noor"))).await.expect("appended").position;
    let log = open(&database, 8, &[7]).await.expect("opens");
    assert_eq!(log.keys().rewrap().await.expect("rewrapped"), 1_201, "all, and the log's own");
    assert_eq!(log.keys().rewrap().await.expect("rewrapped"), 0, "once is enough");
    for log in [&beside, &open(&database, 8, &[]).await.expect("opens without the old one")] {
        assert_eq!(read(log, 1).await.expect("opened"), payload);
        assert_eq!(read(log, late).await.expect("opened"), text("member:1", "Noor"));
    }
    assert!(matches!(open(&database, 7, &[]).await, Err(ReadError::Keys(KeyError::Broken { .. }))));
    assert_eq!(row(&database).await, untouched);
}

#[tokio::test]
async fn secrets_are_the_same_in_every_process_and_outlive_a_rotation() {
    let database = Database::fresh().await;
    // Both make the root when they open: one of them does.
    let (one, other) = tokio::join!(database.open(), database.open());
    let secret = one.keys().derive("idempotency key");
    assert_eq!(other.keys().derive("idempotency key"), secret);
    assert_ne!(one.keys().derive("another purpose"), secret);
    open(&database, 8, &[7]).await.expect("opens").keys().rewrap().await.expect("rewrapped");
    assert_eq!(open(&database, 8, &[]).await.expect("opens").keys().derive("idempotency key"), secret);
    assert_ne!(Database::fresh().await.open().await.keys().derive("idempotency key"), secret, "each log has its own");
}

#[tokio::test]
async fn a_rotation_that_was_cut_off_is_taken_up_where_it_was() {
    let database = Database::fresh().await;
    let payload = store_many(&database.open().await, 1_200).await;
    let turn = "UPDATE log.data_key SET wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)
                WHERE scope = 'answer:0700'";
    database.run(turn).await.expect("broken");
    let log = open(&database, 8, &[7]).await.expect("opens");
    let cut_off = log.keys().rewrap().await;
    assert!(matches!(&cut_off, Err(KeyError::Broken { scope }) if scope == "answer:0700"), "{cut_off:?}");
    assert!(matches!(read(&log, 1).await, Err(KeyError::Broken { .. })), "and nothing was lost sight of");
    database.run(turn).await.expect("mended");
    assert_eq!(log.keys().rewrap().await.expect("rewrapped"), 701, "500 were done");
    assert_eq!(read(&open(&database, 8, &[]).await.expect("opens"), 1).await.expect("opened"), payload);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rotations_and_destructions_at_once_leave_what_is_destroyed_destroyed() {
    let database = Database::fresh().await;
    store_many(&database.open().await, 1_000).await;
    let one = Arc::new(open(&database, 8, &[7]).await.expect("opens"));
    let other = Arc::new(open(&database, 8, &[7]).await.expect("opens"));
    let rewraps: Vec<_> = [one.clone(), other]
        .map(|log| tokio::spawn(async move { log.keys().rewrap().await.expect("rewrapped") }))
        .into_iter()
        .collect();
    for n in (0..1_000).step_by(50) {
        assert!(one.keys().destroy(&format!("answer:{n:04}"), now()).await.expect("destroyed"));
    }
    for rewrap in rewraps {
        rewrap.await.expect("no panic");
    }
    assert_eq!(one.keys().rewrap().await.expect("rewrapped"), 0);
    let opened = read(&open(&database, 8, &[]).await.expect("opens"), 1).await.expect("opened");
    for n in 0..1_000 {
        let scope = format!("answer:{n:04}");
        assert_eq!(opened[n], if n % 50 == 0 { erased(&scope) } else { text(&scope, "Bel de huisarts.") });
    }
}
