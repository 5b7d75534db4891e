//! What keeps others out: headers, other sites, and how often one may do things.

use api::Limits;
use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use serde_json::{Value, json};

use crate::support::{Visitor, World, body};

/// Three at once, and one a minute from then on.
fn few() -> Limits {
    let limit = "3:1".parse().expect("a limit");
    Limits { signing_in: limit, asking_for_access: limit, contributing: limit, searching: limit }
}

async fn sign_in(world: &World, address: &str) -> Response<Body> {
    let request = Request::post("/demo/session")
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-real-ip", address)
        .body(Body::from(r#"{"persona":"sanne"}"#))
        .expect("a request");
    world.send(request).await
}

async fn graphql(world: &World, cookie: &str, query: &str) -> (Option<u64>, Value) {
    let request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, cookie)
        .header("x-real-ip", "192.0.2.7")
        .body(Body::from(json!({ "query": query }).to_string()))
        .expect("a request");
    let response = world.send(request).await;
    let wait = response.headers().get(header::RETRY_AFTER).map(|wait| wait.to_str().expect("text").to_owned());
    (wait.map(|wait| wait.parse().expect("seconds")), body(response).await)
}

#[tokio::test]
async fn one_address_signs_in_only_so_often_and_others_are_not_kept_out() {
    let world = World::new().await.limited(few()).await;
    for _ in 0..3 {
        assert_eq!(sign_in(&world, "192.0.2.1").await.status(), StatusCode::NO_CONTENT);
    }
    let refused = sign_in(&world, "192.0.2.1").await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    let wait: u64 = refused.headers()[header::RETRY_AFTER].to_str().expect("text").parse().expect("seconds");
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(body(refused).await["code"], "TOO_MANY_REQUESTS");
    assert_eq!(sign_in(&world, "192.0.2.2").await.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_member_asks_and_searches_only_so_often_and_reads_as_ever() {
    let world = World::new().await.limited(few()).await;
    let sanne = world.visitor("sanne").await.cookie;
    let ask = format!(
        r#"mutation {{ askQuestion(input: {{ title: "Wie belt?", body: "Wij.", themeIds: ["{}"], anonymous: true }}) {{ __typename }} }}"#,
        world.theme
    );
    for asked in [&*ask, r#"{ similar(text: "bellen") { title } }"#] {
        for nth in 0..3 {
            // Not the same request again: an answer that is kept costs nothing, and does not count.
            let (wait, answer) = graphql(&world, &sanne, &asked.replace("bel", &format!("bel{nth}"))).await;
            assert!(wait.is_none() && answer.get("errors").is_none(), "{answer}");
        }
        let (wait, answer) = graphql(&world, &sanne, asked).await;
        let error = &answer["errors"][0]["extensions"];
        assert_eq!(error["code"], "TOO_MANY_REQUESTS", "{answer}");
        let ms = error["retryAfterMs"].as_u64().expect("a time");
        assert_eq!(wait, Some(ms.div_ceil(1_000)), "the header says the same");
    }
    assert_eq!(graphql(&world, &sanne, "{ questions(first: 1) { nodes { id } } }").await.0, None);
    let joost = Visitor { world: &world, cookie: world.visitor("joost").await.cookie };
    joost.ask(r#"{ similar(text: "bellen") { title } }"#, json!({})).await;
}

#[tokio::test]
async fn pages_are_shown_in_no_frame_and_load_nothing_from_elsewhere() {
    let world = World::new().await;
    let headers = async |world: &World, path: &str| {
        let request = Request::get(path).header(header::ACCEPT, "text/html");
        world.send(request.body(Body::empty()).expect("a request")).await.headers().clone()
    };
    let page = headers(&world, "/vragen").await;
    // (A binary without the web client has no pages.)
    if let Some(policy) = page.get(header::CONTENT_SECURITY_POLICY) {
        let policy = policy.to_str().expect("text");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("script-src 'self';"), "{policy}");
    }
    for path in ["/vragen", "/health/live", "/tlog/keys", "/sign-in/providers"] {
        let headers = headers(&world, path).await;
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff", "{path}");
        assert_eq!(headers[header::REFERRER_POLICY], "same-origin", "{path}");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY", "{path}");
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY), "{path}: only over HTTPS");
    }
    let secure = headers(&world.at("https://leerwerk.example").await, "/health/live").await;
    assert_eq!(secure[header::STRICT_TRANSPORT_SECURITY], "max-age=31536000");
}

#[tokio::test]
async fn another_site_opens_no_web_socket_and_ends_no_session() {
    let world = World::new().await.at("https://leerwerk.example").await;
    let from = async |origin: &str, request: axum::http::request::Builder| {
        let request = request.header(header::ORIGIN, origin).body(Body::empty()).expect("a request");
        world.send(request).await.status()
    };
    let socket = || {
        Request::get("/graphql/ws")
            .header(header::CONNECTION, "upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, "AAAAAAAAAAAAAAAAAAAAAA==")
            .header(header::SEC_WEBSOCKET_PROTOCOL, "graphql-transport-ws")
    };
    for elsewhere in ["https://elders.example", "http://leerwerk.example", "null"] {
        assert_eq!(from(elsewhere, socket()).await, StatusCode::FORBIDDEN, "{elsewhere}");
        assert_eq!(from(elsewhere, Request::post("/session/end")).await, StatusCode::FORBIDDEN, "{elsewhere}");
    }
    assert_ne!(from("https://leerwerk.example", socket()).await, StatusCode::FORBIDDEN);
    assert_eq!(from("https://leerwerk.example", Request::post("/session/end")).await, StatusCode::NO_CONTENT);
}
