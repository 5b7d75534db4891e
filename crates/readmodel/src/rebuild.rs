//! Building models anew beside what is there, and putting them in its place. Nobody who reads sees anything of it but
//! the result.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use eventlog::{Log, Position};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, PgPool, postgres::PgConnectOptions};

use crate::{
    bulk::{self, BuildOptions, Target},
    definition::{self, Definition},
    engine::{Options, PAGE},
    error::ReadModelError,
    tables,
    told::{Stopped, tell},
    worker,
};

/// Only one process builds at a time (the number is arbitrary, but must not change).
const REBUILD_LOCK: i64 = 0x6c65_6572_7765_726b;
/// Held by whoever keeps opened texts in tables of their own, so that renewing waits for the end of that.
pub(crate) const SWEEP_LOCK: i64 = REBUILD_LOCK + 1;
/// How often switching is tried when somebody reads the old tables for long, such as a backup; two seconds each.
const TRIES: usize = 30;
/// How long others may read in between.
const PAUSE: Duration = Duration::from_millis(200);
/// What is missing when nobody is kept waiting yet; the rest is folded while live folding waits.
const CLOSE: Position = 500;

/// Whoever builds: a connection with the lock, and how to make more.
pub(crate) struct Builder<'a> {
    connection: PgConnection,
    connect: PgConnectOptions,
    log: &'a Log,
    options: &'a BuildOptions,
    /// Nothing is built beyond this position.
    until: Option<Position>,
}

/// Builds every model that is missing or was built by another definition. Programs with the other definition go on.
/// Announces the worker that is to fold them, before anybody could take them for those of a program that is gone; returns
/// its number.
pub(crate) async fn bring_up_to_date(
    pool: &PgPool,
    log: &Log,
    definitions: &[Definition],
    options: &Options,
) -> Result<i32, ReadModelError> {
    let mut builder = Builder::begin(pool, log, &options.build, &[REBUILD_LOCK]).await?;
    builder.until = options.until;
    let built = sqlx::query!("SELECT model, version FROM readmodel.build WHERE role = 'live'")
        .fetch_all(&mut builder.connection)
        .await?;
    let is_built = |definition: &&Definition| {
        built.iter().any(|row| row.model == definition.name() && row.version == definition.version)
    };
    let missing: Vec<&Definition> = definitions.iter().filter(|definition| !is_built(definition)).collect();
    builder.build(&missing, Keep::Nothing).await?;
    if !missing.is_empty() {
        drop_old(&mut builder.connection, definitions, 1).await?;
    }
    let worker = worker::announce(&mut builder.connection, definitions, options.standby).await?;
    builder.end().await?;
    Ok(worker)
}

/// Builds models anew that there are: those with these names, or all. What was live is kept as the previous one. The
/// platform goes on meanwhile, in this process and in others.
pub async fn rebuild(pool: &PgPool, log: &Log, only: &[String], options: &BuildOptions) -> Result<(), ReadModelError> {
    rebuild_these(pool, log, &named(&definition::all(), only), options).await
}

pub(crate) async fn rebuild_these(
    pool: &PgPool,
    log: &Log,
    definitions: &[&Definition],
    options: &BuildOptions,
) -> Result<(), ReadModelError> {
    let mut builder = Builder::begin(pool, log, options, &[REBUILD_LOCK]).await?;
    builder.build(definitions, Keep::Previous).await?;
    builder.end().await
}

/// Goes back to the tables that were live before models were rebuilt: those with these names. They are brought up to
/// date first; what was live is kept in their place.
pub async fn go_back(pool: &PgPool, log: &Log, only: &[String]) -> Result<(), ReadModelError> {
    let definitions = definition::all();
    let options = BuildOptions::default();
    let mut builder = Builder::begin(pool, log, &options, &[REBUILD_LOCK]).await?;
    for definition in named(&definitions, only) {
        builder.go_back(definition).await?;
    }
    builder.end().await
}

