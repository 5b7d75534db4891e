//! What an append is told, and where its events end up.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::TimeDelta;
use eventlog::{Append, AppendError, Expected, NewEvent, Options, StreamId, Timestamp};
use serde_json::json;

use crate::support::{Database, append, canonical, event, everything, id, in_time, now, stream, until};

/// Every expectation against a stream with no, one and three events.
#[tokio::test]
async fn an_append_is_accepted_only_when_the_stream_is_as_expected() {
    let database = Database::fresh().await;
    // Fresh streams each time, and a second log that knows nothing: by a bet, and with care.
    for log in [database.open().await, database.open().await] {
        for (version, expected, accepted) in [
            (0, Expected::Any, true),
            (0, Expected::NoStream, true),
            (0, Expected::Exists, false),
            (0, Expected::Exact(0), true),
            (0, Expected::Exact(1), false),
            (1, Expected::Any, true),
            (1, Expected::NoStream, false),
            (1, Expected::Exists, true),
            (1, Expected::Exact(0), false),
            (1, Expected::Exact(1), true),
            (1, Expected::Exact(2), false),
            (3, Expected::Any, true),
            (3, Expected::NoStream, false),
            (3, Expected::Exists, true),
            (3, Expected::Exact(2), false),
            (3, Expected::Exact(3), true),
            (3, Expected::Exact(4), false),
            (3, Expected::Exact(-1), false),
        ] {
            let stream = stream();
            if version > 0 {
                log.append(append(&stream, Expected::NoStream, version)).await.expect("the stream");
            }
            let version = i32::try_from(version).expect("small");
            match log.append(append(&stream, expected, 2)).await {
                Ok(receipt) => {
                    assert!(accepted, "{expected:?} at {version}");
                    assert_eq!((receipt.first_version, receipt.last_version), (version + 1, version + 2));
                }
                Err(AppendError::Conflict { stream: of, actual }) => {
                    assert!(!accepted, "{expected:?} at {version}");
                    assert_eq!((of, actual), (stream.clone(), version));
                    let stored = log.stream(&stream, 0).await.expect("read").len();
                    assert_eq!(i32::try_from(stored).expect("small"), version, "nothing of it is stored");
                }
                Err(error) => panic!("{expected:?} at {version}: {error}"),
            }
        }
    }
}

#[tokio::test]
async fn what_was_recorded_is_what_was_appended() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let (stream, a, b) = (stream(), id(), id());
    let whole = Append {
        events: vec![NewEvent { concerns: vec![b, a, b], ..event(1) }, NewEvent { schema_version: 3, ..event(2) }],
        causation: Some(a),
        ..append(&stream, Expected::NoStream, 0)
    };
    let receipt = log.append(whole.clone()).await.expect("appended");
    assert_eq!((receipt.stream, receipt.first_version, receipt.last_version), (stream.clone(), 1, 2));
    assert_eq!((receipt.position, receipt.repeated), (2, false));
    let recorded = log.stream(&stream, 0).await.expect("read");
    for (n, (event, new)) in recorded.iter().zip(&whole.events).enumerate() {
        let n = i32::try_from(n).expect("small");
        assert_eq!((event.position, event.version), (i64::from(n) + 1, n + 1));
        assert_eq!((&event.stream, event.id, &event.event_type), (&stream, new.id, &new.event_type));
        assert_eq!((event.schema_version, event.data.get()), (new.schema_version, new.data.as_str()));
        assert_eq!((&event.actor, event.correlation), (&whole.actor, whole.correlation));
        assert_eq!(event.causation, whole.causation);
        assert_eq!(event.at.timestamp_micros(), whole.at.timestamp_micros());
    }
    assert_eq!(recorded[0].concerns, BTreeSet::from([a, b]).into_iter().collect::<Vec<_>>());
    assert!(recorded[1].concerns.is_empty());
}

/// The same id names different things of different kinds.
#[tokio::test]
async fn streams_of_different_kinds_do_not_meet() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let (project, question) = (stream(), id());
    let question = [StreamId::new("question", project.id), StreamId::new("question", question)];
    log.append(append(&project, Expected::NoStream, 2)).await.expect("appended");
    let receipt = log.append(append(&question[0], Expected::NoStream, 1)).await.expect("appended");
    assert_eq!(receipt.first_version, 1);
    assert_eq!(log.missing(&question).await.expect("asked"), [question[1].clone()]);
}

