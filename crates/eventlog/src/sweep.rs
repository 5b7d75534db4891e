//! Sweeping: once a key was destroyed, no file of the database holds a byte of it, nor of the texts it opened.
//!
//! Postgres does not wipe what is deleted. A wrapped key stays as a dead row until its place is used again, samples of
//! columns stay in the planner's statistics, and all that was ever written stays in the write-ahead log until its files
//! go. So tables are written anew and the log is cut. (Opened texts are in the read models: they are rebuilt, and the
//! old tables dropped, before this.)

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, postgres::PgConnectOptions};

use crate::{Log, error::code};

/// How often to look meanwhile.
const LOOK: Duration = Duration::from_millis(200);
/// The database gives up waiting for a lock after `lock_timeout`, so that others are not kept waiting behind us.
const LOCK_TIMEOUT: &str = "55P03";

/// How often data keys were destroyed, and how many of these times the last whole sweep has seen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erasures {
    /// So often a key was destroyed.
    pub destroyed: i64,
    /// So often when the last sweep began that went through.
    pub swept: i64,
}

/// A sweep did not go through: bytes of what was erased may be left. Sweep again.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The database refused or is away.
    #[error("the database cannot be swept")]
    Database(#[from] sqlx::Error),
    /// Whoever sweeps lacks something, or the server is set so that it would be in vain.
    #[error("a sweep needs: {0}")]
    Needs(String),
    /// Something still holds old rows or old files.
    #[error("what was erased is still held by {0}")]
    Held(String),
}

impl Log {
    /// What was erased and what was swept.
    pub async fn erasures(&self) -> Result<Erasures, SweepError> {
        let row = sqlx::query!("SELECT destroyed, swept FROM log.erasure").fetch_optional(&self.pool).await?;
        Ok(row
            .map_or(Erasures { destroyed: 0, swept: 0 }, |row| Erasures { destroyed: row.destroyed, swept: row.swept }))
    }

    /// Leaves nothing of what was deleted so far: writes the keys and the planner's samples into fresh files, and lets
    /// every file of the write-ahead log go that is older. `connect` is somebody who may ([`can_sweep`]); `seen` is what
    /// [`Self::erasures`] said before the read models were rebuilt. Whoever still holds what must go is waited for, each
    /// for so long. Appends wait while the keys are written anew. `others` are tables outside of the log from which something
    /// was deleted that must go as well. May be repeated at any time.
    pub async fn sweep(
        &self,
        connect: &PgConnectOptions,
        seen: Erasures,
        others: &[&str],
        patience: Duration,
    ) -> Result<(), SweepError> {
        let mut connection = PgConnection::connect_with(connect).await?;
        needs(&mut connection).await?;
        sqlx::raw_sql("SET lock_timeout = '2s'").execute(&mut connection).await?;
        wait_for_older_snapshots(&mut connection, patience).await?;
        for table in ["log.data_key"].iter().chain(others).chain(&["pg_catalog.pg_statistic"]) {
            rewrite(&mut connection, table, patience).await?;
        }
        cut_wal(&mut connection, patience).await?;
        sqlx::query!("UPDATE log.erasure SET swept = greatest(swept, $1)", seen.destroyed)
            .execute(&mut connection)
            .await?;
        connection.close().await?;
        Ok(())
    }
}

/// Whether a sweep would go through as far as rights and settings are concerned.
pub async fn can_sweep(connect: &PgConnectOptions) -> Result<(), SweepError> {
    let mut connection = PgConnection::connect_with(connect).await?;
    needs(&mut connection).await?;
    Ok(connection.close().await?)
}

async fn needs(connection: &mut PgConnection) -> Result<(), SweepError> {
    let needs = sqlx::query_scalar!(
        "SELECT string_agg(need, '; ') FROM (VALUES
               (pg_has_role((SELECT datdba FROM pg_database WHERE datname = current_database()), 'USAGE'),
                'the owner of the database'),
               (pg_has_role('pg_read_all_stats', 'USAGE'), 'the role pg_monitor'),
               (pg_has_role('pg_checkpoint', 'USAGE'), 'the role pg_checkpoint'),
               (has_function_privilege('pg_ls_waldir()', 'EXECUTE'), 'the right to pg_ls_waldir()'),
               (has_function_privilege('pg_switch_wal()', 'EXECUTE'), 'the right to pg_switch_wal()'),
               (current_setting('wal_recycle') = 'off', 'the setting wal_recycle=off')
           ) AS known (there, need) WHERE NOT there"
    )
    .fetch_one(connection)
    .await?;
    needs.map_or(Ok(()), |needs| Err(SweepError::Needs(needs)))
}

