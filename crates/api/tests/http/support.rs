//! A small world to ask things of, through the same door as everybody: HTTP.

use std::sync::Arc;

use api::{About, AsOf, DemoPersona, Limits, Options, Platform};
use app::{AccessLog, App, By, Policies, Request as Circumstances, Source};
use axum::{
    Router,
    body::Body,
    http::{Request, Response, header},
    serve::Listener as _,
};
use domain::{
    Command, Scope, Sealed,
    id::{InterventionId, MemberId, OrganisationId, RegionId, ThemeId},
    intervention::AddIntervention,
    member::{GiveRole, InviteMember, Role},
    organisation::{OrganisationKind, RegisterOrganisation},
    region::{RegionFacts, RegisterRegion},
    scope::Consortium,
    sealed::KeyScope,
    text::{Line, Prose},
    theme::AddTheme,
};
use eventlog::{KeyEncryptionKey, Log, LogSigner};
use http_body_util::BodyExt as _;
use readmodel::ReadModels;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tempfile::TempDir;
use testdb::TestDb;
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use uuid::Uuid;

use crate::kept;

/// A served platform on a database of its own.
pub(crate) struct World {
    pub(crate) app: Arc<App>,
    pub(crate) models: Arc<ReadModels>,
    pub(crate) theme: String,
    pub(crate) intervention: String,
    pub(crate) region: String,
    pub(crate) organisation: String,
    router: Router,
    database: Arc<TestDb>,
    /// Where mail is left, and what writes it.
    pub(crate) mailbox: Option<(TempDir, JoinSet<()>)>,
}

/// Members of the world, with their roles.
pub(crate) const MEMBERS: [(&str, &[Role]); 4] =
    [("sanne", &[]), ("joost", &[]), ("emma", &[Role::Editor]), ("anna", &[Role::Auditor])];

/// Somebody who can sign in once a test has let them in.
pub(crate) const NEWCOMER: &str = "noor";

/// The id of a member of the world.
pub(crate) fn member(name: &str) -> MemberId {
    let place = if name == NEWCOMER { Some(90) } else { MEMBERS.iter().position(|(other, _)| *other == name) };
    let place = place.expect("a member of the world");
    Uuid::from_u128(100 + place as u128).into()
}

/// As clients name a member.
pub(crate) fn member_id(name: &str) -> String {
    format!("member-{}", member(name))
}

/// Signs the heads of a log that nobody relies on.
fn signer() -> LogSigner {
    LogSigner::parse(&eventlog::generate_log_key("log.example/test").expect("a key")).expect("a key")
}

fn options_of(public_url: Option<String>, limits: Limits) -> Options {
    Options {
        public_url,
        address: "127.0.0.1:8080".into(),
        providers: Vec::new(),
        session_limits: api::SessionLimits::default(),
        limits,
        address_header: Some(header::HeaderName::from_static("x-real-ip")),
        security_contact: None,
        demo: Some(
            MEMBERS.iter().map(|(name, _)| *name).chain([NEWCOMER]).map(|name| persona(name, member(name))).collect(),
        ),
        signer: signer(),
        metrics: Box::new(String::new),
    }
}

