//! What goes when its time is over, and not a moment before; and that the record of it is right, whatever interrupts it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use app::{Policies, Source};
use chrono::NaiveDate;
use domain::{
    Aggregate as _, Command, Period, Sealed,
    basis::{AwardGrant, GrantNumber, Terms},
    id::{BasisId, InterventionId, MemberId, OrganisationId, QuestionId, RegionId, ThemeId},
    intervention::AddIntervention,
    member::{Access, EndAccess, Ending, InviteMember, Member, RefuseAccess, RequestAccess, RequestedBasis},
    organisation::{OrganisationKind, RegisterOrganisation},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, Prose},
    theme::AddTheme,
};
use eventlog::{KeyEncryptionKey, KeyState, Log, StreamId};
use readmodel::models::member::Members;
use sqlx::postgres::PgConnectOptions;
use testdb::TestDb;
use uuid::Uuid;

use super::*;

const INSTANT: TimeDelta = TimeDelta::microseconds(1);

/// A platform whose clock a test sets, with people who come and go.
struct World {
    retention: Retention,
    clock: Arc<AtomicI64>,
    database: TestDb,
}

fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

fn moment(text: &str) -> Timestamp {
    text.parse().expect("a moment")
}

/// Noon of the day on which a test begins.
fn begin() -> Timestamp {
    moment("2020-01-01T12:00:00Z")
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a day")
}

/// The id of the nth thing of its kind.
fn nth<Id: From<Uuid>>(n: u128) -> Id {
    Uuid::from_u128(n).into()
}

fn of<T>(member: MemberId, value: T) -> Sealed<T> {
    Sealed::new(KeyScope::of(Member::KIND, member), value)
}

impl World {
    async fn new() -> Self {
        let database = testdb::migrated(&sqlx::migrate!("../../migrations")).await;
        let clock = Arc::new(AtomicI64::new(begin().timestamp_micros()));
        let ticking = clock.clone();
        let source = Source::simulated(
            move || Timestamp::from_timestamp_micros(ticking.load(Ordering::Relaxed)).expect("a moment"),
            7,
        );
        let world = Self { retention: open(&database, source).await, clock, database };
        world.run(AddTheme { theme: nth(1), name: line("Zorg"), name_in_english: line("Care") }).await;
        let summary = Prose::parse("Praten over wat telt.").expect("prose");
        world.run(AddIntervention { intervention: nth(2), name: line("CURA"), summary }).await;
        let facts = RegionFacts::new(&line("Groningen"), Consortium::Ligare);
        world.run(RegisterRegion { region: nth::<RegionId>(3), facts }).await;
        let (organisation, kind) = (nth::<OrganisationId>(4), OrganisationKind::Hospice);
        let register =
            RegisterOrganisation { organisation, name: line("De Ark"), kind, settings: vec![], region: nth(3) };
        world.run(register).await;
        world
    }

    /// Another process on the same database.
    async fn again(&self) -> Retention {
        let now = self.retention.app.source().now();
        open(&self.database, Source::simulated(move || now, 8)).await
    }

    fn at(&self, moment: Timestamp) {
        self.clock.store(moment.timestamp_micros(), Ordering::Relaxed);
    }

    async fn run_by<C: Command>(&self, by: By, command: C) {
        let Retention { app, models, .. } = &self.retention;
        let done = app.run(command, &Request::new(by, app.source().id())).await.expect("done");
        models.reach(done.position).await.expect("shows");
    }

    async fn run<C: Command>(&self, command: C) {
        self.run_by(By::Platform, command).await;
    }

    async fn request(&self, member: MemberId, name: &str) {
        let prose = Prose::parse("Ik wil meedoen.").expect("prose");
        let request = RequestAccess {
            member,
            name: of(member, line(name)),
            email: of(member, line("noor@ark.example")),
            organisation: of(member, line("De Ark")),
            basis: RequestedBasis::OwnFunding { project: of(member, line("Samen praten")) },
            interventions: vec![nth::<InterventionId>(2)],
            motivation: Some(of(member, prose)),
        };
        self.run(request).await;
    }