/// Whoever looks at the database as it was keeps its dead rows from going, also when a table is written anew.
async fn wait_for_older_snapshots(connection: &mut PgConnection, patience: Duration) -> Result<(), SweepError> {
    let now = sqlx::query_scalar!(r#"SELECT pg_current_xact_id()::xid::text AS "now!""#);
    let now = now.fetch_one(&mut *connection).await?;
    let since = Instant::now();
    loop {
        let held = sqlx::query_scalar!(
            "SELECT string_agg(who, ', ') FROM (
                 SELECT format('session %s (%s)', pid, coalesce(nullif(application_name, ''), backend_type)),
                        greatest(age(backend_xmin), age(backend_xid))
                 FROM pg_stat_activity
                 WHERE pid <> pg_backend_pid() AND (datname = current_database() OR datname IS NULL)
                 UNION ALL
                 SELECT format('replication slot %s', slot_name), greatest(age(xmin), age(catalog_xmin))
                 FROM pg_replication_slots
                 UNION ALL
                 SELECT format('prepared transaction %s', gid), age(transaction)
                 FROM pg_prepared_xacts WHERE database = current_database()
             ) AS holder (who, age) WHERE age > age($1::text::xid)",
            now
        )
        .fetch_one(&mut *connection)
        .await?;
        match held {
            None => return Ok(()),
            Some(held) if since.elapsed() > patience => return Err(SweepError::Held(held)),
            Some(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// Writes a table anew, once nobody uses it.
async fn rewrite(connection: &mut PgConnection, table: &str, patience: Duration) -> Result<(), SweepError> {
    let since = Instant::now();
    loop {
        let sql = format!("VACUUM (FULL, FREEZE) {table}");
        match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *connection).await {
            Ok(_) => return Ok(()),
            Err(error) if code(&error).as_deref() == Some(LOCK_TIMEOUT) && since.elapsed() < patience => {
                tokio::time::sleep(LOOK).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Begins a fresh file of the write-ahead log and lets all before it go. A checkpoint also removes the files of dropped
/// tables.
async fn cut_wal(connection: &mut PgConnection, patience: Duration) -> Result<(), SweepError> {
    let last = sqlx::query_scalar!(r#"SELECT pg_walfile_name(pg_switch_wal()) AS "last!""#);
    let last = last.fetch_one(&mut *connection).await?;
    let since = Instant::now();
    loop {
        sqlx::raw_sql("CHECKPOINT").execute(&mut *connection).await?;
        // (The first eight digits are the timeline.)
        let left = sqlx::query_scalar!(
            r#"SELECT count(*) AS "left!" FROM pg_ls_waldir()
               WHERE name ~ '^[0-9A-F]{24}$' AND substr(name, 9) <= substr($1, 9)"#,
            last
        )
        .fetch_one(&mut *connection)
        .await?;
        if left == 0 {
            return Ok(());
        }
        if since.elapsed() > patience {
            return Err(SweepError::Held(who_keeps_wal(connection, left).await?));
        }
        tokio::time::sleep(LOOK).await;
    }
}

async fn who_keeps_wal(connection: &mut PgConnection, left: i64) -> Result<String, SweepError> {
    let who = sqlx::query_scalar!(
        "SELECT string_agg(who, ', ') FROM (
               SELECT format('replication slot %s', slot_name) FROM pg_replication_slots WHERE restart_lsn IS NOT NULL
               UNION ALL SELECT 'archiving' WHERE current_setting('archive_mode') <> 'off'
               UNION ALL SELECT 'wal_keep_size' WHERE current_setting('wal_keep_size') <> '0'
           ) AS keeper (who)"
    )
    .fetch_one(connection)
    .await?;
    Ok(format!("{left} files of the write-ahead log, kept for {}", who.as_deref().unwrap_or("an unknown reason")))
}
