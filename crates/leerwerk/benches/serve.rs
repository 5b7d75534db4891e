//! What the platform costs to ask: pages over GraphQL, and the time from a mutation to the subscription that tells it.
//!
//! `cargo bench -p leerwerk --bench serve` starts the service on a durable private Postgres with the demo world and asks
//! it over loopback from the same process, so client and server share the cores. Bounded: about a minute.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use api::{About, DemoPersona, Platform};
use app::{AccessLog, App, Policies, Source};
use axum::serve::Listener as _;
use eventlog::{KeyEncryptionKey, Log};
use futures::StreamExt as _;
use readmodel::ReadModels;
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};

/// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUND: Duration = Duration::from_secs(3);
const ROUNDS: usize = 3;
const MUTATIONS: usize = 400;

const PROJECT_PAGE: &str = "query($id: ID!) { project(id: $id) { id version name { text } aim { html } phase
  phases { phase from until } interventions { name } organisations { name kind } region { name }
  lead { name { text } profession } participants { name { text } profession organisation { name } }
  bottlenecks { id text { html } kind raisedAt resolution { solution { html } at } } updates { text { html } at }
  cycles { id number stage aim { text } starts ends } timeline(first: 30) { nodes { position at type sentence } } } }";

const KNOWLEDGE_PAGE: &str = "query($id: ID!) { knowledgePage(id: $id) { id title { text } publishedVersion publishedAt
  intervention { name } theme { name } editor { name { text } } sections { heading { text } text { html } sources {
    ... on Question { id title { text } answerCount solved } ... on Answer { id body { html } author { name { text } } }
    ... on Experience { id title { text } outcome { html } author { name { text } } } } } } }";

struct Service {
    url: String,
    client: Client,
    _postgres: private_postgres::PrivatePostgres,
    _data: tempfile::TempDir,
}

#[tokio::main]
async fn main() {
    let service = serve().await;
    let project =
        service.first("{ projects(first: 1, filter: { phase: EMBEDDING }) { nodes { id } } }", "projects").await;
    let page = service.first("{ knowledgePages(first: 1) { nodes { id } } }", "knowledgePages").await;
    println!("| what | callers | per second | p50 ms | p99 ms |\n|---|---|---|---|---|");
    for callers in [1, 8, 32] {
        for (what, query, id) in [("project page", PROJECT_PAGE, &project), ("knowledge page", KNOWLEDGE_PAGE, &page)] {
            let mut rounds = Vec::new();
            for _ in 0..ROUNDS {
                rounds.push(service.read(query, id, callers).await);
            }
            rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (rate, p50, p99) = rounds[ROUNDS / 2];
            println!("| {what} | {callers} | {rate:.0} | {p50:.2} | {p99:.2} |");
        }
    }
    let (p50, p99) = service.mutation_to_subscription().await;
    println!(
        "\nfrom sending a mutation to its subscription event: p50 {p50:.2} ms, p99 {p99:.2} ms ({MUTATIONS} mutations)"
    );
}

/// It is to find out how fast the platform is, not how patient.
fn unlimited() -> api::Limits {
    let limit = "1000000:1000000".parse().expect("a limit");
    api::Limits { signing_in: limit, asking_for_access: limit, contributing: limit, searching: limit }
}

