//! A database of its own for each test.

use std::time::Duration;

use eventlog::{Log, Options};
use faults::sample;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use testdb::TestDb;

/// How long anything may take that is waited for.
const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Database {
    pub(crate) connect: PgConnectOptions,
    _dropped_last: TestDb,
}

impl Database {
    pub(crate) async fn fresh() -> Self {
        let database = testdb::migrated(&sample::MIGRATIONS).await;
        let connect: PgConnectOptions = database.url.parse().expect("an address");
        Self { connect: connect.disable_statement_logging(), _dropped_last: database }
    }

    pub(crate) async fn open(&self, options: &Options) -> Log {
        sample::open(&self.connect, options).await.expect("a log")
    }
}

/// What comes in time.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
}
