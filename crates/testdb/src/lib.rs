//! A database of its own for each test, cloned from a template.
//!
//! All test processes of a user share one throw-away Postgres (no fsync) in the temporary folder. The first to come
//! starts it; it ends two minutes after the last one has gone. Where `TEST_DATABASE_URL` names a server, that one is
//! used instead; its role must be allowed to create databases.
//!
//! ```no_run
//! # async fn example() {
//! let database = testdb::fresh("orders-1", async |pool| {
//!     sqlx::query("CREATE TABLE orders (id int PRIMARY KEY)").execute(&pool).await.expect("a table");
//! })
//! .await;
//! let pool = database.pool().await;
//! # }
//! ```
//!
//! Everything here panics where it cannot go on: it stands in tests.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::Duration;

use private_postgres::ThrowAway;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, PgPool, migrate::Migrator};

/// The server to use instead of one of our own.
const GIVEN: &str = "TEST_DATABASE_URL";
/// The cluster ends when no process has touched it for this long …
const IDLE: Duration = Duration::from_mins(2);
/// … which each process does this often.
const TOUCH: Duration = Duration::from_secs(20);

/// A database that only this test uses. Dropped with this value, unless the test fails: then it stays, to be looked at.
#[derive(Debug)]
pub struct TestDb {
    /// The connection string, as superuser unless `TEST_DATABASE_URL` says otherwise.
    pub url: String,
    name: String,
    server: Server,
}

/// A database with these migrations and nothing else.
///
/// # Panics
/// As [`fresh`].
pub async fn migrated(migrations: &Migrator) -> TestDb {
    fresh(&fingerprint("migrated", migrations), async |pool| migrations.run(&pool).await.expect("migrates")).await
}

/// A template's name that changes with the migrations.
pub fn fingerprint(what: &str, migrations: &Migrator) -> String {
    let sums: Vec<String> = migrations.iter().map(|migration| format!("{:?}", migration.checksum)).collect();
    format!("{what} {:016x}", fnv1a(&sums.concat()))
}

/// A database cloned from the template `template`, which the first call makes by letting `prepare` fill an empty
/// database.
///
/// The name is what says that two templates are the same: let it hold what they depend on, such as a hash of the
/// migrations. `prepare` must have closed or dropped its connections other than the pool's when it returns.
///
/// # Panics
/// Without a Postgres, and when it refuses something.
pub async fn fresh(template: &str, prepare: impl AsyncFnOnce(PgPool)) -> TestDb {
    let (server, mut admin) = connect().await;
    let hash = fnv1a(template);
    let source = format!("template_{hash:016x}");
    if !exists(&mut admin, &source).await {
        let key = hash.cast_signed();
        sqlx::query("SELECT pg_advisory_lock($1)").bind(key).execute(&mut admin).await.expect("a lock");
        if !exists(&mut admin, &source).await {
            make_template(&server, &mut admin, &source, prepare).await;
        }
        sqlx::query("SELECT pg_advisory_unlock($1)").bind(key).execute(&mut admin).await.expect("unlocked");
    }
    let name = format!("test_{}_{:016x}", std::process::id(), RandomState::new().build_hasher().finish());
    // Copying files is by far the fastest way where nothing is flushed to disk.
    run(&mut admin, format!("CREATE DATABASE {name} TEMPLATE {source} STRATEGY file_copy")).await;
    admin.close().await.ok();
    TestDb { url: server.url(&name), name, server }
}

impl TestDb {
    /// A pool of a few connections to this database.
    pub async fn pool(&self) -> PgPool {
        open(&self.server, &self.name).await
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the database of the failed test stays for a while: psql '{}'", self.url);
            return;
        }
        let (server, name) = (self.server.clone(), self.name.clone());
        // A runtime of its own on a thread of its own: drop may happen inside of one, or outside of any.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let mut admin = server.options(None).connect().await?;
                let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                sqlx::query(AssertSqlSafe(sql)).execute(&mut admin).await?;
                admin.close().await
            })
        });
        if let Ok(Err(error)) = dropping.join() {
            eprintln!("the database {} was not dropped: {error}", self.name); // it goes with the cluster
        }
    }
}

