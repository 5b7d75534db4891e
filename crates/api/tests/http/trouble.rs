//! Bad input and trouble: refusals in the reader's words or errors with a code, never the inside.

use crate::support::{World, body};
use axum::{
    body::Body,
    http::{Request, header},
};
use serde_json::{Value, json};

fn question(world: &World, key: &str, title: &str) -> Value {
    json!({ "title": title, "body": "Hoe doen jullie dat?", "themeIds": [world.theme], "idempotencyKey": key })
}

#[tokio::test]
async fn nobody_reads_without_signing_in() {
    let world = World::new().await;
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "query": "{ viewer { member { id } } themes { id } }" }).to_string()))
        .expect("a request");
    let answer = body(world.send(request).await).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "query": "{ viewer { member { id } } }" }).to_string()))
        .expect("a request");
    assert_eq!(body(world.send(request).await).await, json!({ "data": { "viewer": null } }));
}

#[tokio::test]
async fn a_text_that_cannot_be_taken_is_refused_beside_its_field() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    for (title, code) in [
        ("  ", "TEXT_EMPTY"),
        (&*"x".repeat(161), "TEXT_TOO_LONG"),
        ("patiënt 111222333", "TEXT_HOLDS_BSN"),
        ("a\u{0}b", "TEXT_UNPRINTABLE"),
    ] {
        let refused = sanne.mutate("askQuestion", "question", "", question(&world, "k", title)).await;
        assert_eq!((&refused["code"], &refused["field"]), (&json!(code), &json!("title")), "{title}");
    }
    assert_eq!(world.app.log().head().await.expect("reads").position, world.models.position());
}

#[tokio::test]
async fn an_unknown_or_misshapen_id_is_refused() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let nobody = "question-00000000-0000-7000-8000-000000000000";
    for id in [nobody, "question-1", "", &world.theme] {
        let input = json!({ "questionId": id, "body": "Ja" });
        let refused = sanne.mutate("giveAnswer", "question", "", input).await;
        assert_eq!(refused["code"], "NOT_FOUND", "{id}");
        let read = sanne.ask("query($id: ID!) { question(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(read["question"], Value::Null);
    }
    let mut input = question(&world, "k", "Een vraag");
    input["themeIds"] = json!(["theme-00000000-0000-7000-8000-000000000000"]);
    assert_eq!(sanne.mutate("askQuestion", "question", "", input).await["code"], "NOT_FOUND");
}

#[tokio::test]
async fn a_retry_with_its_key_is_done_once_and_the_key_is_not_for_anything_else() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let first = sanne.mutate("askQuestion", "question", "", question(&world, "k1", "Wie belt?")).await;
    let again = sanne.mutate("askQuestion", "question", "", question(&world, "k1", "Wie belt?")).await;
    assert_eq!(first, again);
    let other = sanne.mutate("askQuestion", "question", "", question(&world, "k1", "Iets anders?")).await;
    assert_eq!(other["code"], "IDEMPOTENCY_KEY_REUSED");
    let joost = world.visitor("joost").await;
    let own = joost.mutate("askQuestion", "question", "", question(&world, "k1", "Wie belt?")).await;
    assert_ne!(own["question"]["id"], first["question"]["id"], "keys are everybody's own");
}

#[tokio::test]
async fn a_stale_version_is_refused() {
    let world = World::new().await;
    let (sanne, joost) = (world.visitor("sanne").await, world.visitor("joost").await);
    let asked = sanne.mutate("askQuestion", "question", "", question(&world, "k", "Wie belt?")).await;
    let answer = |body: &str| json!({ "questionId": asked["question"]["id"], "body": body, "expectedVersion": 1 });
    let given = joost.mutate("giveAnswer", "question", "", answer("Ik")).await;
    assert_eq!(given["question"]["version"], 2);
    assert_eq!(joost.mutate("giveAnswer", "question", "", answer("Jij")).await["code"], "STALE");
}

