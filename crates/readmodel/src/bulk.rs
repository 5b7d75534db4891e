//! Folding very many events: rows stay in memory while there is room, and go to the database by COPY.

use std::{
    collections::BTreeSet,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use eventlog::{Log, Position};
use futures::{StreamExt as _, future, future::BoxFuture};
use sqlx::{AssertSqlSafe, PgConnection, postgres::PgCopyIn};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use uuid::Uuid;

use crate::{
    definition::Definition,
    engine::PAGE,
    error::ReadModelError,
    model::{Model, Rows, Seen},
    tables::{fold, key_of, load_sized, upsert, write, write_to},
    told::{Stopped, Told, position, readable, tell},
};

/// Rows to which nothing more happens are sent when they are this many bytes.
const PIECE: usize = 4 << 20;
/// Bytes sent at a time.
const SENT: usize = 64 << 10;
/// Rows in memory take about so many times what the payloads take that they come from.
const OVERHEAD: usize = 2;
/// Rows that are merged into those of earlier in one statement.
const MERGED: usize = 5_000;

/// Pages that wait for a fold, at most.
const WAITING: usize = 2;

/// How building is done.
#[derive(Clone, Debug)]
pub struct BuildOptions {
    /// How much rows may take in memory while models are built, all together, in bytes; what is more goes to the database
    /// and comes back when it is needed.
    pub memory: usize,
    /// Is told how far it is.
    pub progress: watch::Sender<Option<Building>>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self { memory: 512 << 20, progress: watch::Sender::new(None) }
    }
}

/// Models are being built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Building {
    /// How many.
    pub models: usize,
    /// Every event up to here has been read.
    pub position: Position,
    /// Up to here they are read.
    pub until: Position,
    /// When it began.
    pub began: Instant,
}

/// A new, empty table without a key to fold a model into.
pub(crate) struct Target<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) table: String,
    /// The position of the last event for it.
    pub(crate) until: Position,
    /// Nobody else's.
    pub(crate) connection: PgConnection,
    /// More of them, for a table that they see as well: rows and indexes are written side by side.
    pub(crate) beside: Vec<PgConnection>,
}

/// Events on their way to the folds, with the bytes of each payload.
type Page = Arc<(Vec<Told>, Vec<usize>)>;
/// Folds what it is sent, to the end.
type Folding = JoinHandle<Result<Bulked, ReadModelError>>;

/// Folds the log into tables in one reading: one task fetches, several open and decode, one for each model folds and
/// writes. Returns the connections and where each fold stopped, in their order.
pub(crate) async fn read_into(
    log: &Log,
    targets: Vec<Target<'_>>,
    options: &BuildOptions,
) -> Result<Vec<(PgConnection, Option<Stopped>)>, ReadModelError> {
    let until = targets.iter().map(|target| target.until).max().unwrap_or_default();
    let mut kinds: Vec<&str> = targets.iter().flat_map(|target| target.definition.model.kinds()).copied().collect();
    kinds.sort_unstable();
    kinds.dedup();
    let building = Building { models: targets.len(), position: 0, until, began: Instant::now() };
    options.progress.send_replace(Some(building));
    let memory = Memory { taken: Arc::default(), all: options.memory, folds: targets.len().max(1) };
    let mut folds: Vec<(mpsc::Sender<Page>, Folding)> = Vec::with_capacity(targets.len());
    let mut places = Vec::with_capacity(targets.len());
    for Target { definition, table, until, mut connection, mut beside } in targets {
        for connection in std::iter::once(&mut connection).chain(&mut beside) {
            // Rows can be built again: they need not wait for the disk.
            let settings = "SET synchronous_commit = off; SET maintenance_work_mem = '128MB'";
            sqlx::raw_sql(settings).execute(connection).await?;
        }
        let bulk = definition.model.bulk(connection, beside, table.clone(), memory.clone());
        let (pages, coming) = mpsc::channel(WAITING);
        folds.push((pages, tokio::spawn(fold_all(bulk, coming, until))));
        places.push((definition, table, until));
    }
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let pages = log.copy_out(0, until, &kinds).await?;
    let decoded = pages.map(|page| {
        let keys = log.keys().clone();
        async move {
            let page = page?;
            let telling = tokio::spawn(async move {
                let events = page.read()?;
                let bytes = events.iter().map(|event| event.data.get().len()).collect();
                Ok::<Page, ReadModelError>(Arc::new((tell(&keys, &events).await?, bytes)))
            });
            telling.await.map_err(ReadModelError::ended)?
        }
    });
    // While one waits for keys, another is opened.
    let mut decoded = std::pin::pin!(decoded.buffered(2 * cores));
    while let Some(page) = decoded.next().await {
        let page = page?;
        for (pages, _) in &folds {
            // One that failed takes no more, and says so in the end.
            let _ = pages.send(page.clone()).await;
        }
        if let Some(last) = page.0.last().map(position) {
            metrics::gauge!("readmodel_building_position").set(crate::as_gauge(last));
            options.progress.send_replace(Some(Building { position: last, ..building }));
        }
    }
    let mut built = Vec::with_capacity(folds.len());
    for ((pages, folding), (definition, table, until)) in folds.into_iter().zip(places) {
        drop(pages);
        let Bulked { mut connection, mut stopped, torn } = folding.await.map_err(ReadModelError::ended)??;
        if torn {
            sqlx::raw_sql(AssertSqlSafe(format!("TRUNCATE {table}"))).execute(&mut connection).await?;
            stopped = fold_slowly(log, definition, &mut connection, &table, until).await?;
        }
        built.push((connection, stopped));
    }
    Ok(built)
}

