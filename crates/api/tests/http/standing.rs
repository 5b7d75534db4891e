//! The platform as a whole: shown as it was, or with a part that does not keep up.

use std::time::Duration;

use api::AsOf;
use axum::{body::Body, http::Request};
use eventlog::{Append, CanonicalJson, Expected, NewEvent, StreamId};
use serde_json::json;

use crate::support::{World, body};

const PLATFORM: &str = "{ platform { asOf { position at } stale { part position since } } }";

fn idea(world: &World, name: &str) -> serde_json::Value {
    json!({
        "name": name, "aim": "Vaker praten over wat telt.", "interventionIds": [world.intervention],
        "organisationIds": [world.organisation], "regionId": world.region, "startsOn": "2026-09-01",
    })
}

#[tokio::test]
async fn the_whole_platform_as_it_was_is_to_look_at() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let first = sanne.mutate("registerProject", "project", "", idea(&world, "Het eerste")).await;
    let id = first["project"]["id"].clone();
    let position = first["position"].as_i64().expect("a position");
    let at = world.app.log().at(position).await.expect("read").expect("an event").at;
    sanne.mutate("postUpdate", "project", "", json!({ "projectId": id, "text": "Later nieuws" })).await;
    sanne.mutate("registerProject", "project", "", idea(&world, "Het tweede")).await;

    let then = world.again(Some(AsOf { position, at })).await;
    let joost = then.visitor("joost").await;
    let told = joost.ask(PLATFORM, json!({})).await;
    assert_eq!(told["platform"]["asOf"]["position"], json!(position));
    let query = "query($id: ID!) { projects(first: 9) { nodes { name { text } } }
        project(id: $id) { updates { text { text } } actions timeline(first: 9) { nodes { position } } }
        later: project(id: $id, asOf: { position: 999999 }) { updates { text { text } } } }";
    let shown = joost.ask(query, json!({ "id": id })).await;
    assert_eq!(shown["projects"]["nodes"], json!([{ "name": { "text": "Het eerste" } }]));
    let none = json!([]);
    assert_eq!((&shown["project"]["updates"], &shown["project"]["actions"]), (&none, &none));
    assert_eq!(shown["project"]["timeline"]["nodes"], json!([{ "position": position }]));
    assert_eq!(shown["later"]["updates"], none, "nothing beyond the moment is shown");
    let next = joost.ask("query($p: Position!) { event(position: $p) { type } }", json!({ "p": position + 1 })).await;
    assert_eq!(next["event"], json!(null));
    let head = then.app.log().head().await.expect("read").position;
    let sanne_then = then.visitor("sanne").await;
    let refused = sanne_then.mutate("postUpdate", "project", "", json!({ "projectId": id, "text": "Nu" })).await;
    assert_eq!(refused["code"], "READ_ONLY", "{refused}");
    assert_eq!(then.app.log().head().await.expect("read").position, head);

    // What is erased now is erased in the past as well.
    let scope = format!("project:{}", id.as_str().expect("an id").trim_start_matches("project-"));
    world.app.log().keys().destroy(&scope, at).await.expect("destroyed");
    let erased = async {
        loop {
            let shown = joost.ask("{ projects(first: 9) { nodes { name { erased } } } }", json!({})).await;
            if shown["projects"]["nodes"][0]["name"]["erased"] == json!(true) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), erased).await.expect("erased in time");
}

#[tokio::test]
async fn what_does_not_keep_up_is_marked_stale_in_every_answer() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let project = sanne.mutate("registerProject", "project", "", idea(&world, "Het eerste")).await;
    let id = project["project"]["id"].as_str().expect("an id");
    let page = "query($id: ID!) { project(id: $id) { name { text } } }";
    let fresh = sanne.answer(page, json!({ "id": id })).await;
    let answer = sanne.answer(PLATFORM, json!({})).await;
    assert_eq!(answer, json!({ "data": { "platform": { "asOf": null, "stale": [] } } }));
    let stream: StreamId = id.parse().expect("a stream");
    let poison = NewEvent {
        id: world.app.source().id(),
        event_type: "FromTheFuture".into(),
        schema_version: 1,
        data: CanonicalJson::new(&json!({})).expect("json"),
        concerns: vec![stream.id],
    };
    let append = Append {
        stream,
        expected: Expected::Any,
        events: vec![poison],
        actor: "platform".into(),
        correlation: world.app.source().id(),
        causation: None,
        at: world.app.source().now(),
        key: None,
        new_keys: Vec::new(),
    };
    let position = world.app.log().append(append).await.expect("appended").position;
    let stopped = async {
        while world.models.stale().len() < 3 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), stopped).await.expect("stops in time");

    // What can go on does: a question is asked and seen.
    let asked = json!({ "title": "Wie belt er?", "body": "Wie?", "themeIds": [world.theme] });
    let asked = sanne.mutate("askQuestion", "question", "title { text }", asked).await;
    assert_eq!(asked["question"]["title"]["text"], "Wie belt er?");
    let answer = sanne.answer("{ questions(first: 1) { nodes { title { text } } } }", json!({})).await;
    let stale = answer["extensions"]["stale"].as_array().expect("a mark").clone();
    let parts: Vec<_> = stale.iter().map(|stale| (&stale["part"], &stale["position"])).collect();
    let before = json!(position - 1);
    let [experience, project, timeline] = [json!("EXPERIENCE"), json!("PROJECT"), json!("TIMELINE")];
    assert_eq!(parts, [(&experience, &before), (&project, &before), (&timeline, &before)]);
    let shown = sanne.answer(page, json!({ "id": id })).await;
    assert_eq!((&shown["data"], shown["extensions"]["stale"].is_array()), (&fresh["data"], true), "{shown}");
    let shown = sanne.ask(PLATFORM, json!({})).await;
    assert_eq!(shown["platform"]["stale"].as_array().map(Vec::len), Some(3));

    let request = Request::get("/health/ready").body(Body::empty()).expect("a request");
    let response = world.send(request).await;
    assert_eq!(response.status(), 200, "the rest can be used");
    let health = body(response).await;
    assert_eq!(health["status"], "ready, but some read models are stale");
    let told = &health["readModels"]["stale"][1];
    assert_eq!((&told["model"], &told["stoppedAt"]), (&json!("project"), &json!(position)));
    assert!(told["trouble"].as_str().is_some_and(|why| why.contains("FromTheFuture")), "{told}");
}
