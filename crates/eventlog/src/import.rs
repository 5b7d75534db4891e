//! Bulk import: many appends at once, by COPY, in the same order as all others.
//!
//! An import takes turns on the head row as another process would, and stores one chunk of appends in each. While a
//! chunk is being copied, the next is decided, hashed and encoded as if it followed directly. That is a bet like those
//! of the writer, and is checked by the same conditions when its turn comes; when it is lost, the chunk is decided anew
//! under the lock.

use std::{collections::HashMap, num::NonZeroUsize, pin::pin};

use futures::{Stream, StreamExt as _, future::ready};
use lru::LruCache;
use sqlx::{ConnectOptions as _, PgConnection, postgres::PgConnectOptions};
use tokio::task::JoinHandle;

use crate::{
    Log,
    append::{Append, Receipt},
    batch::{Batch, Change, Known, Seen},
    copy,
    error::{AppendError, LOCK_TIMEOUT, code, is_away, is_lost},
    follow::raise,
    record::{Position, StreamId},
    statements::{LEAVES, SETTINGS, grow_tree, lock_head, look_up, store_by_copy},
    writer::{CONNECT, LOCK, STATEMENT, within},
};

/// A chunk takes no more appends when it holds so many events, or so many bytes. Others wait as long as it is copied:
/// some tens of milliseconds.
const CHUNK_EVENTS: usize = 4_000;
const CHUNK_BYTES: usize = 8 << 20;
/// Appends that are decided before other tasks get the thread.
const STRETCH: usize = 64;
/// Streams whose version is remembered, at most.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(100_000).expect("not zero");

/// What an import has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Appends that are stored, whether by it or before.
    pub appends: u64,
    /// How many of them were stored before: their idempotency keys were known.
    pub repeated: u64,
    /// Events that it stored.
    pub events: u64,
    /// The position of the last event of these appends.
    pub position: Position,
}

/// An import ended before its end.
#[derive(Debug, thiserror::Error)]
#[error("append {append} of the import was not done")]
pub struct ImportError {
    /// What was done before, and stays.
    pub imported: Imported,
    /// Which append it was, from 0. Where the fault is that of a chunk as a whole (the database is away, or refuses
    /// one of its events), it is the first of the chunk.
    pub append: u64,
    /// Why. After [`AppendError::OutcomeUnknown`] the chunk is stored or not, as a whole.
    #[source]
    pub source: AppendError,
}

/// The fault of an append of a chunk, counted from its first.
type Fault = (usize, AppendError);

/// A chunk decided on a head that is yet to be.
struct Bet {
    before: Seen,
    change: Change,
    rows: Vec<u8>,
    receipts: Vec<Receipt>,
}

/// What became of a chunk.
struct Turn {
    connection: PgConnection,
    chunk: Vec<Append>,
    receipts: Vec<Receipt>,
    /// The head after it.
    seen: Seen,
    /// The versions of its streams, when they had to be looked up.
    versions: Option<HashMap<StreamId, i32>>,
    /// Whether it makes sense to bet on the next.
    bet: bool,
}

