//! A checker that finds nothing proves nothing: each kind of wrong is made, and found.

use std::time::{Duration, Instant};

use eventlog::{Expected, IdempotencyKey, Receipt, Recorded, StreamId, Timestamp, Tree, envelope, leaf_hash};
use faults::checker::{History, ReadBack, Try, Unstored, wrong};
use uuid::Uuid;

fn stream() -> StreamId {
    StreamId::new("project", Uuid::from_u128(1))
}

/// One event of the one stream; its id is its number.
fn event(number: i32) -> Recorded {
    let mut event = Recorded {
        position: number.into(),
        stream: stream(),
        version: number,
        id: Uuid::from_u128(number.unsigned_abs().into()),
        event_type: "Tried".into(),
        schema_version: 1,
        at: Timestamp::UNIX_EPOCH,
        actor: "member:1".into(),
        correlation: Uuid::nil(),
        causation: None,
        concerns: vec![],
        data: serde_json::value::RawValue::from_string("{}".into()).expect("json"),
        leaf_hash: [0; 32],
    };
    seal(&mut event);
    event
}

fn seal(event: &mut Recorded) {
    event.leaf_hash = leaf_hash(envelope(event).as_bytes());
}

fn key(number: u8, content: u8) -> IdempotencyKey {
    IdempotencyKey { key: [number; 32], fingerprint: [content; 32] }
}

fn receipt(number: i32, repeated: bool) -> Receipt {
    Receipt { stream: stream(), first_version: number, last_version: number, position: number.into(), repeated }
}

/// Three events, appended one after the other, each with a key of its own, read back and followed.
fn right() -> (Vec<Recorded>, History) {
    let began = Instant::now();
    let moment = |n: i32| began + Duration::from_secs(n.unsigned_abs().into());
    let try_of = |n: i32| Try {
        stream: stream(),
        expected: Expected::Exact(n - 1),
        ids: vec![event(n).id],
        key: Some(key(u8::try_from(n).expect("small"), 0)),
        asked: moment(2 * n),
        answered: moment(2 * n + 1),
        told: Ok(receipt(n, false)),
    };
    let log: Vec<Recorded> = (1..=3).map(event).collect();
    let seen = log.iter().map(|event| (event.position, event.id)).collect();
    let reads = vec![ReadBack { receipt: receipt(3, false), found: Some((3, 3)) }];
    (log, History { tries: (1..=3).map(try_of).collect(), reads, followers: vec![seen] })
}

fn judged(change: impl FnOnce(&mut Vec<Recorded>, &mut History)) -> Vec<String> {
    let (mut log, mut history) = right();
    change(&mut log, &mut history);
    let mut tree = Tree::default();
    for event in &log {
        tree.push(event.leaf_hash, drop);
    }
    wrong(&log, &tree.head(), &history)
}

#[test]
fn a_head_that_is_not_that_of_the_events_is_wrong() {
    let (log, history) = right();
    assert_eq!(wrong(&log, &Tree::default().head(), &history).len(), 1);
}

#[test]
fn a_right_history_is_right() {
    assert_eq!(judged(|_, _| {}), Vec::<String>::new());
}

#[test]
fn what_is_unknown_may_be_stored_or_not() {
    let none = Vec::<String>::new();
    assert_eq!(judged(|_, history| history.tries[2].told = Err(Unstored::Unknown)), none);
    assert_eq!(judged(|_, history| history.tries.push(retry(9, Err(Unstored::Unknown)))), none);
}

/// A retry of the third append, with an event of its own.
fn retry(id: u128, told: Result<Receipt, Unstored>) -> Try {
    let (_, mut history) = right();
    Try { ids: vec![Uuid::from_u128(id)], told, ..history.tries.remove(2) }
}

#[test]
fn every_wrong_is_found() {
    type Change = fn(&mut Vec<Recorded>, &mut History);
    let wrongs: &[(&str, Change)] = &[
        ("an acknowledged append lost", |log, history| {
            log.pop();
            history.followers[0].pop();
        }),
        ("a hole", |log, _| drop(log.remove(1))),
        ("stored twice", |log, _| {
            let mut again = event(4);
            again.id = log[2].id;
            seal(&mut again);
            log.push(again);
        }),
        ("stored by nobody", |log, _| log.push(event(4))),
        ("a version left out", |log, _| {
            log[2].version = 5;
            seal(&mut log[2]);
        }),
        ("time going back", |log, _| {
            log[0].at += Duration::from_secs(1);
            seal(&mut log[0]);
        }),
        ("a changed event", |log, _| log[0].actor = "member:2".into()),
        ("refused but stored", |_, history| history.tries[1].told = Err(Unstored::Busy)),
        ("elsewhere than was told", |_, history| history.tries[1].told = Ok(receipt(3, false))),
        ("not as expected", |_, history| history.tries[1].expected = Expected::NoStream),
        ("half stored", |_, history| {
            history.tries[2].ids.push(Uuid::from_u128(9));
            history.tries[2].told = Err(Unstored::Unknown);
        }),
        ("one key stored twice", |_, history| history.tries[2].key = Some(key(2, 0))),
        ("a retry told of another place", |_, history| history.tries.push(retry(9, Ok(receipt(2, true))))),
        ("a key accepted for something else", |_, history| {
            let other = Try { key: Some(key(3, 1)), ..retry(9, Ok(receipt(3, true))) };
            history.tries.push(other);
        }),
        ("a retry refused as something else", |_, history| {
            history.tries.push(retry(9, Err(Unstored::KeyReused)));
        }),
        ("before what was acknowledged earlier", |_, history| {
            let later = history.tries[2].answered + Duration::from_secs(1);
            history.tries[0].asked = later;
            history.tries[0].answered = later;
        }),
        ("an own write not read", |_, history| history.reads[0].found = None),
        ("a follower that missed one", |_, history| {
            history.followers[0].remove(1);
        }),
        ("a follower that saw one twice", |_, history| history.followers[0].push((3, event(3).id))),
        ("a follower that saw another order", |_, history| history.followers[0].swap(0, 1)),
    ];
    for (what, change) in wrongs {
        assert!(!judged(change).is_empty(), "not found: {what}");
    }
}
