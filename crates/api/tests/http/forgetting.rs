//! What is kept about oneself, and being forgotten (story 10).

use axum::{
    body::Body,
    http::{Request, header},
};
use domain::{
    Scope, Sealed,
    member::{EndAccess, Ending, GiveRole, Role},
    sealed::KeyScope,
    text::Prose,
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::{Visitor, World, member, member_id};

const ASK: &str = "mutation($input: AskQuestionInput!) { askQuestion(input: $input) { \
    ... on QuestionChanged { position question { id } } ... on Refusal { code } } }";
const ANSWER: &str = "mutation($input: GiveAnswerInput!) { giveAnswer(input: $input) { \
    ... on QuestionChanged { position } ... on Refusal { code } } }";
const ERASE: &str = "mutation($input: EraseMemberInput!) { eraseMember(input: $input) { \
    ... on ErasureCertificate { position contributions texts { kind count } sessions accounts root } \
    ... on Refusal { code } } }";
const PREVIEW: &str =
    "query($id: ID!) { erasurePreview(memberId: $id) { texts { kind count } sessions accessTokens leads { text } } }";

async fn ask(visitor: &Visitor<'_>, title: &str, anonymous: bool) -> String {
    let theme = &visitor.world.theme;
    let input = json!({ "input": {
        "title": title, "body": format!("{title} Wie weet het?"), "themeIds": [theme], "anonymous": anonymous,
    } });
    let asked = visitor.ask(ASK, input).await["askQuestion"]["question"]["id"].take();
    asked.as_str().expect("an id").to_owned()
}

/// Sanne asks openly and anonymously, and answers a question of Joost's.
async fn much_by_sanne(world: &World) -> [String; 3] {
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let open = ask(&sanne, "Wie belt de huisarts?", false).await;
    let hidden = ask(&sanne, "Durf ik dit te vragen?", true).await;
    let of_joost = ask(&joost, "Hoe begin je?", false).await;
    let answer = json!({ "input": { "questionId": of_joost, "body": "Begin klein, met twee collega's." } });
    sanne.ask(ANSWER, answer).await;
    [open, hidden, of_joost]
}

async fn download(visitor: &Visitor<'_>, format: &str) -> (u16, String, String) {
    let request = Request::get(format!("/own-data/{format}"))
        .header(header::COOKIE, &visitor.cookie)
        .header(header::ACCEPT_LANGUAGE, "nl")
        .body(Body::empty())
        .expect("a request");
    let response = visitor.world.send(request).await;
    let (status, name) = (response.status().as_u16(), response.headers().get(header::CONTENT_DISPOSITION).cloned());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    let name = name.map(|name| name.to_str().expect("text").to_owned()).unwrap_or_default();
    (status, name, String::from_utf8(body.to_vec()).expect("text"))
}

#[tokio::test]
async fn everything_about_oneself_can_be_had_to_read_and_for_programs() {
    let world = World::new().await;
    much_by_sanne(&world).await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let (status, name, json) = download(&sanne, "json").await;
    assert_eq!((status, &*name), (200, "attachment; filename=\"mijn-gegevens.json\""));
    let data: Value = serde_json::from_str(&json).expect("json");
    assert_eq!(data["profile"]["email"], "sanne@leerwerk.example");
    assert_eq!(data["profile"]["organisation"], "Ziekenhuis Noord");
    let events = data["events"].as_array().expect("a list");
    let titles: Vec<_> = events.iter().filter_map(|event| event["data"]["title"].as_str()).collect();
    assert_eq!(titles, ["Wie belt de huisarts?", "Durf ik dit te vragen?"]);
    let anonymous: Vec<_> = events.iter().filter(|event| event["anonymous"] == true).collect();
    assert_eq!(anonymous.len(), 1, "her own anonymous question, which only she sees");
    assert!(json.contains("Begin klein") && !json.contains("$sealed"));
    assert_eq!(data["sessions"].as_array().map(Vec::len), Some(2));
    assert_eq!(data["accessLog"][0]["action"], "download_own_data", "that too is written down");

    let (status, name, html) = download(&sanne, "html").await;
    assert_eq!((status, &*name), (200, "attachment; filename=\"mijn-gegevens.html\""));
    assert!(html.contains("<h1>Mijn gegevens op Leerwerk</h1>") && html.contains("Durf ik dit te vragen?"));
    assert!(html.contains("anoniem: alleen jij ziet dit") && !html.contains("<script"));

    let (_, _, of_joost) = download(&joost, "json").await;
    assert!(!of_joost.contains("Durf ik dit") && !of_joost.contains("sanne@"), "nothing of others");
    let nobody = Visitor { world: &world, cookie: String::new() };
    assert_eq!(download(&nobody, "json").await.0, 401);
    assert_eq!(download(&sanne, "pdf").await.0, 404);
}

#[tokio::test]
async fn who_is_forgotten_chooses_whether_their_texts_stay() {
    let world = World::new().await;
    let [open, hidden, of_joost] = much_by_sanne(&world).await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let preview = sanne.ask(PREVIEW, json!({ "id": member_id("sanne") })).await;
    let texts = json!([{ "kind": "answer", "count": 1 }, { "kind": "question", "count": 2 }]);
    assert_eq!(preview["erasurePreview"]["texts"], texts);
    assert_eq!(preview["erasurePreview"]["sessions"], 2);
    assert_eq!(joost.ask(PREVIEW, json!({ "id": member_id("sanne") })).await["erasurePreview"], Value::Null);
    let input =
        |contributions: &str| json!({ "input": { "memberId": member_id("sanne"), "contributions": contributions } });
    assert_eq!(joost.ask(ERASE, input("KEPT")).await["eraseMember"]["code"], "FORBIDDEN");

    let erased = sanne.ask(ERASE, input("KEPT")).await["eraseMember"].take();
    assert_eq!((&erased["texts"], &erased["sessions"]), (&json!([]), &json!(2)));
    assert_eq!(erased["root"].as_str().map(str::len), Some(64));
    let answer = sanne.answer("{ viewer { hasAccess } }", json!({})).await;
    assert_eq!(answer["data"]["viewer"], Value::Null, "she is signed in no more");
    world.models.reach(erased["position"].as_i64().expect("a position")).await.expect("reached");
    let page = "query($id: ID!) { question(id: $id) { title { text } asker { name { erased } } } }";
    for _ in 0..100 {
        let seen = joost.ask(page, json!({ "id": open })).await;
        if seen["question"]["asker"]["name"]["erased"] == true {
            assert_eq!(seen["question"]["title"]["text"], "Wie belt de huisarts?", "it stays, without a name");
            let hidden = joost.ask(page, json!({ "id": hidden })).await;
            assert_eq!(hidden["question"]["title"]["text"], "Durf ik dit te vragen?");
            let answers =
                "query($id: ID!) { question(id: $id) { answers { body { text } author { name { text } } } } }";
            let answers = joost.ask(answers, json!({ "id": of_joost })).await;
            assert_eq!(answers["question"]["answers"][0]["body"]["text"], "Begin klein, met twee collega's.");
            assert_eq!(answers["question"]["answers"][0]["author"]["name"]["text"], Value::Null);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the name is still shown");
}

#[tokio::test]
async fn whoever_is_dismissed_keeps_no_right_over_others() {
    let world = World::new().await;
    for role in [Role::Administrator, Role::Auditor] {
        world.platform(GiveRole { member: member("emma"), role, scope: Scope::National, until: None }).await;
    }
    let emma = world.visitor("emma").await;
    let log = "query($id: ID) { accessLog(aboutId: $id) { action } }";
    assert!(emma.ask(log, json!({})).await["accessLog"].is_array());
    let reason = Sealed::new(KeyScope::of("member", member("emma")), Prose::parse("Andere baan.").expect("prose"));
    world.platform(EndAccess { member: member("emma"), ending: Ending::Withdrawn(reason) }).await;
    let input = json!({ "input": { "memberId": member_id("sanne"), "contributions": "ERASED" } });
    assert_eq!(emma.ask(ERASE, input).await["eraseMember"]["code"], "FORBIDDEN");
    assert_eq!(emma.ask(PREVIEW, json!({ "id": member_id("sanne") })).await["erasurePreview"], Value::Null);
    assert_eq!(emma.ask(log, json!({})).await["accessLog"], Value::Null);
    assert!(emma.ask(log, json!({ "id": member_id("emma") })).await["accessLog"].is_array(), "about herself");
    let projects = emma.answer("{ viewer { projects { id } } }", json!({})).await;
    assert_eq!(projects["errors"][0]["extensions"]["code"], "ACCESS_ENDED");
    let own = json!({ "input": { "memberId": member_id("emma"), "contributions": "KEPT" } });
    assert_eq!(emma.ask(ERASE, own).await["eraseMember"]["contributions"], "KEPT", "to be forgotten stays her right");
}

#[tokio::test]
async fn an_administrator_forgets_somebody_who_asks_for_it_and_learns_nothing_they_asked_anonymously() {
    let world = World::new().await;
    let [open, hidden, _] = much_by_sanne(&world).await;
    let role = Role::Administrator;
    world.platform(GiveRole { member: member("emma"), role, scope: Scope::National, until: None }).await;
    let emma = world.visitor("emma").await;
    let texts = json!([{ "kind": "answer", "count": 1 }, { "kind": "question", "count": 1 }]);
    let preview = emma.ask(PREVIEW, json!({ "id": member_id("sanne") })).await;
    assert_eq!(preview["erasurePreview"]["texts"], texts, "the anonymous one is not counted");
    let before = world.app.log().tree_head().await.expect("a head");
    let input = json!({ "input": { "memberId": member_id("sanne"), "contributions": "ERASED" } });
    let erased = emma.ask(ERASE, input.clone()).await["eraseMember"].take();
    assert_eq!((&erased["texts"], &erased["contributions"]), (&texts, &json!("ERASED")));
    let page = "query($id: ID!) { question(id: $id) { title { text erased } } }";
    let mut gone = false;
    for _ in 0..100 {
        gone = emma.ask(page, json!({ "id": open })).await["question"]["title"]["erased"] == true;
        if gone {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(gone, "{open} is still there");
    let stays = emma.ask(page, json!({ "id": hidden })).await;
    assert_eq!(stays["question"]["title"]["erased"], false, "that it vanished would tell whose it was");
    // The log goes on from what it was.
    let after = world.app.log().tree_head().await.expect("a head");
    assert_eq!(after.size, before.size + 1);
    world.app.log().prove_consistency(before.size, after.size).await.expect("a proof");
    let again = emma.ask(ERASE, input).await["eraseMember"].take();
    assert_eq!((&again["code"], &again["sessions"]), (&Value::Null, &json!(0)), "asked twice, done once");
    let other = json!({ "input": { "memberId": member_id("sanne"), "contributions": "KEPT" } });
    assert_eq!(emma.ask(ERASE, other).await["eraseMember"]["contributions"], "ERASED", "what was chosen first holds");
    let give = json!({ "input": { "memberId": member_id("sanne"), "role": "MODERATOR" } });
    emma.ask("mutation($input: GiveRoleInput!) { giveRole(input: $input) { __typename } }", give).await;
    let held = emma.ask("{ roleHoldings { member { id } role } }", json!({})).await;
    assert!(!held.to_string().contains(&member_id("sanne")), "who is gone holds no role: {held}");
}
