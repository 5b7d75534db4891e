//! The demo world, looked at from outside: it loads, holds what it promises and is the same every time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use app::{App, By, Policies, Request, Source};
use chrono::{Datelike as _, Timelike as _};
use chrono_tz::Europe::Amsterdam;
use demo::{LoadError, Options, PERSONAS, Summary};
use domain::{
    Event, Timestamp,
    id::MemberId,
    member::{MemberEvent, Role},
    pdsa::{CycleEvent, PredictionMet},
    question::QuestionEvent,
    text::Line,
    theme::AddTheme,
};
use eventlog::{KeyEncryptionKey, Log, Recorded};
use serde_json::Value;
use sqlx::migrate::Migrator;
use uuid::Uuid;

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

fn until() -> Timestamp {
    "2026-03-05T13:30:00Z".parse().expect("a moment")
}

fn options(events: Option<usize>) -> Options {
    Options { seed: 1, until: until(), events }
}

/// A log in a database of its own.
struct World {
    log: Arc<Log>,
    _database: testdb::TestDb,
}

async fn empty() -> World {
    let versions: Vec<_> = MIGRATIONS.iter().map(|migration| migration.checksum.to_vec()).collect();
    let template = format!("demo {versions:02x?}");
    let database = testdb::fresh(&template, async |pool| MIGRATIONS.run(&pool).await.expect("migrates")).await;
    let connect = database.url.parse().expect("options");
    let key = KeyEncryptionKey::new([7; 32]);
    let log = Log::open(database.pool().await, connect, key, &eventlog::Options::default()).await.expect("a log");
    World { log: Arc::new(log), _database: database }
}

async fn loaded(options: &Options) -> (World, Summary, Vec<Opened>) {
    let world = empty().await;
    let summary = demo::load(world.log.clone(), options, |_| ()).await.expect("loads without a refusal");
    let events = events(&world.log).await;
    (world, summary, events)
}

/// An event with its texts opened.
struct Opened {
    recorded: Recorded,
    payload: Value,
}

impl Opened {
    fn event(&self) -> Event {
        let Recorded { stream, event_type, schema_version, .. } = &self.recorded;
        let version = (*schema_version).try_into().expect("a version");
        Event::decode(&stream.kind, event_type, version, &self.payload.to_string()).expect("an event")
    }

    /// All that is to be the same in every world of one seed. The tag of a hidden asker is made with a data key, and
    /// those are random.
    fn same(&self) -> String {
        let Recorded { stream, version, id, event_type, at, actor, correlation, concerns, .. } = &self.recorded;
        let mut payload = self.payload.clone();
        if let Some(hidden) = payload.get_mut("anonymous").and_then(Value::as_object_mut) {
            hidden.remove("tag");
        }
        format!("{stream} {version} {id} {event_type} {at} {actor} {correlation} {concerns:?} {payload}")
    }
}

