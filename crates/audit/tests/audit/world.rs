//! A small world on a database of its own: two members, a theme, and whatever a test does with them.

use std::{
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use app::{App, By, Policies, Request, Source};
use audit::{Export, ExportError, Exported, Filter, Format};
use domain::{
    Aggregate as _, Command, Sealed, Timestamp,
    id::{AnswerId, MemberId, OrganisationId, QuestionId, RegionId, ThemeId},
    member::{InviteMember, Member},
    organisation::{OrganisationKind, RegisterOrganisation},
    question::{AskQuestion, GiveAnswer, Question},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, Prose},
    theme::AddTheme,
};
use eventlog::{Append, CanonicalJson, Expected, KeyEncryptionKey, Log, LogSigner, NewEvent, Position, StreamId};
use sqlx::postgres::PgConnectOptions;
use testdb::TestDb;
use uuid::Uuid;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// A platform in which it is 1 January 2026, 12:00, until the clock is moved on.
pub(crate) struct World {
    pub(crate) log: Arc<Log>,
    pub(crate) app: App,
    pub(crate) theme: ThemeId,
    pub(crate) sanne: MemberId,
    pub(crate) joost: MemberId,
    clock: Arc<AtomicI64>,
    _database: TestDb,
}

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

pub(crate) fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

impl World {
    pub(crate) async fn new() -> Self {
        let versions: Vec<_> = MIGRATIONS.iter().map(|migration| migration.checksum.to_vec()).collect();
        let template = format!("audit {versions:02x?}");
        let database = testdb::fresh(&template, async |pool| MIGRATIONS.run(&pool).await.expect("migrates")).await;
        let connect: PgConnectOptions = database.url.parse().expect("a url");
        let kek = KeyEncryptionKey::new([7; 32]);
        let log = Log::open(database.pool().await, connect, kek, &eventlog::Options::default()).await.expect("opens");
        let log = Arc::new(log);
        let clock = Arc::new(AtomicI64::new(time("2026-01-01T12:00:00Z").timestamp_micros()));
        let now = clock.clone();
        let source = Source::simulated(
            move || Timestamp::from_timestamp_micros(now.load(Ordering::Relaxed)).expect("a moment"),
            1,
        );
        let app = App::new(log.clone(), Policies::embedded().expect("policies"), source);
        let (theme, sanne, joost) = (app.source().id(), app.source().id(), app.source().id());
        let world = Self { log, app, theme, sanne, joost, clock, _database: database };
        world.furnish().await;
        world
    }

    async fn furnish(&self) {
        let (region, organisation): (RegionId, OrganisationId) = (self.app.source().id(), self.app.source().id());
        let (name, name_in_english) = (line("Communicatie"), line("Communication"));
        self.run(By::Platform, AddTheme { theme: self.theme, name, name_in_english }).await;
        let facts = RegionFacts::new(&line("Groningen"), Consortium::Ligare);
        self.run(By::Platform, RegisterRegion { region, facts }).await;
        let (name, kind) = (line("Hospice \"De Ark\", Haren"), OrganisationKind::Hospice);
        self.run(By::Platform, RegisterOrganisation { organisation, name, kind, settings: vec![], region }).await;
        for (member, name) in [(self.sanne, "Sanne de Vries"), (self.joost, "Joost Bakker")] {
            let scope = KeyScope::of(Member::KIND, member);
            let (name, email) = (Sealed::new(scope.clone(), line(name)), Sealed::new(scope, line("naam@zorg.example")));
            self.run(By::Platform, InviteMember { member, name, email, organisation, project: None, accesses: vec![] })
                .await;
        }
    }

    /// Runs a command that must succeed; returns where it stands in the log.
    pub(crate) async fn run<C: Command>(&self, by: By, command: C) -> Position {
        let request = Request::new(by, self.app.source().id::<Uuid>());
        self.app.run(command, &request).await.expect("done").position
    }

    pub(crate) async fn ask(&self, by: MemberId, anonymously: bool) -> QuestionId {
        let question: QuestionId = self.app.source().id();
        let scope = KeyScope::of(Question::KIND, question);
        let anonymous = if anonymously { Some(self.app.hide_asker(question, by).await.expect("hidden")) } else { None };
        let command = AskQuestion {
            question,
            title: Sealed::new(scope.clone(), line("Wie belt de huisarts?")),
            body: Sealed::new(scope, Prose::parse("Bij ons weet niemand het.\nEn bij jullie?").expect("prose")),
            themes: vec![self.theme],
            intervention: None,
            phase: None,
            project: None,
            anonymous,
        };
        self.run(By::Member(by), command).await;
        question
    }

    pub(crate) async fn answer(&self, by: MemberId, question: QuestionId) -> AnswerId {
        let answer: AnswerId = self.app.source().id();
        let body = Sealed::new(KeyScope::of("answer", answer), Prose::parse("De verpleegkundige.").expect("prose"));
        self.run(By::Member(by), GiveAnswer { question, answer, body }).await;
        answer
    }

    /// Has something happen to a question many times.
    pub(crate) async fn fill(&self, question: QuestionId, events: usize) {
        let stream = StreamId::new(Question::KIND, question);
        for batch in 0..events.div_ceil(500) {
            let length = 500.min(events - batch * 500);
            let event = |_| NewEvent {
                id: self.app.source().id(),
                event_type: "SameQuestionHad".into(),
                schema_version: 1,
                data: CanonicalJson::new(&serde_json::json!({})).expect("canonical"),
                concerns: vec![question.0, self.theme.0],
            };
            let append = Append {
                stream: stream.clone(),
                expected: Expected::Exists,
                events: (0..length).map(event).collect(),
                actor: "platform".into(),
                correlation: self.app.source().id(),
                causation: None,
                at: self.app.source().now(),
                key: None,
                new_keys: Vec::new(),
            };
            self.log.append(append).await.expect("appended");
        }
    }

    /// Moves the clock on.
    pub(crate) fn it_is(&self, now: &str) {
        self.clock.store(time(now).timestamp_micros(), Ordering::Relaxed);
    }

    pub(crate) async fn head(&self) -> Position {
        self.log.head().await.expect("a head").position
    }

    pub(crate) async fn export(
        &self,
        directory: &Path,
        format: Format,
        filter: Filter,
    ) -> Result<Exported, ExportError> {
        let made_at = time("2026-02-01T00:00:00Z");
        let export = Export { directory: directory.to_owned(), format, filter, made_at };
        let key = eventlog::generate_log_key("log.example/test").expect("a key");
        let signer = LogSigner::parse(&key).expect("a key");
        audit::export(&self.log, &signer, &export, |_| {}).await
    }

    /// The positions of an export with this filter.
    pub(crate) async fn positions(&self, filter: Filter) -> Vec<Position> {
        let directory = tempfile::tempdir().expect("a directory");
        self.export(directory.path(), Format::Ndjson, filter).await.expect("exports");
        lines(directory.path()).iter().filter_map(|line| line["position"].as_i64()).collect()
    }
}

/// The lines of `events.ndjson`.
pub(crate) fn lines(directory: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(directory.join("events.ndjson")).expect("a file");
    text.lines().map(|line| serde_json::from_str(line).expect("json")).collect()
}
