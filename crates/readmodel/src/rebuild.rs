//! Rebuilding: the same fold, from the beginning, into a table beside the live one, then an atomic switch.

use std::{collections::HashMap, time::Duration};

use eventlog::{Log, Position};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool};

use crate::{
    engine::{PAGE, see},
    error::ReadModelError,
    model::Seen,
    models,
    tables::{self, AnyModel},
};

/// Only one process rebuilds at a time (the number is arbitrary, but must not change).
const REBUILD_LOCK: i64 = 0x6c65_6572_7765_726b;
/// Held by whoever keeps opened texts in tables of their own, so that renewing waits for the end of that.
pub(crate) const SWEEP_LOCK: i64 = REBUILD_LOCK + 1;
/// How often switching is tried when somebody reads the old tables for long, such as a backup; two seconds each.
const TRIES: usize = 30;
/// How long others may read in between.
const PAUSE: Duration = Duration::from_millis(200);

/// Rebuilds every model that is missing or was built by another definition.
pub(crate) async fn bring_up_to_date(
    pool: &PgPool,
    log: &Log,
    models: &[Box<dyn AnyModel>],
) -> Result<(), ReadModelError> {
    let mut connection = lock(pool, &[REBUILD_LOCK]).await?;
    let rows = sqlx::query!("SELECT model, version FROM readmodel.checkpoint").fetch_all(&mut connection).await?;
    let built: HashMap<String, String> = rows.into_iter().map(|row| (row.model, row.version)).collect();
    let outdated = each(models).filter(|model| built.get(model.name()) != Some(&model.version()));
    rebuild(&mut connection, log, &outdated.collect::<Vec<_>>()).await?;
    Ok(connection.close().await?)
}

/// Rebuilds every model into fresh files and drops the old ones, so that nothing is left of a text that was erased.
/// (All of them: a text may have been folded anywhere, and a list of where would be a second place to keep right.)
/// The platform goes on meanwhile, in this process and in others.
pub async fn renew(pool: &PgPool, log: &Log) -> Result<(), ReadModelError> {
    let mut connection = lock(pool, &[SWEEP_LOCK, REBUILD_LOCK]).await?;
    let models = models::all();
    rebuild(&mut connection, log, &each(&models).collect::<Vec<_>>()).await?;
    Ok(connection.close().await?)
}

fn each(models: &[Box<dyn AnyModel>]) -> impl Iterator<Item = &dyn AnyModel> {
    models.iter().map(|model| &**model)
}

/// A connection of its own that holds locks until it is closed, whatever happens to us.
async fn lock(pool: &PgPool, locks: &[i64]) -> Result<PgConnection, ReadModelError> {
    let mut connection = PgConnection::connect_with(&pool.connect_options()).await?;
    for lock in locks {
        sqlx::query!("SELECT pg_advisory_lock($1) AS done", lock).fetch_one(&mut connection).await?;
    }
    Ok(connection)
}

async fn rebuild(connection: &mut PgConnection, log: &Log, models: &[&dyn AnyModel]) -> Result<(), ReadModelError> {
    if models.is_empty() {
        return Ok(());
    }
    let head = log.head().await?.position;
    tracing::info!(models = models.len(), events = head, "rebuilding read models");
    for model in models {
        drop_table(connection, &shadow(model.name())).await?;
        model.create(connection, &shadow(model.name())).await?;
    }
    replay(log, 0, head, async |seen| project(connection, models, seen).await).await?;
    for _ in 1..TRIES {
        match switch(connection, log, models, head).await {
            Err(ReadModelError::Database(error)) if is_lock_timeout(&error) => tokio::time::sleep(PAUSE).await,
            done => return done,
        }
    }
    switch(connection, log, models, head).await
}

/// Puts the shadows in the place of the live tables. What was folded live since `head` is folded into them first, while
/// nobody else folds: no reader sees the models go back.
async fn switch(
    connection: &mut PgConnection,
    log: &Log,
    models: &[&dyn AnyModel],
    head: Position,
) -> Result<(), ReadModelError> {
    let mut switch = connection.begin().await?;
    sqlx::raw_sql("SET LOCAL lock_timeout = '2s'").execute(&mut *switch).await?;
    let live = sqlx::query_scalar!("SELECT position FROM readmodel.checkpoint ORDER BY model FOR UPDATE")
        .fetch_all(&mut *switch)
        .await?;
    let until = live.into_iter().max().unwrap_or_default().max(head);
    replay(log, head, until, async |seen| project(&mut switch, models, seen).await).await?;
    for model in models {
        let name = model.name();
        drop_table(&mut switch, &tables::live(name)).await?;
        let sql = format!("ALTER TABLE {} RENAME TO {name}", shadow(name));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *switch).await?;
        sqlx::query!(
            "INSERT INTO readmodel.checkpoint (model, version, position) VALUES ($1, $2, $3)
             ON CONFLICT (model) DO UPDATE SET version = excluded.version, position = excluded.position",
            name,
            model.version(),
            until
        )
        .execute(&mut *switch)
        .await?;
    }
    Ok(switch.commit().await?)
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "55P03")
}

async fn project(connection: &mut PgConnection, models: &[&dyn AnyModel], seen: &[Seen]) -> Result<(), ReadModelError> {
    for model in models {
        model.project(connection, &shadow(model.name()), seen).await?;
    }
    Ok(())
}

/// Hands every event after a position up to another to `fold`, in order, in pages.
pub(crate) async fn replay(
    log: &Log,
    mut after: Position,
    until: Position,
    mut fold: impl AsyncFnMut(&[Seen]) -> Result<(), ReadModelError>,
) -> Result<(), ReadModelError> {
    while after < until {
        let events = log.page(after, PAGE.min(until - after)).await?;
        let Some(last) = events.last().map(|event| event.position) else { break };
        fold(&see(log, &events).await?).await?;
        after = last;
    }
    Ok(())
}

fn shadow(model: &str) -> String {
    format!("readmodel.{model}__new")
}

pub(crate) async fn drop_table(connection: &mut PgConnection, table: &str) -> Result<(), ReadModelError> {
    sqlx::raw_sql(AssertSqlSafe(format!("DROP TABLE IF EXISTS {table}"))).execute(connection).await?;
    Ok(())
}