impl Log {
    /// Appends many at once: several times as fast as one by one. They are stored in chunks of some thousand events,
    /// each as a whole or not at all; other appends get their turns between chunks. The first append that cannot be
    /// done ends the import, and nothing of its chunk is stored; what was stored before stays. With idempotency keys,
    /// the same import can be tried again: what is stored already is not stored twice.
    ///
    /// It goes best when appends expect a certain version. When the future is dropped, the chunk that is being stored
    /// may be stored all the same.
    pub async fn import(&self, appends: impl Stream<Item = Append>) -> Result<Imported, ImportError> {
        let mut appends = pin!(appends.fuse());
        let mut imported = Imported::default();
        let mut versions = LruCache::new(REMEMBERED);
        let mut storing: Option<(u64, JoinHandle<Result<Turn, Fault>>)> = None;
        let (mut connection, mut seen, mut ahead) = (None, None::<Seen>, None);
        loop {
            let chunk = gather(&mut appends).await;
            let mut bet = match (&chunk, &ahead) {
                (Ok(chunk), Some(ahead)) => place_bet(chunk, ahead, &mut versions).await,
                _ => None,
            };
            if let Some((era, stored)) = storing.take() {
                // Who is not answered was cut off in the middle.
                let turn = stored.await.unwrap_or(Err((0, AppendError::OutcomeUnknown)));
                let turn = turn.map_err(|fault| imported.failed(fault))?;
                raise(&self.raises, turn.seen.position);
                imported.add(&turn);
                let fresh = turn.chunk.into_iter().zip(&turn.receipts).filter(|(_, receipt)| !receipt.repeated);
                self.keys.remember(era, fresh.flat_map(|(append, _)| append.new_keys).collect());
                bet = match (turn.versions, &chunk) {
                    // Its bet was won, so that the next, on top of it, stands.
                    (None, _) => bet.map(|bet| Bet { before: turn.seen.clone(), ..bet }),
                    (Some(looked_up), Ok(chunk)) => {
                        versions.clear();
                        remember(&mut versions, looked_up);
                        if turn.bet { place_bet(chunk, &turn.seen, &mut versions).await } else { None }
                    }
                    (Some(_), Err(_)) => None,
                };
                (connection, seen) = (Some(turn.connection), Some(turn.seen));
            }
            let chunk = chunk.map_err(|fault| imported.failed(fault))?;
            if chunk.is_empty() {
                return Ok(imported);
            }
            // What its transaction will be is not known yet.
            ahead = bet.as_ref().map(|bet| bet.change.seen(String::new()));
            let turn = take_turn(self.connect.clone(), connection.take(), chunk, bet, seen.take());
            storing = Some((self.keys.era(), tokio::spawn(turn)));
        }
    }
}

impl Imported {
    fn add(&mut self, turn: &Turn) {
        for (append, receipt) in turn.chunk.iter().zip(&turn.receipts) {
            self.appends += 1;
            self.position = self.position.max(receipt.position);
            if receipt.repeated {
                self.repeated += 1;
            } else {
                self.events += append.events.len() as u64;
            }
        }
    }

    fn failed(&self, (append, source): Fault) -> ImportError {
        ImportError { imported: *self, append: self.appends + append as u64, source }
    }
}

/// The next chunk; empty at the end.
async fn gather(appends: &mut (impl Stream<Item = Append> + Unpin)) -> Result<Vec<Append>, Fault> {
    let (mut chunk, mut events, mut bytes) = (Vec::new(), 0, 0);
    while events < CHUNK_EVENTS
        && bytes < CHUNK_BYTES
        && let Some(mut append) = appends.next().await
    {
        bytes += append.tidy().map_err(|error| (chunk.len(), error))?;
        events += append.events.len();
        chunk.push(append);
        pause(chunk.len()).await;
    }
    Ok(chunk)
}

/// Lets other tasks go on now and then.
async fn pause(done: usize) {
    if done.is_multiple_of(STRETCH) {
        tokio::task::yield_now().await;
    }
}

/// Decides a chunk on top of a head, as a whole.
async fn decide<'a>(before: &Seen, known: Known, chunk: &'a [Append]) -> Result<(Batch<'a>, Vec<Receipt>), Fault> {
    let mut batch = Batch::on(before, known);
    let mut receipts = Vec::with_capacity(chunk.len());
    for (n, append) in chunk.iter().enumerate() {
        receipts.push(batch.decide_one(append).map_err(|error| (n, error))?);
        pause(n + 1).await;
    }
    Ok((batch, receipts))
}

/// Decides and encodes a chunk on what is remembered and what its appends expect; nothing when that does not do.
async fn place_bet(chunk: &[Append], before: &Seen, versions: &mut LruCache<StreamId, i32>) -> Option<Bet> {
    let known = Known::guess(chunk.iter(), versions)?;
    let (batch, receipts) = decide(before, known, chunk).await.ok()?;
    batch.last()?;
    remember(versions, batch.change.known.versions.clone());
    let rows = copy::encode(&batch.columns);
    Some(Bet { before: before.clone(), change: batch.change, rows, receipts })
}

