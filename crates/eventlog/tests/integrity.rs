//! What is stored cannot be changed unnoticed, and hashes to what anyone can compute from it.

use eventlog::{Append, CanonicalJson, Expected, NewEvent, ReadError, Recorded, envelope, leaf_hash};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use serde_json::{Map, Value, json};

use crate::support::{Database, append, event, everything, id, stream};

/// Somebody who switches the triggers off can still not do it unnoticed.
#[tokio::test]
async fn a_changed_event_no_longer_has_its_hash_and_a_removed_one_is_missed() {
    let database = Database::fresh().await;
    let log = database.open().await;
    log.append(append(&stream(), Expected::NoStream, 5)).await.expect("appended");
    database
        .run(
            "ALTER TABLE log.event DISABLE TRIGGER USER;
             UPDATE log.event SET actor = 'somebody else' WHERE position = 2;
             DELETE FROM log.event WHERE position = 4",
        )
        .await
        .expect("done behind its back");
    let unchanged = |event: &Recorded| leaf_hash(envelope(event).as_bytes()) == event.leaf_hash;
    let found = log.page(0, 3).await.expect("a page");
    assert_eq!(found.iter().map(unchanged).collect::<Vec<_>>(), [true, false, true]);
    let gap = log.page(0, 10).await.expect_err("a gap");
    assert!(matches!(gap, ReadError::Gap { position: 4 }), "{gap}");
    assert!(log.at(4).await.expect("asked").is_none());
    assert!(log.at(5).await.expect("asked").is_some());
}

/// Any JSON that can be canonical: texts of all scripts and control characters, numbers, nesting.
fn arbitrary_json() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i32>().prop_map(Value::from),
        (-(1_i64 << 53)..=1 << 53).prop_map(Value::from),
        any::<f64>().prop_filter_map("JSON has no NaN", |n| serde_json::Number::from_f64(n).map(Value::Number)),
        prop_oneof![Just(0.1), Just(-0.0), Just(1e21), Just(1e-7), Just(5e-324), Just(f64::MAX)].prop_map(Value::from),
    ];
    let text = prop_oneof![any::<String>(), "[\\x00-\\x1f\"\\\\/\u{7f}\u{2028}\u{e000}\u{1f9ec}]{0,8}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        number,
        text.clone().prop_map(Value::String),
    ];
    leaf.prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            prop::collection::btree_map(text.clone(), inner, 0..6).prop_map(|map| Value::Object(Map::from_iter(map))),
        ]
    })
}

/// The canonical text goes through the database byte for byte, and anyone with an RFC 8785 library computes the same
/// leaf hash from the envelope.
#[test]
fn any_payload_keeps_its_bytes_and_hashes_to_what_anyone_computes() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(Database::fresh());
    let log = runtime.block_on(database.open());
    let config = Config { cases: 300, failure_persistence: None, ..Config::default() };
    let printable = "[^\\x00]{0,20}";
    let strategy = (prop::collection::vec(arbitrary_json(), 1..8), printable, printable);
    let tried = TestRunner::new(config).run(&strategy, |(payloads, actor, event_type)| {
        runtime.block_on(async {
            let canonical: Vec<CanonicalJson> =
                payloads.iter().map(|payload| CanonicalJson::new(payload).expect("canonical")).collect();
            let events = canonical
                .iter()
                .map(|data| NewEvent {
                    data: data.clone(),
                    event_type: event_type.clone(),
                    concerns: vec![id(), id()],
                    ..event(0)
                })
                .collect();
            let whole = Append { events, actor, ..append(&stream(), Expected::Any, 0) };
            let receipt = log.append(whole).await.expect("appended");
            let stored = log.stream(&receipt.stream, 0).await.expect("read");
            prop_assert_eq!(stored.len(), canonical.len());
            for (event, canonical) in stored.iter().zip(&canonical) {
                prop_assert_eq!(event.data.get(), canonical.as_str());
                let ours = envelope(event);
                let parsed: Value = serde_json::from_str(&ours).expect("an envelope is JSON");
                let theirs = serde_json_canonicalizer::to_string(&parsed).expect("canonical");
                prop_assert_eq!(&theirs, &ours);
                prop_assert_eq!(leaf_hash(theirs.as_bytes()), event.leaf_hash);
            }
            Ok(())
        })
    });
    tried.expect("it holds");
    let all = runtime.block_on(everything(&log));
    assert!(all.iter().all(|event| leaf_hash(envelope(event).as_bytes()) == event.leaf_hash));
}

/// What is sealed comes back as it was, whatever it was.
#[test]
fn any_value_can_be_sealed_and_opened() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let database = runtime.block_on(Database::fresh());
    let log = runtime.block_on(database.open());
    let config = Config { cases: 100, failure_persistence: None, ..Config::default() };
    let tried = TestRunner::new(config).run(&arbitrary_json(), |value| {
        runtime.block_on(async {
            let payload = json!({ "a/b": { "$sealed": "s", "open": value }, "a": [{ "$sealed": "s", "open": value }] });
            let mut whole = append(&stream(), Expected::Any, 1);
            let data = log.keys().seal(whole.events[0].id, payload.clone(), &mut whole.new_keys).await;
            whole.events[0].data = data.expect("sealed");
            let position = log.append(whole).await.expect("appended").position;
            let stored = log.page(position - 1, 1).await.expect("read");
            let opened = log.keys().open(&stored).await.expect("opened");
            let opened: Value = serde_json::from_str(&opened[0]).expect("JSON");
            prop_assert_eq!(&opened, &payload);
            Ok(())
        })
    });
    tried.expect("it holds");
}