/// A letter without quoted-printable line ends and signs.
fn plain(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n")
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = Arc::new(testdb::migrated(&sqlx::migrate!("../../migrations")).await);
        let mut world = Self::over(database, None, None, Limits::default()).await;
        world.furnish().await;
        world
    }

    /// Another process on the same database, that writes to people.
    pub(crate) async fn writing(&self) -> Self {
        let mut writing = self.again(None).await;
        let folder = tempfile::tempdir().expect("a folder");
        let options = mail::Options {
            post: mail::Post::Folder(folder.path().to_owned()),
            from: "Leerwerk <leerwerk@leerwerk.example>".into(),
            base: "https://leerwerk.example".into(),
        };
        let (pool, log) = (self.pool().await, writing.app.log().clone());
        let mail = mail::Mail::open(pool, log, writing.models.clone(), options).await.expect("a way out");
        let mut tasks = JoinSet::new();
        mail.start(&mut tasks);
        let platform = Platform {
            app: writing.app.clone(),
            models: writing.models.clone(),
            pool: self.pool().await,
            access_log: AccessLog::new(self.pool().await),
            mail: Some(mail),
            periods: api::Periods::default(),
            as_of: None,
        };
        writing.router = api::router(platform, options_of(None, Limits::default())).expect("a router");
        writing.mailbox = Some((folder, tasks));
        writing
    }

    /// Another process on the same database, at which these can sign in and do things so often.
    pub(crate) async fn offering(&self, members: &[(String, MemberId)], limits: Limits) -> Self {
        let mut offering = self.again(None).await;
        let platform = Platform {
            app: offering.app.clone(),
            models: offering.models.clone(),
            pool: self.pool().await,
            access_log: AccessLog::new(self.pool().await),
            mail: None,
            periods: api::Periods::default(),
            as_of: None,
        };
        let demo = members.iter().map(|(name, member)| persona(name, *member)).collect();
        let options = Options { demo: Some(demo), ..options_of(None, limits) };
        offering.router = api::router(platform, options).expect("a router");
        offering
    }

    /// The platform behind an address of this machine, until the test ends.
    pub(crate) async fn listen(&self) -> std::net::SocketAddr {
        let listener = api::listen(([127, 0, 0, 1], 0).into()).await.expect("listens");
        let address = listener.local_addr().expect("an address");
        let router = self.router.clone();
        tokio::spawn(async move { axum::serve(listener, router).await });
        address
    }

    /// Letters that were sent to an address, the first first, once there are so many.
    pub(crate) async fn letters(&self, to: &str, count: usize) -> Vec<String> {
        let (folder, _) = self.mailbox.as_ref().expect("a world that writes");
        for _ in 0..200 {
            let mut files: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").flatten().collect();
            files.sort_by_key(|file| file.metadata().and_then(|about| about.modified()).expect("a time"));
            let texts = files.iter().filter_map(|file| std::fs::read_to_string(file.path()).ok());
            let found: Vec<String> = texts
                .filter(|text| text.lines().any(|line| line.starts_with("To:") && line.contains(to)))
                .map(|text| plain(&text))
                .collect();
            if found.len() >= count {
                return found;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("{to} was not written to so often");
    }

    /// Another process on the same database, that has read nothing yet.
    pub(crate) async fn again(&self, as_of: Option<AsOf>) -> Self {
        let mut again = Self::over(self.database.clone(), as_of, None, Limits::default()).await;
        again.theme.clone_from(&self.theme);
        again.intervention.clone_from(&self.intervention);
        again.region.clone_from(&self.region);
        again.organisation.clone_from(&self.organisation);
        again
    }

    /// Another process on the same database, that people reach at an address.
    pub(crate) async fn at(&self, public_url: &str) -> Self {
        Self::over(self.database.clone(), None, Some(public_url.to_owned()), Limits::default()).await
    }

    /// Another process on the same database, in which one may do things only so often.
    pub(crate) async fn limited(&self, limits: Limits) -> Self {
        let mut limited = Self::over(self.database.clone(), None, None, limits).await;
        limited.theme.clone_from(&self.theme);
        limited
    }

    /// The database, for what time would do.
    pub(crate) async fn sql(&self, sql: &'static str) -> u64 {
        sqlx::query(sql).execute(&self.pool().await).await.expect("done").rows_affected()
    }

    pub(crate) async fn pool(&self) -> sqlx::PgPool {
        self.database.pool().await
    }

    async fn over(database: Arc<TestDb>, as_of: Option<AsOf>, public_url: Option<String>, limits: Limits) -> Self {
        kept::listen();
        let connect: PgConnectOptions = database.url.parse().expect("an address");
        let pool = PgPoolOptions::new().max_connections(10).test_before_acquire(false);
        let pool = pool.connect_with(connect.clone()).await.expect("connects");
        let kek = KeyEncryptionKey::new([7; 32]);
        kept::learnt("credential", &"07".repeat(32));
        let log = Log::open(pool.clone(), connect, kek, &eventlog::Options::default()).await.expect("opens");
        let log = Arc::new(log);
        let opened = readmodel::Options { until: as_of.map(|as_of| as_of.position), ..Default::default() };
        let models = ReadModels::open(pool.clone(), log.clone(), &opened).await.expect("opens");
        models.catch_up().await.expect("caught up");
        let models = Arc::new(models);
        let app = Arc::new(App::new(log, Policies::embedded().expect("policies"), Source::system()));
        let access_log = AccessLog::new(pool.clone());
        let periods = api::Periods::default();
        let platform =
            Platform { app: app.clone(), models: models.clone(), pool, access_log, mail: None, periods, as_of };
        let options = options_of(public_url, limits);
        Self {
            app,
            models,
            theme: String::new(),
            intervention: String::new(),
            region: String::new(),
            organisation: String::new(),
            router: api::router(platform, options).expect("a router"),
            database,
            mailbox: None,
        }
    }

    /// Runs a command as the platform.
    pub(crate) async fn platform<C: Command>(&self, command: C) {
        let request = Circumstances::new(By::Platform, Uuid::nil());
        let done = self.app.run(command, &request).await.expect("is not refused");
        self.models.reach(done.position).await.expect("shows");
    }

    async fn furnish(&mut self) {
        let line = |text: &str| Line::parse(text).expect("a line");
        let theme: ThemeId = Uuid::from_u128(1).into();
        let intervention: InterventionId = Uuid::from_u128(2).into();
        let region: RegionId = Uuid::from_u128(3).into();
        let organisation: OrganisationId = Uuid::from_u128(4).into();
        self.platform(AddTheme { theme, name: line("Communicatie"), name_in_english: line("Communication") }).await;
        let summary = Prose::parse("Praten over wat telt.").expect("prose");
        self.platform(AddIntervention { intervention, name: line("CURA"), summary }).await;
        let facts = RegionFacts::new(&line("Groningen"), Consortium::Ligare);
        self.platform(RegisterRegion { region, facts }).await;
        let kind = OrganisationKind::Hospital;
        let (name, settings) = (line("Ziekenhuis Noord"), vec![]);
        self.platform(RegisterOrganisation { organisation, name, kind, settings, region }).await;
        for (name, roles) in MEMBERS {
            let member = member(name);
            let seal = |text: &str| Sealed::new(KeyScope::of("member", member), line(text));
            let address = format!("{name}@leerwerk.example");
            kept::learnt("personal", &address);
            let email = seal(&address);
            self.platform(InviteMember {
                member,
                name: seal(name),
                email,
                organisation,
                project: None,
                accesses: vec![],
            })
            .await;
            for role in roles {
                self.platform(GiveRole { member, role: *role, scope: Scope::National, until: None }).await;
            }
        }
        self.theme = format!("theme-{theme}");
        self.intervention = format!("intervention-{intervention}");
        self.region = format!("region-{region}");
        self.organisation = format!("organisation-{organisation}");
    }

    /// Sends a request.
    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.expect("infallible")
    }

    /// The whole answer to a GraphQL request of somebody who is not signed in.
    pub(crate) async fn asked(&self, query: &str, variables: Value) -> Value {
        let nobody = Visitor { world: self, cookie: String::new() };
        nobody.answer(query, variables).await
    }

    /// Signs in.
    pub(crate) async fn visitor(&self, name: &str) -> Visitor<'_> {
        let request = Request::post("/demo/session")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "persona": name }).to_string()))
            .expect("a request");
        let response = self.send(request).await;
        assert_eq!(response.status(), 204, "signs in");
        let cookie = response.headers()[header::SET_COOKIE].to_str().expect("text");
        let cookie = cookie.split(';').next().unwrap_or_default();
        kept::learnt("credential", cookie.split_once('=').map_or(cookie, |(_, value)| value));
        Visitor { world: self, cookie: cookie.to_owned() }
    }
}

