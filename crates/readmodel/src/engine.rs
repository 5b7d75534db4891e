//! The engine: keeps all models up to date with the log, milliseconds behind it.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use chrono::{DateTime, Utc};
use eventlog::{Log, Position, Recorded};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tokio::{
    sync::{broadcast, watch},
    task::JoinSet,
};

use crate::{
    bulk::BuildOptions,
    definition::{self, Definition},
    error::ReadModelError,
    follower::Follower,
    gather::{self, Memory},
    model::{Model, Seen},
    rebuild,
    standing::Standing,
    tables,
    told::{see, tell},
    worker::{Me, Worker},
};

/// Events folded in one transaction, at most.
pub(crate) const PAGE: i64 = 1_000;
/// Connections for what is asked by key alone: more would not be faster, as each answer takes less than a millisecond.
const BY_KEY: u32 = 4;
/// How long a query waits for the models to reach a position.
const PATIENCE: Duration = Duration::from_secs(5);

/// How read models are opened.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// How those are built that are missing.
    pub build: BuildOptions,
    /// Fold only while no other process does, as a command beside a service.
    pub standby: bool,
    /// Tells definitions apart that read the same. Only tests have a reason to: two programs in one.
    pub edition: String,
    /// Show everything as it was just after the event at this position: in tables of their own, which go when they are
    /// closed.
    pub until: Option<Position>,
}

/// All read models: kept up to date, waited for, queried. Dropping it stops the engine.
#[derive(Debug)]
pub struct ReadModels {
    pub(crate) pool: PgPool,
    /// For what is asked by key alone.
    pub(crate) by_key: PgPool,
    pub(crate) log: Arc<Log>,
    pub(crate) definitions: Arc<[Definition]>,
    pub(crate) standing: Arc<Standing>,
    pub(crate) memory: Arc<Memory>,
    until: Option<Position>,
    tasks: JoinSet<()>,
}

/// How the read models are doing.
#[derive(Clone, Debug)]
pub struct Health {
    /// Every event up to here can be seen, except in models that are stale.
    pub position: Position,
    /// The end of the log as far as this process knows.
    pub head: Position,
    /// Why they do not go on, if they do not.
    pub trouble: Option<String>,
    /// Models that show an earlier state.
    pub stale: Vec<Stale>,
}

/// A model that does not keep up: its fold broke at an event, or it catches up after that was mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stale {
    /// Which.
    pub model: &'static str,
    /// Every event up to here can be seen in it.
    pub position: Position,
    /// Since when it does not keep up.
    pub since: DateTime<Utc>,
    /// The event at which it stopped, unless it goes on already.
    pub stopped_at: Option<Position>,
    /// Why.
    pub trouble: Option<String>,
}