async fn fold_all(
    mut bulk: Box<dyn Bulk>,
    mut pages: mpsc::Receiver<Page>,
    until: Position,
) -> Result<Bulked, ReadModelError> {
    while let Some(page) = pages.recv().await {
        let (events, bytes) = &*page;
        let until = events.partition_point(|event| position(event) <= until);
        bulk.fold(&events[..until], &bytes[..until]).await?;
    }
    bulk.finish().await
}

/// Page by page, so that a fold which breaks leaves nothing of the event at which it does.
async fn fold_slowly(
    log: &Log,
    definition: &Definition,
    connection: &mut PgConnection,
    table: &str,
    until: Position,
) -> Result<Option<Stopped>, ReadModelError> {
    let mut after = 0;
    while after < until {
        let events = log.page(after, PAGE.min(until - after)).await?;
        let Some(last) = events.last().map(|event| event.position) else { break };
        let told = tell(log.keys(), &events).await?;
        if let Some(stopped) = definition.model.project(connection, table, &told).await? {
            return Ok(Some(stopped));
        }
        after = last;
    }
    Ok(None)
}

/// A fold of very many events into one new table.
pub(crate) trait Bulk: Send {
    /// Folds events, which follow those of before. `bytes` is what the payload of each takes.
    fn fold<'a>(&'a mut self, events: &'a [Told], bytes: &'a [usize]) -> BoxFuture<'a, Result<(), ReadModelError>>;

    /// Writes what is left, makes the indexes and gives the connection back.
    fn finish(self: Box<Self>) -> BoxFuture<'static, Result<Bulked, ReadModelError>>;
}

/// How much the folds may take together, and how much they take.
#[derive(Clone)]
pub(crate) struct Memory {
    taken: Arc<AtomicUsize>,
    all: usize,
    folds: usize,
}

impl Memory {
    fn take(&self, bytes: usize) {
        self.taken.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Whether a fold that takes so much must put its rows away: there is no room left, and it is one of those that matter.
    fn is_short(&self, bytes: usize) -> bool {
        self.taken.load(Ordering::Relaxed) > self.all && bytes > self.all / (2 * self.folds)
    }
}

/// A table is whole.
pub(crate) struct Bulked {
    pub(crate) connection: PgConnection,
    /// The fold broke or met an event that does not read.
    pub(crate) stopped: Option<Stopped>,
    /// It broke within an event, of which some may be in the table: fold again, only as far as before that.
    pub(crate) torn: bool,
}

/// The state of such a fold.
pub(crate) struct Folder<M: Model> {
    connection: PgConnection,
    beside: Vec<PgConnection>,
    table: String,
    memory: Memory,
    rows: Rows<M::Row>,
    /// About what they take.
    bytes: usize,
    /// Rows to which nothing more happens, in the format of COPY.
    settled: Copied,
    /// Rows were put away in the table, which has its key therefore.
    spilled: bool,
    stopped: Option<Stopped>,
    torn: bool,
}

impl<M: Model> Folder<M> {
    pub(crate) fn new(connection: PgConnection, beside: Vec<PgConnection>, table: String, memory: Memory) -> Self {
        let (rows, settled) = (Rows::default(), Copied::default());
        Self { connection, beside, table, memory, rows, bytes: 0, settled, spilled: false, stopped: None, torn: false }
    }

