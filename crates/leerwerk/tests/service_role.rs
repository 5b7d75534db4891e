//! The service has no more rights in the database than it needs, whatever login it is given.

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    os::unix::fs::PermissionsExt as _,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use private_postgres::{Options, PrivatePostgres};
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;

/// How long anything may take that is waited for.
const DEADLINE: Duration = Duration::from_mins(1);

/// A Postgres of its own, as roles belong to a whole cluster: with a database and its owner, who may not create roles.
struct Cluster {
    postgres: PrivatePostgres,
    _folder: TempDir,
}

impl Cluster {
    async fn start() -> Self {
        // Postgres runs as another user when the tests run as root: it must be able to enter.
        let open = fs::Permissions::from_mode(0o711);
        let folder = tempfile::Builder::new().permissions(open).tempdir().expect("a directory");
        let options = Options { data_dir: folder.path().join("cluster"), durable: false, settings: Vec::new() };
        let started = tokio::task::spawn_blocking(move || private_postgres::start(&options)).await;
        let cluster = Self { postgres: started.expect("no panic").expect("a Postgres"), _folder: folder };
        cluster.run("postgres", "postgres", "CREATE ROLE owner LOGIN").await.expect("created");
        cluster.run("postgres", "postgres", "CREATE DATABASE leerwerk OWNER owner").await.expect("created");
        cluster
    }

    fn url(&self, login: &str, database: &str) -> String {
        self.postgres.url(database).replace("user=postgres", &format!("user={login}"))
    }

    async fn run(&self, login: &str, database: &str, sql: &str) -> Result<(), sqlx::Error> {
        let mut connection = PgConnection::connect(&self.url(login, database)).await?;
        let done = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.map(drop);
        connection.close().await?;
        done
    }

    /// As the superuser, in the database.
    async fn arrange(&self, sql: &str) {
        self.run("postgres", "leerwerk", sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// The program with this login, and the owner's if it is given.
    fn program(&self, login: &str, owner: bool, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leerwerk"));
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("LEERWERK_")) {
            command.env_remove(name);
        }
        command.env("DATABASE_URL", self.url(login, "leerwerk"));
        let signing_key = eventlog::generate_log_key("localhost/test").expect("a key");
        command.env("LEERWERK_KEY_ENCRYPTION_KEY", "07".repeat(32)).env("LEERWERK_LOG_SIGNING_KEY", signing_key);
        command.args(args);
        if owner {
            command.env("LEERWERK_OWNER_DATABASE_URL", self.url("owner", "leerwerk"));
        }
        command
    }

    fn tell(&self, login: &str, args: &[&str]) -> String {
        let output = self.program(login, false, args).output().expect("runs");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs what must fail; returns what it says.
    fn fail(&self, login: &str, args: &[&str]) -> String {
        let output = self.program(login, false, args).output().expect("runs");
        assert!(!output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).expect("text")
    }

    /// Starts a service on the demo world.
    fn serve(&self, login: &str, owner: bool) -> Service {
        let mut command = self.program(login, owner, &["serve", "--demo", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("starts");
        let mut says = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let url = says.by_ref().map_while(Result::ok).find_map(|line| {
            let told = line.strip_prefix("Leerwerk is at ")?;
            told.split_whitespace().next().map(ToOwned::to_owned)
        });
        let client = Client::builder().cookie_store(true).build().expect("a client");
        let service = Service { child, url: url.unwrap_or_default(), client, _says: says };
        assert!(!service.url.is_empty(), "the service ended before it was ready");
        service
    }
}

/// A service, killed when dropped.
struct Service {
    child: Child,
    url: String,
    client: Client,
    /// It would end if nobody could read what it says.
    _says: Lines<BufReader<ChildStdout>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Service {
    async fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables });
        let answer = self.client.post(format!("{}/graphql", self.url)).json(&body).send().await.expect("answers");
        let mut answer: Value = answer.json().await.expect("json");
        assert!(answer.get("errors").is_none(), "{answer}");
        answer["data"].take()
    }

    /// Signs somebody in, who asks a question and sees it; returns its position. This takes every kind of connection
    /// there is: for sessions, for reading, for appending with a new data key and a receipt, and for folding.
    async fn works(&self) -> i64 {
        let session = self.client.post(format!("{}/demo/session", self.url)).json(&json!({ "persona": "sanne" }));
        assert!(session.send().await.expect("answers").status().is_success());
        let themes = self.ask("{ themes { id } }", json!({})).await;
        let ask = "mutation($input: AskQuestionInput!) { askQuestion(input: $input) {
            ... on QuestionChanged { position question { title { text } } } } }";
        let input = json!({ "title": "Wie mag wat?", "body": "Alleen wat nodig is.", "idempotencyKey": self.url,
                            "themeIds": [themes["themes"][0]["id"]] });
        let asked = self.ask(ask, json!({ "input": input })).await["askQuestion"].take();
        assert_eq!(asked["question"]["title"]["text"], "Wie mag wat?", "{asked}");
        asked["position"].as_i64().expect("a position")
    }

