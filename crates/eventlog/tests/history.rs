//! Many writers, two processes, and everything that can go wrong in between; then the history is judged.

use std::{
    collections::HashMap,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant},
};

use eventlog::{Append, AppendError, Expected, IdempotencyKey, Log, Position, StreamId};
use faults::checker::{self, History, ReadBack, Seen, Try};
use futures::StreamExt as _;
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use tokio::{sync::watch, task::JoinSet};

use crate::support::{Database, append, everything, in_time, stream};

const WRITERS: u64 = 32;

/// What is done to them meanwhile.
#[derive(Clone, Copy, PartialEq)]
enum Trouble {
    None,
    /// Connections of writers and listeners are cut; the head is held for a while by somebody else.
    Cuts,
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_keeps_its_promises() {
    keeps_its_promises(1, Trouble::None, 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_database_keep_their_promises() {
    keeps_its_promises(2, Trouble::None, 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_keeps_its_promises_while_connections_are_cut() {
    keeps_its_promises(1, Trouble::Cuts, 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_keep_their_promises_while_connections_are_cut() {
    keeps_its_promises(2, Trouble::Cuts, 40).await;
}

async fn keeps_its_promises(processes: usize, trouble: Trouble, intentions: usize) {
    let database = Arc::new(Database::fresh().await);
    let mut logs = Vec::new();
    for _ in 0..processes {
        logs.push(Arc::new(database.open().await));
    }
    let shared: Arc<[StreamId]> = (0..4).map(|_| stream()).collect();
    let (end, ending) = watch::channel(Position::MAX);

    let mut followers = JoinSet::new();
    for (n, log) in logs.iter().cycle().take(3).enumerate() {
        let page = [1_000, 3, 50][n];
        followers.spawn(follow(log.clone(), page, n == 2, ending.clone()));
    }
    let mut writers = JoinSet::new();
    for seed in 0..WRITERS {
        writers.spawn(Writer::new(seed, &logs, &shared).run(intentions));
    }
    let makes_trouble = (trouble == Trouble::Cuts).then(|| tokio::spawn(make_trouble(database.clone())));

    let mut history = History::default();
    for Writer { tries, reads, .. } in in_time("the writers are done", writers.join_all()).await {
        history.tries.extend(tries);
        history.reads.extend(reads);
    }
    if let Some(task) = makes_trouble {
        task.abort();
    }
    // One more, in peace.
    let mut last = Writer::new(WRITERS, &logs, &shared);
    let position = loop {
        last.intend(&stream(), None).await;
        if let Some(Try { told: Ok(receipt), .. }) = last.tries.last() {
            break receipt.position;
        }
    };
    end.send_replace(position);
    history.tries.extend(last.tries);
    history.followers = in_time("the followers are done", followers.join_all()).await;
    let log = everything(&logs[0]).await;
    let head = logs[0].tree_head().await.expect("a head");
    let wrong = checker::wrong(&log, &head, &history);
    let tries = &history.tries;
    assert!(wrong.is_empty(), "{} wrongs in {} tries; the first: {}", wrong.len(), tries.len(), wrong[0]);
    let acknowledged = tries.iter().filter(|one| one.told.is_ok()).count();
    assert!(acknowledged > tries.len() / 4, "{acknowledged} of {} tries were acknowledged", tries.len());
}

/// Sees everything from the first event to the last. One that is `forgetful` is dropped now and then and takes up
/// again.
async fn follow(log: Arc<Log>, page: i64, forgetful: bool, mut end: watch::Receiver<Position>) -> Seen {
    let mut seen = Seen::new();
    loop {
        let last = seen.last().map_or(0, |(position, _)| *position);
        let mut pages = pin!(log.follow(last, page));
        loop {
            let last = seen.last().map_or(0, |(position, _)| *position);
            let page = tokio::select! {
                page = pages.next() => page.expect("it goes on"),
                _ = end.wait_for(|end| last >= *end) => return seen,
            };
            // An error of a connection that was cut is passed on, and then it goes on.
            if let Ok(events) = page {
                seen.extend(events.iter().map(|event| (event.position, event.id)));
            }
            if forgetful && seen.len().is_multiple_of(7) {
                break;
            }
        }
    }
}

/// A client that appends to streams of its own and to shared ones, with and without keys, and retries.
struct Writer {
    random: StdRng,
    logs: Vec<Arc<Log>>,
    shared: Arc<[StreamId]>,
    /// The versions it has read.
    versions: HashMap<StreamId, i32>,
    tries: Vec<Try>,
    reads: Vec<ReadBack>,
}

impl Writer {
    fn new(seed: u64, logs: &[Arc<Log>], shared: &Arc<[StreamId]>) -> Self {
        let random = StdRng::seed_from_u64(seed);
        Self {
            random,
            logs: logs.to_vec(),
            shared: shared.clone(),
            versions: HashMap::new(),
            tries: vec![],
            reads: vec![],
        }
    }

    async fn run(mut self, intentions: usize) -> Self {
        let own = stream();
        for _ in 0..intentions {
            let shared = self.shared[self.random.random_range(0..self.shared.len())].clone();
            let stream = if self.random.random_bool(0.5) { own.clone() } else { shared };
            let key = self
                .random
                .random_bool(0.6)
                .then(|| IdempotencyKey { key: self.random.random(), fingerprint: self.random.random() });
            self.intend(&stream, key).await;
        }
        self
    }

    /// Tries until it is told something definite; without a key, once.
    async fn intend(&mut self, stream: &StreamId, key: Option<IdempotencyKey>) {
        let any = self.random.random_bool(0.3);
        loop {
            let log = self.logs[self.random.random_range(0..self.logs.len())].clone();
            // Read from another process now and then: what was acknowledged is there as well.
            let known = self.versions.get(stream).copied().unwrap_or_default();
            let Ok(news) = log.stream(stream, known).await else { continue };
            let version = news.last().map_or(known, |event| event.version);
            self.versions.insert(stream.clone(), version);
            let expected = match version {
                _ if any => Expected::Any,
                0 => Expected::NoStream,
                version => Expected::Exact(version),
            };
            let events = self.random.random_range(1..4);
            let append = Append { key, ..append(stream, expected, events) };
            let ids = append.events.iter().map(|event| event.id).collect();
            let asked = Instant::now();
            let told = log.append(append).await;
            let answered = Instant::now();
            let again = match &told {
                Ok(receipt) => {
                    self.read_own_writes(receipt).await;
                    // Some do not believe it.
                    key.is_some() && self.random.random_bool(0.1)
                }
                Err(AppendError::Conflict { .. }) => key.is_some() && self.random.random_bool(0.8),
                Err(AppendError::OutcomeUnknown | AppendError::Unavailable(_) | AppendError::Busy) => key.is_some(),
                Err(error) => panic!("{error}"),
            };
            let (stream, told) = (stream.clone(), told.map_err(|error| (&error).into()));
            self.tries.push(Try { stream, expected, ids, key, asked, answered, told });
            if !again {
                return;
            }
        }
    }

    /// What was acknowledged can be read at once, everywhere.
    async fn read_own_writes(&mut self, receipt: &eventlog::Receipt) {
        for log in &self.logs {
            if let Ok(events) = log.stream(&receipt.stream, receipt.last_version - 1).await {
                let found = events.first().map(|event| (event.version, event.position));
                self.reads.push(ReadBack { receipt: receipt.clone(), found });
            }
        }
    }
}

async fn make_trouble(database: Arc<Database>) {
    let mut random = StdRng::seed_from_u64(99);
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    loop {
        tick.tick().await;
        match random.random_range(0..10) {
            0..3 => drop(database.terminate("eventlog writer").await),
            3 => drop(database.terminate("eventlog listener").await),
            4 => {
                // Somebody else holds the head for a while, and gives up.
                let mut holder = database.pool.begin().await.expect("begun");
                sqlx::query("SELECT FROM log.head FOR UPDATE").execute(&mut *holder).await.expect("locked");
                for _ in 0..random.random_range(1..10) {
                    tick.tick().await;
                }
                holder.rollback().await.expect("released");
            }
            _ => {}
        }
    }
}