impl ReadModels {
    /// Builds what is missing or was built by another definition, then keeps it up to date with the log. The models have
    /// pools of their own, one as large as the one given and a small one, which find the tables of this
    /// program's definitions.
    pub async fn open(pool: PgPool, log: Arc<Log>, options: &Options) -> Result<Self, ReadModelError> {
        let edition = match options.until {
            // Two that show the same moment do not share tables: one may end before the other.
            Some(position) => {
                let own = sqlx::query_scalar!(r#"SELECT gen_random_uuid() AS "own!""#).fetch_one(&pool).await?;
                format!("as of {position}, {own}")
            }
            None => options.edition.clone(),
        };
        Self::open_as(definition::of_edition(&edition), pool, log, options).await
    }

    pub(crate) async fn open_as(
        definitions: Vec<Definition>,
        pool: PgPool,
        log: Arc<Log>,
        options: &Options,
    ) -> Result<Self, ReadModelError> {
        let number = rebuild::bring_up_to_date(&pool, &log, &definitions, options).await?;
        let connect =
            (*pool.connect_options()).clone().options([("search_path", definition::search_path(&definitions))]);
        let open = |connections: u32, connect: PgConnectOptions| {
            PgPoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(pool.options().get_acquire_timeout())
                // A dead connection is told by the query itself.
                .test_before_acquire(false)
                .connect_lazy_with(connect)
        };
        // Whatever the keys, the plan is the same; making it anew takes longer than carrying it out.
        let by_key = open(BY_KEY, connect.clone().options([("plan_cache_mode", "force_generic_plan")]));
        let pool = open(pool.options().get_max_connections(), connect);
        let definitions: Arc<[Definition]> = definitions.into();
        let standing = Arc::new(Standing::new(definitions.len()));
        standing.learn(&pool, &definitions, number).await?;
        let me = Arc::new(Me::new(number));
        let (tended, tending) = watch::channel(());
        let (switched, changing) = watch::channel(());
        let worker = Worker {
            pool: pool.clone(),
            definitions: definitions.clone(),
            standing: standing.clone(),
            standby: options.standby,
            me: me.clone(),
            tended,
            switched,
        };
        let follower = Follower {
            pool: pool.clone(),
            log: log.clone(),
            definitions: definitions.clone(),
            standing: standing.clone(),
            me,
            cursor: AtomicI64::new(0),
            busy: std::sync::Mutex::default(),
            until: options.until,
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(worker.run());
        tasks.spawn(Arc::new(follower).run(tending, changing));
        let (memory, until) = (Arc::new(gather::memory()), options.until);
        tasks.spawn(memory.clone().forget(log.changes().forgotten()));
        Ok(Self { pool, by_key, log, definitions, standing, memory, until, tasks })
    }

    /// Ends the engine; models as of an earlier position leave nothing behind.
    pub async fn close(mut self) -> Result<(), ReadModelError> {
        self.tasks.shutdown().await;
        if self.until.is_some() {
            let mut connection = self.pool.acquire().await?;
            for definition in self.definitions.iter() {
                rebuild::drop_schema(&mut connection, &definition.schema).await?;
            }
        }
        self.by_key.close().await;
        self.pool.close().await;
        Ok(())
    }

    /// The position as of which everything is shown; nothing when that is now.
    pub fn until(&self) -> Option<Position> {
        self.until
    }

    fn head(&self) -> Position {
        (*self.log.watch().borrow()).min(self.until.unwrap_or(Position::MAX))
    }

    /// Waits until every event up to a position can be seen, a few seconds at most.
    pub async fn reach(&self, position: Position) -> Result<(), ReadModelError> {
        let mut reached = self.standing.reached();
        match tokio::time::timeout(PATIENCE, reached.wait_for(|reached| *reached >= position)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(ReadModelError::Behind { position }),
        }
    }

    /// Waits until they have caught up with the log as it is now, for as long as they go on.
    pub async fn catch_up(&self) -> Result<(), ReadModelError> {
        let head = self.log.head().await?.position.min(self.until.unwrap_or(Position::MAX));
        loop {
            let before = self.position();
            match self.reach(head).await {
                Err(ReadModelError::Behind { .. }) if self.position() > before => {}
                done => return done,
            }
        }
    }

    /// Every event up to here can be seen.
    pub fn position(&self) -> Position {
        *self.standing.reached().borrow()
    }

    /// Batches of events as soon as they can be seen; an empty one tells that there are some, to be had with
    /// [`Self::seen_after`]. Who lags too far behind is told so and catches up with that, too.
    pub fn news(&self) -> broadcast::Receiver<Arc<[Seen]>> {
        self.standing.news()
    }

    /// Events after a position, typed and opened, at most `limit`; and up to where these are all that can be read.
    pub async fn seen_after(&self, after: Position, limit: i64) -> Result<(Vec<Seen>, Position), ReadModelError> {
        let events = self.log.page(after, limit).await?;
        let told = tell(self.log.keys(), &events).await?;
        let last = events.last().map_or(after, |event| event.position);
        Ok((told.into_iter().filter_map(Result::ok).collect(), last))
    }

    /// Recorded events, typed and opened.
    pub async fn see(&self, events: &[Recorded]) -> Result<Vec<Seen>, ReadModelError> {
        see(&self.log, events).await
    }

    /// How the read models are doing.
    pub fn health(&self) -> Health {
        Health { position: self.position(), head: self.head(), trouble: self.standing.trouble(), stale: self.stale() }
    }

    /// The models that show an earlier state than the others.
    pub fn stale(&self) -> Vec<Stale> {
        let stale = self.definitions.iter().zip(self.standing.all()).filter_map(|(definition, stand)| {
            let (stopped_at, trouble) = stand.stopped.map(|stopped| (stopped.position, stopped.why)).unzip();
            let (model, position) = (definition.name(), stand.position);
            Some(Stale { model, position, since: stand.stale_since?, stopped_at, trouble })
        });
        stale.collect()
    }

    /// Rows by their keys: one query for many.
    pub async fn rows<M: Model>(&self, keys: &[String]) -> Result<HashMap<String, M::Row>, ReadModelError> {
        let mut connection = self.pool.acquire().await?;
        tables::load::<M>(&mut connection, M::NAME, keys).await
    }

    /// One row.
    pub async fn row<M: Model>(&self, key: impl Into<String>) -> Result<Option<M::Row>, ReadModelError> {
        let key = key.into();
        Ok(self.rows::<M>(std::slice::from_ref(&key)).await?.remove(&key))
    }
}
