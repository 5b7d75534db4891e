//! Far more is asked than can be stored: memory stays bounded, callers are told, and it goes on by itself.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use eventlog::{AppendError, Expected, Log, Options};
use faults::sample::{append, everything, id, stream};
use sqlx::{ConnectOptions as _, PgConnection};
use tokio::task::JoinSet;

use crate::support::{Database, in_time};

/// What a blocked log may take in memory beyond what its queue holds, in KiB: the callers' own tasks, what the
/// allocator keeps, and the statement of the first batch.
const ALLOWANCE: u64 = 32 << 10;

/// The most memory this process has had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("readable");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

/// Somebody else has the head row.
async fn held(database: &Database) -> PgConnection {
    let mut holder = database.connect.connect().await.expect("a connection");
    sqlx::raw_sql("BEGIN; SELECT FROM log.head FOR UPDATE").execute(&mut holder).await.expect("locked");
    holder
}

/// What so many callers at once are told, each with one event of so many bytes.
#[derive(Default)]
struct Told {
    stored: AtomicUsize,
    busy: AtomicUsize,
}

impl Told {
    fn counts(&self) -> (usize, usize) {
        (self.stored.load(Ordering::SeqCst), self.busy.load(Ordering::SeqCst))
    }
}

fn ask(log: &Arc<Log>, callers: usize, bytes: usize) -> (Arc<Told>, JoinSet<()>) {
    let told = Arc::new(Told::default());
    let mut asking = JoinSet::new();
    for _ in 0..callers {
        let (log, told) = (log.clone(), told.clone());
        asking.spawn(async move {
            match log.append(append(&stream(), Expected::NoStream, &[id()], bytes)).await {
                Ok(_) => told.stored.fetch_add(1, Ordering::SeqCst),
                Err(AppendError::Busy) => told.busy.fetch_add(1, Ordering::SeqCst),
                Err(error) => panic!("{error}"),
            };
        });
    }
    (told, asking)
}

/// How many were stored, and how many were told that the log is busy, once all were answered.
async fn answers((told, asking): (Arc<Told>, JoinSet<()>)) -> (usize, usize) {
    in_time("all answers", asking.join_all()).await;
    told.counts()
}

/// The head is held for longer than the writer waits for it, so in the end nobody is stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_blocked_log_takes_no_more_memory_than_its_queue_may_hold() {
    let database = Database::fresh().await;
    let options = Options { queue_bytes: 8 << 20, ..Options::default() };
    let log = Arc::new(database.open(&options).await);
    assert_eq!(answers(ask(&log, 100, 16 << 10)).await, (100, 0));
    let mut holder = held(&database).await;
    let before = peak();
    // 320 MiB are asked to be stored, a good deal of it at a time when the writer has given up once already.
    for _ in 0..2 {
        assert_eq!(answers(ask(&log, 10_000, 16 << 10)).await, (0, 10_000));
    }
    let grown = peak() - before;
    let most = (options.queue_bytes as u64 >> 10) + ALLOWANCE;
    eprintln!("grown by {grown} KiB of {most}");
    assert!(grown <= most, "grown by {grown} KiB");

    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.expect("released");
    assert_eq!(answers(ask(&log, 100, 16 << 10)).await, (100, 0));
    assert_eq!(everything(&log).await.expect("read").len(), 200);
}

/// The head is held for a moment only: who got into the queue is stored, who did not was told at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_tells_callers_at_once_and_stores_what_it_took() {
    const CALLERS: usize = 2_000;
    const QUEUE: usize = 64;
    let database = Database::fresh().await;
    let log = Arc::new(database.open(&Options { queue: QUEUE, ..Options::default() }).await);
    let mut holder = held(&database).await;
    let (told, asking) = ask(&log, CALLERS, 10);
    // All but those in the queue and the one for whom the writer asks for the head.
    let turned_away = async {
        while told.counts().1 < CALLERS - QUEUE - 1 {
            tokio::task::yield_now().await;
        }
    };
    in_time("those for whom there is no room", turned_away).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await.expect("released");
    let (stored, busy) = answers((told, asking)).await;
    assert_eq!(stored + busy, CALLERS);
    assert_eq!(everything(&log).await.expect("read").len(), stored);
    assert_eq!(answers(ask(&log, 10, 10)).await, (10, 0));
}
