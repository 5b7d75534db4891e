//! What the service does beside serving: forget what was erased, let go what is kept no longer, and record access that
//! ended.

use std::{sync::Arc, time::Duration};

use api::Retention;
use app::{App, By, Request};
use domain::{
    member::{EndAccess, Ending},
    period,
};
use readmodel::ReadModels;
use sqlx::PgPool;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How often it is done. What goes is kept for hours at the least.
const ROUND: Duration = Duration::from_hours(1);

/// Begins; it ends when the set is dropped. Without a retention, as where the past is shown, nothing goes and nothing is added
/// to the log.
pub(crate) fn start(
    app: &Arc<App>,
    models: &Arc<ReadModels>,
    retention: Option<Retention>,
    pool: &PgPool,
) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(forget(app.clone()));
    if let Some(retention) = retention {
        tasks.spawn(retain(retention));
        tasks.spawn(end_access(app.clone(), models.clone()));
        tasks.spawn(finish_erasures(app.clone(), models.clone(), pool.clone()));
    }
    tasks
}

/// What is kept no longer goes, and that it went is recorded.
async fn retain(retention: Retention) {
    loop {
        for (kind, done) in retention.run().await {
            let kind = kind.as_str();
            match done {
                Ok(0) => {}
                Ok(gone) => tracing::info!(kind, gone, "what is kept no longer is gone"),
                Err(error) => {
                    let error: &(dyn std::error::Error + 'static) = &error;
                    tracing::warn!(kind, error, "what is kept no longer stays for now");
                }
            }
        }
        tokio::time::sleep(ROUND).await;
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
        tokio::time::sleep(ROUND).await;
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
        tokio::time::sleep(ROUND).await;
    }
}

async fn finished(app: &App, models: &ReadModels, pool: &PgPool) -> anyhow::Result<usize> {
    let mut finished = 0;
    for (member, erased) in models.erased_members().await? {
        finished += usize::from(api::finish_erasure(app, models, pool, member, erased).await?);
    }
    Ok(finished)
}

/// Folded states hold opened texts; they go when a key was destroyed, by whichever process.
async fn forget(app: Arc<App>) {
    let mut forgotten = app.log().keys().forgotten();
    while forgotten.changed().await.is_ok() {
        app.forget();
    }
}

#[cfg(test)]
mod tests;