async fn events(log: &Log) -> Vec<Opened> {
    let mut events = Vec::new();
    loop {
        let after = i64::try_from(events.len()).expect("a position");
        let page = log.page(after, 1_000).await.expect("a page");
        if page.is_empty() {
            return events;
        }
        let opened = log.keys().open(&page).await.expect("opens");
        events.extend(page.into_iter().zip(opened).map(|(recorded, payload)| {
            let payload = serde_json::from_str(&payload).expect("JSON");
            Opened { recorded, payload }
        }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_small_world_is_whole_and_the_same_every_time() {
    let once = options(None);
    let on_another_day = Options { until: until() + chrono::TimeDelta::hours(6_319), ..once.clone() };
    let ((_first, summary, events), (_second, _, others), (_third, _, later)) =
        tokio::join!(loaded(&once), loaded(&once), loaded(&on_another_day));
    assert_eq!(events.len(), others.len());
    every_kind_of_event_happens_whatever_the_day(&events, &later);
    for (event, other) in events.iter().zip(&others) {
        assert_eq!(event.same(), other.same());
    }
    it_holds_what_it_promises(&summary, &events);
    all_happens_in_its_two_years(&events);
    people_sleep_at_night_and_rest_in_the_weekend(&events);
    personas_are_there_with_their_roles(&events);
    nobody_is_linked_to_an_anonymous_question(&events);
    questions_are_mostly_answered_within_a_day(&events);
    cycles_are_in_all_stages(&events);
    there_is_news(&events);
    sanne_is_in_the_middle_of_it(&events);
}

fn it_holds_what_it_promises(summary: &Summary, events: &[Opened]) {
    assert!((2_500..=4_000).contains(&summary.events), "{summary:?}");
    let promised = Summary {
        events: events.len(),
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
    assert_eq!(*summary, promised);
    let mut streams: BTreeMap<&str, BTreeSet<Uuid>> = BTreeMap::new();
    for event in events {
        streams.entry(&event.recorded.stream.kind).or_default().insert(event.recorded.stream.id);
    }
    let counts: Vec<(&str, usize)> = streams.into_iter().map(|(kind, streams)| (kind, streams.len())).collect();
    let expected = [
        ("basis", 54),
        ("collaboration", 3),
        ("experience", 60),
        ("intervention", 6),
        ("member", 150),
        ("organisation", 40),
        ("page", 8),
        ("pdsa", 60),
        ("project", 24),
        ("question", 180),
        ("region", 12),
        ("round", 3),
        ("theme", 6),
    ];
    assert_eq!(counts, expected);
    let answered: HashSet<Uuid> = of_type(events, "AnswerGiven").map(|event| event.recorded.stream.id).collect();
    let hidden = of_type(events, "QuestionAsked").filter(|event| event.payload.get("anonymous").is_some());
    assert_eq!((answered.len(), hidden.count()), (172, 30));
}

/// Somebody who tries the platform sees all it can do, and so do tests that use this world.
fn every_kind_of_event_happens_whatever_the_day(events: &[Opened], later: &[Opened]) {
    for of_a_day in [events, later] {
        let types: BTreeSet<&str> = of_a_day.iter().map(|event| event.recorded.event_type.as_str()).collect();
        assert_eq!(types.len(), 40, "{types:?}");
        for (rare, times) in [("AskerRevealed", 3), ("PhaseReturned", 2)] {
            assert_eq!(of_type(of_a_day, rare).count(), times, "{rare}");
        }
    }
}

fn of_type<'a>(events: &'a [Opened], event_type: &'a str) -> impl Iterator<Item = &'a Opened> {
    events.iter().filter(move |event| event.recorded.event_type == event_type)
}

fn all_happens_in_its_two_years(events: &[Opened]) {
    let begin = until() - chrono::TimeDelta::days(730);
    for pair in events.windows(2) {
        assert!(pair[0].recorded.at <= pair[1].recorded.at, "{} ran back", pair[1].recorded.id);
    }
    for event in events {
        assert!((begin..=until()).contains(&event.recorded.at), "{} at {}", event.recorded.id, event.recorded.at);
    }
}

fn people_sleep_at_night_and_rest_in_the_weekend(events: &[Opened]) {
    let mut in_the_weekend = 0;
    for Opened { recorded, .. } in events {
        let at = recorded.at.with_timezone(&Amsterdam);
        assert!((7..22).contains(&at.hour()), "{} at {at}", recorded.event_type);
        in_the_weekend += usize::from(at.weekday().number_from_monday() > 5);
    }
    assert!((1..events.len() / 20).contains(&in_the_weekend), "{in_the_weekend} of {}", events.len());
}

fn personas_are_there_with_their_roles(events: &[Opened]) {
    let mut names = HashMap::new();
    let mut roles: HashMap<Uuid, Vec<Role>> = HashMap::new();
    for event in events {
        match event.event() {
            Event::Member(MemberEvent::ProfileRevised { name, .. }) => {
                names.insert(event.recorded.stream.id, name.open().expect("open").as_str().to_owned());
            }
            Event::Member(MemberEvent::RoleGiven { role, .. }) => {
                roles.entry(event.recorded.stream.id).or_default().push(role);
            }
            _ => {}
        }
    }
    for persona in PERSONAS {
        assert_eq!(names[&persona.member().0], persona.name);
        assert_eq!(roles.get(&persona.member().0).map_or(&[][..], Vec::as_slice), persona.roles, "{}", persona.key);
    }
    let distinct: HashSet<&String> = names.values().collect();
    assert_eq!((names.len(), distinct.len()), (150, 150));
}

fn nobody_is_linked_to_an_anonymous_question(events: &[Opened]) {
    let members: HashSet<Uuid> = of_type(events, "MemberInvited").map(|event| event.recorded.stream.id).collect();
    let mut hidden = HashMap::new();
    let mut correlations = HashSet::new();
    for opened in events {
        let recorded = &opened.recorded;
        assert!(correlations.insert((recorded.correlation, recorded.stream.id)) || recorded.version > 1);
        match opened.event() {
            Event::Question(QuestionEvent::QuestionAsked { anonymous: Some(asker), project, .. }) => {
                assert_eq!((recorded.actor.as_str(), project), (&*format!("asker:{}", recorded.stream.id), None));
                assert!(recorded.concerns.iter().all(|subject| !members.contains(subject)));
                hidden.insert(recorded.stream.id, asker.member.open().expect("open").0);
            }
            Event::Question(QuestionEvent::AskerRevealed { member }) => {
                assert_eq!(hidden.remove(&recorded.stream.id), Some(member.0));
            }
            Event::Question(_) => {
                if let Some(member) = hidden.get(&recorded.stream.id) {
                    assert_ne!(recorded.actor, format!("member:{member}"), "{}", recorded.event_type);
                    assert!(!recorded.concerns.contains(member), "{}", recorded.event_type);
                }
            }
            _ => {}
        }
    }
    assert!(hidden.len() >= 20, "only {} stay hidden", hidden.len());
}

fn questions_are_mostly_answered_within_a_day(events: &[Opened]) {
    let mut asked = HashMap::new();
    let mut waited = HashMap::new();
    for Opened { recorded, .. } in events {
        match recorded.event_type.as_str() {
            "QuestionAsked" => {
                asked.insert(recorded.stream.id, recorded.at);
            }
            "AnswerGiven" => {
                waited.entry(recorded.stream.id).or_insert_with(|| recorded.at - asked[&recorded.stream.id]);
            }
            _ => {}
        }
    }
    let within_a_day = waited.values().filter(|waited| waited.num_hours() < 24).count();
    assert!((115..165).contains(&within_a_day), "{within_a_day} of {}", waited.len());
}

fn cycles_are_in_all_stages(events: &[Opened]) {
    let mut last = HashMap::new();
    let mut met = Vec::new();
    for opened in events.iter().filter(|opened| opened.recorded.stream.kind == "pdsa") {
        last.insert(opened.recorded.stream.id, opened.recorded.event_type.as_str());
        if let Event::Cycle(CycleEvent::PdsaResultLogged { prediction_met, .. }) = opened.event() {
            met.push(prediction_met);
        }
    }
    let last: BTreeSet<&str> = last.into_values().collect();
    for stage in ["CyclePlanned", "PredictionMade", "ObservationRecorded", "PDSAResultLogged", "CycleDecided"] {
        assert!(last.contains(stage), "no cycle ends with {stage}");
    }
    assert!(last.contains("CycleAbandoned"));
    for outcome in [PredictionMet::Met, PredictionMet::PartlyMet, PredictionMet::NotMet] {
        assert!(met.contains(&outcome), "{outcome:?}");
    }
}

/// Who asks, leads: her project runs a cycle right now, and Femke's with the same intervention is further.
fn sanne_is_in_the_middle_of_it(events: &[Opened]) {
    let [sanne, femke] = ["sanne", "femke"].map(|key| demo::Persona::of(key).expect("a persona").member());
    let leads = |member: MemberId| {
        let led = of_type(events, "ProjectRegistered").find(|event| event.payload["lead"] == member.to_string());
        led.expect("a project").recorded.stream.id
    };
    let phase = |project: Uuid| {
        let advanced = of_type(events, "PhaseAdvanced").filter(|event| event.recorded.stream.id == project);
        advanced.last().expect("a later phase").payload["to"].clone()
    };
    assert_eq!((phase(leads(sanne)), phase(leads(femke))), ("implementation".into(), "embedding".into()));
    let planned = of_type(events, "CyclePlanned").filter(|event| event.payload["project"] == leads(sanne).to_string());
    let cycles: Vec<Uuid> = planned.map(|event| event.recorded.stream.id).collect();
    let last = |cycle: &Uuid| events.iter().rfind(|event| event.recorded.stream.id == *cycle).expect("an event");
    assert!(cycles.len() >= 4 && cycles.iter().any(|cycle| last(cycle).recorded.event_type == "ObservationRecorded"));
    let asked = of_type(events, "QuestionAsked").filter(|event| event.recorded.actor == format!("member:{sanne}"));
    assert!(asked.count() >= 3);
}

/// A question two hours ago that nobody answered, and other things of the last days.
fn there_is_news(events: &[Opened]) {
    let since = |hours| until() - chrono::TimeDelta::hours(hours);
    let asked = of_type(events, "QuestionAsked").last().expect("a question");
    assert_eq!(asked.recorded.at, since(2));
    assert!(of_type(events, "AnswerGiven").all(|event| event.recorded.stream != asked.recorded.stream));
    let fresh: BTreeSet<&str> = events
        .iter()
        .filter(|event| event.recorded.at > since(96))
        .map(|event| event.recorded.event_type.as_str())
        .collect();
    for event_type in ["AnswerGiven", "ObservationRecorded", "UpdatePosted", "SectionWritten"] {
        assert!(fresh.contains(event_type), "{event_type} is not among {fresh:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_larger_world_differs_only_in_the_order_of_a_moment() {
    let larger = options(Some(3_000));
    let ((_first, summary, events), (_second, _, others)) = tokio::join!(loaded(&larger), loaded(&larger));
    assert!(summary.events >= 3_000, "{summary:?}");
    let sorted = |events: &[Opened]| -> BTreeSet<String> { events.iter().map(Opened::same).collect() };
    for (event, other) in sorted(&events).iter().zip(&sorted(&others)) {
        assert_eq!(event, other);
    }
    all_happens_in_its_two_years(&events);
    people_sleep_at_night_and_rest_in_the_weekend(&events);
    nobody_is_linked_to_an_anonymous_question(&events);
}

#[tokio::test]
async fn a_log_that_is_not_empty_is_refused() {
    let world = empty().await;
    let app = App::new(world.log.clone(), Policies::embedded().expect("policies"), Source::simulated(until, 1));
    let line = |text: &str| Line::parse(text).expect("a line");
    let theme = AddTheme { theme: app.source().id(), name: line("Rouw"), name_in_english: line("Grief") };
    app.run(theme, &Request::new(By::Platform, Uuid::nil())).await.expect("is not refused");
    let refused = demo::load(world.log.clone(), &options(None), |_| ()).await;
    assert!(matches!(refused, Err(LoadError::NotEmpty { events: 1 })), "{refused:?}");
}
