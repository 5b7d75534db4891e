//! Very many tries, one append.

use std::sync::Arc;

use eventlog::{AppendError, Expected, IdempotencyKey, Log, Options, Receipt, StreamId};
use faults::sample::{append, everything, id, keyed, stream};
use tokio::task::JoinSet;

use crate::support::{Database, in_time};

const TRIES: usize = 10_000;

/// One try, with an event of its own as each try seals anew; asked again as long as the log is busy.
async fn try_it(log: &Log, stream: &StreamId, fingerprint: u8) -> Result<Receipt, AppendError> {
    loop {
        let key = IdempotencyKey { key: [1; 32], fingerprint: [fingerprint; 32] };
        match log.append(keyed(append(stream, Expected::Any, &[id()], 10), key)).await {
            Err(AppendError::Busy) => tokio::task::yield_now().await,
            told => return told,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_concurrent_retries_of_one_key_make_one_append() {
    let database = Database::fresh().await;
    let logs = [Arc::new(database.open(&Options::default()).await), Arc::new(database.open(&Options::default()).await)];
    let stream = stream();
    let mut tries = JoinSet::new();
    for n in 0..TRIES {
        let (log, stream) = (logs[n % 2].clone(), stream.clone());
        // Every hundredth asks for something else.
        let fingerprint = u8::from(n % 100 == 99);
        tries.spawn(async move { (fingerprint, try_it(&log, &stream, fingerprint).await) });
    }
    let told = in_time("all answers", tries.join_all()).await;

    let stored: Vec<_> = everything(&logs[0]).await.expect("read");
    assert_eq!(stored.len(), 1);
    let winner = told.iter().find(|(_, told)| told.as_ref().is_ok_and(|receipt| !receipt.repeated));
    let (content, first) = winner.expect("one of them stored it");
    let first = first.as_ref().expect("a receipt").clone();
    assert_eq!((first.position, first.last_version), (1, 1));
    let again = Receipt { repeated: true, ..first.clone() };
    let mut firsts = 0;
    for (fingerprint, told) in &told {
        match told {
            Ok(receipt) if fingerprint == content => {
                firsts += usize::from(*receipt == first);
                assert!(*receipt == first || *receipt == again, "{receipt:?}");
            }
            Err(AppendError::KeyReused) => assert_ne!(fingerprint, content),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(firsts, 1);

    drop(logs);
    let reopened = database.open(&Options::default()).await;
    assert_eq!(try_it(&reopened, &stream, *content).await.expect("found"), again);
    let other = try_it(&reopened, &stream, content + 1).await;
    assert!(matches!(other, Err(AppendError::KeyReused)), "{other:?}");
    assert_eq!(everything(&reopened).await.expect("read").len(), 1);
}
