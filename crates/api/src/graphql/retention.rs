//! How long what is kept, what is due, and what went: counts, nobody's name.

use async_graphql::{Context, Enum, Object, SimpleObject};
use chrono::{DateTime, TimeDelta, Utc};

use super::{context::Viewing as _, error::Failed, limits};
use crate::{
    Platform,
    retention::{Listed, Retention as Retaining, RetentionError, Run},
};

/// A kind of data that is kept for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::retention::DataKind")]
pub(crate) enum DataKind {
    /// What is known of members whose access ended. They are erased; what they contributed stays.
    FormerMember,
    /// Requests for access that led to none: refused, or decided by nobody. Whoever asked is erased.
    LapsedRequest,
    /// Requests for access whose address nobody confirmed.
    UnconfirmedRequest,
    /// Who looked at what of whom.
    AccessLog,
    /// Where somebody is signed in.
    Session,
    /// What programs speak for somebody with.
    AccessToken,
    /// Messages of providers that somebody signed out there.
    LogoutToken,
    /// Whom mail was written to, and about what: ids.
    Letter,
    /// By what a repeated command is recognised: hashes.
    Receipt,
}

/// The job went through a kind.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct RetentionRun {
    at: DateTime<Utc>,
    kind: DataKind,
    /// How many went. That none did is recorded once a day.
    gone: i32,
    /// How long it was kept then, in hours; 0 for what has an end of its own.
    period_hours: i32,
    /// What was done with, or ended, before this moment went.
    up_to: DateTime<Utc>,
}

impl From<Run> for RetentionRun {
    fn from(Run { at, kind, gone, period, up_to }: Run) -> Self {
        Self { at, kind: kind.into(), gone: number(gone), period_hours: hours(period), up_to }
    }
}

/// A kind of data, how long it is kept, and what is due.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct RetainedData {
    kind: DataKind,
    /// How long it is kept, in hours; 0 for what has an end of its own.
    period_hours: i32,
    /// How many are due now, and go within an hour.
    due: i32,
    /// How many more will be in 30 days, when nothing happens to them.
    due_soon: i32,
    /// When the job last went through it; null when it never did.
    last_run: Option<RetentionRun>,
}

impl From<Listed> for RetainedData {
    fn from(Listed { kind, period, due, soon, last }: Listed) -> Self {
        Self {
            kind: kind.into(),
            period_hours: hours(period),
            due: number(due),
            due_soon: number(soon),
            last_run: last.map(RetentionRun::from),
        }
    }
}

fn number(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn hours(period: TimeDelta) -> i32 {
    number(period.num_hours())
}

/// What is kept for a time.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Retention {
    /// Every kind, what is most about people first.
    kinds: Vec<RetainedData>,
    /// What the job did, the latest first; at most a hundred.
    runs: Vec<RetentionRun>,
}

/// Questions about what is kept for how long.
#[derive(Debug, Default)]
pub(crate) struct RetentionQueries;

#[Object]
impl RetentionQueries {
    /// How long what is kept, what is due, and what went. For administrators, programme managers and auditors; null for
    /// others, and where everything is shown as it was.
    #[graphql(complexity = "500 + child_complexity")]
    async fn retention(&self, ctx: &Context<'_>) -> Result<Option<Retention>, Failed> {
        let viewer = ctx.somebody()?;
        let Platform { app, models, pool, periods, as_of, .. } = ctx.platform()?;
        if as_of.is_some() || !app.may(viewer, app::READ_RETENTION, None).await? {
            return Ok(None);
        }
        let retaining = Retaining::new(app.clone(), models.clone(), pool.clone(), *periods);
        let internal = |error: RetentionError| Failed::internal(&error);
        let kinds = retaining.list().await.map_err(internal)?.into_iter().map(RetainedData::from).collect();
        let limit = i64::try_from(limits::PAGE).unwrap_or_default();
        let runs = retaining.runs(limit).await.map_err(internal)?.into_iter().map(RetentionRun::from).collect();
        Ok(Some(Retention { kinds, runs }))
    }
}
