//! Sharing the work: each model is folded by one of the processes that run.
//!
//! A process enters itself in `readmodel.worker` and holds an advisory lock under its number for as long as it is
//! connected. Every second it says that it is alive, looks who else is, and takes or leaves models so that each has one
//! holder; all reckon the same from what they see. A process that was killed has lost its lock at once, one that hangs
//! has said nothing for three seconds: then the others take over. (Who holds a model matters for the work only. That
//! nothing is folded twice is seen to by the position, which is locked while it is folded from.)

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use std::time::Duration;

use sqlx::{
    PgConnection, PgPool,
    postgres::{PgListener, PgPoolOptions},
};
use tokio::sync::watch;

use crate::{
    definition::Definition,
    error::ReadModelError,
    standing::{Part, Standing},
};

/// The first half of the advisory locks of workers ("leer"); the other is the worker's number.
const WORKER_LOCK: i32 = 0x6c65_6572;
/// How often a process says that it is alive.
const BEAT: Duration = Duration::from_secs(1);
/// How long to wait after the connection was lost.
const RECONNECT: Duration = Duration::from_millis(250);
/// How long the database may take for anything asked here; longer means that the connection is dead.
const PATIENCE: Duration = Duration::from_secs(10);
/// Notices in quick succession are answered together.
const GATHER: Duration = Duration::from_millis(1);

/// This process among those that fold.
pub(crate) struct Worker {
    pub(crate) pool: PgPool,
    pub(crate) definitions: Arc<[Definition]>,
    pub(crate) standing: Arc<Standing>,
    /// Folds only while nobody else does.
    pub(crate) standby: bool,
    pub(crate) me: Arc<Me>,
    /// Told after each beat and whenever others have moved on.
    pub(crate) tended: watch::Sender<()>,
    /// Told when everything that is kept of rows is to be forgotten.
    pub(crate) switched: watch::Sender<()>,
}

/// What a process knows of itself as a worker.
#[derive(Debug)]
pub(crate) struct Me {
    /// Its number.
    pub(crate) number: i32,
    /// Others look at what this one folds.
    watched: AtomicBool,
}

impl Me {
    pub(crate) fn new(number: i32) -> Self {
        Self { number, watched: AtomicBool::new(false) }
    }

    pub(crate) fn watched(&self) -> bool {
        self.watched.load(Ordering::Acquire)
    }
}

/// A worker as others see it.
struct Alive {
    number: i32,
    versions: Vec<String>,
    standby: bool,
}

