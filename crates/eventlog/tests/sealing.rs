//! Sealed texts: readable with the key, erased without it, and every hash still right.

use eventlog::{
    Append, AppendError, Expected, KeyEncryptionKey, KeyError, Log, NewEvent, Options, ReadError, Receipt, envelope,
    leaf_hash,
};
use serde_json::{Value, json};

use crate::support::{Database, append, event, id, now, pool, stream, until};

pub(crate) fn text(scope: &str, text: &str) -> Value {
    json!({ "$sealed": scope, "open": text })
}

pub(crate) fn erased(scope: &str) -> Value {
    json!({ "$sealed": scope, "erased": true })
}

/// Seals one payload and appends it to a stream of its own.
pub(crate) async fn store(log: &Log, payload: Value) -> Result<Receipt, AppendError> {
    let mut whole = append(&stream(), Expected::NoStream, 1);
    seal_into(log, &mut whole, payload).await.expect("sealed");
    log.append(whole).await
}

async fn seal_into(log: &Log, append: &mut Append, payload: Value) -> Result<(), KeyError> {
    let id = id();
    let data = log.keys().seal(id, payload, &mut append.new_keys).await?;
    append.events = vec![NewEvent { id, data, ..event(0) }];
    Ok(())
}

pub(crate) async fn read(log: &Log, position: i64) -> Result<Value, KeyError> {
    let events = log.page(position - 1, 1).await.expect("read");
    Ok(serde_json::from_str(&log.keys().open(&events).await?[0]).expect("JSON"))
}

#[tokio::test]
async fn what_is_sealed_is_unreadable_in_the_table_and_opens_in_every_process() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let payload = json!({ "title": text("question:1", "Wie belt er?"), "n": 1, "by": text("member:1", "Noor") });
    let receipt = store(&here, payload.clone()).await.expect("appended");
    for log in [&here, &there] {
        assert_eq!(read(log, receipt.position).await.expect("opened"), payload);
    }
    let stored: String =
        sqlx::query_scalar("SELECT data::text FROM log.event").fetch_one(&database.pool).await.expect("read");
    assert!(!stored.contains("Wie belt") && !stored.contains("Noor"), "{stored}");
    // The next text under the same scope uses the key that is there, in either process.
    for log in [&there, &here] {
        let receipt = store(log, payload.clone()).await.expect("appended");
        assert_eq!(read(&here, receipt.position).await.expect("opened"), payload);
    }
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM log.data_key WHERE scope NOT LIKE 'log:%'")
        .fetch_one(&database.pool)
        .await
        .expect("read");
    assert_eq!(keys, 2);
}

#[tokio::test]
async fn a_destroyed_key_erases_its_texts_in_every_process_and_spares_the_hashes() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let payload = json!({ "title": text("question:1", "Wie belt er?"), "by": text("member:1", "Noor") });
    let position = store(&here, payload.clone()).await.expect("appended").position;
    for log in [&here, &there] {
        assert_eq!(read(log, position).await.expect("opened"), payload, "the key is known and cached");
    }
    assert!(here.keys().destroy("question:1", now()).await.expect("destroyed"));
    assert!(!here.keys().destroy("question:1", now()).await.expect("asked"), "only once");

    let after = json!({ "title": erased("question:1"), "by": text("member:1", "Noor") });
    assert_eq!(read(&here, position).await.expect("opened"), after, "at once where it was destroyed");
    until("the other process hears of it", async || read(&there, position).await.expect("opened") == after).await;

    let stored = here.at(position).await.expect("read").expect("there");
    assert_eq!(leaf_hash(envelope(&stored).as_bytes()), stored.leaf_hash);
    for log in [&here, &there, &database.open().await] {
        let refused = log.keys().seal(id(), payload.clone(), &mut vec![]).await;
        assert!(matches!(refused, Err(KeyError::Destroyed { scope }) if scope == "question:1"));
    }
}

/// A process that heard nothing, as its listening connection was gone, must not keep a key for good.
#[tokio::test]
async fn a_process_that_could_not_listen_forgets_the_key_once_it_can() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let payload = json!(text("question:1", "Wie belt er?"));
    let position = store(&here, payload.clone()).await.expect("appended").position;
    for round in 0..10 {
        let scope = format!("question:{round}");
        let payload = json!(text(&scope, "Wie belt er?"));
        let position = if round == 1 { position } else { store(&here, payload).await.expect("appended").position };
        read(&there, position).await.expect("opened");
        database.terminate("eventlog listener").await;
        here.keys().destroy(&scope, now()).await.expect("destroyed");
        until("it is erased", async || read(&there, position).await.expect("opened").get("open").is_none()).await;
    }
}

/// Even a scope that has no key yet: an append under way must not bring one afterwards.
#[tokio::test]
async fn destroying_a_key_that_is_yet_to_come_keeps_it_from_coming() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let mut late = append(&stream(), Expected::NoStream, 1);
    seal_into(&log, &mut late, json!(text("member:1", "Noor"))).await.expect("sealed");
    assert!(!log.keys().destroy("member:1", now()).await.expect("asked"));
    for _ in 0..2 {
        let refused = log.append(late.clone()).await;
        assert!(matches!(refused, Err(AppendError::KeysChanged)), "{refused:?}");
    }
    assert_eq!(log.head().await.expect("a head").position, 0);
    let refused = seal_into(&log, &mut late, json!(text("member:1", "Noor"))).await;
    assert!(matches!(refused, Err(KeyError::Destroyed { .. })), "{refused:?}");
}