    /// Waits until the read models of this process have seen a position.
    async fn sees(&self, position: i64) {
        let look = async {
            loop {
                let health = self.client.get(format!("{}/health/ready", self.url)).send().await.expect("answers");
                let health: Value = health.json().await.expect("json");
                if health["readModels"]["position"].as_i64() >= Some(position) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        assert!(tokio::time::timeout(DEADLINE, look).await.is_ok(), "position {position} is not seen");
    }
}

const ROLE: &str = "CREATE ROLE leerwerk_service NOLOGIN; GRANT leerwerk_service TO owner;";

#[tokio::test]
async fn the_owner_migrates_and_a_login_that_is_only_a_member_serves() {
    let cluster = Cluster::start().await;
    let told = cluster.fail("owner", &["migrate"]);
    assert!(told.contains("there is no role leerwerk_service") && told.contains(ROLE), "{told}");
    cluster.arrange("CREATE ROLE leerwerk_service NOLOGIN; CREATE ROLE app LOGIN IN ROLE leerwerk_service").await;
    let told = cluster.fail("owner", &["migrate"]);
    assert!(told.contains("owner is no member of the role leerwerk_service"), "{told}");
    cluster.arrange("GRANT leerwerk_service TO owner").await;

    let told = cluster.fail("app", &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("it lacks that of the role leerwerk_service"), "{told}");
    cluster.tell("owner", &["migrate"]);

    // Without its build a table is to be replaced.
    cluster.arrange("DELETE FROM readmodel.build WHERE model = 'question'").await;
    cluster.serve("app", true).works().await;
    // Once the schema is the present one, the owner is not needed.
    cluster.serve("app", false).works().await;
    let told = cluster.tell("app", &["replay", "--check"]);
    assert!(told.contains("ok") && !told.contains("DIFFERS"), "{told}");

    for sql in ["DELETE FROM log.event", "UPDATE log.head SET singleton = true", "CREATE TABLE public.mine ()"] {
        let refused = cluster.run("app", "leerwerk", sql).await.expect_err(sql).to_string();
        assert!(refused.contains("permission denied"), "{sql}: {refused}");
    }
    cluster.arrange("CREATE ROLE stranger LOGIN").await;
    let told = cluster.fail("stranger", &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("permission denied"), "{told}");
}

/// The owner's login keeps no rights of its own but to look at the schema: a connection that did not work in the
/// service's role could do nothing at all.
#[tokio::test]
async fn with_the_owners_login_too_every_connection_works_in_the_role() {
    let cluster = Cluster::start().await;
    cluster.arrange(ROLE).await;
    cluster.tell("owner", &["migrate"]);
    cluster
        .arrange(
            "REVOKE leerwerk_service FROM owner;
             ALTER ROLE owner NOINHERIT; -- in, but not automatically with the rights of the role
             GRANT leerwerk_service TO owner;
             GRANT CREATE ON SCHEMA public TO owner;
             REVOKE ALL ON ALL TABLES IN SCHEMA log, session, readmodel FROM owner;
             REVOKE ALL ON SCHEMA log, session, readmodel FROM owner",
        )
        .await;
    let refused = cluster.run("owner", "leerwerk", "SELECT FROM log.head").await.expect_err("refused");
    assert!(refused.to_string().contains("permission denied"), "{refused}");
    let (here, there) = (cluster.serve("owner", false), cluster.serve("owner", false));
    // What one process appends reaches the other over the connection that listens.
    there.sees(here.works().await).await;
    here.sees(there.works().await).await;
}
