//! Many tries, one append.

use std::sync::Arc;

use eventlog::{AppendError, Expected, Receipt};

use crate::support::{Database, append, everything, keyed, stream};

#[tokio::test(flavor = "multi_thread")]
async fn many_concurrent_tries_of_one_key_append_once_and_get_the_same_receipt() {
    let database = Database::fresh().await;
    let logs = [Arc::new(database.open().await), Arc::new(database.open().await)];
    let stream = stream();
    for key in 0..10 {
        let tries: Vec<_> = (0..32)
            .map(|n| {
                // Each try seals anew, so its events have ids of their own.
                let (log, append) = (logs[n % 2].clone(), keyed(append(&stream, Expected::Any, 2), key, 1));
                tokio::spawn(async move { log.append(append).await.expect("accepted") })
            })
            .collect();
        let mut receipts = Vec::new();
        for one in tries {
            receipts.push(one.await.expect("no panic"));
        }
        assert_eq!(receipts.iter().filter(|receipt| !receipt.repeated).count(), 1);
        let first = Receipt { repeated: false, ..receipts[0].clone() };
        assert!(receipts.into_iter().all(|receipt| Receipt { repeated: false, ..receipt } == first));
    }
    assert_eq!(everything(&logs[0]).await.len(), 20);
}

#[tokio::test]
async fn a_key_used_for_something_else_is_refused() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let stream = stream();
    log.append(keyed(append(&stream, Expected::NoStream, 1), 1, 1)).await.expect("appended");
    for log in [&log, &database.open().await] {
        let refused = log.append(keyed(append(&stream, Expected::Any, 1), 1, 2)).await;
        assert!(matches!(refused, Err(AppendError::KeyReused)), "{refused:?}");
    }
    assert_eq!(everything(&log).await.len(), 1);
}

/// The first try took the stream further, so what the retry expects is no longer so; it is answered all the same.
#[tokio::test]
async fn a_retry_is_answered_before_its_expectation_is_looked_at() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let stream = stream();
    let first = log.append(keyed(append(&stream, Expected::NoStream, 3), 1, 1)).await.expect("appended");
    log.append(append(&stream, Expected::Exact(3), 1)).await.expect("appended");
    let again = log.append(keyed(append(&stream, Expected::NoStream, 3), 1, 1)).await.expect("found");
    assert_eq!(again, Receipt { repeated: true, ..first });
}

#[tokio::test]
async fn receipts_survive_reopening() {
    let database = Database::fresh().await;
    let stream = stream();
    let try_it = || keyed(append(&stream, Expected::NoStream, 1), 1, 1);
    let log = database.open().await;
    let first = log.append(try_it()).await.expect("appended");
    drop(log);
    let log = database.open().await;
    let again = log.append(try_it()).await.expect("found");
    assert_eq!(again, Receipt { repeated: true, ..first.clone() });
    let (fingerprint, found) = log.receipt(&try_it().key.expect("a key").key).await.expect("read").expect("there");
    assert_eq!((fingerprint, found), ([1; 32], Receipt { repeated: true, ..first }));
    assert_eq!(log.receipt(&[9; 32]).await.expect("read"), None);
}

/// A refused append must not use up its key.
#[tokio::test]
async fn a_refused_append_leaves_its_key_free() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let stream = stream();
    for _ in 0..2 {
        let refused = log.append(keyed(append(&stream, Expected::Exact(5), 1), 1, 1)).await;
        assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
    }
    let receipt = log.append(keyed(append(&stream, Expected::NoStream, 1), 1, 1)).await.expect("appended");
    assert!(!receipt.repeated);
}

/// Two appends with the same key and another content in one batch: the second is told.
#[tokio::test]
async fn the_same_key_for_different_things_at_once_goes_to_one_of_them() {
    let database = Database::fresh().await;
    let log = Arc::new(database.open().await);
    let tries: Vec<_> = (0..16)
        .map(|n| {
            let append = keyed(append(&stream(), Expected::NoStream, 1), 1, n);
            let log = log.clone();
            tokio::spawn(async move { log.append(append).await })
        })
        .collect();
    let mut accepted = 0;
    for one in tries {
        match one.await.expect("no panic") {
            Ok(receipt) => accepted += usize::from(!receipt.repeated),
            Err(AppendError::KeyReused) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((accepted, everything(&log).await.len()), (1, 1));
}
