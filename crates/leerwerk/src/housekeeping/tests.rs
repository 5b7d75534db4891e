//! What happens by itself: access that ends is recorded and told, and an erasure that was interrupted is finished.

use std::{path::Path, time::Duration};

use app::{Policies, Source};
use chrono::{Days, NaiveDate, TimeDelta};
use domain::{
    Aggregate as _, Command, Period, Sealed,
    basis::{AwardGrant, GrantNumber, ReviseBasis, Terms},
    id::{BasisId, InterventionId, MemberId, OrganisationId, RegionId},
    intervention::AddIntervention,
    member::{Access, Contributions, EraseMember, ErasureGround, InviteMember, Member},
    organisation::{OrganisationKind, RegisterOrganisation},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, Prose},
};
use eventlog::{KeyEncryptionKey, KeyState, Log, StreamId};
use sqlx::postgres::PgConnectOptions;
use testdb::TestDb;

use super::*;

/// A platform with a grant and a member whose access rests on it.
struct World {
    app: App,
    models: Arc<ReadModels>,
    pool: PgPool,
    member: MemberId,
    basis: BasisId,
    terms: Terms,
    _database: TestDb,
}

fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

impl World {
    /// The grant ends so many days from today.
    async fn new(days: i64) -> Self {
        let database = testdb::migrated(&sqlx::migrate!("../../migrations")).await;
        let (pool, connect) = (database.pool().await, database.url.parse::<PgConnectOptions>().expect("an address"));
        let kek = KeyEncryptionKey::new([7; 32]);
        let log = Log::open(pool.clone(), connect, kek, &eventlog::Options::default()).await.expect("opens");
        let log = Arc::new(log);
        let models = ReadModels::open(pool.clone(), log.clone(), &readmodel::Options::default()).await.expect("opens");
        let app = App::new(log, Policies::embedded().expect("policies"), Source::system());
        let source = app.source();
        let (region, organisation): (RegionId, OrganisationId) = (source.id(), source.id());
        let (intervention, member): (InterventionId, MemberId) = (source.id(), source.id());
        let number = GrantNumber::parse("PAL-1").expect("a number");
        let period = period(today(&app), days);
        let terms = Terms { organisations: vec![organisation], interventions: vec![intervention], period };
        let basis = number.basis();
        let world = Self { app, models: Arc::new(models), pool, member, basis, terms, _database: database };
        let facts = RegionFacts::new(&line("Groningen"), Consortium::Ligare);
        world.run(RegisterRegion { region, facts }).await;
        let kind = OrganisationKind::Hospice;
        world.run(RegisterOrganisation { organisation, name: line("De Ark"), kind, settings: vec![], region }).await;
        let summary = Prose::parse("Praten over wat telt.").expect("prose");
        world.run(AddIntervention { intervention, name: line("CURA"), summary }).await;
        world.run(AwardGrant { number, round: None, terms: world.terms.clone() }).await;
        let seal = |text: &str| Sealed::new(KeyScope::of(Member::KIND, member), line(text));
        let (name, email) = (seal("Noor de Wit"), seal("noor@ark.example"));
        let accesses = vec![Access { basis, until: None }];
        world.run(InviteMember { member, name, email, organisation, project: None, accesses }).await;
        world
    }

    async fn run<C: Command>(&self, command: C) {
        let request = Request::new(By::Platform, self.app.source().id());
        let done = self.app.run(command, &request).await.expect("done");
        self.models.reach(done.position).await.expect("shows");
    }

    /// How often it was recorded that access ended.
    async fn ends(&self) -> usize {
        let stream = StreamId::new(Member::KIND, self.member);
        let events = self.app.log().stream(&stream, 0).await.expect("read");
        events.iter().filter(|event| event.event_type == "AccessEnded").count()
    }

    /// The job, and until it shows.
    async fn record_ends(&self) {
        ended(&self.app, &self.models).await.expect("recorded");
        let head = self.app.log().head().await.expect("read").position;
        self.models.reach(head).await.expect("shows");
    }

