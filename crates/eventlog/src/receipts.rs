//! Pruning receipts: an intention is remembered for as long as was promised, and not for ever.

use chrono::TimeDelta;
use sqlx::PgPool;

use crate::{Log, error::ReadError, read, record::Timestamp};

/// Receipts removed in one transaction.
const BATCH: i64 = 1_000;

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
}

impl Log {
    /// Removes receipts that are older than promised, in small batches; returns how many. Their age is that of the
    /// log's own moments, by `now` or by the last event, whichever is earlier: neither a clock that jumps ahead nor one
    /// that lags removes a receipt too early.
    pub async fn prune_receipts(&self, retention: Retention, now: Timestamp) -> Result<u64, ReadError> {
        let now = now.min(read::head(&self.pool).await?.at);
        let Some(before) = now.checked_sub_signed(retention.0) else { return Ok(0) };
        let mut pruned = 0;
        loop {
            let done = prune_batch(&self.pool, before).await?;
            metrics::counter!("eventlog_receipts_pruned_total").increment(done);
            pruned += done;
            if done < BATCH.unsigned_abs() {
                return Ok(pruned);
            }
        }
    }
}

async fn prune_batch(pool: &PgPool, before: Timestamp) -> Result<u64, ReadError> {
    // What another process prunes at this moment is left to it.
    let done = sqlx::query!(
        "DELETE FROM log.receipt WHERE key IN
             (SELECT key FROM log.receipt WHERE at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        before,
        BATCH
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected())
}