/// Builds every model into fresh files and drops the old ones, so that nothing is left of a text that was erased; also
/// tables of other definitions go. The platform goes on meanwhile, in this process and in others. Refused while programs
/// with other definitions run: their tables are theirs.
pub async fn renew(pool: &PgPool, log: &Log) -> Result<(), ReadModelError> {
    let definitions = definition::all();
    let options = BuildOptions::default();
    let mut builder = Builder::begin(pool, log, &options, &[SWEEP_LOCK, REBUILD_LOCK]).await?;
    drop_old(&mut builder.connection, &definitions, 0).await?;
    let others = sqlx::query!("SELECT model, version FROM readmodel.build WHERE role = 'live'")
        .fetch_all(&mut builder.connection)
        .await?;
    let ours = |model: &str, version: &str| {
        definitions.iter().any(|definition| definition.name() == model && definition.version == version)
    };
    if let Some(other) = others.into_iter().find(|row| !ours(&row.model, &row.version)) {
        return Err(ReadModelError::InUse { model: other.model, version: other.version });
    }
    builder.build(&definitions.iter().collect::<Vec<_>>(), Keep::Nothing).await?;
    builder.end().await
}

/// Tables that were built of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Built {
    /// Which model.
    pub model: String,
    /// By which definition.
    pub version: String,
    /// `live`, `new` or `previous`.
    pub role: String,
    /// Since when it is that.
    pub since: DateTime<Utc>,
    /// Every event up to here is in it.
    pub position: Position,
    /// Where it stopped, if it did.
    pub stopped_at: Option<Position>,
    /// Why.
    pub trouble: Option<String>,
    /// This program reads it.
    pub ours: bool,
}

/// All tables that were built, by model; the latest first.
pub async fn built(pool: &PgPool) -> Result<Vec<Built>, ReadModelError> {
    let ours: Vec<String> = definition::all().iter().map(Definition::label).collect();
    Ok(sqlx::query_as!(
        Built,
        r#"SELECT model, version, role, since, position, stopped_at, trouble,
                  (role = 'live' AND model || ' ' || version = ANY($1)) AS "ours!"
           FROM readmodel.build ORDER BY model, since DESC"#,
        &ours
    )
    .fetch_all(pool)
    .await?)
}

fn named<'a>(definitions: &'a [Definition], only: &[String]) -> Vec<&'a Definition> {
    let asked = |definition: &&Definition| only.is_empty() || only.iter().any(|name| name == definition.name());
    definitions.iter().filter(asked).collect()
}

/// What becomes of the tables that were live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Previous,
    Nothing,
}

impl<'a> Builder<'a> {
    /// Takes locks, which are held until the connection is closed, whatever happens to us.
    async fn begin(
        pool: &PgPool,
        log: &'a Log,
        options: &'a BuildOptions,
        locks: &[i64],
    ) -> Result<Self, ReadModelError> {
        let connect = (*pool.connect_options()).clone().application_name("readmodel builder");
        let mut connection = PgConnection::connect_with(&connect).await?;
        for lock in locks {
            sqlx::query!("SELECT pg_advisory_lock($1) AS done", lock).fetch_one(&mut connection).await?;
        }
        Ok(Self { connection, connect, log, options, until: None })
    }

    async fn end(self) -> Result<(), ReadModelError> {
        Ok(self.connection.close().await?)
    }

    async fn build(&mut self, definitions: &[&Definition], keep: Keep) -> Result<(), ReadModelError> {
        if definitions.is_empty() {
            return Ok(());
        }
        let began = Instant::now();
        let (erasures, _) = self.log.keys().erased_since(i64::MAX).await?;
        let head = self.log.head().await?.position.min(self.until.unwrap_or(Position::MAX));
        tracing::info!(models = definitions.len(), events = head, "building read models");
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let mut targets = Vec::new();
        for definition in definitions {
            let table = definition.new_table();
            let mut connection = PgConnection::connect_with(&self.connect).await?;
            definition.make_schema(&mut connection).await?;
            tables::drop(&mut connection, &table).await?;
            tables::create(&mut connection, &table).await?;
            let mut beside = Vec::new();
            for _ in definitions.len()..cores {
                beside.push(PgConnection::connect_with(&self.connect).await?);
            }
            targets.push(Target { definition, table, until: head, connection, beside });
        }
        let read = bulk::read_into(self.log, targets, self.options).await;
        self.options.progress.send_replace(None);
        for (definition, (_, stopped)) in definitions.iter().zip(read?) {
            let position = stopped.as_ref().map_or(head, |stopped| stopped.position - 1);
            let mut build = Build { definition, position, erasures, stopped, until: self.until };
            self.put_in_place(&mut build, keep).await?;
        }
        tracing::info!(models = definitions.len(), events = head, seconds = began.elapsed().as_secs_f32(), "built");
        Ok(())
    }

