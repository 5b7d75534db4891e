//! The demo world with its read models.

use std::sync::Arc;

use chrono::DateTime;
use eventlog::{KeyEncryptionKey, Log, Options};
use readmodel::ReadModels;
use sqlx::PgPool;
use testdb::TestDb;

pub(crate) struct World {
    pub(crate) log: Arc<Log>,
    pub(crate) models: ReadModels,
    pub(crate) pool: PgPool,
    _database: TestDb,
}

/// The demo world, folded live while it was made. Made once; each test has a copy.
pub(crate) async fn world() -> World {
    static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
    // Tables of other definitions would be in the way.
    let tables: Vec<String> = readmodel::models::names().into_iter().map(readmodel::table).collect();
    let name = testdb::fingerprint(&format!("demo world, folded into {}", tables.join(", ")), &MIGRATIONS);
    let database = testdb::fresh(&name, async |pool| {
        MIGRATIONS.run(&pool).await.expect("migrates");
        let (log, models) = open(&pool).await;
        let until = DateTime::from_timestamp(1_760_000_000, 0).expect("a moment");
        demo::load(log.clone(), &demo::Options { seed: 1, until, events: None }, |_| {}).await.expect("loads");
        models.reach(log.head().await.expect("reads").position).await.expect("catches up");
    })
    .await;
    let pool = database.pool().await;
    let (log, models) = open(&pool).await;
    World { log, models, pool, _database: database }
}

pub(crate) async fn open(pool: &PgPool) -> (Arc<Log>, ReadModels) {
    let kek = KeyEncryptionKey::new([7; 32]);
    let connect = (*pool.connect_options()).clone();
    let log = Arc::new(Log::open(pool.clone(), connect, kek, &Options::default()).await.expect("opens"));
    let models = ReadModels::open(pool.clone(), log.clone(), &readmodel::Options::default()).await.expect("opens");
    (log, models)
}

pub(crate) async fn all_agree(models: &ReadModels) {
    for comparison in models.check(&[]).await.expect("checks") {
        assert_eq!(comparison.live, comparison.rebuilt, "{}: {:?}", comparison.model, comparison.difference);
        assert!(comparison.rows > 0, "{} has no rows", comparison.model);
    }
}
