//! What callers are told when the database, or the way to it, breaks.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use eventlog::{AppendError, Expected, KeyEncryptionKey, Log, Options, Receipt};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Executor as _,
    postgres::{PgConnectOptions, PgListener},
};

use crate::support::{
    Database, append, everything, in_time, keyed, pool,
    proxy::{Fault, Proxy},
    stream, until,
};

/// "Fast" for a caller who waits for an answer.
const SOON: Duration = Duration::from_secs(5);

/// A log whose writer speaks through a proxy and bets.
async fn through_proxy(database: &Database) -> (Log, Proxy) {
    let proxy = Proxy::to(&database.connect);
    let log = database.open_through(proxy.connect.clone()).await;
    let mut listener = PgListener::connect_with(&database.pool).await.expect("a listener");
    listener.listen("log_head").await.expect("listening");
    let mut head = 0;
    // (Each way of storing is prepared by its first use, and that is a request more.)
    for events in [2, 1] {
        head = log.append(append(&stream(), Expected::NoStream, events)).await.expect("appended").position;
    }
    // Others may be told of the last append a little later, and that too is something the writer says.
    let told = async { while listener.recv().await.expect("told").payload() != head.to_string() {} };
    in_time("others are told", told).await;
    (log, proxy)
}

/// Stored but not answered: the writer looks, and the caller gets its receipt.
#[tokio::test]
async fn an_append_whose_answer_is_lost_is_acknowledged_all_the_same() {
    let database = Database::fresh().await;
    // A bet is one request; with care it is lock, look up, store, commit.
    for (expected, requests) in [(Expected::NoStream, 0), (Expected::Any, 3)] {
        let (log, proxy) = through_proxy(&database).await;
        let head = log.head().await.expect("a head").position;
        proxy.after(requests, Fault::AnswerLost);
        let stream = stream();
        let receipt = log.append(append(&stream, expected, 2)).await.expect("acknowledged");
        assert_eq!(proxy.happened(), 1);
        assert_eq!((receipt.first_version, receipt.last_version, receipt.position), (1, 2, head + 2));
        assert_eq!(log.stream(&stream, 0).await.expect("read").len(), 2);
        assert_eq!(log.append(append(&stream, Expected::Exact(2), 1)).await.expect("it goes on").position, head + 3);
    }
}

/// Lost on its way: the writer looks, and tries again.
#[tokio::test]
async fn an_append_that_never_arrived_is_stored_once() {
    let database = Database::fresh().await;
    for (expected, requests) in
        [(Expected::NoStream, 0), (Expected::Any, 0), (Expected::Any, 1), (Expected::Any, 2), (Expected::Any, 3)]
    {
        let (log, proxy) = through_proxy(&database).await;
        proxy.after(requests, Fault::RequestLost);
        let stream = stream();
        let receipt = log.append(append(&stream, expected, 2)).await.expect("acknowledged");
        assert_eq!(proxy.happened(), 1);
        assert_eq!((receipt.first_version, receipt.last_version), (1, 2));
        assert_eq!(log.stream(&stream, 0).await.expect("read").len(), 2);
    }
}

/// Many events are stored in a transaction, by COPY; it may break at each step.
#[tokio::test]
async fn a_large_append_is_stored_once_wherever_its_connection_breaks() {
    let database = Database::fresh().await;
    let by_bet = (0..6).map(|n| (Expected::NoStream, n, Fault::RequestLost));
    let with_care = (0..7).map(|n| (Expected::Any, n, Fault::RequestLost));
    // (Rows alone are not answered: they are the fourth request.)
    let unanswered = [0, 1, 2, 4, 5].map(|n| (Expected::NoStream, n, Fault::AnswerLost));
    for (expected, requests, fault) in by_bet.chain(with_care).chain(unanswered) {
        let (log, proxy) = through_proxy(&database).await;
        proxy.after(requests, fault);
        let stream = stream();
        let receipt = log.append(append(&stream, expected, 100)).await.expect("acknowledged");
        assert_eq!((receipt.first_version, receipt.last_version), (1, 100), "{expected:?} {requests} {fault:?}");
        assert_eq!(log.stream(&stream, 0).await.expect("read").len(), 100);
        assert_eq!(log.append(append(&stream, Expected::Exact(100), 1)).await.expect("it goes on").first_version, 101);
    }
}

/// The writer was cut off, found nothing stored and stored it anew. What then arrives late must not be stored too.
#[tokio::test]
async fn a_request_that_arrives_after_all_is_not_stored_a_second_time() {
    let database = Database::fresh().await;
    let (log, proxy) = through_proxy(&database).await;
    proxy.next(Fault::RequestLate);
    let receipt = log.append(append(&stream(), Expected::NoStream, 1)).await.expect("acknowledged");
    let before = everything(&log).await.len();
    proxy.release().await;
    assert_eq!(everything(&log).await.len(), before);
    log.append(append(&receipt.stream, Expected::Exact(1), 1)).await.expect("it goes on");
}