    /// Catches up with what was appended meanwhile and switches.
    async fn put_in_place(&mut self, build: &mut Build<'_>, keep: Keep) -> Result<(), ReadModelError> {
        let table = build.definition.new_table();
        catch_up(&mut self.connection, self.log, build, &table, CLOSE).await?;
        for _ in 1..TRIES {
            match switch(&mut self.connection, self.log, build, &table, keep).await {
                Err(ReadModelError::Database(error)) if is_lock_timeout(&error) => tokio::time::sleep(PAUSE).await,
                done => return done,
            }
        }
        switch(&mut self.connection, self.log, build, &table, keep).await
    }

    async fn go_back(&mut self, definition: &Definition) -> Result<(), ReadModelError> {
        let row = sqlx::query!(
            "SELECT position, erasures, stopped_at, trouble FROM readmodel.build
             WHERE model = $1 AND version = $2 AND role = 'previous'",
            definition.name(),
            definition.version
        )
        .fetch_optional(&mut self.connection)
        .await?
        .ok_or(ReadModelError::NoPrevious { model: definition.name() })?;
        let stopped = row.stopped_at.zip(row.trouble).map(|(position, why)| Stopped { position, why });
        let mut build =
            Build { definition, position: row.position, erasures: row.erasures, stopped, until: self.until };
        let sql = format!("ALTER TABLE {} RENAME TO {}_new", definition.previous(), definition.name());
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut self.connection).await?;
        self.put_in_place(&mut build, Keep::Previous).await
    }
}

/// A table that was built, and how far.
struct Build<'a> {
    definition: &'a Definition,
    position: Position,
    erasures: i64,
    stopped: Option<Stopped>,
    until: Option<Position>,
}

/// Catches up until no more than so many events are missing.
async fn catch_up(
    connection: &mut PgConnection,
    log: &Log,
    build: &mut Build<'_>,
    table: &str,
    close: Position,
) -> Result<(), ReadModelError> {
    loop {
        let head = log.head().await?.position;
        if build.stopped.is_some() || build.until.is_some() || head - build.position <= close {
            return Ok(());
        }
        fold_until(connection, log, build, table, head).await?;
    }
}

/// Folds in pages what comes after a build, up to a position.
async fn fold_until(
    connection: &mut PgConnection,
    log: &Log,
    build: &mut Build<'_>,
    table: &str,
    until: Position,
) -> Result<(), ReadModelError> {
    while build.position < until && build.stopped.is_none() {
        let events = log.page(build.position, PAGE.min(until - build.position)).await?;
        let Some(last) = events.last().map(|event| event.position) else { break };
        let told = tell(log.keys(), &events).await?;
        build.stopped = build.definition.model.project(connection, table, &told).await?;
        build.position = build.stopped.as_ref().map_or(last, |stopped| stopped.position - 1);
    }
    Ok(())
}