    async fn refuse(&self, member: MemberId) {
        let reason = of(member, Prose::parse("De ronde is voorbij.").expect("prose"));
        self.run(RefuseAccess { member, reason }).await;
    }

    async fn invite(&self, member: MemberId, accesses: Vec<Access>) {
        let (name, email) = (of(member, line("Sanne van Dijk")), of(member, line("sanne@ark.example")));
        self.run(InviteMember { member, name, email, organisation: nth(4), project: None, accesses }).await;
    }

    async fn let_go(&self, kind: DataKind, now: Timestamp) -> u64 {
        self.retention.let_go(kind, now).await.expect("goes")
    }

    async fn due(&self, kind: DataKind, now: Timestamp) -> i64 {
        self.retention.due(kind, now, TimeDelta::zero()).await.expect("counted")
    }

    /// What is recorded of a kind, the latest first.
    async fn recorded(&self, kind: DataKind) -> Vec<Run> {
        let runs = self.retention.runs(100).await.expect("read");
        runs.into_iter().filter(|run| run.kind == kind).collect()
    }

    async fn gone(&self, kind: DataKind) -> Vec<i64> {
        self.recorded(kind).await.iter().map(|run| run.gone).collect()
    }

    async fn key(&self, scope: &KeyScope) -> KeyState {
        self.retention.app.log().keys().state(scope.as_str()).await.expect("read")
    }

    async fn is_known(&self, member: MemberId) -> bool {
        self.key(&KeyScope::of(Member::KIND, member)).await != KeyState::Destroyed
    }

    /// How somebody was erased, as the log tells it: by whom, and on what ground.
    async fn erased(&self, member: MemberId) -> Vec<(String, String)> {
        let stream = StreamId::new(Member::KIND, member);
        let events = self.retention.app.log().stream(&stream, 0).await.expect("read");
        let erased = events.into_iter().filter(|event| event.event_type == "MemberErased");
        erased.map(|event| (event.actor, event.data.get().to_owned())).collect()
    }
}

async fn open(database: &TestDb, source: Source) -> Retention {
    let (pool, connect) = (database.pool().await, database.url.parse::<PgConnectOptions>().expect("an address"));
    let kek = KeyEncryptionKey::new([7; 32]);
    let log = Log::open(pool.clone(), connect, kek, &eventlog::Options::default()).await.expect("opens");
    let log = Arc::new(log);
    let models = ReadModels::open(pool.clone(), log.clone(), &readmodel::Options::default()).await.expect("opens");
    models.catch_up().await.expect("caught up");
    let app = App::new(log, Policies::embedded().expect("policies"), source);
    Retention::new(Arc::new(app), Arc::new(models), pool, Periods::default())
}

/// One of each kind that is no person and no receipt, done with or ended at a moment, and how it is put there.
const ROWS: [(DataKind, &str); 6] = [
    (
        DataKind::Session,
        "INSERT INTO session.session (id_hash, data, expires_at, begun_at, used_at)
         VALUES ('\\x01', '{}', $1 + interval '1 year', $1, $1 + interval '7 days')",
    ),
    (
        DataKind::AccessToken,
        "INSERT INTO session.access_token (id, hash, member, name, scopes, expires_at)
         VALUES (gen_random_uuid(), '\\x01', gen_random_uuid(), 'x', '{}', $1)",
    ),
    (DataKind::LogoutToken, "INSERT INTO session.logout_token VALUES ('https://id.example', 'x', $1)"),
    (
        DataKind::UnconfirmedRequest,
        "INSERT INTO mail.confirmation (id, content, address, created_at, expires_at)
         VALUES (gen_random_uuid(), '\\x01', '\\x01', $1, $1 + interval '48 hours')",
    ),
    (DataKind::Letter, "INSERT INTO mail.outbox (about, letter, due_at, created_at) VALUES ('x', '{}', NULL, $1)"),
    (
        DataKind::AccessLog,
        "INSERT INTO access_log.line (at, actor, credential, action, subjects, ground)
         VALUES ($1, 'operator:x', 'command line', 'export', '{}', 'administration')",
    ),
];

