//! Rebuilding: the same fold, from the beginning, into a table beside the live one, then an atomic switch.

use std::collections::HashMap;

use eventlog::{Log, Position};
use sqlx::{AssertSqlSafe, PgConnection, PgPool};
use uuid::Uuid;

use crate::{
    engine::{PAGE, see},
    error::ReadModelError,
    model::{Model, Rows, Seen},
    tables::{self, AnyModel},
};

/// Only one process rebuilds at a time (the number is arbitrary, but must not change).
const REBUILD_LOCK: i64 = 0x6c65_6572_7765_726b;

/// Rebuilds every model that is missing or was built by another definition.
pub(crate) async fn bring_up_to_date(
    pool: &PgPool,
    log: &Log,
    models: &[Box<dyn AnyModel>],
) -> Result<(), ReadModelError> {
    let mut connection = pool.acquire().await?;
    sqlx::query!("SELECT pg_advisory_lock($1) AS done", REBUILD_LOCK).fetch_one(&mut *connection).await?;
    let done = rebuild_outdated(&mut connection, log, models).await;
    sqlx::query!("SELECT pg_advisory_unlock($1) AS done", REBUILD_LOCK).fetch_one(&mut *connection).await?;
    done
}

async fn rebuild_outdated(
    connection: &mut PgConnection,
    log: &Log,
    models: &[Box<dyn AnyModel>],
) -> Result<(), ReadModelError> {
    let rows = sqlx::query!("SELECT model, version FROM readmodel.checkpoint").fetch_all(&mut *connection).await?;
    let built: HashMap<String, String> = rows.into_iter().map(|row| (row.model, row.version)).collect();
    let outdated: Vec<_> = models.iter().filter(|model| built.get(model.name()) != Some(&model.version())).collect();
    if outdated.is_empty() {
        return Ok(());
    }
    let head = log.head().await?.position;
    tracing::info!(models = outdated.len(), events = head, "rebuilding read models");
    for model in &outdated {
        drop_table(connection, &shadow(model.name())).await?;
        model.create(connection, &shadow(model.name())).await?;
    }
    replay(log, head, async |seen| {
        for model in &outdated {
            model.project(connection, &shadow(model.name()), seen).await?;
        }
        Ok(())
    })
    .await?;
    let mut switch = sqlx::Connection::begin(&mut *connection).await?;
    for model in &outdated {
        let name = model.name();
        drop_table(&mut switch, &tables::live(name)).await?;
        let sql = format!("ALTER TABLE {} RENAME TO {name}", shadow(name));
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *switch).await?;
        sqlx::query!(
            "INSERT INTO readmodel.checkpoint (model, version, position) VALUES ($1, $2, $3)
             ON CONFLICT (model) DO UPDATE SET version = excluded.version, position = excluded.position",
            name,
            model.version(),
            head
        )
        .execute(&mut *switch)
        .await?;
    }
    switch.commit().await?;
    Ok(())
}

/// Hands every event up to a position to `fold`, in order, in pages.
pub(crate) async fn replay(
    log: &Log,
    until: Position,
    mut fold: impl AsyncFnMut(&[Seen]) -> Result<(), ReadModelError>,
) -> Result<(), ReadModelError> {
    let mut after = 0;
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

/// How one thing was: the rows of a model folded in memory from every event that concerns a subject, up to and
/// including a position.
pub async fn as_of<M: Model>(log: &Log, subject: Uuid, until: Position) -> Result<Rows<M::Row>, ReadModelError> {
    let mut rows = Rows::default();
    let mut after = 0;
    loop {
        let mut events = log.concerning(subject, after, PAGE).await?;
        let Some(last) = events.last().map(|event| event.position) else { return Ok(rows) };
        events.retain(|event| event.position <= until);
        for event in &see(log, &events).await? {
            M::fold(&mut rows, event);
        }
        if last >= until {
            return Ok(rows);
        }
        after = last;
    }
}