/// The writer was cut off, found nothing stored, could not store it anew and said so. That must stay true though
/// nobody has appended anything since.
#[tokio::test]
async fn what_was_said_not_to_be_stored_is_not_stored_later() {
    let database = Database::fresh().await;
    let (log, proxy) = through_proxy(&database).await;
    proxy.next(Fault::RequestLate);
    // Looking takes four requests: lock, prepare, look, commit.
    proxy.after(4, Fault::RequestLost);
    let told = log.append(append(&stream(), Expected::NoStream, 1)).await;
    assert!(matches!(told, Err(AppendError::Unavailable(_))), "{told:?}");
    assert_eq!(proxy.happened(), 2);
    let before = everything(&log).await.len();
    proxy.release().await;
    assert_eq!(everything(&log).await.len(), before);
    log.append(append(&stream(), Expected::NoStream, 1)).await.expect("it goes on");
}

/// The writer was cut off and could not even look. Unknown is the truth, and a retry with the key finds out.
#[tokio::test]
async fn where_nobody_can_look_the_outcome_is_unknown_until_a_retry_with_its_key() {
    let database = Database::fresh().await;
    let (log, proxy) = through_proxy(&database).await;
    let stream = stream();
    let try_it = || keyed(append(&stream, Expected::NoStream, 1), 1, 1);
    proxy.next(Fault::RequestLate);
    proxy.close();
    let told = log.append(try_it()).await;
    assert!(matches!(told, Err(AppendError::OutcomeUnknown)), "{told:?}");
    proxy.release().await;
    let receipt = database.open().await.append(try_it()).await.expect("found");
    assert!(receipt.repeated);
    assert_eq!(log.stream(&stream, 0).await.expect("read").len(), 1);
}

/// A connection that is dead without anybody having said so.
#[tokio::test]
async fn a_connection_that_went_silent_is_given_up() {
    let database = Database::fresh().await;
    let (log, proxy) = through_proxy(&database).await;
    // With care: the lock is what is waited for in vain. (A bet may wait longer, as it stores.)
    proxy.next(Fault::HalfOpen);
    let receipt = in_time("an answer", log.append(append(&stream(), Expected::Any, 1))).await.expect("appended");
    assert_eq!(proxy.happened(), 1);
    assert_eq!(log.stream(&receipt.stream, 0).await.expect("read").len(), 1);
}

#[tokio::test]
async fn a_writer_whose_connection_was_cut_while_idle_notices_nothing() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let stream = stream();
    for version in 0..5 {
        log.append(append(&stream, Expected::Exact(version), 1)).await.expect("appended");
        assert_eq!(database.terminate("eventlog writer").await, 1);
    }
}

