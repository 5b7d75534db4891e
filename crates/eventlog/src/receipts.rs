//! Pruning receipts: an intention is remembered for as long as was promised, and not for ever.

use chrono::TimeDelta;
use sqlx::PgConnection;

use crate::{Log, error::ReadError, read, record::Timestamp};

/// How long receipts are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention(TimeDelta);

impl Retention {
    /// The least there is: a client that was offline overnight must be able to repeat itself.
    pub const LEAST: TimeDelta = TimeDelta::days(1);

    /// For this long; nothing when that is less than [`Self::LEAST`].
    pub fn new(time: TimeDelta) -> Option<Self> {
        (time >= Self::LEAST).then_some(Self(time))
    }

    /// How long that is.
    pub fn time(self) -> TimeDelta {
        self.0
    }
}

impl Default for Retention {
    /// A month.
    fn default() -> Self {
        Self(TimeDelta::days(30))
    }
}

impl Log {
    /// Removes receipts that are older than promised, no more than so many, in the transaction of a connection; returns
    /// how many. Their age is that of the log's own moments, by `now` or by the last event, whichever is earlier: neither a
    /// clock that jumps ahead nor one that lags removes a receipt too early.
    pub async fn prune_receipts(
        &self,
        connection: &mut PgConnection,
        retention: Retention,
        now: Timestamp,
        most: i64,
    ) -> Result<u64, ReadError> {
        let Some(before) = self.aged(now).await?.checked_sub_signed(retention.0) else { return Ok(0) };
        // What another process prunes at this moment is left to it.
        let done = sqlx::query!(
            "DELETE FROM log.receipt WHERE key IN
                 (SELECT key FROM log.receipt WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            before,
            most
        )
        .execute(connection)
        .await?;
        metrics::counter!("eventlog_receipts_pruned_total").increment(done.rows_affected());
        Ok(done.rows_affected())
    }

    /// How many receipts are older than promised, by their age after so much more time.
    pub async fn receipts_due(&self, retention: Retention, now: Timestamp, later: TimeDelta) -> Result<i64, ReadError> {
        let at = self.aged(now).await?.checked_add_signed(later);
        let Some(before) = at.and_then(|at| at.checked_sub_signed(retention.0)) else { return Ok(0) };
        let due = sqlx::query_scalar!(r#"SELECT count(*) AS "due!" FROM log.receipt WHERE at < $1"#, before);
        Ok(due.fetch_one(&self.pool).await?)
    }

    /// The moment by which the age of receipts counts.
    async fn aged(&self, now: Timestamp) -> Result<Timestamp, ReadError> {
        Ok(now.min(read::head(&self.pool).await?.at))
    }
}