fn remember(versions: &mut LruCache<StreamId, i32>, known: HashMap<StreamId, i32>) {
    for (stream, version) in known {
        versions.put(stream, version);
    }
}

/// Stores a chunk: by the bet, or else with care.
async fn take_turn(
    connect: PgConnectOptions,
    connection: Option<PgConnection>,
    chunk: Vec<Append>,
    bet: Option<Bet>,
    seen: Option<Seen>,
) -> Result<Turn, Fault> {
    let broken = |error| (0, broken(error));
    let mut connection = if let Some(connection) = connection {
        connection
    } else {
        let connect = connect.options(SETTINGS).application_name("eventlog import");
        within(CONNECT, connect.connect()).await.map_err(broken)?
    };
    if let Some(Bet { before, change, rows, receipts }) = bet {
        run(&mut connection, "BEGIN").await.map_err(broken)?;
        let stored = store_by_copy(&mut connection, &before, &change, ready(rows), true);
        if let Some(xmin) = within(STATEMENT, stored).await.map_err(broken)? {
            commit(&mut connection).await?;
            let seen = change.seen(xmin);
            return Ok(Turn { connection, chunk, receipts, seen, versions: None, bet: true });
        }
        run(&mut connection, "ROLLBACK").await.map_err(broken)?;
    }
    with_care(connection, chunk, seen).await
}

/// Stores a chunk in a transaction that holds the head from the beginning.
async fn with_care(mut connection: PgConnection, chunk: Vec<Append>, last: Option<Seen>) -> Result<Turn, Fault> {
    let broken = |error| (0, broken(error));
    let mut before = within(LOCK, lock_head(&mut connection)).await.map_err(broken)?;
    let alone = last.is_none_or(|last| last == before);
    while before.tree.size() < before.position {
        within(STATEMENT, grow_tree(&mut connection, &mut before, LEAVES)).await.map_err(broken)?;
    }
    let asked: Vec<&Append> = chunk.iter().collect();
    let known = within(STATEMENT, look_up(&mut connection, &asked)).await.map_err(broken)?;
    let (Batch { change, columns, .. }, receipts) = decide(&before, known, &chunk).await?;
    let seen = if columns.position.is_empty() {
        run(&mut connection, "ROLLBACK").await.map_err(broken)?;
        before
    } else {
        let rows = async { copy::encode(&columns) };
        let stored = within(STATEMENT, store_by_copy(&mut connection, &before, &change, rows, true)).await;
        // All was looked up under the lock, but keys are destroyed without it.
        let xmin = stored.map_err(broken)?.ok_or((0, AppendError::KeysChanged))?;
        commit(&mut connection).await?;
        change.seen(xmin)
    };
    let bet = alone && receipts.iter().all(|receipt| !receipt.repeated);
    Ok(Turn { connection, receipts, seen, versions: Some(change.known.versions), bet, chunk })
}

async fn run(connection: &mut PgConnection, sql: &'static str) -> Result<(), sqlx::Error> {
    within(STATEMENT, async { sqlx::raw_sql(sql).execute(connection).await }).await.map(drop)
}

async fn commit(connection: &mut PgConnection) -> Result<(), Fault> {
    let lost = |error| if is_lost(&error) { AppendError::OutcomeUnknown } else { broken(error) };
    run(connection, "COMMIT").await.map_err(|error| (0, lost(error)))
}

/// What to tell when a chunk broke before it was committed.
fn broken(error: sqlx::Error) -> AppendError {
    if code(&error).as_deref() == Some(LOCK_TIMEOUT) {
        AppendError::Busy
    } else if error.as_database_error().is_some_and(|error| error.constraint() == Some("data_key_pkey")) {
        AppendError::KeysChanged
    } else if is_away(&error) {
        AppendError::Unavailable(Some(error))
    } else {
        AppendError::Database(error)
    }
}
