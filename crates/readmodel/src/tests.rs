//! The engine with models of its own: folds that break, and kinds that must be told.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Duration;

use domain::{Event, theme::ThemeEvent};
use eventlog::{Append, CanonicalJson, Expected, KeyEncryptionKey, Log, NewEvent, Position, StreamId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::PgPool;
use testdb::TestDb;
use uuid::Uuid;

use crate::{
    Options, ReadModels,
    definition::Definition,
    model::{Model, Origin, Rows, Seen},
    tables::Of,
};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");
/// Whether the fold of [`Names`] breaks at a theme that is called so.
static BREAKS: AtomicBool = AtomicBool::new(true);
const BAD: &str = "Kwaad";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Named {
    names: Vec<String>,
}

/// Every name that a theme ever had; its fold breaks half way through a bad one.
struct Names;

impl Model for Names {
    const NAME: &'static str = "names";
    const KINDS: &'static [&'static str] = &["theme"];
    const DEFINITION: &'static str = "names";
    const VERSION: u32 = 1;
    const INDEXES: &'static [&'static str] = &[];
    const ORIGIN: Origin = Origin::Stream;
    type Row = Named;

    fn touches(event: &Seen) -> Vec<String> {
        vec![event.stream.id.to_string()]
    }

    fn fold(rows: &mut Rows<Named>, event: &Seen) {
        let Event::Theme(ThemeEvent::ThemeAdded { name, .. }) = &event.event else { return };
        let key = event.stream.id.to_string();
        let mut row = rows.get(&key).cloned().unwrap_or(Named { names: Vec::new() });
        row.names.push(name.clone());
        rows.put(key, row);
        assert!(name != BAD || !BREAKS.load(Ordering::Acquire), "a name that it cannot take");
    }
}

/// How many themes there are: what the database refuses when it is broken.
struct Counts;

impl Model for Counts {
    const NAME: &'static str = "counts";
    const KINDS: &'static [&'static str] = &["theme"];
    const DEFINITION: &'static str = "counts";
    const VERSION: u32 = 1;
    const INDEXES: &'static [&'static str] = &["CREATE UNIQUE INDEX ON {table} ((doc ->> 'name'))"];
    type Row = serde_json::Value;

    fn touches(_: &Seen) -> Vec<String> {
        Vec::new()
    }

    fn fold(rows: &mut Rows<serde_json::Value>, event: &Seen) {
        if let Event::Theme(ThemeEvent::ThemeAdded { name, .. }) = &event.event {
            rows.put(event.position.to_string(), json!({ "name": name }));
        }
    }
}

/// Another id each time.
fn id() -> Uuid {
    static LAST: AtomicU64 = AtomicU64::new(0);
    Uuid::from_u128(1 + u128::from(LAST.fetch_add(1, Ordering::Relaxed)))
}

struct World {
    log: Arc<Log>,
    pool: PgPool,
    _database: TestDb,
}

impl World {
    async fn new() -> Self {
        let database = testdb::migrated(&MIGRATIONS).await;
        let pool = database.pool().await;
        let connect = (*pool.connect_options()).clone();
        let kek = KeyEncryptionKey::new([7; 32]);
        let log = Log::open(pool.clone(), connect, kek, &eventlog::Options::default()).await.expect("opens");
        Self { log: Arc::new(log), pool, _database: database }
    }

    async fn open(&self) -> ReadModels {
        let definitions = [Of::<Names>::boxed(), Of::<Counts>::boxed()].map(|model| Definition::new(model, ""));
        ReadModels::open_as(definitions.into(), self.pool.clone(), self.log.clone(), &Options::default())
            .await
            .expect("opens")
    }

    async fn add(&self, stream: Uuid, names: &[&str]) -> Position {
        let event = |name: &&str| NewEvent {
            id: id(),
            event_type: "ThemeAdded".into(),
            schema_version: 1,
            data: CanonicalJson::new(&json!({ "name": name, "nameInEnglish": name })).expect("json"),
            concerns: vec![stream],
        };
        let append = Append {
            stream: StreamId::new("theme", stream),
            expected: Expected::Any,
            events: names.iter().map(event).collect(),
            actor: "platform".into(),
            correlation: id(),
            causation: None,
            at: eventlog::Timestamp::UNIX_EPOCH,
            key: None,
            new_keys: Vec::new(),
        };
        self.log.append(append).await.expect("appended").position
    }
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), look).await.is_ok(), "waited in vain: {what}");
}

fn stopped(models: &ReadModels) -> Vec<(&'static str, Option<Position>)> {
    models.stale().into_iter().map(|stale| (stale.model, stale.stopped_at)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fold_that_breaks_stops_its_model_before_the_event_and_leaves_nothing_of_it() {
    let world = World::new().await;
    let models = world.open().await;
    let theme = id();
    world.add(theme, &["Goed"]).await;
    let bad = world.add(theme, &["Beter", BAD, "Best"]).await - 1;
    until("it stops", async || stopped(&models) == [("names", Some(bad))]).await;
    models.reach(bad + 1).await.expect("the other goes on");
    let names =
        async |models: &ReadModels| models.row::<Names>(theme.to_string()).await.expect("reads").expect("a row").names;
    assert_eq!(names(&models).await, ["Goed", "Beter"]);
    assert!(models.stale()[0].trouble.as_ref().is_some_and(|why| why.contains("a name that it cannot take")));

    // Built anew, it comes as far; and is not put in the place of more than that.
    let definitions: Vec<_> = models.definitions.iter().collect();
    let options = crate::BuildOptions::default();
    crate::rebuild::rebuild_these(&world.pool, &world.log, &definitions, &options).await.expect("rebuilt");
    assert_eq!(names(&models).await, ["Goed", "Beter"]);
    until("it says so again", async || stopped(&models) == [("names", Some(bad))]).await;

    // Another process, too, and the one that takes over from the first.
    let second = world.open().await;
    assert_eq!(stopped(&second), [("names", Some(bad))]);
    drop(models);
    BREAKS.store(false, Ordering::Release);
    until("it goes on", async || stopped(&second).is_empty()).await;
    second.catch_up().await.expect("caught up");
    assert_eq!(names(&second).await, ["Goed", "Beter", BAD, "Best"]);
    let checked = second.check(&[]).await.expect("checks");
    assert!(checked.iter().all(|one| one.live == one.rebuilt), "{checked:?}");
    BREAKS.store(true, Ordering::Release);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_stops_the_model_that_wrote_it_at_the_very_event() {
    let world = World::new().await;
    let models = world.open().await;
    let (one, other) = (id(), id());
    world.add(one, &["Rouw", "Pijn"]).await;
    let last = world.add(other, &["Zorg", "Rouw", "Slaap"]).await;
    until("it stops", async || stopped(&models) == [("counts", Some(last - 1))]).await;
    models.reach(last).await.expect("the other goes on");
    assert_eq!(
        models.row::<Names>(other.to_string()).await.expect("reads").expect("a row").names,
        ["Zorg", "Rouw", "Slaap"]
    );
    assert!(models.row::<Counts>((last - 2).to_string()).await.expect("reads").is_some());
    assert!(models.row::<Counts>(last.to_string()).await.expect("reads").is_none());
}
