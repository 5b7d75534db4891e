//! The engine: keeps all models up to date with the log, milliseconds behind it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use eventlog::{Log, Position, Recorded};
use futures::StreamExt as _;
use sqlx::PgPool;
use tokio::{
    sync::{broadcast, watch},
    task::JoinSet,
};

use crate::{
    error::ReadModelError,
    model::{Model, Seen},
    models,
    tables::{self, AnyModel},
};

/// Events folded in one transaction, at most.
pub(crate) const PAGE: i64 = 1_000;
/// How long a query waits for the models to reach a position.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to wait before going on after trouble.
const PAUSE: Duration = Duration::from_millis(500);
/// How often to look, while nothing happens, whether the database still has what was folded.
const LOOK: Duration = Duration::from_secs(2);
/// Batches a slow subscriber may lag behind before it must catch up from the log.
const NEWS: usize = 256;

/// All read models: kept up to date, waited for, queried. Dropping it stops the engine.
#[derive(Debug)]
pub struct ReadModels {
    pub(crate) pool: PgPool,
    pub(crate) log: Arc<Log>,
    reached: watch::Receiver<Position>,
    news: broadcast::Sender<Arc<[Seen]>>,
    trouble: Arc<Mutex<Option<String>>>,
    _task: JoinSet<()>,
}

/// How the read models are doing.
#[derive(Clone, Debug)]
pub struct Health {
    /// Every event up to here can be seen.
    pub position: Position,
    /// The end of the log as far as this process knows.
    pub head: Position,
    /// Why they do not go on, if they do not.
    pub trouble: Option<String>,
}

impl ReadModels {
    /// Makes or rebuilds what is missing or was built by another definition, then follows the log.
    pub async fn open(pool: PgPool, log: Arc<Log>) -> Result<Self, ReadModelError> {
        let models: Arc<[Box<dyn AnyModel>]> = models::all().into();
        crate::rebuild::bring_up_to_date(&pool, &log, &models).await?;
        let begun = positions(&pool).await?;
        let position = models.iter().filter_map(|model| begun.get(model.name())).min().copied().unwrap_or_default();
        let (reached, watching) = watch::channel(position);
        let (news, _) = broadcast::channel(NEWS);
        let trouble = Arc::new(Mutex::new(None));
        let engine = Engine {
            pool: pool.clone(),
            log: log.clone(),
            models,
            reached,
            news: news.clone(),
            trouble: trouble.clone(),
        };
        let mut task = JoinSet::new();
        task.spawn(engine.run(position));
        Ok(Self { pool, log, reached: watching, news, trouble, _task: task })
    }

    /// Waits until every event up to a position can be seen, a few seconds at most.
    pub async fn reach(&self, position: Position) -> Result<(), ReadModelError> {
        let mut reached = self.reached.clone();
        match tokio::time::timeout(PATIENCE, reached.wait_for(|reached| *reached >= position)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ReadModelError::Behind { position }),
        }
    }

    /// Every event up to here can be seen.
    pub fn position(&self) -> Position {
        *self.reached.borrow()
    }

    /// Batches of events as soon as they can be seen. Who lags too far behind is told so and catches up with
    /// [`Self::seen_after`].
    pub fn news(&self) -> broadcast::Receiver<Arc<[Seen]>> {
        self.news.subscribe()
    }

    /// Events after a position, typed and opened, at most `limit`.
    pub async fn seen_after(&self, after: Position, limit: i64) -> Result<Vec<Seen>, ReadModelError> {
        let events = self.log.page(after, limit).await?;
        see(&self.log, &events).await
    }

    /// Recorded events, typed and opened.
    pub async fn see(&self, events: &[Recorded]) -> Result<Vec<Seen>, ReadModelError> {
        see(&self.log, events).await
    }

    /// How the read models are doing.
    pub fn health(&self) -> Health {
        let trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Health { position: self.position(), head: *self.log.watch().borrow(), trouble }
    }

    /// Rows by their keys: one query for many.
    pub async fn rows<M: Model>(&self, keys: &[String]) -> Result<HashMap<String, M::Row>, ReadModelError> {
        let mut connection = self.pool.acquire().await?;
        tables::load::<M>(&mut connection, &tables::live(M::NAME), keys).await
    }

    /// One row.
    pub async fn row<M: Model>(&self, key: impl Into<String>) -> Result<Option<M::Row>, ReadModelError> {
        let key = key.into();
        Ok(self.rows::<M>(std::slice::from_ref(&key)).await?.remove(&key))
    }
}

/// Types and opens recorded events.
pub(crate) async fn see(log: &Log, events: &[Recorded]) -> Result<Vec<Seen>, ReadModelError> {
    let opened = log.keys().open(events).await?;
    events.iter().zip(opened).map(|(event, opened)| Seen::new(event, opened)).collect()
}

