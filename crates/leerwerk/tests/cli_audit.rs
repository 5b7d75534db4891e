//! `history`, `replay --check` and `export` as an auditor uses them: beside a running service, and alone.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Lines},
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use serde_json::Value;
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};
use tempfile::TempDir;

/// A data directory for one test, and everything it runs.
struct Leerwerk {
    folder: TempDir,
}

/// A service, killed when dropped; its Postgres follows by itself.
struct Service {
    child: Child,
    /// What it says; it would end if nobody could read that.
    says: Lines<BufReader<ChildStdout>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Leerwerk {
    fn new() -> Self {
        // Postgres runs as another user when the tests run as root: it must be able to enter.
        let open = fs::Permissions::from_mode(0o711);
        Self { folder: tempfile::Builder::new().permissions(open).tempdir().expect("a directory") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leerwerk"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("LEERWERK_") || name == "DATABASE_URL" {
                command.env_remove(&*name);
            }
        }
        command.env("TZ", "UTC").arg("--data-dir").arg(self.path("data")).args(args);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("runs")
    }

    /// Runs what must succeed; returns what it prints.
    fn tell(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs what must fail; returns how, and what it says.
    fn fail(&self, args: &[&str]) -> (Option<i32>, String) {
        let output = self.run(args);
        assert!(!output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    }

    /// Starts a service on the demo world and waits until it says where it is.
    fn serve_demo(&self) -> Service {
        let mut command = self.command(&["serve", "--demo", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("starts");
        let says = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut service = Service { child, says };
        let announced = service.says.by_ref().map_while(Result::ok).any(|line| line.starts_with("Leerwerk is at "));
        assert!(announced, "the service ended before it was ready");
        service
    }

    /// The events of an export with these options.
    fn export(&self, directory: &str, options: &[&str]) -> Vec<Value> {
        let directory = self.path(directory);
        let out = directory.to_str().expect("text");
        self.tell(&[&["export", "--format", "ndjson", "--out", out], options].concat());
        let text = fs::read_to_string(directory.join("events.ndjson")).expect("a file");
        text.lines().map(|line| serde_json::from_str(line).expect("json")).collect()
    }
}

/// The name of the first stream of each kind that has one.
fn streams(events: &[Value]) -> BTreeMap<&str, &str> {
    let names = events.iter().filter_map(|event| event["stream"].as_str());
    names.rev().filter_map(|name| Some((name.split_once('-')?.0, name))).collect()
}

#[test]
fn an_auditor_reads_beside_a_running_service() {
    let leerwerk = Leerwerk::new();
    let _service = leerwerk.serve_demo();
    let events = leerwerk.export("all", &[]);
    let streams = streams(&events);
    assert_eq!(streams.len(), 13, "{streams:?}");

    every_kind_has_a_history_and_a_state(&leerwerk, &streams);
    a_history_is_told_to_people(&leerwerk, streams["project"]);
    a_history_stops_where_it_is_told_to(&leerwerk, &events, streams["project"]);
    nothing_tells_who_asked_before_they_did(&leerwerk, &events);
    a_reader_may_stop_reading(&leerwerk, streams["theme"]);
    what_is_kept_is_listed_without_names(&leerwerk);
    a_changed_read_model_is_found(&leerwerk);
}

fn what_is_kept_is_listed_without_names(leerwerk: &Leerwerk) {
    let json: Value = serde_json::from_str(&leerwerk.tell(&["retention", "--json"])).expect("json");
    let kinds = json["kinds"].as_array().expect("a list");
    assert_eq!(kinds.len(), 9);
    assert_eq!((&kinds[0]["kind"], &kinds[0]["periodHours"]), (&"former_member".into(), &43_824.into()));
    assert!(kinds.iter().all(|kind| kind["due"].is_i64() && kind["dueSoon"].is_i64()), "{json}");
    let told = leerwerk.tell(&["retention", "--request-retention", "30d"]);
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines[0].starts_with("kind ") && lines[0].contains("due now"), "{told}");
    assert!(lines[2].starts_with("lapsed_request ") && lines[2].contains(" 30 d "), "{told}");
    assert!(!told.contains('@'), "{told}");
    let (_, why) = leerwerk.fail(&["retention", "--former-member-retention", "1d"]);
    assert!(why.contains("LEERWERK_FORMER_MEMBER_RETENTION must be at least 90d"), "{why}");
}

fn every_kind_has_a_history_and_a_state(leerwerk: &Leerwerk, streams: &BTreeMap<&str, &str>) {
    for (kind, stream) in streams {
        let (_, id) = stream.split_once('-').expect("an id");
        let json: Value = serde_json::from_str(&leerwerk.tell(&["history", kind, id, "--json"])).expect("json");
        assert_eq!(json["state"]["id"], id);
        let first = &json["history"][0];
        assert_eq!(first["version"], 1);
        for language in ["nl", "en"] {
            let sentence = first["sentence"][language].as_str().expect("a sentence");
            assert!(!sentence.contains('{'), "a name was not filled in: {sentence}");
        }
    }
}

fn a_history_is_told_to_people(leerwerk: &Leerwerk, project: &str) {
    for (language, state) in [("nl", " op positie "), ("en", " at position ")] {
        let told = leerwerk.tell(&["history", "project", project, "--language", language]);
        let first = told.lines().next().expect("an event");
        assert!(first.contains(" +00:00  ") && first.ends_with(" (ProjectRegistered)"), "{first}");
        assert!(told.contains(&format!("\n{project}{state}")), "{told}");
        assert!(told.contains("\n  phase: "), "{told}");
    }
}

fn a_history_stops_where_it_is_told_to(leerwerk: &Leerwerk, events: &[Value], project: &str) {
    let happened: Vec<&Value> = events.iter().filter(|event| event["stream"] == project).collect();
    let advanced = happened.iter().find(|event| event["type"] == "PhaseAdvanced").expect("advanced");
    let at = |until: &str| -> Value {
        let told = leerwerk.tell(&["history", "project", project, "--json", "--until", until]);
        serde_json::from_str(&told).expect("json")
    };
    let position = advanced["position"].as_i64().expect("a position");
    let (before, after) = (at(&(position - 1).to_string()), at(advanced["at"].as_str().expect("a time")));
    assert_eq!((&before["until"], &after["until"]), (&(position - 1).into(), &position.into()));
    assert_eq!(before["state"]["phase"], advanced["data"]["from"]);
    assert_eq!(after["state"]["phase"], advanced["data"]["to"]);
    let first = happened[0]["position"].as_i64().expect("a position");
    let (code, said) = leerwerk.fail(&["history", "project", project, "--until", &(first - 1).to_string()]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("{project} begins at position {first}")), "{said}");
}

/// Rule 3: the log and every export made before show no link between a question and whoever asked it anonymously.
fn nothing_tells_who_asked_before_they_did(leerwerk: &Leerwerk, events: &[Value]) {
    let revealed = events.iter().find(|event| event["type"] == "AskerRevealed").expect("somebody revealed themselves");
    let question = revealed["stream"].as_str().expect("a stream");
    let member = revealed["data"]["member"].as_str().expect("a member");
    let before = (revealed["position"].as_i64().expect("a position") - 1).to_string();
    let links = |told: &str| told.lines().any(|line| line.contains(member) && line.contains(question));
    leerwerk.export("before", &["--until", &before]);
    let exported = fs::read_to_string(leerwerk.path("before/events.ndjson")).expect("a file");
    assert!(exported.contains(member) && exported.contains(question) && !links(&exported));
    let history = leerwerk.tell(&["history", "question", question, "--json", "--until", &before]);
    assert!(!history.contains(member), "{history}");
    assert!(!leerwerk.tell(&["history", "member", member, "--until", &before]).contains(question));
    assert!(leerwerk.tell(&["history", "member", member]).contains(question), "once revealed, it is hers");
}

fn a_reader_may_stop_reading(leerwerk: &Leerwerk, theme: &str) {
    let mut child = leerwerk
        .command(&["history", "theme", theme, "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn a_changed_read_model_is_found(leerwerk: &Leerwerk) {
    let told = leerwerk.tell(&["replay", "--check"]);
    assert!(told.contains("ok") && !told.contains("DIFFERS"), "{told}");
    let told = leerwerk.tell(&["replay", "--check", "project", "member"]);
    let named: Vec<&str> = told.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(named, ["member", "project"], "{told}");
    let (code, said) = leerwerk.fail(&["replay", "--check", "projects"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("'projects'") && said.contains("possible values: catalogue, member,"), "{said}");
    let connect =
        PgConnectOptions::new().socket(leerwerk.path("data/socket")).username("postgres").database("leerwerk");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let changed = runtime.block_on(async {
        let mut connection = PgConnection::connect_with(&connect).await.expect("connects");
        let table = readmodel::table("member");
        let sql = format!(
            "UPDATE {table} SET doc = jsonb_set(doc, '{{since}}', '-1') WHERE key = (SELECT min(key) FROM {table})"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.expect("changed").rows_affected()
    });
    assert_eq!(changed, 1);
    let output = leerwerk.run(&["replay", "--check"]);
    assert_eq!(output.status.code(), Some(1));
    let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(told.matches("DIFFERS").count(), 1, "{told}");
    assert!(told.contains("the first row of member that differs") && told.contains("live     -1"), "{told}");
    assert!(said.contains("1 of 9 read models differ from the log"), "{said}");
}

#[test]
fn an_auditor_needs_no_service() {
    let leerwerk = Leerwerk::new();
    leerwerk.tell(&["migrate"]);
    assert_eq!(leerwerk.export("empty", &[]), Vec::<Value>::new());
    assert!(!leerwerk.tell(&["replay", "--check"]).contains("DIFFERS"));

    let out = leerwerk.path("empty");
    let again = ["export", "--format", "csv", "--out", out.to_str().expect("text")];
    let (code, said) = leerwerk.fail(&again);
    assert_eq!(code, Some(1));
    assert!(said.contains("an export needs a directory of its own"), "{said}");

    let nobody = "00000000-0000-0000-0000-000000000007";
    let (code, said) = leerwerk.fail(&["history", "project", nobody]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&format!("there is no project-{nobody}")), "{said}");
    let (code, said) = leerwerk.fail(&["history", "project", &format!("question-{nobody}")]);
    assert_eq!(code, Some(1));
    assert!(said.contains("that is the id of a question, not of a project"), "{said}");

    let (code, said) = leerwerk.fail(&["replay"]);
    assert_eq!(code, Some(2));
    assert!(said.contains("--check"), "{said}");
}