/// Somebody who is signed in.
pub(crate) struct Visitor<'a> {
    pub(crate) world: &'a World,
    pub(crate) cookie: String,
}

impl Visitor<'_> {
    /// The whole answer to a GraphQL request.
    pub(crate) async fn answer(&self, query: &str, variables: Value) -> Value {
        self.answer_in("nl", query, variables).await
    }

    /// The whole answer in a language.
    pub(crate) async fn answer_in(&self, language: &str, query: &str, variables: Value) -> Value {
        kept::typed("", &variables);
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT_LANGUAGE, language)
            .header(header::COOKIE, &self.cookie)
            .body(Body::from(json!({ "query": query, "variables": variables }).to_string()))
            .expect("a request");
        let response = self.world.send(request).await;
        body(response).await
    }

    /// The data of the answer to a request that does not fail.
    #[track_caller]
    pub(crate) fn ask(&self, query: &str, variables: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        let query = query.to_owned();
        async move {
            let mut answer = self.answer(&query, variables).await;
            assert!(answer.get("errors").is_none(), "at {caller}: {answer:#}");
            answer["data"].take()
        }
    }

    /// Runs a mutation with its input; gives back `position`, `code`, `message`, `field` and the thing changed.
    pub(crate) async fn mutate(&self, mutation: &str, thing: &str, fields: &str, input: Value) -> Value {
        let (type_name, field) = match thing {
            "knowledgePage" => ("KnowledgePage", thing),
            "question" => ("Question", thing),
            "experience" => ("Experience", thing),
            "cycle" => ("Cycle", thing),
            _ => ("Project", "project"),
        };
        let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ \
               ... on {type_name}Changed {{ position {field} {{ id version {fields} }} }} \
               ... on Refusal {{ code message field }} }} }}"
        );
        self.ask(&query, json!({ "input": input })).await[mutation].take()
    }
}

/// A body as JSON.
pub(crate) async fn body(response: Response<Body>) -> Value {
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    serde_json::from_slice(&bytes).expect("json")
}

fn persona(name: &str, member: MemberId) -> DemoPersona {
    DemoPersona {
        persona: name.into(),
        name: name.into(),
        profession: "NURSE".into(),
        organisation: "Ziekenhuis Noord".into(),
        roles: Vec::new(),
        about: About { nl: String::new(), en: String::new() },
        member,
    }
}
