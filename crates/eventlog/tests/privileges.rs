//! Who may do what to the log: the service appends and reads, and nobody changes what was appended.

use std::pin::pin;

use eventlog::{Append, Expected, NewEvent, Options};
use futures::StreamExt as _;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool, error::DatabaseError, postgres::PgConnectOptions};

use crate::support::{Database, append, event, everything, id, in_time, keyed, now, open, pool, stream, until};

/// As the service connects.
fn service(database: &Database) -> PgConnectOptions {
    database.connect.clone().options([("role", "leerwerk_service")])
}

/// The code and the message of a refusal.
async fn refused(pool: &PgPool, sql: &str) -> (String, String) {
    let refused = sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.expect_err(sql);
    let code = refused.as_database_error().and_then(DatabaseError::code).expect("a code").into_owned();
    (code, refused.to_string())
}

#[tokio::test]
async fn the_services_role_is_enough_for_everything_the_log_does() {
    let database = Database::fresh().await;
    let connect = service(&database);
    let log = open(pool(&connect), connect.clone(), 7, &Options::default()).await;
    let other = open(pool(&connect), connect, 7, &Options::default()).await;

    // Sealed, with a key; then so many that the tree has tiles.
    let (id, mut whole) = (id(), append(&stream(), Expected::NoStream, 0));
    let payload = json!({ "text": { "$sealed": "member:1", "open": "a name" } });
    let data = log.keys().seal(id, payload.clone(), &mut whole.new_keys).await.expect("sealed");
    let sealed = Append { events: vec![NewEvent { id, data, ..event(0) }], ..whole };
    let receipt = log.append(keyed(sealed.clone(), 1, 1)).await.expect("appended");
    assert!(log.append(keyed(sealed, 1, 1)).await.expect("found").repeated);
    log.append(append(&stream(), Expected::NoStream, 600)).await.expect("appended");

    let mut pages = pin!(other.follow(0, 1_000));
    let mut seen = 0;
    while seen < 601 {
        seen += in_time("a page", pages.next()).await.expect("it goes on").expect("a page").len();
    }
    let stored = other.stream(&receipt.stream, 0).await.expect("read");
    assert_eq!(other.keys().open(&stored).await.expect("opened"), [payload.to_string()]);
    assert!(log.keys().destroy("member:1", now()).await.expect("destroyed"));
    log.prove_inclusion(1, 601).await.expect("a proof");
    assert_eq!(everything(&log).await.len(), 601);
}

/// The list in front of the index is at most what a few thousand events left there, long before Postgres itself would
/// merge it in the midst of an append.
#[tokio::test]
async fn the_index_on_concerns_is_merged_beside_the_appends() {
    let database = Database::fresh().await;
    database.run("CREATE EXTENSION pgstattuple").await.expect("part of Postgres' own packages");
    let connect = service(&database);
    let log = open(pool(&connect), connect, 7, &Options::default()).await;
    for _ in 0..6 {
        let whole = append(&stream(), Expected::NoStream, 1_000);
        let events = whole.events.into_iter().map(|event| NewEvent { concerns: vec![id(), id()], ..event }).collect();
        log.append(Append { events, ..whole }).await.expect("appended");
    }
    until("it is merged", async || {
        let waiting: i64 = sqlx::query_scalar("SELECT pending_tuples FROM pgstatginindex('log.event_concerns')")
            .fetch_one(&database.pool)
            .await
            .expect("an index");
        waiting < 3_000
    })
    .await;
}

