//! The demo world, looked at from outside: it loads, holds what it promises and is the same every time.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use demo::{LoadError, Options, PERSONAS, Summary};
use domain::{Event, Timestamp, member::MemberEvent, pdsa::CycleEvent, question::QuestionEvent};
use eventlog::{KeyEncryptionKey, Log, Recorded};
use serde_json::Value;
use sqlx::migrate::Migrator;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

fn until() -> Timestamp {
    "2026-03-05T13:30:00Z".parse().expect("a moment")
}

fn options() -> Options {
    Options { seed: 1, until: until(), events: None }
}

struct World {
    log: Arc<Log>,
    _database: testdb::TestDb,
}

async fn empty() -> World {
    let versions: Vec<String> = MIGRATIONS.iter().map(|migration| format!("{:x?}", migration.checksum)).collect();
    let template = format!("demo {}", versions.concat());
    let database = testdb::fresh(&template, async |pool| MIGRATIONS.run(&pool).await.expect("migrates")).await;
    let connect = database.url.parse().expect("options");
    let key = KeyEncryptionKey::new([7; 32]);
    let log = Log::open(database.pool().await, connect, key, &eventlog::Options::default()).await.expect("a log");
    World { log: Arc::new(log), _database: database }
}

impl World {
    async fn load(&self, options: &Options) -> Summary {
        demo::load(self.log.clone(), options, |_| ()).await.expect("loads without a refusal")
    }

    /// All events, with their texts opened.
    async fn events(&self) -> Vec<(Recorded, Value)> {
        let mut events = Vec::new();
        loop {
            let after = i64::try_from(events.len()).expect("a position");
            let page = self.log.page(after, 1_000).await.expect("a page");
            if page.is_empty() {
                return events;
            }
            let opened = self.log.keys().open(&page).await.expect("opens");
            events.extend(page.into_iter().zip(opened));
        }
    }
}

fn decode(recorded: &Recorded, payload: &Value) -> Event {
    let version = recorded.schema_version.try_into().expect("a version");
    Event::decode(&recorded.stream.kind, &recorded.event_type, version, payload.clone()).expect("an event")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_world_holds_what_it_promises() {
    let world = empty().await;
    let summary = world.load(&options()).await;
    let events = world.events().await;
    assert_eq!(summary.events, events.len());
    assert!((2_500..=4_000).contains(&summary.events), "{summary:?}");
    let promised = Summary {
        events: summary.events,
        regions: 12,
        organisations: 40,
        members: 150,
        projects: 24,
        questions: 180,
        anonymous: 30,
        unanswered: 8,
        experiences: 60,
        cycles: 60,
        pages: 8,
    };
    assert_eq!(summary, promised);

    let mut kinds: HashMap<&str, HashSet<_>> = HashMap::new();
    let mut types: HashMap<&str, usize> = HashMap::new();
    for (event, _) in &events {
        kinds.entry(&event.stream.kind).or_default().insert(event.stream.id);
        *types.entry(&event.event_type).or_default() += 1;
        assert!(event.at <= until(), "{} at {}", event.event_type, event.at);
    }
    eprintln!("{types:#?}");
    let count = |kind: &str| kinds.get(kind).map_or(0, HashSet::len);
    assert_eq!(
        [count("region"), count("organisation"), count("member"), count("project"), count("question")],
        [12, 40, 150, 24, 180]
    );
    assert_eq!([count("experience"), count("pdsa"), count("page"), count("theme")], [60, 60, 8, 6]);
}
