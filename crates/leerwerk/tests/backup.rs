//! Backup and restore: the log verifies, followers go on where they were, and what was erased since stays erased.

#[expect(dead_code, reason = "looking for words in files is for another test program")]
mod durable;

use std::{fs, path::Path, process::Command};

use durable::{MIGRATIONS, Process, folder, hashes, pool, start, until};
use eventlog::{KeyEncryptionKey, Position};
use futures::StreamExt as _;
use private_postgres::PrivatePostgres;
use readmodel::{ReadModels, models::question::Questions};
use sqlx::postgres::PgConnectOptions;

async fn open(postgres: &PrivatePostgres) -> Process {
    let connect: PgConnectOptions = postgres.url("postgres").parse().expect("an address");
    Process::open(&connect, KeyEncryptionKey::new([7; 32])).await
}

async fn migrated(postgres: &PrivatePostgres) -> Process {
    let connect: PgConnectOptions = postgres.url("postgres").parse().expect("an address");
    MIGRATIONS.run(&pool(&connect).await).await.expect("migrated");
    open(postgres).await
}

/// Runs a program that must succeed.
async fn run(mut command: Command) {
    let output = tokio::task::spawn_blocking(move || command.output().expect("runs")).await.expect("no panic");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The script for operators, on a database.
async fn backup(postgres: &PrivatePostgres, args: &[&Path]) {
    let mut command = Command::new("../../deploy/backup");
    command.env("DATABASE_URL", postgres.url("postgres")).args(args);
    run(command).await;
}

/// Followers of the log that stopped somewhere see exactly what comes after.
async fn followers_go_on(process: &Process, head: Position) {
    for stopped in [0, head / 2, head - 1] {
        let mut seen = Vec::new();
        let mut pages = Box::pin(process.log.follow(stopped, 3));
        while seen.last() != Some(&head) {
            let page = pages.next().await.expect("goes on").expect("reads");
            seen.extend(page.iter().map(|event| event.position));
        }
        assert_eq!(seen, (stopped + 1..=head).collect::<Vec<_>>());
    }
}

/// Read models folded anew from what was restored: this question has this title.
async fn title(process: &Process, question: domain::id::QuestionId) -> Option<String> {
    let models = ReadModels::open(process.pool.clone(), process.log.clone(), &readmodel::Options::default())
        .await
        .expect("opens");
    models.reach(process.log.head().await.expect("read").position).await.expect("reached");
    for comparison in models.check(&[]).await.expect("checks") {
        assert_eq!(comparison.live, comparison.rebuilt, "{}", comparison.model);
    }
    let row = models.row::<Questions>(question.0.to_string()).await.expect("read").expect("there");
    row.title.text().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_and_the_newest_keys_give_the_log_back_and_erased_texts_stay_erased() {
    let place = folder();
    let postgres = start(&place.path().join("lost"), &[]).await;
    let process = migrated(&postgres).await;
    drop(
        ReadModels::open(process.pool.clone(), process.log.clone(), &readmodel::Options::default())
            .await
            .expect("opens"),
    );
    let furnished = process.furnish("Noor").await;
    let kept = process.ask(furnished, "Wie belt de huisarts?", "Bij ons weet niemand het.").await;
    let erased = process.ask(furnished, "Mevrouw Jansen uit Haren", "Zij heeft pijn.").await;
    let before = process.verified().await;
    let (log, keys) = (place.path().join("log.dump"), place.path().join("keys.dump"));
    backup(&postgres, &["log".as_ref(), &log]).await;
    backup(&postgres, &["keys".as_ref(), &keys]).await;
    // After the log was backed up, a text is erased; the keys are backed up again.
    let scope = format!("question:{}", erased.0);
    let wrapped = process.wrapped(&scope).await;
    process.log.keys().destroy(&scope, process.app.source().now()).await.expect("destroyed");
    backup(&postgres, &["keys".as_ref(), &keys]).await;
    drop(process);
    tokio::task::spawn_blocking(move || postgres.stop()).await.expect("no panic").expect("stopped");

    // (Dumps are compressed: what is in one is seen once it is written out.)
    let mut listing = Command::new("pg_restore");
    listing.args(["--file", place.path().join("log.sql").to_str().expect("text")]).arg(&log);
    run(listing).await;
    let listed = fs::read_to_string(place.path().join("log.sql")).expect("read");
    assert!(listed.contains("QuestionAsked"), "events are in it");
    assert!(!listed.contains("Jansen") && !listed.contains("huisarts"), "no opened text is in it");
    assert!(!listed.contains(&hex::encode(&wrapped)), "no key is in it");

    let postgres = start(&place.path().join("new"), &[]).await;
    backup(&postgres, &["restore".as_ref(), &log, &keys]).await;
    let process = migrated(&postgres).await;
    assert_eq!(hashes(&process.verified().await), hashes(&before));
    followers_go_on(&process, before[before.len() - 1].position).await;
    assert_eq!(title(&process, kept).await.as_deref(), Some("Wie belt de huisarts?"));
    assert_eq!(title(&process, erased).await, None);
    assert_eq!(process.log.erasures().await.expect("read").destroyed, 1);

    // It is a log like any other: it goes on, and refuses to be changed.
    process.answer(furnished.1, kept, "De wijkverpleegkundige.").await;
    assert_eq!(process.verified().await.len(), before.len() + 1);
    let changed = sqlx::query("DELETE FROM log.event").execute(&process.pool).await;
    assert!(changed.is_err_and(|error| error.to_string().contains("append-only")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_base_backup_and_the_archived_wal_give_the_log_back_to_its_end() {
    let place = folder();
    let archive = place.path().join("archive");
    fs::create_dir(&archive).expect("created");
    // Postgres runs as another user when the tests run as root.
    fs::set_permissions(&archive, std::os::unix::fs::PermissionsExt::from_mode(0o777)).expect("set");
    let into = format!("cp %p '{}/%f'", archive.display());
    let postgres = start(&place.path().join("lost"), &[("archive_mode", "on".into()), ("archive_command", into)]).await;
    let process = migrated(&postgres).await;
    let furnished = process.furnish("Noor").await;
    let erased = process.ask(furnished, "Mevrouw Jansen uit Haren", "Zij heeft pijn.").await;

    let cluster = place.path().join("new/postgres");
    fs::create_dir(place.path().join("new")).expect("created");
    let mut base = Command::new("pg_basebackup");
    base.arg("--host").arg(postgres.socket_dir()).args([
        "--username=postgres",
        "--checkpoint=fast",
        "--wal-method=none",
    ]);
    base.arg("--pgdata").arg(&cluster);
    run(base).await;

    // What comes after is in the archived log alone. Then a text is erased, and only the keys know.
    let kept = process.ask(furnished, "Wie belt de huisarts?", "Bij ons weet niemand het.").await;
    let before = process.verified().await;
    let last: String =
        sqlx::query_scalar("SELECT pg_walfile_name(pg_switch_wal())").fetch_one(&process.pool).await.expect("switched");
    until("the log is archived", async || archive.join(&last).exists()).await;
    process.log.keys().destroy(&format!("question:{}", erased.0), process.app.source().now()).await.expect("destroyed");
    let keys = place.path().join("keys.dump");
    backup(&postgres, &["keys".as_ref(), &keys]).await;
    drop(process);
    tokio::task::spawn_blocking(move || postgres.stop()).await.expect("no panic").expect("stopped");
    // (Stopping archives once more; as if that had been lost with the machine.)
    for file in fs::read_dir(&archive).expect("read").flatten() {
        if *file.file_name() > *last {
            fs::remove_file(file.path()).expect("removed");
        }
    }

    fs::write(cluster.join("recovery.signal"), "").expect("written");
    let from = format!("cp '{}/%f' %p", archive.display());
    let postgres = start(&place.path().join("new"), &[("restore_command", from)]).await;
    let connect: PgConnectOptions = postgres.url("postgres").parse().expect("an address");
    let recovered = pool(&connect).await;
    until("it is recovered", async || {
        let sql = "SELECT NOT pg_is_in_recovery()";
        sqlx::query_scalar::<_, bool>(sql).fetch_one(&recovered).await.expect("asked")
    })
    .await;
    let process = open(&postgres).await;
    assert_eq!(hashes(&process.verified().await), hashes(&before), "to its end");
    followers_go_on(&process, before[before.len() - 1].position).await;
    // The erasure is not in it; the newest keys bring it.
    assert_eq!(title(&process, erased).await.as_deref(), Some("Mevrouw Jansen uit Haren"));
    drop(process);
    backup(&postgres, &["restore-keys".as_ref(), &keys]).await;
    let process = open(&postgres).await;
    readmodel::renew(&process.pool, &process.log).await.expect("rebuilt");
    assert_eq!(title(&process, erased).await, None);
    assert_eq!(title(&process, kept).await.as_deref(), Some("Wie belt de huisarts?"));
    assert_eq!(hashes(&process.verified().await), hashes(&before));
}