#[tokio::test]
async fn the_service_may_do_nothing_else_to_the_log() {
    let database = Database::fresh().await;
    let connect = service(&database);
    let (log, pool) = (open(pool(&connect), connect.clone(), 7, &Options::default()).await, pool(&connect));
    log.append(append(&stream(), Expected::NoStream, 300)).await.expect("appended");
    let mut tries = vec![
        "UPDATE log.event SET actor = 'somebody else'".to_owned(),
        "UPDATE log.event SET actor = actor WHERE false".into(),
        "UPDATE log.tree_node SET hash = hash".into(),
        "UPDATE log.head SET singleton = singleton".into(),
        "UPDATE log.receipt SET last_position = 1".into(),
        "UPDATE log.data_key SET scope = 'member:2'".into(),
        "INSERT INTO log.head (position, at) VALUES (0, now())".into(),
        "INSERT INTO log.head (singleton, position, at) VALUES (NULL, 0, now())".into(),
        "ALTER TABLE log.event DISABLE TRIGGER never_changed".into(),
        "ALTER TABLE log.event DISABLE TRIGGER ALL".into(),
        "ALTER TABLE log.event OWNER TO leerwerk_service".into(),
        "DROP TRIGGER never_changed ON log.event".into(),
        "DROP TRIGGER never_set_back ON log.head".into(),
        "DROP FUNCTION log.refuse_change CASCADE".into(),
        "CREATE OR REPLACE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'"
            .into(),
        "CREATE RULE nothing AS ON INSERT TO log.event DO INSTEAD NOTHING".into(),
        "CREATE TRIGGER mine BEFORE INSERT ON log.event EXECUTE FUNCTION log.refuse_change()".into(),
        "CREATE TABLE log.mine ()".into(),
        "CREATE TABLE public.mine ()".into(),
        "CREATE SCHEMA mine".into(),
        "DROP SCHEMA log CASCADE".into(),
        "SET session_replication_role = replica".into(),
        "ALTER ROLE leerwerk_service SUPERUSER".into(),
        "COPY log.event TO PROGRAM 'true'".into(),
        "UPDATE _sqlx_migrations SET checksum = ''".into(),
        "DELETE FROM _sqlx_migrations".into(),
    ];
    for table in ["event", "tree_node", "head", "data_key", "erasure"] {
        tries.push(format!("DELETE FROM log.{table}"));
        tries.push(format!("DELETE FROM log.{table} WHERE false"));
    }
    for table in ["event", "tree_node", "head", "data_key", "erasure", "receipt"] {
        tries.push(format!("TRUNCATE log.{table}"));
        tries.push(format!("DROP TABLE log.{table} CASCADE"));
        tries.push(format!("ALTER TABLE log.{table} ADD mine int"));
    }
    for sql in &tries {
        let (code, told) = refused(&pool, sql).await;
        assert_eq!(code, "42501", "{sql}: {told}");
        assert!(!told.contains("append-only"), "{sql} came as far as a trigger: {told}");
    }
    // Moving the head is what appending does; the trigger lets it go forward only.
    for sql in ["UPDATE log.head SET position = position - 1", "UPDATE log.head SET tree_size = 0, peaks = ''"] {
        let (code, told) = refused(&pool, sql).await;
        assert!(code == "42501" && told.contains("append-only"), "{sql}: {told}");
    }
    assert_eq!(everything(&log).await.len(), 300);
    assert_eq!(log.head().await.expect("a head").position, 300);
}

#[tokio::test]
async fn the_database_refuses_to_change_history_even_for_its_owner() {
    let database = Database::fresh().await;
    let log = database.open().await;
    log.append(append(&stream(), Expected::NoStream, 300)).await.expect("appended");
    for sql in [
        "UPDATE log.event SET actor = 'somebody else'",
        "UPDATE log.event SET actor = actor WHERE false",
        "DELETE FROM log.event WHERE position = 3",
        "TRUNCATE log.event",
        "TRUNCATE log.event, log.receipt CASCADE",
        "UPDATE log.tree_node SET hash = hash",
        "DELETE FROM log.tree_node WHERE false",
        "TRUNCATE log.tree_node",
        "DELETE FROM log.head",
        "TRUNCATE log.head",
        "UPDATE log.head SET position = position - 1",
        "UPDATE log.head SET tree_size = 0, peaks = ''",
        "UPDATE log.head SET at = 'epoch'",
    ] {
        let (code, told) = refused(&database.pool, sql).await;
        assert!(code == "42501" && told.contains("append-only"), "{sql}: {told}");
    }
    // A check and the one row's key refuse another head.
    let (code, _) = refused(&database.pool, "INSERT INTO log.head VALUES (false, 0, now())").await;
    assert_eq!(code, "23514");
    let (code, _) = refused(&database.pool, "INSERT INTO log.head VALUES (true, 0, now())").await;
    assert_eq!(code, "23505");
    assert_eq!(everything(&log).await.len(), 300);
    assert_eq!(log.head().await.expect("a head").position, 300);
}
