//! The replay check: what people see is what the log says.

use eventlog::Position;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};

use crate::{
    ReadModels,
    bulk::{self, BuildOptions, Target},
    definition::Definition,
    error::ReadModelError,
    rebuild::SWEEP_LOCK,
    tables,
};

/// The copy of a live table, and the table it is compared with; temporary both.
const COPY: &str = "pg_temp.live";
const REBUILT: &str = "pg_temp.rebuilt";

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
    /// Rebuilds models from the log beside the live ones and compares the digests: those with these names, or all. The
    /// live platform goes on meanwhile: each live table is copied in a snapshot together with its position. (Whoever
    /// renews the models waits for it, as the copies hold opened texts.)
    pub async fn check(&self, only: &[String]) -> Result<Vec<Comparison>, ReadModelError> {
        let connect = self.pool.connect_options();
        // Held until the connection is closed, whatever happens to us; copies and rebuilt tables go with theirs.
        let mut lock = PgConnection::connect_with(&connect).await?;
        sqlx::query!("SELECT pg_advisory_lock_shared($1) AS done", SWEEP_LOCK).fetch_one(&mut lock).await?;
        let asked = |definition: &&Definition| only.is_empty() || only.iter().any(|one| one == definition.name());
        let definitions: Vec<&Definition> = self.definitions.iter().filter(asked).collect();
        let mut targets = Vec::new();
        for definition in &definitions {
            let mut connection = PgConnection::connect_with(&connect).await?;
            let until = copy(&mut connection, definition).await?;
            tables::create(&mut connection, REBUILT).await?;
            targets.push(Target { definition, table: REBUILT.to_owned(), until, connection, beside: Vec::new() });
        }
        let positions: Vec<_> = targets.iter().map(|target| target.until).collect();
        let rebuilt = bulk::read_into(&self.log, targets, &BuildOptions::default()).await?;
        let mut comparisons = Vec::new();
        for ((definition, position), (mut connection, _)) in definitions.into_iter().zip(positions).zip(rebuilt) {
            let (rows, live) = digest(&mut connection, COPY).await?;
            let (_, rebuilt) = digest(&mut connection, REBUILT).await?;
            let difference = if live == rebuilt { None } else { first_difference(&mut connection).await? };
            comparisons.push(Comparison { model: definition.name(), position, rows, live, rebuilt, difference });
            connection.close().await?;
        }
        lock.close().await?;
        Ok(comparisons)
    }
}

/// Copies a live table; returns the position at which it stands.
async fn copy(connection: &mut PgConnection, definition: &Definition) -> Result<Position, ReadModelError> {
    let mut snapshot = connection.begin().await?;
    sqlx::raw_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(&mut *snapshot).await?;
    let position = sqlx::query_scalar!(
        "SELECT position FROM readmodel.build WHERE model = $1 AND version = $2 AND role = 'live'",
        definition.name(),
        definition.version
    )
    .fetch_one(&mut *snapshot)
    .await?;
    let sql = format!("CREATE TEMP TABLE live AS SELECT key, doc FROM {}", definition.live());
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *snapshot).await?;
    snapshot.commit().await?;
    Ok(position)
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

async fn first_difference(connection: &mut PgConnection) -> Result<Option<Difference>, ReadModelError> {
    let sql = format!(
        "SELECT key, live.doc::text, rebuilt.doc::text FROM {COPY} live FULL JOIN {REBUILT} rebuilt USING (key)
         WHERE live.doc IS DISTINCT FROM rebuilt.doc ORDER BY key COLLATE \"C\" LIMIT 1"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).fetch_optional(connection).await?;
    row.map(|row| Ok(Difference { key: row.try_get(0)?, live: row.try_get(1)?, rebuilt: row.try_get(2)? })).transpose()
}
