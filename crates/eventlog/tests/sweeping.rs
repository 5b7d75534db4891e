//! What a sweep needs is told before anything is done. (What it leaves is looked at in `leerwerk/tests/erasing.rs`.)

use std::time::Duration;

use eventlog::{Erasures, SweepError, can_sweep};

use crate::support::{Database, now};

#[tokio::test]
async fn a_server_that_recycles_wal_files_cannot_be_swept() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let connect = &database.connect;
    let nothing = Erasures { destroyed: 0, swept: 0 };
    for told in [can_sweep(connect).await, log.sweep(connect, nothing, &[], Duration::ZERO).await] {
        assert!(matches!(&told, Err(SweepError::Needs(what)) if what == "the setting wal_recycle=off"), "{told:?}");
    }
}

#[tokio::test]
async fn every_process_learns_from_the_database_that_a_key_was_destroyed() {
    let database = Database::fresh().await;
    let (here, there) = (database.open().await, database.open().await);
    let mut connection = database.pool.acquire().await.expect("a connection");
    let before = there.keys().destroyed();
    assert!(!there.keys().destroyed_since(before, &mut connection).await.expect("asked"));
    here.keys().destroy("member:1", now()).await.expect("destroyed");
    for _ in 0..2 {
        assert!(there.keys().destroyed_since(before, &mut connection).await.expect("asked"));
    }
    let again = there.keys().destroyed();
    assert!(!there.keys().destroyed_since(again, &mut connection).await.expect("asked"));
    assert_eq!(here.erasures().await.expect("read"), Erasures { destroyed: 1, swept: 0 });
}
