//! Who looked at what of whom.

use domain::{
    Scope,
    member::{GiveRole, Role},
};
use serde_json::{Value, json};

use crate::support::{Visitor, World, member, member_id};

const LINES: &str = "query($about: ID) { accessLog(aboutId: $about, first: 50) { \
    number actor credential action ground member { name { text } } subjects { thingId } } }";

async fn lines(visitor: &Visitor<'_>, about: Value) -> Vec<Value> {
    visitor.ask(LINES, json!({ "about": about })).await["accessLog"].as_array().cloned().unwrap_or_default()
}

#[tokio::test]
async fn who_reads_a_history_is_written_down_for_auditors_and_for_those_it_is_about() {
    let world = World::new().await;
    let (sanne, joost, anna) =
        (world.visitor("sanne").await, world.visitor("joost").await, world.visitor("anna").await);
    let ask = json!({ "input": {
        "title": "Wie belt na?", "body": "Na een overlijden.", "themeIds": [world.theme], "anonymous": false,
    } });
    let ask = sanne.ask(
        "mutation($input: AskQuestionInput!) { askQuestion(input: $input) { \
            ... on QuestionChanged { position question { id } } } }",
        ask,
    );
    let asked = ask.await["askQuestion"].take();
    assert_eq!(lines(&anna, Value::Null).await.len(), 0, "asking is an event, not a look");

    joost.ask("query($at: Position!) { event(position: $at) { type } }", json!({ "at": asked["position"] })).await;
    let past = "query($id: ID!, $at: Position!) { question(id: $id, asOf: { position: $at }) { id } }";
    joost.ask(past, json!({ "id": asked["question"]["id"], "at": asked["position"] })).await;
    let read = lines(&anna, Value::Null).await;
    let told: Vec<_> = read.iter().map(|line| (line["action"].as_str(), line["ground"].as_str())).collect();
    assert_eq!(
        told,
        [
            (Some("read_past"), Some("participation")),
            (Some("read_event"), Some("participation")),
            (Some("read_access_log"), Some("audit")),
        ]
    );
    assert_eq!(
        (&read[1]["actor"], &read[1]["credential"]),
        (&json!(format!("member:{}", member("joost"))), &json!("session"))
    );
    let subjects: Vec<_> = read[1]["subjects"].as_array().expect("a list").iter().map(|one| &one["thingId"]).collect();
    assert!(subjects.contains(&&json!(member_id("sanne"))) && subjects.contains(&&asked["question"]["id"]));

    let about_sanne = lines(&sanne, json!(member_id("sanne"))).await;
    let about_sanne: Vec<_> = about_sanne.iter().map(|line| line["member"]["name"]["text"].as_str()).collect();
    assert_eq!(about_sanne, [Some("anna"), Some("joost")], "who read the log that tells of her, and who read of her");
    for about in [json!(member_id("joost")), asked["question"]["id"].clone(), Value::Null] {
        let told = sanne.ask(LINES, json!({ "about": about })).await;
        assert_eq!(told["accessLog"], Value::Null, "of others only auditors read");
    }
}

#[tokio::test]
async fn what_is_done_to_members_is_written_down_and_no_line_is_ever_changed() {
    let world = World::new().await;
    world
        .platform(GiveRole { member: member("joost"), role: Role::Administrator, scope: Scope::National, until: None })
        .await;
    let joost = world.visitor("joost").await;
    let give = json!({ "input": { "memberId": member_id("sanne"), "role": "MODERATOR" } });
    joost.ask("mutation($input: GiveRoleInput!) { giveRole(input: $input) { __typename } }", give).await;
    let profile = json!({ "input": {
        "name": "Sanne", "profession": "NURSE", "expertiseIds": [], "openToContact": true,
    } });
    let sanne = world.visitor("sanne").await;
    sanne.ask("mutation($input: ReviseProfileInput!) { reviseProfile(input: $input) { __typename } }", profile).await;
    let about = lines(&sanne, json!(member_id("sanne"))).await;
    let about: Vec<_> = about.iter().map(|line| (line["action"].as_str(), line["ground"].as_str())).collect();
    assert_eq!(about, [(Some("give_role"), Some("administration"))], "one's own doings are no looks");

    let pool = world.pool().await;
    for change in
        ["UPDATE access_log.line SET actor = 'member:x'", "DELETE FROM access_log.line", "TRUNCATE access_log.line"]
    {
        let mut service = pool.acquire().await.expect("a connection");
        sqlx::query("SET ROLE leerwerk_service").execute(&mut *service).await.expect("a role");
        let refused = sqlx::query(change).execute(&mut *service).await;
        assert!(refused.is_err(), "{change}");
        sqlx::query("RESET ROLE").execute(&mut *service).await.expect("a role");
    }
    let prune = async |days: i32| {
        let sql = "SELECT access_log.prune_batch(now() - make_interval(days => $1), 10)";
        sqlx::query_scalar::<_, i64>(sql).bind(days).fetch_one(&pool).await
    };
    assert_eq!(prune(400).await.expect("pruned"), 0);
    assert!(prune(365).await.is_err());
}