    async fn fold_page(&mut self, events: &[Told], bytes: &[usize]) -> Result<(), ReadModelError> {
        if self.stopped.is_some() {
            return Ok(());
        }
        let own = |event: &Told| event.as_ref().is_ok_and(|event| M::KINDS.contains(&&*event.stream.kind));
        let mut brought: usize = events.iter().zip(bytes).filter(|(event, _)| own(event)).map(|(_, bytes)| bytes).sum();
        let (events, stopped) = readable(events, M::KINDS);
        self.stopped = stopped;
        if self.spilled {
            self.load_touched(&events).await?;
        }
        if let Err((n, why)) = fold::<M>(&mut self.rows, &events) {
            self.stopped = Some(Stopped { position: events[n].position, why });
            self.torn = true;
            return Ok(());
        }
        for (key, row) in self.rows.take_changed(M::is_final) {
            brought = brought.saturating_sub(self.settled.add::<M>(&key, &row)?);
        }
        if self.settled.rows.len() >= PIECE {
            self.send_settled().await?;
        }
        self.memory.take(brought * OVERHEAD);
        self.bytes += brought * OVERHEAD;
        if self.memory.is_short(self.bytes) {
            self.spill().await?;
        }
        Ok(())
    }

    async fn send_settled(&mut self) -> Result<(), ReadModelError> {
        let copy = self.connection.copy_in_raw(&statement(&self.table)).await?;
        std::mem::take(&mut self.settled).finish(copy).await
    }

    /// Brings back from the table what a fold may read.
    async fn load_touched(&mut self, events: &[&Seen]) -> Result<(), ReadModelError> {
        let touched: BTreeSet<String> = events.iter().flat_map(|event| M::touches(event)).collect();
        let missing: Vec<String> = touched.into_iter().filter(|key| self.rows.get(key).is_none()).collect();
        let (found, bytes) = load_sized::<M>(&mut self.connection, &self.table, &missing).await?;
        self.rows.add_stored(found);
        self.memory.take(bytes);
        self.bytes += bytes;
        Ok(())
    }

    /// Puts all rows away, to fetch back those that are needed.
    async fn spill(&mut self) -> Result<(), ReadModelError> {
        self.put_away().await?;
        if !self.spilled {
            sqlx::raw_sql(AssertSqlSafe(named::<M>(&key_of(&self.table)))).execute(&mut self.connection).await?;
            self.spilled = true;
        }
        Ok(())
    }

    async fn put_away(&mut self) -> Result<(), ReadModelError> {
        let mut rows = std::mem::take(&mut self.rows).take_changed(|_| true);
        rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        if self.spilled {
            for some in rows.chunks(MERGED) {
                let docs = some.iter().map(|(_, row)| write::<M>(row)).collect::<Result<_, _>>()?;
                let keys = some.iter().map(|(key, _)| key.clone()).collect();
                upsert(&mut self.connection, &self.table, keys, docs).await?;
            }
        } else {
            let (rows, table, several) = (&rows, &self.table, 1 + self.beside.len());
            let connections = std::iter::once(&mut self.connection).chain(&mut self.beside);
            // In turn, as those of long ago are the longest.
            let copying = connections
                .enumerate()
                .map(|(nth, connection)| copy::<M>(rows.iter().skip(nth).step_by(several), connection, table));
            future::try_join_all(copying).await?;
        }
        self.memory.give_back(std::mem::take(&mut self.bytes));
        Ok(())
    }

