//! What the service does beside serving: forget what was erased, prune receipts and what one signed in with, and record
//! access that ended.

use std::{sync::Arc, time::Duration};

use api::SessionLimits;
use app::{AccessLog, App, By, Request};
use chrono::TimeDelta;
use domain::{
    member::{EndAccess, Ending},
    period,
};
use eventlog::Retention;
use readmodel::ReadModels;
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How often receipts and sessions are pruned; they are kept for days.
const PRUNING: Duration = Duration::from_hours(1);

/// Begins; it ends when the set is dropped. Without a retention, as where the past is shown, nothing is pruned of the log or
/// added to it.
pub(crate) fn start(
    app: &Arc<App>,
    models: &Arc<ReadModels>,
    retention: Option<Retention>,
    pool: PgPool,
    limits: SessionLimits,
    access_log_kept: TimeDelta,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(forget(app.clone()));
    if let Some(retention) = retention {
        tasks.spawn(prune(app.clone(), retention));
        tasks.spawn(end_access(app.clone(), models.clone()));
        tasks.spawn(finish_erasures(app.clone(), models.clone(), pool.clone()));
        tasks.spawn(prune_access_log(AccessLog::new(pool.clone()), access_log_kept));
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

/// Access that rests on nothing any more has ended by itself (rule 1, **L**); here it is recorded, so that history tells it
/// and those whom it concerns hear of it.
async fn end_access(app: Arc<App>, models: Arc<ReadModels>) {
    loop {
        match ended(&app, &models).await {
            Ok(members) => tracing::debug!(members, "access that rests on nothing any more is recorded as ended"),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = error.as_ref();
                tracing::warn!(error, "access that ended is not recorded for now");
            }
        }
        tokio::time::sleep(PRUNING).await;
    }
}

async fn ended(app: &App, models: &ReadModels) -> anyhow::Result<usize> {
    let today = period::day_of(app.source().now());
    let bases = models.bases().await?;
    let ids: Vec<Uuid> = bases.keys().map(|basis| basis.0).collect();
    let mut ended = 0;
    for member in models.members_resting_on(&ids).await? {
        let Some(last_day) = member.last_day(&bases).filter(|last_day| *last_day < today) else { continue };
        let command = EndAccess { member: member.id, ending: Ending::BasisEnded(last_day) };
        match app.run(command, &Request::new(By::Platform, app.source().id())).await {
            // (Recorded before: nothing happens.)
            Ok(_) => ended += 1,
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "that access ended is not recorded for now");
            }
        }
    }
    Ok(ended)
}

/// Erasing a member is recorded first; where what follows was interrupted, it is done here.
async fn finish_erasures(app: Arc<App>, models: Arc<ReadModels>, pool: PgPool) {
    loop {
        match finished(&app, &models, &pool).await {
            Ok(0) => {}
            Ok(members) => tracing::info!(members, "erasures that were interrupted were finished"),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = error.as_ref();
                tracing::warn!(error, "erasures that were interrupted cannot be finished for now");
            }
        }
        tokio::time::sleep(PRUNING).await;
    }
}

async fn finished(app: &App, models: &ReadModels, pool: &PgPool) -> anyhow::Result<usize> {
    let mut finished = 0;
    for (member, erased) in models.erased_members().await? {
        finished += usize::from(api::finish_erasure(app, models, pool, member, erased).await?);
    }
    Ok(finished)
}

/// Who looked at what is forgotten after years.
async fn prune_access_log(access_log: AccessLog, kept: TimeDelta) {
    loop {
        match access_log.prune(kept).await {
            Ok(0) => {}
            Ok(lines) => tracing::info!(lines, "old lines of the access log were removed"),
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "old lines of the access log stay for now");
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

#[cfg(test)]
mod tests;