/// Both seal the first text of a scope before either is stored. One of the keys wins; the other must not be used.
#[tokio::test]
async fn of_two_keys_made_for_one_scope_at_once_one_is_refused() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let payload = json!(text("question:1", "Wie belt er?"));
    let mut both = [append(&stream(), Expected::NoStream, 1), append(&stream(), Expected::NoStream, 1)];
    seal_into(&here, &mut both[0], payload.clone()).await.expect("sealed");
    seal_into(&there, &mut both[1], payload.clone()).await.expect("sealed");
    let [first, mut second] = both;
    let other = append(&stream(), Expected::NoStream, 1);
    let (first, refused, bystander) = tokio::join!(here.append(first), here.append(second.clone()), here.append(other));
    first.expect("appended");
    bystander.expect("an append beside them does not suffer");
    assert!(matches!(refused, Err(AppendError::KeysChanged)), "{refused:?}");
    let refused = there.append(second.clone()).await;
    assert!(matches!(refused, Err(AppendError::KeysChanged)), "{refused:?}");
    // Sealed again, it uses the key that is there.
    second.new_keys.clear();
    seal_into(&there, &mut second, payload.clone()).await.expect("sealed");
    assert!(second.new_keys.is_empty());
    let receipt = there.append(second).await.expect("appended");
    assert_eq!(read(&here, receipt.position).await.expect("opened"), payload);
}

/// Events of one append share the key that was made for the first of them.
#[tokio::test]
async fn one_append_makes_one_key_for_all_its_events() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let mut whole = append(&stream(), Expected::NoStream, 0);
    for n in 0..3 {
        let id = id();
        let payload = json!(text("question:1", &format!("text {n}")));
        let data = log.keys().seal(id, payload, &mut whole.new_keys).await.expect("sealed");
        whole.events.push(NewEvent { id, data, ..event(n) });
    }
    assert_eq!(whole.new_keys.len(), 1);
    log.append(whole).await.expect("appended");
    let opened = log.keys().open(&log.page(0, 10).await.expect("read")).await.expect("opened");
    assert_eq!(opened, [0, 1, 2].map(|n| text("question:1", &format!("text {n}")).to_string()));
}

#[tokio::test]
async fn a_tag_is_stable_for_as_long_as_the_key_is_there() {
    let database = Database::fresh().await;
    let log = database.open().await;
    assert_eq!(log.keys().tag("member:1", b"ip").await.expect("asked"), None);
    store(&log, json!({ "a": text("member:1", "Noor"), "b": text("member:2", "Sam") })).await.expect("appended");
    let tag = log.keys().tag("member:1", b"ip").await.expect("asked").expect("a tag");
    assert_eq!(database.open().await.keys().tag("member:1", b"ip").await.expect("asked"), Some(tag));
    assert_ne!(log.keys().tag("member:1", b"other").await.expect("asked"), Some(tag));
    assert_ne!(log.keys().tag("member:2", b"ip").await.expect("asked"), Some(tag));
    log.keys().destroy("member:1", now()).await.expect("destroyed");
    assert_eq!(log.keys().tag("member:1", b"ip").await.expect("asked"), None);
}

#[tokio::test]
async fn a_log_does_not_open_with_a_wrong_key_encryption_key() {
    let database = Database::fresh().await;
    drop(database.open().await);
    let wrong = KeyEncryptionKey::new([8; 32]);
    let opened = Log::open(pool(&database.connect), database.connect.clone(), wrong, &Options::default()).await;
    assert!(matches!(&opened, Err(ReadError::Keys(KeyError::Broken { .. }))), "{opened:?}");
}

#[tokio::test]
async fn changed_bytes_of_a_key_are_told_and_never_read_as_erased() {
    let database = Database::fresh().await;
    let position = store(&database.open().await, json!(text("member:1", "Noor"))).await.expect("appended").position;
    database
        .run(
            "UPDATE log.data_key SET wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1)
                  WHERE scope = 'member:1'",
        )
        .await
        .expect("changed");
    let log = database.open().await;
    let read = read(&log, position).await;
    assert!(matches!(&read, Err(KeyError::Broken { scope }) if scope == "member:1"), "{read:?}");
    let sealed = log.keys().seal(id(), json!(text("member:1", "Noor")), &mut vec![]).await;
    assert!(matches!(sealed, Err(KeyError::Broken { .. })), "{sealed:?}");
}

#[tokio::test]
async fn the_scope_of_the_logs_own_secrets_is_neither_sealed_under_nor_destroyed() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let sealed = log.keys().seal(id(), json!(text("log:secrets", "Noor")), &mut vec![]).await;
    assert!(matches!(sealed, Err(KeyError::Reserved)), "{sealed:?}");
    assert!(matches!(log.keys().destroy("log:secrets", now()).await, Err(KeyError::Reserved)));
}

#[tokio::test]
async fn a_key_that_vanished_is_told_and_never_read_as_erased() {
    let database = Database::fresh().await;
    let position = store(&database.open().await, json!(text("member:1", "Noor"))).await.expect("appended").position;
    database.run("DELETE FROM log.data_key").await.expect("deleted");
    let read = read(&database.open().await, position).await;
    assert!(matches!(&read, Err(KeyError::Missing { scope }) if scope == "member:1"), "{read:?}");
}