/// Puts a table in the place of the live one, if there is one. What was folded live meanwhile is folded into it first,
/// while nobody else folds: no reader sees the model go back.
async fn switch(
    connection: &mut PgConnection,
    log: &Log,
    build: &mut Build<'_>,
    table: &str,
    keep: Keep,
) -> Result<(), ReadModelError> {
    let definition = build.definition;
    let (name, version) = (definition.name(), &definition.version);
    let mut switch = connection.begin().await?;
    sqlx::raw_sql("SET LOCAL lock_timeout = '2s'").execute(&mut *switch).await?;
    let live = sqlx::query_scalar!(
        "SELECT position FROM readmodel.build WHERE model = $1 AND version = $2 AND role = 'live' FOR UPDATE",
        name,
        version
    )
    .fetch_optional(&mut *switch)
    .await?;
    // A try that fails undoes this folding.
    let mut folded = Build { definition, stopped: build.stopped.clone(), ..*build };
    fold_until(&mut switch, log, &mut folded, table, live.unwrap_or(build.position)).await?;
    if let Some(live) = live.filter(|live| *live > folded.position) {
        let why = folded.stopped.map_or_else(String::new, |stopped| stopped.why);
        return Err(ReadModelError::WouldGoBack { model: name, from: live, to: folded.position, why });
    }
    tables::drop(&mut switch, &definition.previous()).await?;
    sqlx::query!("DELETE FROM readmodel.build WHERE model = $1 AND version = $2 AND role = 'previous'", name, version)
        .execute(&mut *switch)
        .await?;
    if live.is_some() && keep == Keep::Previous {
        let sql = format!("ALTER TABLE {} RENAME TO {name}_previous", definition.live());
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *switch).await?;
        sqlx::query!(
            "INSERT INTO readmodel.build (model, version, role, position, erasures, stopped_at, trouble)
             SELECT model, version, 'previous', position, erasures, stopped_at, trouble
             FROM readmodel.build WHERE model = $1 AND version = $2 AND role = 'live'",
            name,
            version
        )
        .execute(&mut *switch)
        .await?;
    } else {
        // Without a build of it, what is there by this name came from a backup, which holds no rows of read models.
        tables::drop(&mut switch, &definition.live()).await?;
    }
    let sql = format!("ALTER TABLE {table} RENAME TO {name}");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *switch).await?;
    let (stopped_at, trouble) = folded.stopped.map(|stopped| (stopped.position, stopped.why)).unzip();
    sqlx::query!(
        "INSERT INTO readmodel.build AS build (model, version, role, position, erasures, stopped_at, trouble, stale_since, until)
         VALUES ($1, $2, 'live', $3, $4, $5, $6, CASE WHEN $5::bigint IS NOT NULL THEN now() END, $7)
         ON CONFLICT (model, version, role) DO UPDATE
         SET since = now(), position = excluded.position, erasures = excluded.erasures,
             stopped_at = excluded.stopped_at, trouble = excluded.trouble, stale_since = excluded.stale_since",
        name,
        version,
        folded.position,
        folded.erasures,
        stopped_at,
        trouble,
        folded.until
    )
    .execute(&mut *switch)
    .await?;
    // Others forget what they keep of the rows, and see that it stopped or goes on.
    sqlx::query!("SELECT pg_notify('readmodel', 'switched') AS done").execute(&mut *switch).await?;
    Ok(switch.commit().await?)
}

fn is_lock_timeout(error: &sqlx::Error) -> bool {
    error.as_database_error().and_then(sqlx::error::DatabaseError::code).is_some_and(|code| code == "55P03")
}

/// Drops what was built of definitions that no program folds, whole or not, except for the latest so many others of each
/// model. Whoever builds holds the lock that is held here, so nothing is being built.
async fn drop_old(
    connection: &mut PgConnection,
    definitions: &[Definition],
    except: i64,
) -> Result<(), ReadModelError> {
    let ours: Vec<String> = definitions.iter().map(|definition| definition.schema.clone()).collect();
    // By their schemas: of what was never finished there is nothing else.
    let old = sqlx::query_scalar!(
        r#"WITH built AS (
               SELECT 'readmodel_' || model || '_' || replace(version, '-', '_') AS schema, model,
                      max(until) IS NOT NULL AS past, max(since) AS since
               FROM readmodel.build GROUP BY model, version
           ), kept AS (
               SELECT schema, row_number() OVER (PARTITION BY model ORDER BY since DESC) AS n
               FROM built WHERE NOT past AND schema <> ALL($1)
           ), folded AS (
               SELECT 'readmodel_' || translate(unnest(versions), ' -', '__') AS schema
               FROM readmodel.worker WHERE until > now()
           )
           SELECT nspname::text AS "schema!" FROM pg_namespace
           WHERE nspname ~ '^readmodel_[a-z_]+_[0-9]+_[0-9a-f]{12}$' AND nspname <> ALL($1)
             AND nspname NOT IN (SELECT schema FROM kept WHERE n <= $2)
             AND nspname NOT IN (SELECT schema FROM folded)"#,
        &ours,
        except
    )
    .fetch_all(&mut *connection)
    .await?;
    for schema in old {
        drop_schema(connection, &schema).await?;
    }
    Ok(())
}

/// Drops all that was built of a definition.
pub(crate) async fn drop_schema(connection: &mut PgConnection, schema: &str) -> Result<(), ReadModelError> {
    let mut dropping = connection.begin().await?;
    let sql = format!("DROP SCHEMA IF EXISTS {schema} CASCADE");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *dropping).await?;
    sqlx::query!(
        "DELETE FROM readmodel.build WHERE 'readmodel_' || model || '_' || replace(version, '-', '_') = $1",
        schema
    )
    .execute(&mut *dropping)
    .await?;
    Ok(dropping.commit().await?)
}