#[tokio::test]
async fn moments_never_decrease_though_clocks_jump_back() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let begun = now();
    let mut last = Timestamp::UNIX_EPOCH;
    for (log, minutes, becomes) in
        [(&here, 0, 0), (&there, -60, 0), (&here, 5, 5), (&here, -5, 5), (&there, 4, 5), (&there, 6, 6), (&here, 5, 6)]
    {
        let at = begun + TimeDelta::minutes(minutes);
        let receipt = log.append(Append { at, ..append(&stream(), Expected::Any, 1) }).await.expect("appended");
        let stored = log.at(receipt.position).await.expect("read").expect("there").at;
        assert!(stored >= last);
        let becomes = begun + TimeDelta::minutes(becomes);
        assert_eq!(stored.timestamp_micros(), becomes.timestamp_micros());
        assert_eq!(here.head().await.expect("a head").at, stored);
        last = stored;
    }
}

#[tokio::test]
async fn what_is_too_large_or_badly_named_is_refused_before_it_queues() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let of_size = |bytes: usize| NewEvent { data: canonical(&json!("x".repeat(bytes - 2))), ..event(0) };
    let with = |events| Append { events, ..append(&stream(), Expected::Any, 0) };
    for (append, fits) in [
        (with(vec![]), false),
        (with((0..1_000).map(event).collect()), true),
        (with((0..1_001).map(event).collect()), false),
        (with(vec![of_size(1 << 20)]), true),
        (with(vec![of_size((1 << 20) + 1)]), false),
        (with((0..17).map(|_| of_size(1_000_000)).collect()), false),
    ] {
        match log.append(append).await {
            Ok(_) => assert!(fits),
            Err(AppendError::Size) => assert!(!fits),
            Err(error) => panic!("{error}"),
        }
    }
    for kind in ["", "Project", "a-b", "a\"b", &"x".repeat(65)] {
        let refused = log.append(append(&StreamId::new(kind, id()), Expected::Any, 1)).await;
        assert!(matches!(refused, Err(AppendError::Kind)), "{kind:?}");
    }
}

/// Postgres has no NUL in texts. The appends that share a commit with one that is refused must not suffer.
#[tokio::test]
async fn an_append_that_the_database_refuses_fails_alone() {
    let database = Database::fresh().await;
    let log = Arc::new(database.open().await);
    // A held head makes them share a batch.
    let mut holder = database.pool.begin().await.expect("begun");
    sqlx::query("SELECT FROM log.head FOR UPDATE").execute(&mut *holder).await.expect("locked");
    let tasks: Vec<_> = (0..20)
        .map(|n| {
            let actor = if n == 7 { "member:\0".to_owned() } else { format!("member:{n}") };
            let (log, append) = (log.clone(), Append { actor, ..append(&stream(), Expected::NoStream, 1) });
            tokio::spawn(async move { log.append(append).await })
        })
        .collect();
    until("the writer waits for the head", async || {
        let waiting = "SELECT count(*) > 0 FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
        sqlx::query_scalar(waiting).fetch_one(&database.pool).await.expect("asked")
    })
    .await;
    holder.rollback().await.expect("released");
    for (n, task) in tasks.into_iter().enumerate() {
        let result = in_time("an answer", task).await.expect("no panic");
        assert_eq!(result.is_ok(), n != 7, "{n}: {result:?}");
        assert!(result.is_ok() || matches!(result, Err(AppendError::Database(_))));
    }
    assert_eq!(everything(&log).await.len(), 19);
}

/// Bounded by number, and by bytes.
#[tokio::test]
async fn a_full_queue_says_busy_and_empties_by_itself() {
    for options in [Options { queue: 4, ..Options::default() }, Options { queue_bytes: 4_000, ..Options::default() }] {
        let database = Database::fresh().await;
        let log = Arc::new(database.open_with(&options).await);
        log.append(append(&stream(), Expected::NoStream, 1)).await.expect("appended");
        let mut holder = database.pool.begin().await.expect("begun");
        sqlx::query("SELECT FROM log.head FOR UPDATE").execute(&mut *holder).await.expect("locked");
        let mut tries = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let log = log.clone();
            tries.spawn(async move { log.append(append(&stream(), Expected::NoStream, 1)).await });
        }
        // While the head is held nothing can be stored, so whoever is answered found the queue full.
        let first = in_time("the queue is full", tries.join_next()).await.expect("some").expect("no panic");
        assert!(matches!(first, Err(AppendError::Busy)), "{first:?}");
        assert_eq!(first.expect_err("busy").retry_after(), Some(Duration::from_millis(500)));
        holder.rollback().await.expect("released");
        let answers = in_time("all are answered", tries.join_all()).await;
        let accepted = answers.iter().filter(|answer| answer.is_ok()).count();
        assert!((1..20).contains(&accepted), "{accepted} of 40 with {options:?}");
        assert!(answers.iter().all(|answer| matches!(answer, Ok(_) | Err(AppendError::Busy))), "{answers:?}");
        log.append(append(&stream(), Expected::NoStream, 1)).await.expect("there is room again");
    }
}
