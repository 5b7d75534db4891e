//! A moderator takes away a text that names a patient.

use domain::{
    Scope,
    member::{GiveRole, Role},
};
use serde_json::{Value, json};

use crate::support::{Visitor, World, member};

const QUESTION: &str = "... on QuestionChanged { position question { id title { text erased } asker { id } \
    answers { id body { text erased } author { id } } } } ... on Refusal { code }";

async fn act(visitor: &Visitor<'_>, mutation: &str, fields: &str, input: Value) -> Value {
    let name = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let query = format!("mutation($input: {name}Input!) {{ {mutation}(input: $input) {{ {fields} }} }}");
    visitor.ask(&query, json!({ "input": input })).await[mutation].take()
}

async fn moderator(world: &World) -> Visitor<'_> {
    let role = Role::Moderator;
    world.platform(GiveRole { member: member("emma"), role, scope: Scope::National, until: None }).await;
    world.visitor("emma").await
}

#[tokio::test]
async fn the_text_is_gone_for_good_the_fact_stays_and_the_author_is_told() {
    let world = World::new().await.writing().await;
    let (sanne, joost, emma) = (world.visitor("sanne").await, world.visitor("joost").await, moderator(&world).await);
    let ask = json!({
        "title": "Wie belt na?", "body": "Na een overlijden.", "themeIds": [world.theme], "anonymous": false,
    });
    let asked = act(&sanne, "askQuestion", QUESTION, ask).await;
    let id = &asked["question"]["id"];
    let named = json!({ "questionId": id, "body": "Bij mevrouw Kwikstaartje uit Haren belde ik zelf.", "patientDetailsChecked": true });
    act(&joost, "giveAnswer", QUESTION, named).await;
    let other =
        act(&joost, "giveAnswer", QUESTION, json!({ "questionId": id, "body": "De wijkverpleegkundige." })).await;
    let answer = &other["question"]["answers"][0]["id"];

    let redact = json!({ "questionId": id, "answerId": answer, "ground": "NAMES_PATIENT" });
    assert_eq!(act(&sanne, "redactQuestion", QUESTION, redact.clone()).await["code"], "FORBIDDEN");
    let redacted = act(&emma, "redactQuestion", QUESTION, redact.clone()).await;
    let answers = redacted["question"]["answers"].as_array().expect("answers");
    assert_eq!(answers[0]["body"], json!({ "text": null, "erased": true }));
    assert_eq!(answers[0]["author"]["id"], format!("member-{}", member("joost")), "that it was given stays");
    assert_eq!(answers[1]["body"]["text"], "De wijkverpleegkundige.");
    assert_eq!(redacted["question"]["title"]["text"], "Wie belt na?");
    let again = act(&emma, "redactQuestion", QUESTION, redact).await;
    assert_eq!(again["code"], Value::Null, "asked twice, done once");
    let told = emma.ask(
        "query($at: Position!) { event(position: $at) { type sentence data } }",
        json!({ "at": redacted["position"] }),
    );
    let told = told.await;
    assert_eq!(told["event"]["type"], "ContributionRedacted");
    assert_eq!(told["event"]["sentence"], "Emma haalde de tekst van een antwoord weg");
    assert_eq!(told["event"]["data"]["ground"], "names_patient");
    let letter = world.letters("joost@leerwerk.example", 1).await.remove(0);
    assert!(letter.contains("Er is een tekst weggehaald") && !letter.contains("Kwikstaartje"), "{letter}");

    let none = json!({ "questionId": id, "answerId": asked["question"]["id"], "ground": "HARMS" });
    assert_eq!(act(&emma, "redactQuestion", QUESTION, none).await["code"], "NOT_FOUND");
}

#[tokio::test]
async fn experiences_and_texts_of_projects_can_be_taken_away_too_and_the_lead_is_told() {
    let world = World::new().await.writing().await;
    let (sanne, joost, emma) = (world.visitor("sanne").await, world.visitor("joost").await, moderator(&world).await);
    let project = "... on ProjectChanged { project { id updates { id text { erased } } bottlenecks { id text { erased } } } } \
        ... on Refusal { code }";
    let register = json!({
        "name": "Samen", "aim": "Eerder praten.", "interventionIds": [world.intervention],
        "organisationIds": [world.organisation], "regionId": world.region, "startsOn": "2026-01-05",
    });
    let id = act(&sanne, "registerProject", project, register).await["project"]["id"].take();
    let joins = json!({ "projectId": id, "memberId": format!("member-{}", member("joost")) });
    act(&sanne, "joinProject", project, joins).await;
    let post = json!({ "projectId": id, "text": "De heer Kwikstaartje is blij.", "patientDetailsChecked": true });
    let posted = act(&joost, "postUpdate", project, post).await;
    let raise = json!({ "projectId": id, "text": "Geen tijd.", "kind": "CAPACITY" });
    let raised = act(&joost, "raiseBottleneck", project, raise).await;
    let update = json!({ "updateId": posted["project"]["updates"][0]["id"] });
    let redact = |text: &Value| json!({ "projectId": id, "text": text, "ground": "NAMES_PATIENT" });
    let redacted = act(&emma, "redactProjectText", project, redact(&update)).await;
    assert_eq!(redacted["project"]["updates"][0]["text"]["erased"], true);
    assert_eq!(redacted["project"]["bottlenecks"][0]["text"]["erased"], false);
    let bottleneck = json!({ "bottleneckId": raised["project"]["bottlenecks"][0]["id"] });
    let redacted = act(&emma, "redactProjectText", project, redact(&bottleneck)).await;
    assert_eq!(redacted["project"]["bottlenecks"][0]["text"]["erased"], true);
    assert_eq!(world.letters("joost@leerwerk.example", 2).await.len(), 2);
    assert!(world.letters("sanne@leerwerk.example", 1).await[0].contains("een project dat je leidt"));

    let experience =
        "... on ExperienceChanged { experience { id title { erased } body { erased } } } ... on Refusal { code }";
    let share = json!({
        "kind": "APPROACH", "title": "Bij Kwikstaartje", "body": "Zo ging het.", "themeIds": [world.theme],
    });
    let shared = act(&joost, "shareExperience", experience, share).await["experience"]["id"].take();
    let redact = json!({ "experienceId": shared, "ground": "HARMS" });
    let redacted = act(&emma, "redactExperience", experience, redact).await;
    assert_eq!(redacted["experience"]["title"]["erased"], true);
}

#[tokio::test]
async fn nothing_is_mailed_about_a_question_that_was_asked_anonymously() {
    let world = World::new().await.writing().await;
    let (sanne, emma) = (world.visitor("sanne").await, moderator(&world).await);
    let ask = json!({
        "title": "Durf ik dit?", "body": "Mevrouw Kwikstaartje …", "themeIds": [world.theme], "anonymous": true,
        "patientDetailsChecked": true,
    });
    let id = act(&sanne, "askQuestion", QUESTION, ask).await["question"]["id"].take();
    let redact = json!({ "questionId": id, "ground": "NAMES_PATIENT" });
    let redacted = act(&emma, "redactQuestion", QUESTION, redact).await;
    assert_eq!(redacted["question"]["title"]["erased"], true);
    let position = redacted["position"].as_i64().expect("a position");
    let pool = world.pool().await;
    for _ in 0..100 {
        let read = sqlx::query_scalar::<_, i64>("SELECT position FROM mail.follower").fetch_one(&pool).await;
        if read.is_ok_and(|read| read >= position) {
            let told = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM mail.outbox WHERE about LIKE 'redacted:%'");
            assert_eq!(told.fetch_one(&pool).await.expect("a count"), 0);
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the log was not read so far");
}