    /// Makes the indexes, as many side by side as there are connections.
    async fn index(&mut self) -> Result<(), ReadModelError> {
        let key = (!self.spilled).then(|| key_of(&self.table));
        let others = M::INDEXES.iter().map(|index| index.replace("{table}", &self.table));
        let statements = Mutex::new(others.chain(key).map(|index| named::<M>(&index)).collect::<Vec<_>>());
        let next = || statements.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connections = std::iter::once(&mut self.connection).chain(&mut self.beside);
        let indexing = connections.map(async |connection| {
            while let Some(statement) = next() {
                sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut *connection).await?;
            }
            Ok::<_, ReadModelError>(())
        });
        future::try_join_all(indexing).await?;
        sqlx::raw_sql(AssertSqlSafe(format!("ANALYZE {}", self.table))).execute(&mut self.connection).await?;
        Ok(())
    }
}

impl<M: Model> Bulk for Folder<M> {
    fn fold<'a>(&'a mut self, events: &'a [Told], bytes: &'a [usize]) -> BoxFuture<'a, Result<(), ReadModelError>> {
        Box::pin(self.fold_page(events, bytes))
    }

    fn finish(mut self: Box<Self>) -> BoxFuture<'static, Result<Bulked, ReadModelError>> {
        Box::pin(async move {
            self.send_settled().await?;
            self.put_away().await?;
            self.index().await?;
            let Self { connection, stopped, torn, .. } = *self;
            Ok(Bulked { connection, stopped, torn })
        })
    }
}

/// Gives an index a name. Of those without, made side by side, two can be given the same by Postgres, and one then fails.
#[expect(clippy::disallowed_methods, reason = "any name does that no other index has")]
fn named<M: Model>(index: &str) -> String {
    index.replacen(" ON ", &format!(" {}_{} ON ", M::NAME, Uuid::new_v4().simple()), 1)
}

/// Sends rows to a table.
async fn copy<M: Model>(
    rows: impl Iterator<Item = &(String, M::Row)>,
    connection: &mut PgConnection,
    table: &str,
) -> Result<(), ReadModelError> {
    let mut copy = connection.copy_in_raw(&statement(table)).await?;
    let mut copied = Copied::default();
    for (key, row) in rows {
        copied.add::<M>(key, row)?;
        if copied.rows.len() >= SENT {
            copied.send(&mut copy).await?;
        }
    }
    copied.finish(copy).await
}

fn statement(table: &str) -> String {
    format!("COPY {table} (key, doc) FROM STDIN (FORMAT binary)")
}

/// Rows in the binary format of COPY (see `eventlog`).
struct Copied {
    /// Header and rows.
    rows: Vec<u8>,
}

impl Default for Copied {
    fn default() -> Self {
        Self { rows: b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0".to_vec() }
    }
}

impl Copied {
    /// Adds a row; returns how many bytes its document has.
    fn add<M: Model>(&mut self, key: &str, row: &M::Row) -> Result<usize, ReadModelError> {
        self.rows.extend(2_i16.to_be_bytes());
        self.rows.extend(length(key.len()));
        self.rows.extend_from_slice(key.as_bytes());
        let at = self.rows.len();
        self.rows.extend(length(0));
        // jsonb comes as text after the number of its version.
        self.rows.push(1);
        write_to::<M>(row, &mut self.rows)?;
        let field = self.rows.len() - at - 4;
        self.rows[at..at + 4].copy_from_slice(&length(field));
        Ok(field - 1)
    }

    /// Sends what there is, in pieces: Postgres reads one while the next is on its way.
    async fn send(&mut self, copy: &mut PgCopyIn<&mut PgConnection>) -> Result<(), ReadModelError> {
        for piece in self.rows.chunks(SENT) {
            copy.send(piece).await?;
        }
        self.rows.clear();
        Ok(())
    }

    async fn finish(mut self, mut copy: PgCopyIn<&mut PgConnection>) -> Result<(), ReadModelError> {
        self.rows.extend((-1_i16).to_be_bytes());
        self.send(&mut copy).await?;
        copy.finish().await?;
        Ok(())
    }
}

/// A length as COPY takes it. (A document is bounded far below 2 GiB.)
fn length(bytes: usize) -> [u8; 4] {
    i32::try_from(bytes).unwrap_or(i32::MAX).to_be_bytes()
}
