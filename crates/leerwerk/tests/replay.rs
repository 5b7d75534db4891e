//! What people see is what the log says: live read models, rebuilt ones and those of an earlier moment agree.

use std::sync::Arc;

use chrono::DateTime;
use eventlog::{KeyEncryptionKey, Log, Options};
use readmodel::{
    ReadModels, as_of,
    models::project::{ProjectFilter, Projects},
};
use sqlx::PgPool;
use testdb::TestDb;

struct World {
    log: Arc<Log>,
    models: ReadModels,
    pool: PgPool,
    _database: TestDb,
}

/// The demo world, folded live while it was made. Made once; each test has a copy.
async fn world() -> World {
    static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
    let database = testdb::fresh(&testdb::fingerprint("demo world, folded live", &MIGRATIONS), async |pool| {
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

async fn open(pool: &PgPool) -> (Arc<Log>, ReadModels) {
    let kek = KeyEncryptionKey::new([7; 32]);
    let connect = (*pool.connect_options()).clone();
    let log = Arc::new(Log::open(pool.clone(), connect, kek, &Options::default()).await.expect("opens"));
    let models = ReadModels::open(pool.clone(), log.clone()).await.expect("opens");
    (log, models)
}

async fn all_agree(models: &ReadModels) {
    for comparison in models.check().await.expect("checks") {
        assert_eq!(comparison.live, comparison.rebuilt, "{}: {:?}", comparison.model, comparison.difference);
        assert!(comparison.rows > 0, "{} has no rows", comparison.model);
    }
}

#[tokio::test]
async fn live_equals_rebuilt_also_after_a_rebuild_in_place() {
    let world = world().await;
    all_agree(&world.models).await;
    // Another definition built these tables: on the next start they are built anew.
    sqlx::query("UPDATE readmodel.checkpoint SET version = 'older', position = 7")
        .execute(&world.pool)
        .await
        .expect("updates");
    sqlx::query("UPDATE readmodel.question SET doc = doc || '{\"version\": 99}'")
        .execute(&world.pool)
        .await
        .expect("updates");
    drop(world.models);
    let again = ReadModels::open(world.pool.clone(), world.log.clone()).await.expect("opens");
    again.reach(world.log.head().await.expect("reads").position).await.expect("is there");
    all_agree(&again).await;
}

#[tokio::test]
async fn a_row_that_was_tampered_with_is_named() {
    let world = world().await;
    let key: String = sqlx::query_scalar(
        "UPDATE readmodel.project SET doc = jsonb_set(doc, '{phase}', '\"scale_up\"')
         WHERE key = (SELECT min(key) FROM readmodel.project WHERE doc ->> 'phase' <> 'scale_up') RETURNING key",
    )
    .fetch_one(&world.pool)
    .await
    .expect("updates");
    let comparisons = world.models.check().await.expect("checks");
    let differing: Vec<_> = comparisons.iter().filter(|comparison| comparison.live != comparison.rebuilt).collect();
    assert_eq!(differing.iter().map(|comparison| comparison.model).collect::<Vec<_>>(), ["project"]);
    assert_eq!(differing[0].difference.as_ref().map(|difference| &difference.key), Some(&key));
}

#[tokio::test]
async fn a_project_as_of_now_is_the_project_and_as_of_then_is_what_it_was() {
    let world = world().await;
    let head = world.log.head().await.expect("reads").position;
    let projects = world.models.projects(&ProjectFilter::default(), i64::MAX, 100).await.expect("reads");
    assert!(projects.len() >= 24);
    for live in projects {
        let key = live.id.to_string();
        let now = as_of::<Projects>(&world.log, live.id.0, head).await.expect("folds");
        assert_eq!(now.get(&key), Some(&live));
        let begun = as_of::<Projects>(&world.log, live.id.0, live.registered_position).await.expect("folds");
        assert_eq!(begun.get(&key).map(|row| (row.version, row.phases.len())), Some((1, 1)));
        let before = as_of::<Projects>(&world.log, live.id.0, live.registered_position - 1).await.expect("folds");
        assert_eq!(before.get(&key), None);
    }
}
