//! Merges what gathered in front of the index on `concerns`, beside the appends and not in the midst of one.

use std::time::Duration;

use sqlx::PgPool;
use tokio::sync::watch;

use crate::record::Position;

/// After so many events: their entries are still read quickly by who searches.
const EVENTS: Position = 4_096;
/// How long to wait after trouble; meanwhile the database merges by itself when it must.
const PAUSE: Duration = Duration::from_secs(5);

/// Serves until the log is dropped.
pub(crate) async fn merge_concerns(pool: PgPool, mut head: watch::Receiver<Position>) {
    let mut merged = *head.borrow_and_update();
    while let Ok(head) = head.wait_for(|head| *head >= merged + EVENTS).await.map(|head| *head) {
        match sqlx::query!("SELECT log.merge_concerns()").execute(&pool).await {
            Ok(_) => merged = head,
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "the index on concerns was not merged");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}