/// The checkpoint of each model.
pub(crate) async fn positions(pool: &PgPool) -> Result<HashMap<String, Position>, ReadModelError> {
    let rows = sqlx::query!("SELECT model, position FROM readmodel.checkpoint").fetch_all(pool).await?;
    Ok(rows.into_iter().map(|row| (row.model, row.position)).collect())
}

struct Engine {
    pool: PgPool,
    log: Arc<Log>,
    models: Arc<[Box<dyn AnyModel>]>,
    reached: watch::Sender<Position>,
    news: broadcast::Sender<Arc<[Seen]>>,
    trouble: Arc<Mutex<Option<String>>>,
}

impl Engine {
    async fn run(self, mut after: Position) {
        loop {
            let mut pages = Box::pin(self.log.follow(after, PAGE));
            loop {
                let done = match tokio::time::timeout(LOOK, pages.next()).await {
                    Ok(Some(Ok(events))) => self.fold(&events).await,
                    Ok(Some(Err(error))) => Err(error.into()),
                    Ok(None) => return,
                    // Nothing new; the database may have been restarted meanwhile.
                    Err(_) => self.stored().await.map(|stored| stored.min(after)),
                };
                match done {
                    Ok(last) => {
                        let went_back = last < after;
                        after = last;
                        self.note(None);
                        if went_back {
                            tracing::warn!(position = last, "the database lost the last folds; they are done again");
                            self.reached.send_replace(last);
                            break;
                        }
                    }
                    Err(error) => {
                        self.note(Some(&error));
                        tokio::time::sleep(PAUSE).await;
                        break;
                    }
                }
            }
        }
    }

    /// Every event up to here is in the tables of all models that are ours to fold.
    async fn stored(&self) -> Result<Position, ReadModelError> {
        let rows =
            sqlx::query!("SELECT model, version, position FROM readmodel.checkpoint").fetch_all(&self.pool).await?;
        let ours = rows
            .into_iter()
            .filter(|row| self.models.iter().any(|model| model.name() == row.model && model.version() == row.version));
        Ok(ours.map(|row| row.position).min().unwrap_or(Position::MAX))
    }

    /// Folds a page into all models in one transaction; returns the position reached. When the database, having
    /// crashed, has lost folds that came before this page, nothing is done and the position to go on from is returned.
    async fn fold(&self, events: &[Recorded]) -> Result<Position, ReadModelError> {
        loop {
            if let Some(reached) = self.try_fold(events).await? {
                return Ok(reached);
            }
        }
    }

    /// The same; nothing when a text was erased after it was opened here, and the page must be opened again.
    async fn try_fold(&self, events: &[Recorded]) -> Result<Option<Position>, ReadModelError> {
        let Some(last) = events.last().map(|event| event.position) else { return Ok(Some(0)) };
        let destroyed = self.log.keys().destroyed();
        let seen = see(&self.log, events).await?;
        let mut transaction = self.pool.begin().await?;
        // Read models can be folded again: they need not wait for the disk. (A crash of the database may undo the last
        // folds, together with their checkpoints; that is noticed here or in `run`, and they are done again.)
        sqlx::query!("SELECT set_config('synchronous_commit', 'off', true) AS done")
            .fetch_one(&mut *transaction)
            .await?;
        // Several processes may fold; whoever holds the checkpoints does this page, the others find it done.
        let checkpoints =
            sqlx::query!("SELECT model, version, position FROM readmodel.checkpoint ORDER BY model FOR UPDATE")
                .fetch_all(&mut *transaction)
                .await?;
        // Not in the statement that takes the lock: its snapshot may be older.
        if self.log.keys().destroyed_since(destroyed, &mut transaction).await? {
            return Ok(None);
        }
        let mut moved = Vec::new();
        for model in self.models.iter() {
            let Some(checkpoint) = checkpoints
                .iter()
                .find(|checkpoint| checkpoint.model == model.name() && checkpoint.version == model.version())
            else {
                // Another process runs a newer definition; its tables are its own business.
                continue;
            };
            if checkpoint.position + 1 < seen[0].position {
                return Ok(Some(checkpoint.position));
            }
            let from = seen.partition_point(|event| event.position <= checkpoint.position);
            if from < seen.len() {
                model.project(&mut transaction, &tables::live(model.name()), &seen[from..]).await?;
                moved.push(model.name().to_owned());
            }
        }
        sqlx::query!(
            "UPDATE readmodel.checkpoint SET position = $1 WHERE model = ANY($2) AND position < $1",
            last,
            &moved
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.reached.send_if_modified(|reached| {
            let rises = last > *reached;
            *reached = last.max(*reached);
            rises
        });
        #[expect(clippy::cast_precision_loss, reason = "positions stay far below 2^52")]
        metrics::gauge!("readmodel_position").set(last as f64);
        // Nobody may be listening.
        let _ = self.news.send(seen.into());
        Ok(Some(last))
    }

    fn note(&self, error: Option<&ReadModelError>) {
        if let Some(error) = error {
            tracing::error!(error = error as &dyn std::error::Error, "the read models do not go on");
        }
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = error.map(ToString::to_string);
    }
}
