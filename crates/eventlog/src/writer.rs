//! The writer task: group commit.
//!
//! Appends queue; the writer takes all that wait, decides each on its own, stores the accepted events with one
//! statement and answers every caller. While one batch is being stored the next one gathers, so the busier it is, the
//! more events share a commit. There are two ways to store a batch:
//!
//! * **With care**: begin, lock the head row, and only *then* take what queued meanwhile (the longer the wait for the
//!   lock, the larger the batch); in a later statement, whose snapshot is fresh because the lock is held, look up the
//!   versions of the streams involved; decide, store, commit.
//! * **By a bet**, in one round trip: decide on what is known from the last turn and on what the callers expect, and
//!   store on the condition that all this holds. When it does not, nothing is stored, and care follows. The writer
//!   bets as long as no other process appends.
//!
//! In both the head row is locked when events get their positions, until they are committed. Positions are thus
//! dense, in commit order and known to the caller; several processes take turns on the head row.

use std::{
    collections::VecDeque,
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use lru::LruCache;
use sqlx::{ConnectOptions, PgConnection, PgPool, postgres::PgConnectOptions};
use tokio::sync::{mpsc, watch};
use uuid::Uuid;

use crate::{
    append::{Append, Queued},
    batch::{Answers, Batch, Change, Known, Seen},
    error::{AppendError, LOCK_TIMEOUT, code, is_away, is_lost},
    follow::raise,
    record::{Position, StreamId},
    statements::{LEAVES, SETTINGS, grow_tree, lock_head, look_up, notify, settle, store, store_alone},
};

/// How long to try to connect before callers are told that the database is away.
pub(crate) const CONNECT: Duration = Duration::from_secs(2);
/// How long to wait for the head, and for anything else, on a connection that may be dead without our knowing. The
/// database's own timeouts are shorter.
pub(crate) const LOCK: Duration = Duration::from_secs(4);
pub(crate) const STATEMENT: Duration = Duration::from_secs(12);
/// How long to try to find out what became of a batch.
const SETTLE: Duration = Duration::from_secs(4);
/// How long to wait between two tries.
const PAUSE: Duration = Duration::from_millis(50);
/// Other processes are told of appends no more often than this. (Telling costs as much as a small append.)
const NOTIFY: Duration = Duration::from_millis(1);
/// A connection idle for longer is tried out before anything is bet on it.
const FRESH: Duration = Duration::from_secs(1);
/// Streams whose version is remembered, at most.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(10_000).expect("not zero");
/// A batch takes no more appends when it holds so many bytes.
const BATCH_BYTES: usize = 8 << 20;
const GATHER: u32 = 4;

pub(crate) struct Writer {
    connect: PgConnectOptions,
    connection: Option<Connection>,
    /// The head after the last turn; nothing after trouble.
    seen: Option<Seen>,
    /// Whether the head stayed as we left it up to our last turn.
    alone: bool,
    /// The versions of streams as of `seen`.
    versions: LruCache<StreamId, i32>,
    waiting: mpsc::Receiver<Queued>,
    head: watch::Sender<Position>,
    most: usize,
    expected: (usize, Instant),
    /// When other processes were last told of the head, and whether they have heard of the present one.
    notified: (Instant, bool),
}

struct Connection {
    inner: PgConnection,
    used: Instant,
}

/// How far a batch got before something broke.
enum Broken {
    /// Nothing is stored.
    Before(sqlx::Error),
    /// It is not known whether it is stored: what to look for and, if it is there, to answer.
    Unknown { error: sqlx::Error, place: (Position, Uuid), answers: Answers },
}

impl Writer {
    pub(crate) fn new(
        connect: PgConnectOptions,
        waiting: mpsc::Receiver<Queued>,
        head: watch::Sender<Position>,
        most: usize,
    ) -> Self {
        let connect = connect.options(SETTINGS).application_name("eventlog writer");
        let versions = LruCache::new(REMEMBERED);
        Self {
            connect,
            connection: None,
            seen: None,
            alone: true,
            versions,
            waiting,
            head,
            most,
            expected: (0, Instant::now()),
            notified: (Instant::now(), true),
        }
    }

    /// Serves until the log is dropped.
    pub(crate) async fn run(mut self) {
        while let Some(first) = self.next().await {
            let mut batch = vec![first];
            if let Err(broken) = self.serve(&mut batch).await {
                self.recover(batch, broken).await;
            }
        }
    }

    /// The next append. If none comes for a moment, other processes are told of what they have not heard of.
    async fn next(&mut self) -> Option<Queued> {
        if let (last, false) = self.notified {
            if let Ok(next) = tokio::time::timeout_at((last + NOTIFY).into(), self.waiting.recv()).await {
                return next;
            }
            let head = *self.head.borrow();
            // When it fails, they hear of it by their next look at the head.
            if let Some(Connection { inner, .. }) = &mut self.connection
                && within(STATEMENT, notify(inner, head)).await.is_err()
            {
                self.connection = None;
            }
            self.notified = (Instant::now(), true);
        }
        self.waiting.recv().await
    }

    /// Whether to tell other processes of the next commit.
    fn notifies(&self) -> bool {
        self.notified.0.elapsed() >= NOTIFY
    }

    async fn serve(&mut self, batch: &mut Vec<Queued>) -> Result<(), Broken> {
        if self.alone {
            self.gather().await;
            self.drain(batch);
            if self.bet(batch).await? {
                return Ok(());
            }
        }
        self.take_turn(batch, true).await
    }

    /// Gives those who were just answered a moment to append again. Without it, callers would split into two groups,
    /// each waiting for the other's commit.
    async fn gather(&self) {
        let (expected, until) = self.expected;
        while self.waiting.len() + 1 < expected && Instant::now() < until {
            tokio::task::yield_now().await;
        }
    }

    /// Takes what else is waiting.
    fn drain(&mut self, batch: &mut Vec<Queued>) {
        let mut bytes: usize = batch.iter().map(|queued| queued.bytes).sum();
        while batch.len() < self.most && bytes < BATCH_BYTES {
            let Ok(queued) = self.waiting.try_recv() else { break };
            bytes += queued.bytes;
            batch.push(queued);
        }
    }

    /// Stores a batch on the assumption that everything is as it should be. Returns whether it was; if not, nothing
    /// is stored. Appends leave `batch` as they are answered.
    async fn bet(&mut self, batch: &mut Vec<Queued>) -> Result<bool, Broken> {
        let began = Instant::now();
        let Some(before) = self.seen.clone() else { return Ok(false) };
        let Some(mut connection) = self.connection.take_if(|connection| connection.used.elapsed() < FRESH) else {
            return Ok(false);
        };
        let Some(known) = Known::guess(appends(batch), &mut self.versions) else {
            self.connection = Some(connection);
            return Ok(false);
        };
        let (decided, answers) = Batch::decide(&before, known, appends(batch));
        let Some(place) = decided.last() else {
            self.connection = Some(connection);
            return Ok(false);
        };
        let tell = self.notifies();
        let stored = match within(STATEMENT, store_alone(&mut connection.inner, &before, &decided, tell)).await {
            Ok(stored) => stored,
            Err(error @ sqlx::Error::Database(_)) if !is_lost(&error) => return Err(Broken::Before(error)),
            Err(error) => return Err(Broken::Unknown { error, place, answers }),
        };
        self.connection = Some(Connection { used: Instant::now(), ..connection });
        let Some(xmin) = stored else {
            metrics::counter!("eventlog_bets_lost_total").increment(1);
            return Ok(false);
        };
        self.stored(&decided.change, xmin, tell);
        self.expected = (batch.len() + self.waiting.len(), Instant::now() + began.elapsed() / GATHER);
        finish(batch, answers, place.0 - before.position, began);
        Ok(true)
    }

    /// One transaction that holds the head. Appends leave `batch` as they are answered.
    async fn take_turn(&mut self, batch: &mut Vec<Queued>, drain: bool) -> Result<(), Broken> {
        let began = Instant::now();
        let (mut connection, mut before) = self.lock().await.map_err(Broken::Before)?;
        if drain {
            self.drain(batch);
        }
        self.alone = self.seen.as_ref().is_none_or(|seen| *seen == before);
        while before.tree.size() < before.position {
            within(STATEMENT, grow_tree(&mut connection, &mut before, LEAVES)).await.map_err(Broken::Before)?;
        }
        if !self.alone {
            self.versions.clear();
        }
        let asked: Vec<&Append> = appends(batch).collect();
        let known = within(STATEMENT, look_up(&mut connection, &asked)).await.map_err(Broken::Before)?;
        let (decided, answers) = Batch::decide(&before, known, appends(batch));
        if let Some(place) = decided.last() {
            let tell = self.notifies();
            let stored = within(STATEMENT, store(&mut connection, &before, &decided, tell));
            let stored = stored.await.map_err(Broken::Before)?;
            // All was looked up under the lock, but keys are destroyed without it.
            let xmin = stored.ok_or(Broken::Before(sqlx::Error::RowNotFound))?;
            let commit = async { sqlx::raw_sql("COMMIT").execute(&mut connection).await };
            if let Err(error) = within(STATEMENT, commit).await {
                return Err(Broken::Unknown { error, place, answers });
            }
            self.stored(&decided.change, xmin, tell);
        } else {
            let rollback = async { sqlx::raw_sql("ROLLBACK").execute(&mut connection).await };
            within(STATEMENT, rollback).await.map_err(Broken::Before)?;
            self.remember(&decided.change.known);
            self.seen = Some(before.clone());
        }
        let events = decided.change.position - before.position;
        self.connection = Some(Connection { inner: connection, used: Instant::now() });
        finish(batch, answers, events, began);
        Ok(())
    }

    /// Remembers how the log is after a batch was stored, and tells followers.
    fn stored(&mut self, change: &Change, xmin: String, told: bool) {
        self.remember(&change.known);
        self.seen = Some(change.seen(xmin));
        self.notified = if told { (Instant::now(), true) } else { (self.notified.0, false) };
        raise(&self.head, change.position);
    }

    fn remember(&mut self, known: &Known) {
        for (stream, version) in &known.versions {
            self.versions.put(stream.clone(), *version);
        }
    }

    /// Begins a transaction that holds the head. A connection that died while it was idle is made anew.
    async fn lock(&mut self) -> Result<(PgConnection, Seen), sqlx::Error> {
        if let Some(Connection { inner: mut connection, .. }) = self.connection.take() {
            match within(LOCK, lock_head(&mut connection)).await {
                Ok(seen) => return Ok((connection, seen)),
                Err(error) if is_away(&error) => {}
                Err(error) => return Err(error),
            }
        }
        let mut connection = within(CONNECT, self.connect.connect()).await?;
        let seen = within(LOCK, lock_head(&mut connection)).await?;
        Ok((connection, seen))
    }

    /// Tells callers what became of a batch that broke, or tries again where that helps. Returns whether the database
    /// is away.
    async fn recover(&mut self, mut batch: Vec<Queued>, mut broken: Broken) -> bool {
        let mut tries = 0;
        loop {
            (self.connection, self.seen) = (None, None);
            self.versions.clear();
            let error = match broken {
                Broken::Before(error) => error,
                Broken::Unknown { error, place, answers } => {
                    warn("the log lost its connection while storing", &error);
                    match self.settle(place).await {
                        Some(true) => {
                            raise(&self.head, place.0);
                            self.notified.1 = false;
                            finish(&mut batch, answers, 0, Instant::now());
                            return false;
                        }
                        Some(false) => error,
                        None => {
                            answer_all(batch, |_| AppendError::OutcomeUnknown);
                            return true;
                        }
                    }
                }
            };
            if is_lost(&error) && tries == 0 {
                tries += 1;
                match self.take_turn(&mut batch, false).await {
                    Ok(()) => return false,
                    Err(again) => broken = again,
                }
                continue;
            }
            return self.give_up(batch, error).await;
        }
    }

    /// Nothing of the batch is stored: tells callers why, or tries its appends one by one when the fault may be that
    /// of one of them. Returns whether the database is away.
    async fn give_up(&mut self, mut batch: Vec<Queued>, error: sqlx::Error) -> bool {
        let busy = code(&error).as_deref() == Some(LOCK_TIMEOUT);
        if busy || is_away(&error) {
            warn("the log cannot append", &error);
            // Those who wait would only wait as long, one batch after the other.
            while let Ok(queued) = self.waiting.try_recv() {
                batch.push(queued);
            }
            let mut error = Some(error);
            answer_all(batch, |_| if busy { AppendError::Busy } else { AppendError::Unavailable(error.take()) });
            return !busy;
        }
        if batch.len() == 1 {
            let mut error = Some(error);
            answer_all(batch, |queued| error.take().map_or(AppendError::Busy, |error| refusal(queued, error)));
            return false;
        }
        let mut rest = VecDeque::from(batch);
        while let Some(queued) = rest.pop_front() {
            let mut alone = vec![queued];
            if let Err(broken) = self.take_turn(&mut alone, false).await
                && Box::pin(self.recover(alone, broken)).await
            {
                answer_all(rest, |_| AppendError::Unavailable(None));
                return true;
            }
        }
        false
    }

    /// Finds out whether a batch was stored whose storing was not answered; nothing when the database does not come
    /// back in time. Once it is answered, the answer stays true.
    async fn settle(&self, place: (Position, Uuid)) -> Option<bool> {
        let look = async {
            loop {
                if let Ok(mut connection) = within(CONNECT, self.connect.connect()).await
                    && let Ok(stored) = settle(&mut connection, place).await
                {
                    return stored;
                }
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(SETTLE, look).await.ok()
    }
}

/// Adds the events to the tree that were appended before there was one: seconds for a million.
pub(crate) async fn grow_whole_tree(pool: &PgPool, connect: &PgConnectOptions) -> Result<(), sqlx::Error> {
    while !sqlx::query_scalar!(r#"SELECT tree_size = position AS "whole!" FROM log.head"#).fetch_one(pool).await? {
        let mut connection = connect.clone().options(SETTINGS).connect().await?;
        let mut seen = lock_head(&mut connection).await?;
        grow_tree(&mut connection, &mut seen, LEAVES).await?;
        sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
    }
    Ok(())
}

/// An answer in time, or an error as of a connection that broke.
pub(crate) async fn within<T>(
    time: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    match tokio::time::timeout(time, answer).await {
        Ok(answer) => answer,
        Err(late) => Err(sqlx::Error::Io(late.into())),
    }
}

/// What a batch asks for.
fn appends(batch: &[Queued]) -> impl Iterator<Item = &Append> {
    batch.iter().map(|queued| &queued.append)
}

/// Answers a batch and counts it.
fn finish(batch: &mut Vec<Queued>, answers: Answers, events: Position, began: Instant) {
    #[expect(clippy::cast_precision_loss, reason = "a batch holds a few thousand appends at most")]
    metrics::histogram!("eventlog_batch_appends").record(batch.len() as f64);
    metrics::counter!("eventlog_events_total").increment(events.unsigned_abs());
    metrics::histogram!("eventlog_commit_seconds").record(began.elapsed().as_secs_f64());
    for (queued, answer) in batch.drain(..).zip(answers) {
        // A caller that went away is not told; its append stands.
        let _ = queued.answer.send(answer);
    }
}

fn warn(what: &str, error: &sqlx::Error) {
    tracing::warn!(error = error as &dyn std::error::Error, "{what}");
}

/// The error of a batch of one.
fn refusal(queued: &Queued, error: sqlx::Error) -> AppendError {
    let key_is_new = error.as_database_error().is_none_or(|error| error.constraint() != Some("data_key_pkey"));
    if matches!(error, sqlx::Error::RowNotFound) || !key_is_new {
        return AppendError::KeysChanged;
    }
    // (The error's own words: where they are of the database they name columns and constraints, not values.)
    tracing::error!(
        error = &error as &dyn std::error::Error,
        stream = %queued.append.stream,
        "the database refused an append"
    );
    AppendError::Database(error)
}

fn answer_all(batch: impl IntoIterator<Item = Queued>, mut error: impl FnMut(&Queued) -> AppendError) {
    for queued in batch {
        let error = error(&queued);
        let _ = queued.answer.send(Err(error));
    }
}