    async fn prolong(&self, days: i64) {
        let terms = Terms { period: period(today(&self.app), days), ..self.terms.clone() };
        self.run(ReviseBasis { basis: self.basis, terms }).await;
    }
}

fn today(app: &App) -> NaiveDate {
    period::day_of(app.source().now())
}

fn period(today: NaiveDate, days: i64) -> Period {
    let last = today + TimeDelta::days(days);
    Period::new(last.min(today) - Days::new(100), last).expect("a period")
}

#[tokio::test]
async fn that_a_basis_ended_is_recorded_once_for_each_end_and_takes_nothing_away() {
    let world = World::new(-3).await;
    assert!(!world.app.has_access(world.member).await.expect("asked"), "it ended by itself");
    world.record_ends().await;
    world.record_ends().await;
    assert_eq!(world.ends().await, 1);
    world.prolong(30).await;
    assert!(world.app.has_access(world.member).await.expect("asked"), "prolonged, it holds anew");
    world.record_ends().await;
    assert_eq!(world.ends().await, 1);
    world.prolong(-1).await;
    world.record_ends().await;
    assert_eq!(world.ends().await, 2, "another end");
}

#[tokio::test]
async fn whoever_loses_access_is_written_to_and_who_got_it_back_meanwhile_is_not() {
    let world = World::new(-3).await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = mail::Options {
        post: mail::Post::Folder(folder.path().to_owned()),
        from: "Leerwerk <leerwerk@leerwerk.example>".into(),
        base: "https://leerwerk.example".into(),
    };
    let mail = mail::Mail::open(world.pool.clone(), world.app.log().clone(), world.models.clone(), options);
    let mail = mail.await.expect("a way out");
    // What is recorded before anything is sent is told all the same.
    world.record_ends().await;
    let mut tasks = JoinSet::new();
    mail.start(&mut tasks);
    let letter = letters(folder.path(), 1).await.remove(0);
    assert!(letter.contains("Subject: Je toegang tot Leerwerk is afgelopen"), "{letter}");
    assert!(letter.contains("noor@ark.example"), "{letter}");
    tasks.shutdown().await;

    world.prolong(-1).await;
    world.record_ends().await;
    world.prolong(200).await;
    mail.start(&mut tasks);
    for _ in 0..200 {
        let void = "SELECT count(*) FROM mail.outbox WHERE due_at IS NULL AND sent_at IS NULL";
        if sqlx::query_scalar::<_, i64>(void).fetch_one(&world.pool).await.expect("a count") > 0 {
            assert_eq!(letters(folder.path(), 1).await.len(), 1);
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the second end was never taken up");
}

async fn letters(folder: &Path, count: usize) -> Vec<String> {
    for _ in 0..200 {
        let files = std::fs::read_dir(folder).expect("a folder").flatten();
        let found: Vec<String> = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
        if found.len() >= count {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nothing was written");
}

#[tokio::test]
async fn an_erasure_that_was_interrupted_is_finished() {
    let world = World::new(30).await;
    let sql = "INSERT INTO session.account (issuer, subject, member) VALUES ('x', 'y', $1)";
    sqlx::query(sql).bind(world.member.0).execute(&world.pool).await.expect("an account");
    // Recorded, and nothing else done: as when the service is killed there.
    world
        .run(EraseMember { member: world.member, contributions: Contributions::Kept, ground: ErasureGround::Asked })
        .await;
    let scope = KeyScope::of(Member::KIND, world.member);
    let keys = world.app.log().keys();
    assert_ne!(keys.state(scope.as_str()).await.expect("read"), KeyState::Destroyed);
    assert_eq!(finished(&world.app, &world.models, &world.pool).await.expect("finished"), 1);
    assert_eq!(keys.state(scope.as_str()).await.expect("read"), KeyState::Destroyed);
    let accounts = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM session.account");
    assert_eq!(accounts.fetch_one(&world.pool).await.expect("a count"), 0);
    assert_eq!(finished(&world.app, &world.models, &world.pool).await.expect("finished"), 0);
}