/// Nothing can be stored; nobody waits for long; it goes on by itself.
#[tokio::test]
async fn an_unreachable_database_is_told_soon_and_used_again_once_it_is_back() {
    let database = Database::fresh().await;
    let log = database.open().await;
    let stream = stream();
    log.append(append(&stream, Expected::NoStream, 1)).await.expect("appended");
    let mut outside = database.outside().await;
    let name = database.name();
    let close = format!(
        "ALTER DATABASE {name} ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    outside.execute(sqlx::raw_sql(AssertSqlSafe(close))).await.expect("closed");
    for key in 0..3 {
        let asked = Instant::now();
        let told = log.append(keyed(append(&stream, Expected::Any, 1), key, 1)).await;
        assert!(matches!(told, Err(AppendError::Unavailable(_) | AppendError::OutcomeUnknown)), "{told:?}");
        assert!(asked.elapsed() < SOON, "{:?}", asked.elapsed());
    }
    outside.execute(AssertSqlSafe(format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true"))).await.expect("opened");
    until("it goes on", async || log.append(keyed(append(&stream, Expected::Any, 1), 0, 1)).await.is_ok()).await;
    until("it reads on", async || log.head().await.is_ok()).await;
    assert_eq!(everything(&log).await.len(), 2);
}

#[tokio::test]
async fn a_socket_nobody_listens_on_is_told_soon() {
    let database = Database::fresh().await;
    let nowhere = PgConnectOptions::new_without_pgpass().socket("/nonexistent");
    let log = database.open_through(nowhere).await;
    let asked = Instant::now();
    let told = log.append(append(&stream(), Expected::Any, 1)).await;
    assert!(matches!(told, Err(AppendError::Unavailable(Some(_)))), "{told:?}");
    assert!(asked.elapsed() < SOON);
    let kek = KeyEncryptionKey::new([7; 32]);
    let mut nowhere = pool(&database.connect.clone().socket("/nonexistent"));
    let opened = Log::open(nowhere.clone(), database.connect.clone(), kek, &Options::default()).await;
    assert!(matches!(opened, Err(eventlog::ReadError::Unavailable(_))), "{opened:?}");
    nowhere.close().await;
    nowhere = pool(&database.connect);
    nowhere.close().await;
}

/// Whoever holds the head too long: everyone who waits is told at once, not one after the other.
#[tokio::test]
async fn a_head_that_stays_locked_makes_the_log_busy_and_not_dead() {
    let database = Database::fresh().await;
    let log = Arc::new(database.open().await);
    log.append(append(&stream(), Expected::NoStream, 1)).await.expect("appended");
    let mut holder = database.pool.begin().await.expect("begun");
    sqlx::query("SELECT FROM log.head FOR UPDATE").execute(&mut *holder).await.expect("locked");
    let asked = Instant::now();
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let log = log.clone();
        tries.spawn(async move { log.append(append(&stream(), Expected::Any, 1)).await });
    }
    for told in in_time("answers", tries.join_all()).await {
        assert!(matches!(told, Err(AppendError::Busy)), "{told:?}");
    }
    assert!(asked.elapsed() < SOON * 2, "{:?}", asked.elapsed());
    holder.rollback().await.expect("released");
    log.append(append(&stream(), Expected::Any, 1)).await.expect("it goes on");
    assert_eq!(everything(&log).await.len(), 2);
}

#[tokio::test]
async fn a_database_that_is_read_only_is_told_as_unavailable() {
    let database = Database::fresh().await;
    let log = database.open().await;
    log.append(append(&stream(), Expected::NoStream, 1)).await.expect("appended");
    let name = database.name();
    // As after a failover to what is still a replica.
    let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
    database.run(&sql).await.expect("set");
    database.terminate("eventlog writer").await;
    let told = log.append(append(&stream(), Expected::Any, 1)).await;
    assert!(matches!(told, Err(AppendError::Unavailable(Some(_)))), "{told:?}");
    let mut outside = database.outside().await;
    outside.execute(AssertSqlSafe(format!("ALTER DATABASE {name} RESET ALL"))).await.expect("reset");
    log.append(append(&stream(), Expected::Any, 1)).await.expect("it goes on");
}

/// Killed without warning while appends are under way, and started again.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_when_postgres_is_killed() {
    let folder = tempfile::tempdir().expect("a folder");
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(folder.path(), permissions).expect("others may enter");
    let options = private_postgres::Options::durable(folder.path());
    let postgres = tokio::task::spawn_blocking(move || private_postgres::start(&options));
    let postgres = Arc::new(postgres.await.expect("no panic").expect("a Postgres"));
    let connect: PgConnectOptions = postgres.url("postgres").parse().expect("an address");
    let connect = connect.disable_statement_logging();
    sqlx::migrate!("../../migrations").run(&pool(&connect)).await.expect("migrated");
    let kek = KeyEncryptionKey::new([7; 32]);
    let log = Log::open(pool(&connect), connect.clone(), kek, &Options::default()).await.expect("a log");
    let log = Arc::new(log);

    let (stop, stopped) = tokio::sync::watch::channel(false);
    let callers: Vec<_> = (0..8_u64)
        .map(|caller| {
            let (log, stopped) = (log.clone(), stopped.clone());
            tokio::spawn(async move {
                let (stream, mut receipts) = (stream(), Vec::<Receipt>::new());
                while !*stopped.borrow() || receipts.is_empty() {
                    let key = caller << 32 | receipts.len() as u64;
                    let asked = keyed(append(&stream, Expected::Any, 1), key, 1);
                    match log.append(asked).await {
                        Ok(receipt) => receipts.push(receipt),
                        Err(AppendError::Unavailable(_) | AppendError::OutcomeUnknown) => {
                            tokio::time::sleep(Duration::from_millis(20)).await;
                        }
                        Err(error) => panic!("{error}"),
                    }
                }
                receipts
            })
        })
        .collect();
    for _ in 0..3 {
        let head = *log.watch().borrow();
        until("it is busy", async || *log.watch().borrow() > head + 50).await;
        let killed = postgres.pid();
        let status = std::process::Command::new("kill").args(["-9", &killed.to_string()]).status();
        assert!(status.expect("kill").success());
        until("Postgres is back", async || postgres.pid() != killed && log.head().await.is_ok()).await;
    }
    let head = *log.watch().borrow();
    until("it goes on", async || *log.watch().borrow() > head + 50).await;
    stop.send_replace(true);
    let mut acknowledged = 0;
    for caller in callers {
        let receipts = in_time("the end", caller).await.expect("no panic");
        let stored = log.stream(&receipts[0].stream, 0).await.expect("read");
        let told: Vec<i64> = receipts.iter().map(|receipt| receipt.position).collect();
        let found: Vec<i64> = stored.iter().map(|event| event.position).collect();
        assert_eq!(told, found, "each try with its key was stored once, where its receipt says");
        acknowledged += receipts.len();
    }
    assert_eq!(everything(&log).await.len(), acknowledged);
    drop(log);
}
