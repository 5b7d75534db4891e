//! What the service does beside serving: forget what was erased, and prune receipts and what one signed in with.

use std::{sync::Arc, time::Duration};

use api::SessionLimits;
use app::App;
use eventlog::Retention;
use sqlx::PgPool;
use tokio::task::JoinSet;

/// How often receipts and sessions are pruned; they are kept for days.
const PRUNING: Duration = Duration::from_hours(1);

/// Begins; it ends when the set is dropped. Without a retention no receipts are pruned.
pub(crate) fn start(app: &Arc<App>, retention: Option<Retention>, pool: PgPool, limits: SessionLimits) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(forget(app.clone()));
    if let Some(retention) = retention {
        tasks.spawn(prune(app.clone(), retention));
    }
    tasks.spawn(prune_access(pool, limits));
    tasks
}

/// Sessions and tokens that ended by themselves count no longer; here they go.
async fn prune_access(pool: PgPool, limits: SessionLimits) {
    loop {
        match api::prune(&pool, &limits).await {
            Ok(0) => {}
            Ok(ended) => tracing::info!(ended, "sessions and access tokens that ended were removed"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "ended sessions stay for now");
            }
        }
        tokio::time::sleep(PRUNING).await;
    }
}

/// Folded states hold opened texts; they go when a key was destroyed, by whichever process.
async fn forget(app: Arc<App>) {
    let mut forgotten = app.log().keys().forgotten();
    while forgotten.changed().await.is_ok() {
        app.forget();
    }
}

async fn prune(app: Arc<App>, retention: Retention) {
    loop {
        match app.log().prune_receipts(retention, app.source().now()).await {
            Ok(0) => {}
            Ok(receipts) => tracing::info!(receipts, "receipts were pruned"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "receipts cannot be pruned for now");
            }
        }
        tokio::time::sleep(PRUNING).await;
    }
}