/// Where the databases are.
#[derive(Debug, Clone)]
enum Server {
    Ours(ThrowAway),
    Given(Box<PgConnectOptions>),
}

impl Server {
    /// Finds, joins or starts the server. Blocks.
    fn find() -> Self {
        if let Ok(url) = std::env::var(GIVEN) {
            let options = PgConnectOptions::from_str(&url).unwrap_or_else(|error| panic!("{GIVEN}: {error}"));
            return Self::Given(Box::new(options));
        }
        let shared = private_postgres::throw_away(&folder(), IDLE)
            .unwrap_or_else(|error| panic!("no Postgres for tests: {error}"));
        keep_alive(&shared);
        Self::Ours(shared)
    }

    /// How to connect to a database; without a name to one that is always there.
    fn options(&self, database: Option<&str>) -> PgConnectOptions {
        let options = match (self, database) {
            (Self::Ours(shared), _) => {
                PgConnectOptions::from_str(&shared.url(database.unwrap_or("postgres"))).expect("our own string")
            }
            (Self::Given(options), None) => options.as_ref().clone(),
            (Self::Given(options), Some(database)) => options.as_ref().clone().database(database),
        };
        options.disable_statement_logging()
    }

    fn url(&self, database: &str) -> String {
        match self {
            Self::Ours(shared) => shared.url(database),
            Self::Given(_) => self.options(Some(database)).to_url_lossy().to_string(),
        }
    }
}

/// Touches the cluster for as long as this process lives.
fn keep_alive(shared: &ThrowAway) {
    static STARTED: OnceLock<()> = OnceLock::new();
    let shared = shared.clone();
    STARTED.get_or_init(|| {
        std::thread::spawn(move || {
            while shared.touch().is_ok() {
                std::thread::sleep(TOUCH);
            }
        });
    });
}

/// One folder per user, as Postgres minds whose its files are.
fn folder() -> PathBuf {
    let home = std::env::temp_dir();
    home.join(format!("leerwerk-tests-{}", private_postgres::user_id()))
}

/// Connects to the server. A cluster of ours may be just about to end: then the next one is joined.
async fn connect() -> (Server, PgConnection) {
    let mut failure = None;
    for _ in 0..3 {
        let server = tokio::task::spawn_blocking(Server::find).await.expect("a server");
        match server.options(None).connect().await {
            Ok(connection) => return (server, connection),
            Err(error) => failure = Some(error),
        }
    }
    panic!("no connection to the Postgres for tests: {failure:?}");
}

async fn open(server: &Server, database: &str) -> PgPool {
    PgPoolOptions::new()
        .max_connections(10)
        .test_before_acquire(false)
        .connect_with(server.options(Some(database)))
        .await
        .expect("a connection")
}

async fn exists(admin: &mut PgConnection, name: &str) -> bool {
    let query = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)");
    query.bind(name).fetch_one(admin).await.expect("a list of databases")
}

/// Makes the template under another name first, so that one with the right name is always whole.
async fn make_template(server: &Server, admin: &mut PgConnection, name: &str, prepare: impl AsyncFnOnce(PgPool)) {
    let unfinished = format!("{name}_unfinished");
    run(admin, format!("DROP DATABASE IF EXISTS {unfinished} WITH (FORCE)")).await;
    run(admin, format!("CREATE DATABASE {unfinished} TEMPLATE template0 STRATEGY file_copy")).await;
    let pool = open(server, &unfinished).await;
    prepare(pool.clone()).await;
    pool.close().await;
    run(admin, format!("ALTER DATABASE {unfinished} RENAME TO {name}")).await;
}

async fn run(admin: &mut PgConnection, sql: String) {
    let shown = sql.clone();
    if let Err(error) = sqlx::query(AssertSqlSafe(sql)).execute(admin).await {
        panic!("{shown}: {error}");
    }
}

/// FNV-1a, 64 bits (RFC 9923).
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