impl Worker {
    /// Goes on until it is dropped.
    pub(crate) async fn run(self) {
        loop {
            if let Err(error) = self.attend().await {
                self.standing.note(Part::Worker, Some(&error));
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    /// Attends on one connection until it breaks.
    async fn attend(&self) -> Result<(), ReadModelError> {
        let connect = (*self.pool.connect_options()).clone().application_name("readmodel worker");
        let own = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_lazy_with(connect);
        let mut listener = PgListener::connect_with(&own).await?;
        listener.ignore_pool_close_event(true);
        // A new connection is ours to make: the lock must be taken again.
        listener.eager_reconnect(false);
        in_time(listener.listen("readmodel")).await?;
        let number = self.me.number;
        // Of a connection that broke the other end may not know yet.
        let lock = sqlx::query!("SELECT pg_advisory_lock($1, $2) AS done", WORKER_LOCK, number);
        in_time(lock.fetch_one(&mut listener)).await?;
        loop {
            self.beat(number).await?;
            self.learn().await?;
            self.standing.note(Part::Worker, None);
            let next = tokio::time::Instant::now() + BEAT;
            while tokio::time::Instant::now() < next
                && let Ok(note) = tokio::time::timeout_at(next, listener.try_recv()).await
            {
                let Some(note) = note? else { return Ok(()) };
                if self.standing.hear(&self.definitions, note.payload()) {
                    continue;
                }
                let mut said = vec![note.payload().to_owned()];
                while let Ok(note) = tokio::time::timeout(GATHER, listener.try_recv()).await {
                    let Some(note) = note? else { return Ok(()) };
                    said.push(note.payload().to_owned());
                }
                if said.iter().any(|said| said == "switched") {
                    self.switched.send_replace(());
                }
                if said.iter().any(|said| said == "workers") {
                    break;
                }
                self.learn().await?;
            }
        }
    }

    async fn learn(&self) -> Result<(), ReadModelError> {
        if in_time(self.standing.learn(&self.pool, &self.definitions, self.me.number)).await? {
            tracing::warn!("the database lost the last folds; they are done again");
            self.switched.send_replace(());
        }
        self.standing.measure(&self.definitions);
        self.tended.send_replace(());
        Ok(())
    }

    /// Says that this process is alive, and takes or leaves models by who else is.
    async fn beat(&self, number: i32) -> Result<(), ReadModelError> {
        let versions: Vec<String> = self.definitions.iter().map(Definition::label).collect();
        let beating = async {
            sqlx::query!(
                "INSERT INTO readmodel.worker (number, versions, standby, until) OVERRIDING SYSTEM VALUE
                 VALUES ($1, $2, $3, now() + interval '3 seconds')
                 ON CONFLICT (number) DO UPDATE SET until = excluded.until",
                number,
                &versions,
                self.standby
            )
            .execute(&self.pool)
            .await?;
            let alive = sqlx::query_as!(
                Alive,
                "SELECT number, versions, standby FROM readmodel.worker
                 WHERE until > now() AND EXISTS (
                     SELECT FROM pg_locks
                     WHERE locktype = 'advisory' AND granted AND objsubid = 2
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                       AND classid = $1::int::oid AND objid = number::oid)
                 ORDER BY standby, number",
                WORKER_LOCK
            )
            .fetch_all(&self.pool)
            .await?;
            self.share(number, &alive).await
        };
        in_time(beating).await
    }

    async fn share(&self, me: i32, alive: &[Alive]) -> Result<(), ReadModelError> {
        let numbers: Vec<i32> = alive.iter().map(|worker| worker.number).collect();
        let (mut mine, mut not_mine) = (Vec::new(), Vec::new());
        for (n, definition) in self.definitions.iter().enumerate() {
            let label = definition.label();
            let able: Vec<&Alive> = alive.iter().filter(|worker| worker.versions.contains(&label)).collect();
            let first = able.iter().filter(|worker| !worker.standby).count();
            let able = if first > 0 { &able[..first] } else { &able[..] };
            let holder = if able.is_empty() { me } else { able[n % able.len()].number };
            if holder == me { mine.push(label) } else { not_mine.push(label) }
        }
        let left = sqlx::query!(
            "UPDATE readmodel.build SET holder = NULL
             WHERE role = 'live' AND holder = $1 AND model || ' ' || version = ANY($2)",
            me,
            &not_mine
        )
        .execute(&self.pool)
        .await?;
        sqlx::query!(
            "UPDATE readmodel.build SET holder = $1
             WHERE role = 'live' AND model || ' ' || version = ANY($2) AND holder IS DISTINCT FROM $1
               AND (holder IS NULL OR NOT holder = ANY($3))",
            me,
            &mine,
            &numbers
        )
        .execute(&self.pool)
        .await?;
        let others = alive.len() > usize::from(numbers.contains(&me));
        let were_there = self.me.watched.swap(others, Ordering::AcqRel);
        // Whoever comes, or leaves something to others, says so: then nobody waits for a beat.
        if left.rows_affected() > 0 || (others && !were_there) {
            sqlx::query!("SELECT pg_notify('readmodel', 'workers') AS done").execute(&self.pool).await?;
        }
        sqlx::query!("DELETE FROM readmodel.worker WHERE until < now() - interval '1 minute'")
            .execute(&self.pool)
            .await?;
        Ok(())
    }
}

/// Enters a process before it begins: what it will fold is taken for its own from now on, for long enough to begin.
pub(crate) async fn announce(
    connection: &mut PgConnection,
    definitions: &[Definition],
    standby: bool,
) -> Result<i32, ReadModelError> {
    let versions: Vec<String> = definitions.iter().map(Definition::label).collect();
    let number = sqlx::query_scalar!(
        "INSERT INTO readmodel.worker (versions, standby, until)
         VALUES ($1, $2, now() + interval '30 seconds') RETURNING number",
        &versions,
        standby
    );
    Ok(number.fetch_one(connection).await?)
}

/// An answer in time, or an error as of a connection that broke.
async fn in_time<T, E: Into<ReadModelError>>(answer: impl Future<Output = Result<T, E>>) -> Result<T, ReadModelError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(late) => Err(sqlx::Error::Io(late.into()).into()),
    }
}
