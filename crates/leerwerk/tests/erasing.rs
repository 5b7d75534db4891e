//! Erased is erased: no byte of a text, nor of the key that opened it, is in any file afterwards; and the log is as it
//! was.

mod durable;

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use durable::{MIGRATIONS, Process, folder, hashes, holding, marker, pool, start, until};
use eventlog::{KeyEncryptionKey, SweepError};
use readmodel::{ReadModels, models::question::Questions};
use sqlx::{Connection as _, PgConnection, postgres::PgConnectOptions};

/// The program on a data folder of its own.
struct Leerwerk(PathBuf);

/// A service, killed when dropped; its Postgres follows by itself.
struct Service {
    child: Child,
    says: Lines<BufReader<ChildStdout>>,
}

impl Drop for Service {
    fn drop(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Leerwerk {
    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leerwerk"));
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("LEERWERK_") || name == "DATABASE_URL" {
                command.env_remove(&*name);
            }
        }
        command.arg("--data-dir").arg(&self.0).args(args);
        command
    }

    /// Runs what must succeed; returns what it prints.
    async fn tell(&self, args: &[&str]) -> String {
        let mut command = self.command(args);
        let output = tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("no panic");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs what must fail; returns what it says.
    async fn fail(&self, args: &[&str]) -> String {
        let mut command = self.command(args);
        let output = tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("no panic");
        assert!(!output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
        String::from_utf8(output.stderr).expect("text")
    }

    async fn serve(&self) -> Service {
        let log = fs::File::create(self.0.with_extension("service.log")).expect("a file");
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("starts");
        let says = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut service = Service { child, says };
        tokio::task::spawn_blocking(move || {
            let announced = service.says.by_ref().map_while(Result::ok).any(|line| line.starts_with("Leerwerk is at "));
            assert!(announced, "the service ended before it was ready");
            service
        })
        .await
        .expect("no panic")
    }

    /// Another process beside the service.
    async fn beside(&self) -> Process {
        let connect = PgConnectOptions::new().socket(self.0.join("socket")).username("postgres").database("leerwerk");
        let hex = fs::read_to_string(self.0.join("key-encryption-key")).expect("a key");
        let mut kek = [0; 32];
        hex::decode_to_slice(hex.trim(), &mut kek).expect("hex");
        Process::open(&connect, KeyEncryptionKey::new(kek)).await
    }
}

/// Whether one of these files is below a folder of the cluster.
fn below(files: &[PathBuf], place: &str) -> bool {
    files.iter().any(|file| file.components().any(|part| part.as_os_str() == place))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_of_an_erased_text_or_its_key_is_left_beside_a_running_service() {
    let place = folder();
    let leerwerk = Leerwerk(place.path().join("data"));
    let service = leerwerk.serve().await;
    let beside = leerwerk.beside().await;
    let (name, title, body, long, kept) = (marker(), marker(), marker(), marker(), marker());
    let furnished = beside.furnish(&name).await;
    let member = format!("member:{}", furnished.1.0);
    // One that fits in a row, and one that is compressed and put aside.
    let question = beside.ask(furnished, &format!("Wie belt {title}?"), &format!("Bij ons {body} niemand.")).await;
    let padding = "Wij weten niet wie de huisarts belt als het 's nachts misgaat. ".repeat(120);
    let second = beside.ask(furnished, "Lang", &format!("{padding}{long}{padding}")).await;
    let answer = beside.answer(furnished.1, question, &format!("De {kept} belt.")).await;
    let (question_scope, second_scope) = (format!("question:{}", question.0), format!("question:{}", second.0));
    let keys = [beside.wrapped(&member).await, beside.wrapped(&question_scope).await];
    // They are signed in with an account, and a program speaks for them.
    let account = marker();
    let signed_in =
        format!(r#"{{"signed_in": {{"id": "{0}", "member": "{0}", "agent": "{account}"}}}}"#, furnished.1.0);
    for sql in [
        format!("INSERT INTO session.session (id_hash, data, expires_at) VALUES ('\\x01', '{signed_in}', 'infinity')"),
        format!("INSERT INTO session.account (issuer, subject, member) VALUES ('x', '{account}', '{}')", furnished.1.0),
        format!(
            "INSERT INTO session.access_token (id, hash, member, name, scopes, expires_at)
             VALUES ('{0}', '\\x02', '{0}', '{account}', '{{}}', 'infinity')",
            furnished.1.0
        ),
    ] {
        beside.sql(&sql).await;
    }
    beside.folded().await;
    let before = beside.verified().await;
    // An auditor keeps what was signed before.
    let auditor = tempfile::tempdir().expect("a folder");
    let [checkpoint, keys_of_the_log] = ["checkpoint", "log-keys"].map(|name| auditor.path().join("kept").join(name));
    leerwerk
        .tell(&["export", "--format", "csv", "--out", checkpoint.parent().and_then(Path::to_str).expect("text")])
        .await;
    // The planner looks at the texts, and everything is on disk.
    beside.sql("ANALYZE").await;
    beside.sql("CHECKPOINT").await;

    let words = [&name, &title, &body, &long, &account].map(|word| word.as_bytes().to_vec());
    let sought: Vec<&[u8]> = words.iter().chain(&keys).map(Vec::as_slice).collect();
    for what in &sought {
        let files = holding(&leerwerk.0, what);
        assert!(below(&files, "base") && below(&files, "pg_wal"), "the search finds what is there: {files:?}");
    }

    let said = leerwerk.fail(&["erase", &member, "question:00000000-0000-0000-0000-000000000007"]).await;
    assert!(said.contains("nothing was ever sealed under question:0000"), "{said}");
    assert!(!holding(&leerwerk.0, name.as_bytes()).is_empty(), "a slip of the pen erases nothing");

    let told = leerwerk.tell(&["erase", &member, &question_scope, &second_scope]).await;
    assert_eq!(told.matches(": destroyed\n").count(), 3, "{told}");
    assert!(told.contains(&format!("position {}, unchanged", before.len())), "{told}");
    let nothing_is_left = |when: &str| {
        for what in &sought {
            let left = holding(place.path(), what);
            assert!(left.is_empty(), "{when}: {left:?} hold {}", String::from_utf8_lossy(what));
        }
        assert!(below(&holding(&leerwerk.0, kept.as_bytes()), "base"), "{when}: what was not erased is there");
    };
    nothing_is_left("after the erasure");

    assert_eq!(hashes(&beside.verified().await), hashes(&before), "the log is as it was");
    let [checkpoint, keys_of_the_log] = [&checkpoint, &keys_of_the_log].map(|path| path.to_str().expect("text"));
    let said = leerwerk.tell(&["verify", "--database", "--checkpoint", checkpoint, "--log-key", keys_of_the_log]).await;
    assert!(said.contains("agrees with") && said.contains("nothing is wrong"), "every proof holds as before: {said}");
    assert!(!leerwerk.tell(&["replay", "--check"]).await.contains("DIFFERS"));
    let out = place.path().join("export");
    leerwerk.tell(&["export", "--format", "ndjson", "--out", out.to_str().expect("text")]).await;
    let said = leerwerk.tell(&["verify", out.to_str().expect("text"), "--checkpoint", checkpoint]).await;
    assert!(said.contains("nothing is wrong"), "{said}");
    assert_eq!(leerwerk.tell(&["sweep"]).await, "nothing was erased since the last sweep\n");

    // The service goes on, with all it has in memory, and writes none of it back.
    beside.answer(furnished.1, question, "De wijkverpleegkundige.").await;
    beside.answer(furnished.1, second, "De wijkverpleegkundige.").await;
    beside.folded().await;
    beside.sql("ANALYZE; CHECKPOINT").await;
    nothing_is_left("after more was written");
    let said = leerwerk.tell(&["history", "question", &question.0.to_string(), "--json"]).await;
    assert!(said.contains("erased") && said.contains(&answer.0.to_string()), "{said}");

    drop(service);
    let alone = leerwerk.tell(&["erase", &format!("answer:{}", answer.0)]).await;
    assert!(alone.contains(": destroyed\n"), "{alone}");
    assert_eq!(holding(place.path(), kept.as_bytes()), Vec::<PathBuf>::new(), "with the service stopped, too");
}

/// A platform in this process, on a durable Postgres.
async fn world(place: &Path) -> (private_postgres::PrivatePostgres, Process, Arc<ReadModels>) {
    let postgres = start(place, &[]).await;
    let connect: PgConnectOptions = postgres.url("postgres").parse().expect("an address");
    MIGRATIONS.run(&pool(&connect).await).await.expect("migrated");
    let process = Process::open(&connect, KeyEncryptionKey::new([7; 32])).await;
    let models = ReadModels::open(process.pool.clone(), process.log.clone(), &readmodel::Options::default())
        .await
        .expect("opens");
    (postgres, process, Arc::new(models))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_opened_before_its_key_was_destroyed_is_not_written_after() {
    let place = folder();
    let (_postgres, process, models) = world(place.path()).await;
    let other = Process::open(&process.pool.connect_options(), KeyEncryptionKey::new([7; 32])).await;
    let furnished = process.furnish("Noor").await;
    process.folded().await;

    // The engine opens the question and then waits for the positions.
    let mut holder = process.pool.begin().await.expect("begun");
    sqlx::query("SELECT FROM readmodel.build FOR UPDATE").execute(&mut *holder).await.expect("locked");
    let question = process.ask(furnished, "Wie belt de huisarts?", "Bij ons weet niemand het.").await;
    until("the engine waits", async || {
        let sql = "SELECT count(*) FROM pg_stat_activity
                   WHERE wait_event_type = 'Lock' AND query LIKE '%readmodel.build%ORDER BY model, version FOR UPDATE%'";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&process.pool).await.expect("asked") == 1
    })
    .await;
    let at = process.app.source().now();
    other.log.keys().destroy(&format!("question:{}", question.0), at).await.expect("destroyed");
    holder.rollback().await.expect("released");

    models.reach(process.log.head().await.expect("read").position).await.expect("reached");
    let row = models.row::<Questions>(question.0.to_string()).await.expect("read").expect("there");
    assert_eq!(row.title.text(), None);
    assert!(process.log.erasures().await.expect("read").destroyed == 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_that_cannot_go_through_says_who_holds_what_was_erased() {
    let place = folder();
    let (_postgres, process, _models) = world(place.path()).await;
    let furnished = process.furnish("Noor").await;
    let at = process.app.source().now();
    process.log.keys().destroy(&format!("member:{}", furnished.1.0), at).await.expect("destroyed");
    let seen = process.log.erasures().await.expect("read");
    assert_eq!((seen.destroyed, seen.swept), (1, 0));
    let sweep = async || process.log.sweep(&process.pool.connect_options(), seen, &[], Duration::from_millis(1)).await;

    let connect = process.pool.connect_options().as_ref().clone().application_name("a long backup");
    let mut reader = PgConnection::connect_with(&connect).await.expect("connects");
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT FROM log.head")
        .execute(&mut reader)
        .await
        .expect("begun");
    process.furnish("Sam").await;
    let held = sweep().await;
    assert!(matches!(&held, Err(SweepError::Held(who)) if who.contains("a long backup")), "{held:?}");
    reader.close().await.expect("closed");

    process.sql("SELECT pg_create_physical_replication_slot('standby', true)").await;
    let held = sweep().await;
    assert!(matches!(&held, Err(SweepError::Held(who)) if who.contains("standby")), "{held:?}");
    assert_eq!(process.log.erasures().await.expect("read").swept, 0, "it is still to be done");
    process.sql("SELECT pg_drop_replication_slot('standby')").await;
    process.log.sweep(&process.pool.connect_options(), seen, &[], Duration::from_mins(1)).await.expect("swept");
    assert_eq!(process.log.erasures().await.expect("read").swept, 1);
}
