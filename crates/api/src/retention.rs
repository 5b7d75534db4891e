//! What is kept no longer goes (AVG, article 5: storage limitation): the list of what is kept for a time, what is due, and
//! letting it go. Periods, grounds and how to change them stand in `docs/retention.md`.

mod periods;
mod record;

use std::sync::Arc;

use app::{AccessLog, App, By, Declined, Failure, Request, RunError};
use chrono::TimeDelta;
use domain::{
    Timestamp,
    member::{Contributions, EraseMember, ErasureGround},
};
use eventlog::ReadError;
use readmodel::{Lapsing, ReadModelError, ReadModels, models::member::Erased};
use sqlx::{PgConnection, PgPool};

pub use periods::{DataKind, Periods};
pub use record::Run;

use crate::{access::prune, erasure};

/// How many go in one transaction.
const BATCH: i64 = 1_000;
/// How many people are erased before it is recorded how many were.
const PEOPLE: usize = 25;
/// How far ahead it is told what will be due.
pub(crate) const AHEAD: TimeDelta = TimeDelta::days(30);

/// Something broke while letting go.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// The database cannot be used.
    #[error("the database cannot be used")]
    Database(#[from] sqlx::Error),
    /// The log cannot be read.
    #[error("the log cannot be read")]
    Log(#[from] ReadError),
    /// The read models cannot be read.
    #[error("the read models cannot be read")]
    ReadModels(#[from] ReadModelError),
    /// The access log cannot be used, or somebody cannot be erased.
    #[error("somebody cannot be erased, or the access log cannot be used")]
    Failed(#[from] Failure),
}

/// What is kept of a kind, and until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Which.
    pub kind: DataKind,
    /// How long it is kept; zero for what has an end of its own.
    pub period: TimeDelta,
    /// How many are due now.
    pub due: i64,
    /// How many more will be in 30 days, when nothing happens to them.
    pub soon: i64,
    /// When the job last went through it; nothing when it never did.
    pub last: Option<Run>,
}

/// What is kept for a time, over an open platform.
#[derive(Clone, Debug)]
pub struct Retention {
    app: Arc<App>,
    models: Arc<ReadModels>,
    pool: PgPool,
    periods: Periods,
}

impl Retention {
    /// With these periods.
    pub fn new(app: Arc<App>, models: Arc<ReadModels>, pool: PgPool, periods: Periods) -> Self {
        Self { app, models, pool, periods }
    }

    /// Every kind, with what is due. Changes nothing.
    pub async fn list(&self) -> Result<Vec<Listed>, RetentionError> {
        let now = self.now().await?;
        let mut listed = Vec::with_capacity(DataKind::ALL.len());
        for kind in DataKind::ALL {
            let due = self.due(kind, now, TimeDelta::zero()).await?;
            let soon = self.due(kind, now, AHEAD).await? - due;
            let last = record::last(&self.pool, kind).await?;
            listed.push(Listed { kind, period: self.periods.of(kind), due, soon: soon.max(0), last });
        }
        Ok(listed)
    }

    /// What the job did, the latest first.
    pub async fn runs(&self, limit: i64) -> Result<Vec<Run>, RetentionError> {
        Ok(record::runs(&self.pool, limit).await?)
    }

    /// The job: goes through every kind and lets go what is due; gives how many went of each, or what broke. It may be
    /// stopped at any point and repeated, and run in several processes.
    pub async fn run(&self) -> Vec<(DataKind, Result<u64, RetentionError>)> {
        let mut outcomes = Vec::with_capacity(DataKind::ALL.len());
        for kind in DataKind::ALL {
            let done = match self.now().await {
                Ok(now) => self.let_go(kind, now).await,
                Err(error) => Err(error),
            };
            outcomes.push((kind, done));
        }
        outcomes
    }

    /// The moment by which it is judged what is due: the earlier of the program's clock and the database's. One that jumps
    /// ahead lets nothing go too early.
    async fn now(&self) -> Result<Timestamp, RetentionError> {
        let own = self.app.source().now();
        let now = sqlx::query_scalar!(r#"SELECT least($1::timestamptz, now()) AS "now!""#, own);
        Ok(now.fetch_one(&self.pool).await?)
    }

    /// Lets go what is due of one kind; gives how many went.
    async fn let_go(&self, kind: DataKind, now: Timestamp) -> Result<u64, RetentionError> {
        let mut gone = 0;
        loop {
            let mut transaction = self.pool.begin().await?;
            if !record::turn(&mut transaction).await? {
                // Another process is at it.
                return Ok(gone);
            }
            let (done, more) = if let Some(ground) = kind.ground() {
                self.erase(kind, ground, now).await?
            } else {
                let done = self.remove(&mut transaction, kind, now).await?;
                (done, done >= BATCH.unsigned_abs())
            };
            // With what it tells of, or not at all.
            record::add(&mut transaction, kind, done, self.periods.of(kind), now).await?;
            transaction.commit().await?;
            gone += done;
            if !more {
                return Ok(gone);
            }
        }
    }

    /// Removes a batch of what is no person.
    async fn remove(
        &self,
        connection: &mut PgConnection,
        kind: DataKind,
        now: Timestamp,
    ) -> Result<u64, RetentionError> {
        let before = now - self.periods.of(kind);
        Ok(match kind {
            DataKind::Receipt => self.app.log().prune_receipts(connection, self.periods.receipts, now, BATCH).await?,
            DataKind::Session => prune::prune_sessions(connection, self.periods.sessions, now, BATCH).await?,
            DataKind::AccessToken => prune::prune_tokens(connection, now, BATCH).await?,
            DataKind::LogoutToken => prune::prune_logout_tokens(connection, now, BATCH).await?,
            DataKind::UnconfirmedRequest => mail::prune_confirmations(connection, now, BATCH).await?,
            DataKind::Letter => mail::prune_letters(connection, before, BATCH).await?,
            DataKind::AccessLog => AccessLog::prune(connection, before, BATCH).await?.unsigned_abs(),
            // People are erased, not removed.
            DataKind::LapsedRequest | DataKind::FormerMember => 0,
        })
    }

    /// How many of a kind are due, so much later.
    async fn due(&self, kind: DataKind, now: Timestamp, later: TimeDelta) -> Result<i64, RetentionError> {
        let at = now + later;
        let before = at - self.periods.of(kind);
        Ok(match kind {
            DataKind::Receipt => self.app.log().receipts_due(self.periods.receipts, now, later).await?,
            DataKind::Session => prune::sessions_over(&self.pool, self.periods.sessions, at).await?,
            DataKind::AccessToken => prune::tokens_over(&self.pool, at).await?,
            DataKind::LogoutToken => prune::logout_tokens_over(&self.pool, at).await?,
            DataKind::UnconfirmedRequest => mail::confirmations_before(&self.pool, at).await?,
            DataKind::Letter => mail::letters_before(&self.pool, before).await?,
            DataKind::AccessLog => AccessLog::new(self.pool.clone()).lines_before(before).await?,
            DataKind::LapsedRequest => count(&self.models.lapsed_requests(before).await?),
            DataKind::FormerMember => count(&self.models.lapsed_members(before).await?),
        })
    }

    /// Erases some of those whose time is over, as when they had asked for it, except that what they contributed stays. Gives
    /// how many are still to be recorded, those of before an interruption too, and whether there are more to erase.
    async fn erase(
        &self,
        kind: DataKind,
        ground: ErasureGround,
        now: Timestamp,
    ) -> Result<(u64, bool), RetentionError> {
        let before = now - self.periods.of(kind);
        let due = match kind {
            DataKind::LapsedRequest => self.models.lapsed_requests(before).await?,
            _ => self.models.lapsed_members(before).await?,
        };
        let mut erased = 0;
        for lapsing in due.iter().take(PEOPLE) {
            erased += usize::from(self.erase_one(lapsing, ground).await?);
        }
        // The log tells how many were erased; what was recorded of it may be behind.
        let recorded = record::total(&self.pool, kind).await?;
        let missing = self.models.erased_on(ground).await? - recorded;
        Ok((u64::try_from(missing).unwrap_or_default(), erased > 0 && due.len() > PEOPLE))
    }

    /// Erases somebody, unless they came back meanwhile. Recorded first; should what follows be interrupted, whoever finishes
    /// erasures finds it.
    async fn erase_one(&self, lapsing: &Lapsing, ground: ErasureGround) -> Result<bool, RetentionError> {
        let Lapsing { member, .. } = *lapsing;
        let contributions = Contributions::Kept;
        let stream = eventlog::StreamId::new(<domain::member::Member as domain::Aggregate>::KIND, member);
        // What happens to them from here on makes it stale.
        let version = self.app.log().stream(&stream, 0).await?.last().map(|event| event.version);
        if self.app.has_access(member).await? {
            return Ok(false);
        }
        let command = EraseMember { member, contributions, ground };
        let request = Request { expected_version: version, ..Request::new(By::Platform, self.app.source().id()) };
        let done = match self.app.run(command, &request).await {
            Ok(done) => done,
            Err(RunError::Declined(Declined::Stale { .. })) => return Ok(false),
            Err(RunError::Declined(declined)) => return Err(Failure::Unavailable(Some(Box::new(declined))).into()),
            Err(RunError::Failed(failure)) => return Err(failure.into()),
            Err(RunError::Refused(never)) => match never {},
        };
        let erased = Erased { contributions, by_oneself: false, ground };
        erasure::finish(&self.app, &self.models, &self.pool, member, erased).await?;
        self.models.reach(done.position).await?;
        Ok(true)
    }
}

fn count(lapsing: &[Lapsing]) -> i64 {
    i64::try_from(lapsing.len()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