#[tokio::test]
async fn each_kind_goes_just_after_its_period_and_the_record_tells_so() {
    let world = World::new().await;
    let retry = Some(app::Retry { key: "once".into(), content: vec![] });
    let request = Request { retry, ..Request::new(By::Platform, Uuid::nil()) };
    let theme = AddTheme { theme: nth(8), name: line("Praten"), name_in_english: line("Talking") };
    world.retention.app.run(theme, &request).await.expect("done");
    // The log's own last moment counts for receipts.
    world.at(begin() + TimeDelta::days(1_000));
    world.run(AddTheme { theme: nth::<ThemeId>(9), name: line("Meten"), name_in_english: line("Measuring") }).await;
    for (_, sql) in ROWS {
        let put = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(begin()).execute(&world.retention.pool).await;
        assert_eq!(put.expect("put there").rows_affected(), 1);
    }
    for kind in ROWS.into_iter().map(|(kind, _)| kind).chain([DataKind::Receipt]) {
        let period = world.retention.periods.of(kind);
        let last = begin() + period;
        let listed = world.retention.due(kind, last - AHEAD, AHEAD + INSTANT).await.expect("counted");
        assert_eq!((world.due(kind, last).await, listed), (0, 1), "{kind:?} is listed before it is due");
        assert_eq!(world.let_go(kind, last).await, 0, "{kind:?} goes too early");
        assert_eq!(world.due(kind, last + INSTANT).await, 1, "{kind:?}");
        assert_eq!(world.let_go(kind, last + INSTANT).await, 1, "{kind:?} stays");
        assert_eq!((world.due(kind, last + INSTANT).await, world.let_go(kind, last + INSTANT).await), (0, 0));
        // That nothing was due is recorded once a day.
        let recorded = world.recorded(kind).await;
        let told: Vec<_> = recorded.iter().map(|run| (run.gone, run.period, run.up_to)).collect();
        assert_eq!(told, [(1, period, begin() + INSTANT), (0, period, begin())], "{kind:?}");
    }
    // A session that nobody uses goes before.
    let idle = "INSERT INTO session.session (id_hash, data, expires_at, begun_at, used_at)
                VALUES ('\\x02', '{}', $1 + interval '1 year', $1, $1)";
    sqlx::query(idle).bind(begin()).execute(&world.retention.pool).await.expect("put there");
    let idle = begin() + TimeDelta::hours(12);
    assert_eq!(world.let_go(DataKind::Session, idle).await, 0);
    assert_eq!(world.let_go(DataKind::Session, idle + INSTANT).await, 1);
}

#[tokio::test]
async fn much_goes_in_batches_and_each_is_recorded_with_what_went() {
    let world = World::new().await;
    let many = "INSERT INTO mail.outbox (about, letter, due_at, created_at)
                SELECT n::text, '{}', NULL, $1 FROM generate_series(1, 2500) AS n";
    sqlx::query(many).bind(begin()).execute(&world.retention.pool).await.expect("put there");
    assert_eq!(world.let_go(DataKind::Letter, begin() + TimeDelta::days(91)).await, 2_500);
    assert_eq!(world.gone(DataKind::Letter).await, [500, 1_000, 1_000]);
}

