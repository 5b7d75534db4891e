//! The platform, opened: a database (one's own or a private one), migrated, with the log on top.

use std::{path::Path, sync::Arc};

use anyhow::Context as _;
use app::{AccessLog, Ground, Looked, Person};
use eventlog::{KeyEncryptionKeys, Log};
use private_postgres::{PrivatePostgres, StartError};
use readmodel::ReadModels;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

use crate::{
    config::Config,
    database::{as_service, migrate},
};

/// What every subcommand begins with. Dropping it ends a private Postgres last.
#[derive(Debug)]
pub(crate) struct Platform {
    pub(crate) log: Arc<Log>,
    pub(crate) pool: PgPool,
    /// How to connect as the owner of the database, for what the service may not do.
    pub(crate) owner: PgConnectOptions,
    postgres: Option<PrivatePostgres>,
}

impl Platform {
    /// Opens the database, brings it to the present schema and opens the log.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        config.check()?;
        let (connect, postgres) = database(config).await?;
        Self::over(config, connect, postgres).await
    }

    /// Opens it for whoever only reads: also beside a service that runs on the same private Postgres.
    pub(crate) async fn open_beside(config: &Config) -> anyhow::Result<Self> {
        config.check()?;
        let (connect, postgres) = match database(config).await {
            Err(error) if matches!(error.downcast_ref(), Some(StartError::AlreadyRunning(_))) => {
                let connect = running(&config.data_dir).with_context(|| {
                    format!("{error}, and its Postgres cannot be reached: is it still starting, or another user's?")
                })?;
                (connect, None)
            }
            opened => opened?,
        };
        Self::over(config, connect, postgres).await
    }

    async fn over(
        config: &Config,
        connect: PgConnectOptions,
        postgres: Option<PrivatePostgres>,
    ) -> anyhow::Result<Self> {
        let owner = config.owner()?;
        migrate(&connect, owner.as_ref()).await?;
        let owner = owner.unwrap_or_else(|| connect.clone());
        let (pool, connect) = as_service(connect, config.connections).await?;
        let keks = key_encryption_keys(config)?;
        let log = Log::open(pool.clone(), connect, keks, &eventlog::Options::default())
            .await
            .context("the log cannot be opened")?;
        Ok(Self { log: Arc::new(log), pool, owner, postgres })
    }

    /// Builds what is missing of the read models, follows the log, and has caught up with it.
    pub(crate) async fn read_models(&self, options: &readmodel::Options) -> anyhow::Result<Arc<ReadModels>> {
        let models = ReadModels::open(self.pool.clone(), self.log.clone(), options).await;
        let models = models.context("the read models cannot be opened")?;
        if let Err(error) = models.catch_up().await {
            let (position, trouble) = (models.position(), models.health().trouble.unwrap_or_default());
            return Err(error).with_context(|| format!("the read models stand at position {position}: {trouble}"));
        }
        Ok(Arc::new(models))
    }

    /// Writes down that somebody at the command line looks at something, or does something to somebody.
    pub(crate) async fn note(&self, action: &'static str, subjects: Vec<Uuid>) -> anyhow::Result<()> {
        let name = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok());
        let by = Person::Operator(name.unwrap_or_else(|| private_postgres::user_id().to_string()));
        let (credential, ground) = ("command line".to_owned(), Ground::Administration);
        let looked = Looked { by, credential, action, subjects, ground };
        AccessLog::new(self.pool.clone()).record(looked).await.context("the access log cannot be written")
    }

    /// Ends politely: a private Postgres is stopped and has everything on disk.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let Self { log, pool, postgres, .. } = self;
        drop(log);
        pool.close().await;
        if let Some(postgres) = postgres {
            tokio::task::spawn_blocking(move || postgres.stop()).await??;
        }
        Ok(())
    }
}

async fn database(config: &Config) -> anyhow::Result<(PgConnectOptions, Option<PrivatePostgres>)> {
    if let Some(url) = &config.database_url {
        let connect = url.parse().context("DATABASE_URL does not read")?;
        return Ok((connect, None));
    }
    let options = private_postgres::Options { data_dir: config.data_dir.clone(), durable: true, settings: Vec::new() };
    let postgres = tokio::task::spawn_blocking(move || private_postgres::start(&options)).await??;
    let admin: PgConnectOptions = postgres.url("postgres").parse()?;
    create_database(&admin).await.context("the database cannot be created")?;
    Ok((postgres.url("leerwerk").parse()?, Some(postgres)))
}

/// How to reach the private Postgres of a service that runs: `postmaster.pid` tells on line 5 where its socket is and
/// on line 8 whether it is ready (Postgres, `miscadmin.h`).
fn running(data_dir: &Path) -> anyhow::Result<PgConnectOptions> {
    let path = data_dir.join("postgres/postmaster.pid");
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    match (lines.get(4), lines.get(7)) {
        (Some(socket), Some(&"ready")) => {
            Ok(PgConnectOptions::new().socket(socket).port(5432).username("postgres").database("leerwerk"))
        }
        _ => anyhow::bail!("{} does not say that it is ready", path.display()),
    }
}

async fn create_database(admin: &PgConnectOptions) -> anyhow::Result<()> {
    let pool = PgPoolOptions::new().max_connections(1).connect_with(admin.clone()).await?;
    let there = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM pg_database WHERE datname = 'leerwerk'")
        .fetch_one(&pool)
        .await?;
    if there == 0 {
        sqlx::raw_sql("CREATE DATABASE leerwerk").execute(&pool).await?;
    }
    pool.close().await;
    Ok(())
}

/// From configuration; with a private Postgres made once and kept beside it, readable by its owner only.
fn key_encryption_keys(config: &Config) -> anyhow::Result<KeyEncryptionKeys> {
    if let Some(keys) = config.key_encryption_keys()? {
        return Ok(keys);
    }
    let path = config.data_dir.join("key-encryption-key");
    if !path.exists() {
        #[expect(clippy::disallowed_methods, reason = "the one place that makes a key")]
        let key: [u8; 32] = rand::random();
        write_secret(&path, &hex::encode(key)).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    crate::config::parse_keys(&text).with_context(|| format!("{} does not read", path.display()))
}

/// A line in a new file that only its owner can read.
pub(crate) fn write_secret(path: &Path, secret: &str) -> std::io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "{secret}")?;
    file.sync_all()
}
