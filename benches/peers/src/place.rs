//! One Postgres for all; a database for each peer.

use std::path::Path;

use sqlx09::{ConnectOptions as _, Connection as _, PgConnection, postgres::PgConnectOptions};

/// A database of a peer's own.
pub(crate) struct Place {
    address: String,
}

impl Place {
    /// Creates it; `postgres` is the address of another database there.
    pub(crate) async fn create(postgres: &private_postgres::PrivatePostgres, name: &str) -> anyhow::Result<Self> {
        let mut admin = PgConnection::connect(&postgres.url("postgres")).await?;
        let sql = sqlx09::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx09::raw_sql(sql).execute(&mut admin).await?;
        Ok(Self { address: postgres.url(name) })
    }

    /// How the log and the plain INSERTs connect.
    pub(crate) fn options(&self) -> anyhow::Result<PgConnectOptions> {
        Ok(self.address.parse::<PgConnectOptions>()?.disable_statement_logging())
    }

    /// A connection as the log and the plain INSERTs have them.
    pub(crate) async fn connect(&self) -> anyhow::Result<PgConnection> {
        Ok(self.options()?.connect().await?)
    }

    /// A pool of one connection for a peer that wants a pool, without the question before each use whether it lives.
    pub(crate) async fn pool(&self, connections: u32) -> anyhow::Result<sqlx::PgPool> {
        use sqlx::ConnectOptions as _;
        let options = self.address.parse::<sqlx::postgres::PgConnectOptions>()?.disable_statement_logging();
        let pool = sqlx::postgres::PgPoolOptions::new().max_connections(connections).test_before_acquire(false);
        Ok(pool.connect_with(options).await?)
    }

    /// Runs SQL of ours or of a peer's package.
    pub(crate) async fn run(&self, sql: impl Into<String>) -> anyhow::Result<()> {
        sqlx09::raw_sql(sqlx09::AssertSqlSafe(sql.into())).execute(&mut self.connect().await?).await?;
        Ok(())
    }

    /// Makes the tables of the platform, by its own migrations.
    pub(crate) async fn migrate(&self) -> anyhow::Result<()> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations");
        let migrations = sqlx09::migrate::Migrator::new(folder).await?;
        migrations.run(&mut self.connect().await?).await?;
        Ok(())
    }

    /// The bytes of its tables, with indexes and TOAST.
    pub(crate) async fn bytes(&self) -> anyhow::Result<u64> {
        let bytes: i64 = sqlx09::query_scalar(
            "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')",
        )
        .fetch_one(&mut self.connect().await?)
        .await?;
        Ok(bytes.unsigned_abs())
    }

    /// A number that Postgres answers.
    pub(crate) async fn number(&self, sql: &'static str) -> anyhow::Result<u64> {
        let number: i64 = sqlx09::query_scalar(sql).fetch_one(&mut self.connect().await?).await?;
        Ok(number.unsigned_abs())
    }
}
