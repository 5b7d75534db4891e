//! What the job did: counts, added and never changed.

use chrono::TimeDelta;
use domain::Timestamp;
use sqlx::{PgConnection, PgPool};

use super::DataKind;

/// The advisory lock under which what is due goes ("rete").
const LOCK: i64 = 0x7265_7465;
/// How often it is recorded that nothing was due, at most.
const QUIET: TimeDelta = TimeDelta::days(1);

/// The job went through a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// When.
    pub at: Timestamp,
    /// Which kind.
    pub kind: DataKind,
    /// How many went.
    pub gone: i64,
    /// How long it was kept then.
    pub period: TimeDelta,
    /// What was done with, or ended, before this moment went.
    pub up_to: Timestamp,
}

/// As it stands in the table.
struct Row {
    at: Timestamp,
    kind: String,
    gone: i64,
    period: i64,
    up_to: Timestamp,
}

impl Row {
    /// Nothing for what another version of the program recorded of a kind that this one does not know.
    fn read(self) -> Option<Run> {
        let Self { at, kind, gone, period, up_to } = self;
        Some(Run { at, kind: DataKind::named(&kind)?, gone, period: TimeDelta::try_seconds(period)?, up_to })
    }
}

/// Takes the turn until the transaction ends; false when another process has it.
pub(super) async fn turn(connection: &mut PgConnection) -> sqlx::Result<bool> {
    let got = sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "got!""#, LOCK);
    got.fetch_one(connection).await
}

/// Records how many went. That none did is recorded once a day, so that it shows that somebody looked.
pub(super) async fn add(
    connection: &mut PgConnection,
    kind: DataKind,
    gone: u64,
    period: TimeDelta,
    now: Timestamp,
) -> sqlx::Result<()> {
    let added = sqlx::query!(
        "INSERT INTO retention.run (kind, gone, period, up_to)
         SELECT $1::text, $2::bigint, $3::bigint, $4::timestamptz WHERE $2 > 0 OR NOT EXISTS (
             SELECT FROM retention.run WHERE kind = $1 AND period = $3 AND at > now() - make_interval(secs => $5))",
        kind.as_str(),
        i64::try_from(gone).unwrap_or(i64::MAX),
        period.num_seconds(),
        // (The two with an end of their own have a moment, and no period to go back by.)
        now - period,
        QUIET.as_seconds_f64()
    );
    added.execute(connection).await?;
    Ok(())
}

/// How many of a kind are recorded to be gone.
pub(super) async fn total(pool: &PgPool, kind: DataKind) -> sqlx::Result<i64> {
    let total = sqlx::query_scalar!(
        r#"SELECT COALESCE(sum(gone), 0)::bigint AS "total!" FROM retention.run WHERE kind = $1"#,
        kind.as_str()
    );
    total.fetch_one(pool).await
}

/// When the job last went through a kind.
pub(super) async fn last(pool: &PgPool, kind: DataKind) -> sqlx::Result<Option<Run>> {
    let last = sqlx::query_as!(
        Row,
        "SELECT at, kind, gone, period, up_to FROM retention.run WHERE kind = $1 ORDER BY id DESC LIMIT 1",
        kind.as_str()
    );
    Ok(last.fetch_optional(pool).await?.and_then(Row::read))
}

/// What the job did, the latest first.
pub(super) async fn runs(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<Run>> {
    let runs = sqlx::query_as!(
        Row,
        "SELECT at, kind, gone, period, up_to FROM retention.run ORDER BY id DESC LIMIT $1",
        limit
    );
    Ok(runs.fetch_all(pool).await?.into_iter().filter_map(Row::read).collect())
}
