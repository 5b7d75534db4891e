//! Tests that run at the same time, in several processes, never see each other's rows.

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use testdb::TestDb;

/// Set for the second process: the name of the template.
const SECOND: &str = "TESTDB_SECOND_PROCESS";

static PREPARED: AtomicU32 = AtomicU32::new(0);

async fn fresh(template: &str) -> TestDb {
    testdb::fresh(template, async |pool| {
        PREPARED.fetch_add(1, Ordering::Relaxed);
        sqlx::raw_sql("CREATE TABLE mine (number bigint); INSERT INTO mine VALUES (0)")
            .execute(&pool)
            .await
            .expect("made");
    })
    .await
}

/// Adds a row of its own and expects to find just the template's and that.
async fn use_one(template: String, number: i64) {
    let database = fresh(&template).await;
    let pool = database.pool().await;
    sqlx::query("INSERT INTO mine VALUES ($1)").bind(number).execute(&pool).await.expect("added");
    let found: Vec<i64> =
        sqlx::query_scalar("SELECT number FROM mine ORDER BY number").fetch_all(&pool).await.expect("read");
    assert_eq!(found, [0, number]);
}

async fn use_sixteen(template: &str) {
    let all: Vec<_> = (1..=16).map(|number| tokio::spawn(use_one(template.to_owned(), number))).collect();
    for one in all {
        one.await.expect("isolated");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_at_once_in_each_of_two_processes_are_isolated_and_share_one_template() {
    if let Ok(template) = std::env::var(SECOND) {
        use_sixteen(&template).await;
        println!("prepared {} times", PREPARED.load(Ordering::Relaxed));
        return;
    }
    let template = format!("isolation {}", std::process::id());
    let second = Command::new(std::env::current_exe().expect("a path"))
        .args([
            "--exact",
            "sixteen_at_once_in_each_of_two_processes_are_isolated_and_share_one_template",
            "--nocapture",
        ])
        .env(SECOND, &template)
        .stdout(Stdio::piped())
        .spawn()
        .expect("a second process");
    use_sixteen(&template).await;
    let output = second.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    let here = PREPARED.load(Ordering::Relaxed);
    assert!(here <= 1 && said.contains(&format!("prepared {} times", 1 - here)), "here {here}; there: {said}");
}

#[tokio::test]
async fn a_template_that_failed_is_made_anew() {
    let template = format!("failing {}", std::process::id());
    let name = template.clone();
    let failed = tokio::spawn(async move {
        testdb::fresh(&name, async |pool| {
            sqlx::raw_sql("CREATE TABLE mine (half int)").execute(&pool).await.expect("made");
            panic!("half-way");
        })
        .await
    });
    assert!(failed.await.is_err());
    use_one(template, 1).await;
}

#[tokio::test]
async fn a_database_is_dropped_with_its_handle() {
    let database = fresh("dropping").await;
    let other = fresh("dropping").await;
    let pool = other.pool().await;
    let name = database.url.split(['/', '?']).find(|part| part.starts_with("test_")).expect("a name").to_owned();
    let count = "SELECT count(*) FROM pg_database WHERE datname = $1";
    let before: i64 = sqlx::query_scalar(count).bind(&name).fetch_one(&pool).await.expect("counted");
    drop(database);
    let after: i64 = sqlx::query_scalar(count).bind(&name).fetch_one(&pool).await.expect("counted");
    assert_eq!((before, after), (1, 0));
}