#[tokio::test]
async fn a_cursor_or_page_size_that_makes_no_sense_is_an_error_with_a_code() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    for query in [
        "{ questions(after: \"onzin\") { nodes { id } } }",
        "{ questions(first: 1000) { nodes { id } } }",
        "{ questions(first: -1) { nodes { id } } }",
        "{ questions(filter: { themeId: \"x\" }) { nodes { id } } }",
        "{ event(position: -1) { id } }",
        "{ nonsense }",
        "{ questions",
    ] {
        let answer = sanne.answer(query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{query}: {answer}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_without_gap_or_repeat() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    for n in 0..5 {
        let input = question(&world, &n.to_string(), &format!("Vraag {n}"));
        sanne.mutate("askQuestion", "question", "", input).await;
    }
    let query = "query($after: String) { questions(first: 2, after: $after) {
        nodes { title { text } } pageInfo { hasNextPage endCursor } } }";
    let (mut titles, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = sanne.ask(query, json!({ "after": after })).await["questions"].take();
        titles.extend(page["nodes"].as_array().expect("nodes").iter().map(|node| node["title"]["text"].clone()));
        if page["pageInfo"]["hasNextPage"] == json!(false) {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(titles, ["Vraag 4", "Vraag 3", "Vraag 2", "Vraag 1", "Vraag 0"]);
}

#[tokio::test]
async fn what_costs_too_much_is_not_begun() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let wide =
        "{ questions(first: 100) { nodes { answers { question { answers { question { answers { id } } } } } } } }";
    let deep =
        format!("{{ questions {{ nodes {} }} }}", "{ answers { question ".repeat(12) + "{ id }" + &"} }".repeat(12));
    let many: Vec<String> = (0..100).map(|n| format!("a{n}: questions(first: 100) {{ nodes {{ id }} }}")).collect();
    let long = format!("{{ {} }}", many.join(" "));
    for query in [&*deep, &*long] {
        let answer = sanne.answer(query, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_INPUT", "{answer}");
    }
    assert!(sanne.answer(wide, json!({})).await.get("errors").is_none());
}

#[tokio::test]
async fn a_link_or_another_site_changes_nothing() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let get = Request::get("/graphql?query=mutation%7Bx%7D")
        .header(header::COOKIE, &sanne.cookie)
        .body(Body::empty())
        .expect("a request");
    assert_eq!(world.send(get).await.status(), 405);
    let query = json!({ "query": "{ viewer { member { id } } }" }).to_string();
    let cross_site = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, &sanne.cookie)
        .header(header::HOST, "leerwerk.example")
        .header(header::ORIGIN, "https://elders.example")
        .body(Body::from(query.clone()))
        .expect("a request");
    assert_eq!(world.send(cross_site).await.status(), 403);
    let form = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "text/plain")
        .header(header::COOKIE, &sanne.cookie)
        .body(Body::from(query))
        .expect("a request");
    assert_eq!(world.send(form).await.status(), 400);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_not_json_is_refused() {
    let world = World::new().await;
    for (content, status) in [("{".to_owned(), 400), ("[]".to_owned(), 400), ("x".repeat(1100 * 1024), 413)] {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(content))
            .expect("a request");
        assert_eq!(world.send(request).await.status(), status);
    }
}

#[tokio::test]
async fn a_persona_that_does_not_exist_signs_nobody_in() {
    let world = World::new().await;
    let request = Request::post("/demo/session")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(json!({ "persona": "niemand" }).to_string()))
        .expect("a request");
    let response = world.send(request).await;
    assert_eq!(response.status(), 404);
    assert_eq!(body(response).await["code"], "NO_SUCH_PERSONA");
}

#[tokio::test]
async fn health_tells_that_the_platform_is_ready_and_how_far_it_is() {
    let world = World::new().await;
    let request = Request::get("/health/ready").body(Body::empty()).expect("a request");
    let response = world.send(request).await;
    assert_eq!(response.status(), 200);
    let health = body(response).await;
    assert_eq!((&health["status"], &health["readModels"]["lag"]), (&json!("ready"), &json!(0)));
}

#[tokio::test]
async fn an_event_opens_with_its_texts_still_sealed() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let asked = sanne.mutate("askQuestion", "question", "", question(&world, "k", "Wie belt er na?")).await;
    let query = "query($p: Position!) { event(position: $p) {
        type stream version actor sentence data leafHash concerns actorMember { name { text } } } }";
    let event = sanne.ask(query, json!({ "p": asked["position"] })).await["event"].take();
    assert_eq!((&event["type"], &event["version"]), (&json!("QuestionAsked"), &json!(1)));
    assert_eq!(event["sentence"], "Sanne stelde een vraag");
    assert_eq!(event["leafHash"].as_str().map(str::len), Some(64));
    assert!(!event["data"].to_string().contains("Wie belt er na"), "{event}");
    assert!(event["data"]["title"]["box"].is_string());
}

#[tokio::test]
async fn many_answers_to_one_question_at_once_are_all_taken() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let joost = world.visitor("joost").await;
    let asked = sanne.mutate("askQuestion", "question", "", question(&world, "k", "Wie belt?")).await;
    let answers = (0..40).map(|n| {
        let input = json!({ "questionId": asked["question"]["id"], "body": format!("Antwoord {n}") });
        joost.mutate("giveAnswer", "question", "answerCount", input)
    });
    let given = futures::future::join_all(answers).await;
    let most = given.iter().filter_map(|changed| changed["question"]["answerCount"].as_u64()).max();
    assert_eq!(most, Some(40));
}