async fn serve() -> Service {
    let data = tempfile::Builder::new().prefix("leerwerk-bench").tempdir().expect("a folder");
    std::fs::set_permissions(data.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("opens");
    let options = private_postgres::Options::durable(data.path());
    let postgres =
        tokio::task::spawn_blocking(move || private_postgres::start(&options).expect("starts")).await.expect("starts");
    let connect: PgConnectOptions = postgres.url("postgres").parse().expect("an address");
    let pool = PgPoolOptions::new().max_connections(16).test_before_acquire(false).connect_with(connect.clone());
    let pool = pool.await.expect("connects");
    sqlx::migrate!("../../migrations").run(&pool).await.expect("migrates");
    let kek = KeyEncryptionKey::new([7; 32]);
    let log = Log::open(pool.clone(), connect, kek, &eventlog::Options::default()).await.expect("opens");
    let log = Arc::new(log);
    let source = Source::system();
    let world = demo::Options { seed: 1, until: source.now(), events: None };
    demo::load(log.clone(), &world, |_| {}).await.expect("loads");
    let models =
        Arc::new(ReadModels::open(pool.clone(), log.clone(), &readmodel::Options::default()).await.expect("opens"));
    let app = Arc::new(App::new(log, Policies::embedded().expect("policies"), source));
    let personas = demo::PERSONAS.iter().map(|persona| DemoPersona {
        persona: persona.key.into(),
        name: persona.name.into(),
        profession: String::new(),
        organisation: String::new(),
        roles: Vec::new(),
        about: About { nl: String::new(), en: String::new() },
        member: persona.member(),
    });
    let options = api::Options {
        public_url: None,
        address: "127.0.0.1:8080".into(),
        providers: Vec::new(),
        session_limits: api::SessionLimits::default(),
        limits: unlimited(),
        address_header: None,
        security_contact: None,
        signer: eventlog::LogSigner::parse(&eventlog::generate_log_key("localhost/bench").expect("a key"))
            .expect("a key"),
        demo: Some(personas.collect()),
        metrics: Box::new(String::new),
    };
    let router = api::router(
        Platform {
            app,
            models,
            access_log: AccessLog::new(pool.clone()),
            pool,
            mail: None,
            periods: api::Periods::default(),
            as_of: None,
        },
        options,
    )
    .expect("a router");
    let listener = api::listen(([127, 0, 0, 1], 0).into()).await.expect("listens");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(axum::serve(listener, router).into_future());
    let client = Client::builder().cookie_store(true).build().expect("a client");
    let sign_in = client.post(format!("{url}/demo/session")).json(&json!({ "persona": "sanne" })).send().await;
    assert!(sign_in.expect("answers").status().is_success());
    Service { url, client, _postgres: postgres, _data: data }
}

impl Service {
    async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.client.post(format!("{}/graphql", self.url)).json(&body).send().await.expect("answers");
        let answer: Value = answer.json().await.expect("json");
        assert!(answer.get("errors").is_none(), "{answer}");
        answer
    }

    async fn first(&self, query: &str, field: &str) -> String {
        let answer = self.ask(query, json!({})).await;
        answer["data"][field]["nodes"][0]["id"].as_str().expect("an id").to_owned()
    }

    /// Requests per second, p50 and p99 in ms.
    async fn read(&self, query: &str, id: &str, callers: usize) -> (f64, f64, f64) {
        let began = Instant::now();
        let each = (0..callers).map(|_| async {
            let mut taken = Vec::new();
            while began.elapsed() < ROUND {
                let sent = Instant::now();
                self.ask(query, json!({ "id": id })).await;
                taken.push(sent.elapsed().as_secs_f64() * 1e3);
            }
            taken
        });
        let mut taken = futures::future::join_all(each).await.concat();
        #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 requests")]
        let rate = taken.len() as f64 / began.elapsed().as_secs_f64();
        let (p50, p99) = percentiles(&mut taken);
        (rate, p50, p99)
    }

    /// p50 and p99 in ms, one mutation at a time.
    async fn mutation_to_subscription(&self) -> (f64, f64) {
        let themes = self.ask("{ themes { id } }", json!({})).await;
        let ask = "mutation($input: AskQuestionInput!) { askQuestion(input: $input) {
            ... on QuestionChanged { question { id } } } }";
        let theme = &themes["data"]["themes"][0]["id"];
        let input = json!({ "title": "Hoe meten jullie dit?", "body": "Wij tellen.", "themeIds": [theme] });
        let asked = self.ask(ask, json!({ "input": input })).await;
        let id = &asked["data"]["askQuestion"]["question"]["id"];
        let listen = json!({
            "query": "subscription($id: ID!) { questionChanged(questionId: $id) { position question { answerCount } } }",
            "variables": { "id": id },
        });
        let events = self.client.post(format!("{}/graphql/sse", self.url)).json(&listen).send().await.expect("listens");
        let mut events = events.bytes_stream();
        let answer = "mutation($input: GiveAnswerInput!) { giveAnswer(input: $input) { __typename } }";
        let mut taken = Vec::with_capacity(MUTATIONS);
        for n in 0..MUTATIONS {
            let sent = Instant::now();
            let input = json!({ "questionId": id, "body": format!("Antwoord {n}.") });
            let heard = async {
                loop {
                    let chunk = events.next().await.expect("an event").expect("bytes");
                    if chunk.windows(15).any(|bytes| bytes == b"questionChanged") {
                        return sent.elapsed();
                    }
                }
            };
            let (heard, _) = futures::join!(heard, self.ask(answer, json!({ "input": input })));
            taken.push(heard.as_secs_f64() * 1e3);
        }
        percentiles(&mut taken)
    }
}

fn percentiles(taken: &mut [f64]) -> (f64, f64) {
    taken.sort_by(f64::total_cmp);
    (taken[taken.len() / 2], taken[taken.len() * 99 / 100])
}
