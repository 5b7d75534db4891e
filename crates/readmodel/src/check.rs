//! The replay check: what people see is what the log says.

use eventlog::Position;
use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::{
    ReadModels,
    error::ReadModelError,
    models,
    rebuild::{SWEEP_LOCK, drop_table, replay},
    tables,
};

/// One model, live beside rebuilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    /// The model.
    pub model: &'static str,
    /// The position up to which both were compared.
    pub position: Position,
    /// Rows of the live table.
    pub rows: i64,
    /// SHA-256 over the live rows in the order of their keys, hex.
    pub live: String,
    /// The same over the rebuilt rows.
    pub rebuilt: String,
    /// The first row that differs, when the digests do.
    pub difference: Option<Difference>,
}

/// A row that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its key.
    pub key: String,
    /// The live document; nothing when the row should not be there.
    pub live: Option<String>,
    /// The rebuilt document; nothing when the row is missing.
    pub rebuilt: Option<String>,
}

impl ReadModels {
    /// Rebuilds models from the log beside the live ones and compares the digests: those with these names, or all. The live platform goes on
    /// meanwhile: each live table is copied in a snapshot together with its checkpoint. (Whoever renews the models
    /// waits for it, as the copies hold opened texts.)
    pub async fn check(&self, only: &[String]) -> Result<Vec<Comparison>, ReadModelError> {
        let mut connection = self.pool.acquire().await?;
        sqlx::query!("SELECT pg_advisory_lock_shared($1) AS done", SWEEP_LOCK).fetch_one(&mut *connection).await?;
        let comparisons = self.compare(&mut connection, only).await;
        if comparisons.is_err() {
            // Its lock and its copies go with the connection.
            connection.close().await?;
            return comparisons;
        }
        sqlx::query!("SELECT pg_advisory_unlock_shared($1) AS done", SWEEP_LOCK).fetch_one(&mut *connection).await?;
        comparisons
    }

    async fn compare(&self, connection: &mut PgConnection, only: &[String]) -> Result<Vec<Comparison>, ReadModelError> {
        let mut comparisons = Vec::new();
        let asked =
            models::all().into_iter().filter(|model| only.is_empty() || only.iter().any(|one| one == model.name()));
        for model in asked {
            let name = model.name();
            let (copy, rebuilt) = (format!("pg_temp.{name}__live"), format!("pg_temp.{name}__rebuilt"));
            drop_table(connection, &copy).await?;
            drop_table(connection, &rebuilt).await?;
            let mut snapshot = sqlx::Connection::begin(&mut *connection).await?;
            sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *snapshot).await?;
            let position = sqlx::query_scalar!("SELECT position FROM readmodel.checkpoint WHERE model = $1", name)
                .fetch_one(&mut *snapshot)
                .await?;
            let sql = format!("CREATE TEMP TABLE {name}__live AS SELECT key, doc FROM {}", tables::live(name));
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *snapshot).await?;
            snapshot.commit().await?;
            model.create(connection, &rebuilt).await?;
            replay(&self.log, 0, position, async |seen| model.project(connection, &rebuilt, seen).await).await?;
            let (rows, live) = digest(connection, &copy).await?;
            let (_, again) = digest(connection, &rebuilt).await?;
            let difference = if live == again { None } else { first_difference(connection, &copy, &rebuilt).await? };
            comparisons.push(Comparison { model: name, position, rows, live, rebuilt: again, difference });
            drop_table(connection, &copy).await?;
            drop_table(connection, &rebuilt).await?;
        }
        Ok(comparisons)
    }
}

/// Rows and digest of a table. Row digests are chained in the database, so that a table of any size fits in memory.
async fn digest(connection: &mut PgConnection, table: &str) -> Result<(i64, String), ReadModelError> {
    let sql = format!(
        "SELECT count(*), encode(sha256(coalesce(string_agg(sha256(convert_to(key || E'\\n' || doc::text, 'UTF8')), ''
                                                            ORDER BY key COLLATE \"C\"), '')), 'hex') FROM {table}"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_one(connection).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

async fn first_difference(
    connection: &mut PgConnection,
    live: &str,
    rebuilt: &str,
) -> Result<Option<Difference>, ReadModelError> {
    let sql = format!(
        "SELECT key, live.doc::text, rebuilt.doc::text FROM {live} live FULL JOIN {rebuilt} rebuilt USING (key)
         WHERE live.doc IS DISTINCT FROM rebuilt.doc ORDER BY key COLLATE \"C\" LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_optional(connection).await?;
    row.map(|row| Ok(Difference { key: row.try_get(0)?, live: row.try_get(1)?, rebuilt: row.try_get(2)? })).transpose()
}
