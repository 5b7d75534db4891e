//! A log in a database of its own, and what is appended to it.

pub(crate) mod proxy;

use std::time::Duration;

use eventlog::{
    Append, CanonicalJson, Expected, IdempotencyKey, KeyEncryptionKey, Log, NewEvent, Options, Recorded, StreamId,
    Timestamp,
};
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use testdb::TestDb;
use uuid::Uuid;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// How long anything may take that is waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// A migrated database that only this test uses.
pub(crate) struct Database {
    pub(crate) pool: PgPool,
    pub(crate) connect: PgConnectOptions,
    _dropped_last: TestDb,
}

impl Database {
    pub(crate) async fn fresh() -> Self {
        let hashes: String = MIGRATIONS.iter().map(|migration| hex::encode(&migration.checksum)).collect();
        let database = testdb::fresh(&hashes, async |pool| MIGRATIONS.run(&pool).await.expect("migrated")).await;
        let connect: PgConnectOptions = database.url.parse().expect("an address");
        let connect = connect.disable_statement_logging();
        Self { pool: pool(&connect), connect, _dropped_last: database }
    }

    /// The log as one process has it.
    pub(crate) async fn open(&self) -> Log {
        self.open_with(&Options::default()).await
    }

    pub(crate) async fn open_with(&self, options: &Options) -> Log {
        open(pool(&self.connect), self.connect.clone(), 7, options).await
    }

    /// The log, with the connections of its own made elsewhere, e.g. through a proxy.
    pub(crate) async fn open_through(&self, connect: PgConnectOptions) -> Log {
        open(pool(&self.connect), connect, 7, &Options::default()).await
    }

    /// A connection that is not in this database, for what cannot be done from within.
    pub(crate) async fn outside(&self) -> PgConnection {
        self.connect.clone().database("postgres").connect().await.expect("a connection")
    }

    pub(crate) fn name(&self) -> &str {
        self.connect.get_database().expect("a name")
    }

    pub(crate) async fn run(&self, sql: &str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&self.pool).await.map(drop)
    }

    /// Cuts the connections of every log with this application name; returns how many there were.
    pub(crate) async fn terminate(&self, application: &str) -> i64 {
        sqlx::query_scalar(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND application_name = $1",
        )
        .bind(application)
        .fetch_one(&self.pool)
        .await
        .expect("terminated")
    }
}

/// As the program has it.
pub(crate) fn pool(connect: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(8)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy_with(connect.clone())
}

/// A log whose key-encryption key is made of one byte.
pub(crate) async fn open(pool: PgPool, connect: PgConnectOptions, kek: u8, options: &Options) -> Log {
    Log::open(pool, connect, KeyEncryptionKey::new([kek; 32]), options).await.expect("a log")
}

#[expect(clippy::disallowed_methods, reason = "events need ids")]
pub(crate) fn id() -> Uuid {
    Uuid::now_v7()
}

#[expect(clippy::disallowed_methods, reason = "events happen some time")]
pub(crate) fn now() -> Timestamp {
    chrono::Utc::now()
}

pub(crate) fn stream() -> StreamId {
    StreamId::new("project", id())
}

pub(crate) fn canonical(value: &Value) -> CanonicalJson {
    CanonicalJson::new(value).expect("canonical")
}

/// One event with a number in it.
pub(crate) fn event(number: usize) -> NewEvent {
    NewEvent {
        id: id(),
        event_type: "Numbered".into(),
        schema_version: 1,
        data: canonical(&json!({ "number": number })),
        concerns: vec![],
    }
}

/// An append of some events.
pub(crate) fn append(stream: &StreamId, expected: Expected, events: usize) -> Append {
    Append {
        stream: stream.clone(),
        expected,
        events: (0..events).map(event).collect(),
        actor: "member:1".into(),
        correlation: id(),
        causation: None,
        at: now(),
        key: None,
        new_keys: Vec::new(),
    }
}

/// The same with an idempotency key; what it is for, is told by the fingerprint.
pub(crate) fn keyed(append: Append, key: u64, fingerprint: u8) -> Append {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&key.to_be_bytes());
    Append { key: Some(IdempotencyKey { key: bytes, fingerprint: [fingerprint; 32] }), ..append }
}

/// The whole log.
pub(crate) async fn everything(log: &Log) -> Vec<Recorded> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let page = log.page(all.last().map_or(0, |event| event.position), 500).await.expect("a page");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// Waits for a condition.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(DEADLINE, look).await.is_ok(), "waited in vain: {what}");
}

/// What comes in time.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}