#[tokio::test]
async fn who_was_refused_is_known_for_a_year_and_then_to_nobody() {
    let world = World::new().await;
    let (refused, undecided, late): (MemberId, MemberId, MemberId) = (nth(50), nth(51), nth(52));
    for (member, name) in [(refused, "Noor de Wit"), (undecided, "Kees Bos"), (late, "Bo Smit")] {
        world.request(member, name).await;
    }
    world.at(begin() + TimeDelta::days(1));
    world.refuse(refused).await;
    world.at(begin() + TimeDelta::days(20));
    world.refuse(late).await;
    let log = world.retention.app.log();
    let before = log.tree_head_at(log.head().await.expect("read").position).await.expect("a head");

    let kind = DataKind::LapsedRequest;
    let year = TimeDelta::days(365);
    assert_eq!(world.let_go(kind, begin() + year).await, 0);
    assert_eq!(world.let_go(kind, begin() + year + INSTANT).await, 1, "on whom nobody decided");
    assert!(!world.is_known(undecided).await && world.is_known(refused).await);
    let over = begin() + TimeDelta::days(1) + year;
    assert_eq!(world.let_go(kind, over).await, 0);
    world.at(over + INSTANT);
    assert_eq!(world.let_go(kind, over + INSTANT).await, 1);
    assert!(!world.is_known(refused).await && world.is_known(late).await);
    assert_eq!(world.gone(kind).await, [1, 1, 0]);
    let by_platform = ("platform".to_owned(), r#"{"contributions": "kept", "ground": "request_lapsed"}"#.to_owned());
    let erased = world.erased(refused).await;
    assert_eq!(erased.len(), 1);
    assert_eq!((&erased[0].0, erased[0].1.replace(' ', "")), (&by_platform.0, by_platform.1.replace(' ', "")));

    // Nobody reads the name: not in what people see, nor in the log.
    for _ in 0..200 {
        let row = world.retention.models.row::<Members>(refused.to_string()).await.expect("read").expect("a row");
        if row.name.text().is_none() {
            assert!(row.request.is_none() && row.email.text().is_none());
            let stream = StreamId::new(Member::KIND, refused);
            let events = log.stream(&stream, 0).await.expect("read");
            assert_eq!(events.len(), 3, "that it was asked, refused and erased stays");
            let seen = world.retention.models.see(&events).await.expect("opened");
            let told = format!("{seen:?}");
            assert!(!told.contains("Noor") && !told.contains("noor@") && !told.contains("meedoen"), "{told}");
            // What was proven before is proven still, and read models fold to the same.
            let after = log.tree_head_at(before.size).await.expect("a head");
            assert_eq!(after.root, before.root);
            let head = log.head().await.expect("read").position;
            world.retention.models.reach(head).await.expect("shows");
            let compared = world.retention.models.check(&[]).await.expect("compared");
            assert!(compared.iter().all(|comparison| comparison.live == comparison.rebuilt), "{compared:?}");
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the name is still shown");
}

#[tokio::test]
async fn a_member_whose_access_ended_is_known_for_five_years_and_what_they_wrote_stays() {
    let world = World::new().await;
    let (dismissed, expired, prolonged, present): (MemberId, MemberId, MemberId, MemberId) =
        (nth(60), nth(61), nth(62), nth(63));
    let grant = async |number: &str, until: &str| {
        let number = GrantNumber::parse(number).expect("a number");
        let period = Period::new(day("2020-01-01"), day(until)).expect("a period");
        let (organisations, interventions) = (vec![nth(4)], vec![nth(2)]);
        let terms = Terms { organisations, interventions, period };
        let basis: BasisId = number.basis();
        world.run(AwardGrant { number, round: None, terms }).await;
        basis
    };
    let (short, long) = (grant("PAL-1", "2020-03-31").await, grant("PAL-2", "2099-12-31").await);
    let on = |basis| Access { basis, until: None };
    world.invite(dismissed, vec![]).await;
    world.invite(expired, vec![on(short)]).await;
    world.invite(prolonged, vec![on(short), on(long)]).await;
    world.invite(present, vec![]).await;
    let anonymous: QuestionId = nth(70);
    let hidden = world.retention.app.hide_asker(anonymous, dismissed).await.expect("hidden");
    for (question, anonymous) in [(nth(69), None), (anonymous, Some(hidden))] {
        let scope = KeyScope::of("question", question);
        let ask = domain::question::AskQuestion {
            question,
            title: Sealed::new(scope.clone(), line("Wie belt de huisarts?")),
            body: Sealed::new(scope, Prose::parse("Na een nacht zonder slaap.").expect("prose")),
            themes: vec![nth(1)],
            intervention: None,
            phase: None,
            project: None,
            anonymous,
        };
        world.run_by(By::Member(dismissed), ask).await;
    }
    world.at(begin() + TimeDelta::days(10));
    let reason = of(dismissed, Prose::parse("Andere baan.").expect("prose"));
    world.run(EndAccess { member: dismissed, ending: Ending::Withdrawn(reason) }).await;

    let (kind, period) = (DataKind::FormerMember, TimeDelta::days(1_826));
    let ended = begin() + TimeDelta::days(10);
    world.at(ended + period);
    assert_eq!(world.let_go(kind, ended + period).await, 0);
    world.at(ended + period + INSTANT);
    assert_eq!(world.let_go(kind, ended + period + INSTANT).await, 1);
    assert!(!world.is_known(dismissed).await && world.is_known(expired).await);
    for question in [nth(69), anonymous] {
        assert_ne!(world.key(&KeyScope::of("question", question)).await, KeyState::Destroyed, "what they wrote stays");
    }
    let link = world.key(&KeyScope::of("asker", anonymous)).await;
    assert_eq!(link, KeyState::Destroyed, "nothing tells any more who asked");
    assert!(world.erased(dismissed).await[0].1.contains("access_lapsed"));

    // The last day counts, and it ends at midnight in the Netherlands.
    let ended = moment("2020-03-31T22:00:00Z");
    world.at(ended + period);
    assert_eq!(world.let_go(kind, ended + period).await, 0);
    world.at(ended + period + INSTANT);
    assert_eq!(world.let_go(kind, ended + period + INSTANT).await, 1);
    assert!(!world.is_known(expired).await);
    for member in [prolonged, present] {
        assert!(world.is_known(member).await && world.erased(member).await.is_empty(), "who takes part stays");
    }
    assert_eq!(world.gone(kind).await.iter().sum::<i64>(), 2);
}

#[tokio::test]
async fn what_was_interrupted_goes_on_and_is_recorded_once() {
    let world = World::new().await;
    let people: Vec<MemberId> = (50..53).map(nth).collect();
    for member in &people {
        world.request(*member, "Noor de Wit").await;
    }
    let over = begin() + TimeDelta::days(366);
    world.at(over);
    // Killed after the fact was recorded, before anything else.
    let (contributions, ground) = (Contributions::Kept, ErasureGround::RequestLapsed);
    world.run(EraseMember { member: people[0], contributions, ground }).await;
    let kind = DataKind::LapsedRequest;
    assert_eq!((world.gone(kind).await, world.due(kind, over).await), (vec![], 2));
    assert_eq!(world.let_go(kind, over).await, 3, "the one of before is recorded too");
    assert_eq!(world.let_go(kind, over).await, 0);
    assert_eq!(world.gone(kind).await, [3]);
    // Its key is destroyed by whoever finishes erasures.
    let erased = world.retention.models.erased_members().await.expect("read");
    for (member, how) in erased {
        let Retention { app, models, pool, .. } = &world.retention;
        erasure::finish(app, models, pool, member, how).await.expect("finished");
    }
    for member in people {
        assert!(!world.is_known(member).await);
        assert_eq!(world.erased(member).await.len(), 1);
    }
}

#[tokio::test]
async fn two_processes_at_once_let_everything_go_once() {
    let world = World::new().await;
    let people: Vec<MemberId> = (50..90).map(nth).collect();
    for member in &people {
        world.request(*member, "Noor de Wit").await;
    }
    let over = begin() + TimeDelta::days(366);
    world.at(over);
    let other = world.again().await;
    let kind = DataKind::LapsedRequest;
    let (one, another) = tokio::join!(world.retention.let_go(kind, over), other.let_go(kind, over));
    assert_eq!(one.expect("goes") + another.expect("goes"), 40);
    assert_eq!(world.gone(kind).await.iter().sum::<i64>(), 40);
    for member in people {
        assert!(!world.is_known(member).await);
        assert_eq!(world.erased(member).await.len(), 1);
    }
}

#[tokio::test]
async fn a_clock_that_jumps_ahead_lets_nothing_go_early() {
    let world = World::new().await;
    let member: MemberId = nth(50);
    world.at(moment("2026-10-01T12:00:00Z"));
    world.request(member, "Noor de Wit").await;
    world.at(moment("2999-01-01T12:00:00Z"));
    for (kind, done) in world.retention.run().await {
        assert_eq!(done.expect("done"), 0, "{kind:?}");
    }
    assert!(world.is_known(member).await);
    let listed = world.retention.list().await.expect("listed");
    assert!(listed.iter().all(|listed| listed.due == 0 && listed.last.is_some()), "{listed:?}");
}
