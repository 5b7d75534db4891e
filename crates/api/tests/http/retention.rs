//! How long what is kept, and who sees it.

use domain::{
    Scope,
    member::{GiveRole, Role},
};
use serde_json::{Value, json};

use crate::support::{World, member};

const RETENTION: &str = "{ retention { kinds { kind periodHours due dueSoon lastRun { gone } } \
    runs { at kind gone periodHours upTo } } }";

#[tokio::test]
async fn those_who_answer_for_it_and_those_who_check_it_see_what_is_due_and_nobody_else() {
    let world = World::new().await;
    for (name, role) in [("joost", Role::Administrator), ("emma", Role::ProgrammeManager)] {
        world.platform(GiveRole { member: member(name), role, scope: Scope::National, until: None }).await;
    }
    let sanne = world.visitor("sanne").await;
    assert_eq!(sanne.ask(RETENTION, json!({})).await["retention"], Value::Null);
    let nobody = world.asked(RETENTION, json!({})).await;
    assert_eq!(nobody["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    for name in ["joost", "emma", "anna"] {
        let seen = world.visitor(name).await.ask(RETENTION, json!({})).await["retention"].take();
        let kinds = seen["kinds"].as_array().expect("a list");
        assert_eq!(kinds.len(), 9, "{name}");
        assert_eq!((&kinds[0]["kind"], &kinds[0]["periodHours"]), (&json!("FORMER_MEMBER"), &json!(43_824)));
        assert_eq!(seen["runs"], json!([]), "the job has not run yet");
    }
}

#[tokio::test]
async fn what_is_due_is_listed_goes_and_is_recorded_for_good() {
    let world = World::new().await;
    world
        .sql(
            "INSERT INTO mail.outbox (about, letter, due_at, created_at)
             VALUES ('old', '{}', NULL, now() - interval '91 days'), ('soon', '{}', NULL, now() - interval '89 days')",
        )
        .await;
    let anna = world.visitor("anna").await;
    let letters = async || {
        let kinds = anna.ask(RETENTION, json!({})).await["retention"]["kinds"].take();
        let letters = kinds.as_array().expect("a list").iter().find(|kind| kind["kind"] == "LETTER").cloned();
        letters.expect("a kind")
    };
    let before = letters().await;
    assert_eq!((&before["due"], &before["dueSoon"], &before["lastRun"]), (&json!(1), &json!(1), &Value::Null));
    let pool = world.pool().await;
    let (app, models) = (world.app.clone(), world.models.clone());
    for (kind, done) in api::Retention::new(app, models, pool.clone(), api::Periods::default()).run().await {
        assert_eq!(done.expect("done"), u64::from(kind == api::DataKind::Letter), "{kind:?}");
    }
    let after = letters().await;
    assert_eq!((&after["due"], &after["dueSoon"], &after["lastRun"]["gone"]), (&json!(0), &json!(1), &json!(1)));
    let runs = anna.ask(RETENTION, json!({})).await["retention"]["runs"].take();
    assert_eq!(runs.as_array().map(Vec::len), Some(9), "each kind was gone through");

    for change in ["UPDATE retention.run SET gone = 0", "DELETE FROM retention.run", "TRUNCATE retention.run"] {
        assert!(sqlx::query(change).execute(&pool).await.is_err(), "{change}");
        let mut service = pool.acquire().await.expect("a connection");
        sqlx::query("SET ROLE leerwerk_service").execute(&mut *service).await.expect("a role");
        assert!(sqlx::query(change).execute(&mut *service).await.is_err(), "{change}");
        sqlx::query("RESET ROLE").execute(&mut *service).await.expect("a role");
    }
}
