//! Sessions that end, and tokens that let a program do what they were made for and nothing else.

use axum::{
    body::Body,
    http::{Request, Response, StatusCode, header},
};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::support::{Visitor, World, body};

const CREATE: &str = "mutation($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { \
    ... on AccessTokenCreated { secret accessToken { id scopes } } ... on Refusal { code field message } } }";
const REVOKE: &str = "mutation($input: RevokeAccessTokenInput!) { revokeAccessToken(input: $input) { \
    ... on AccessTokensChanged { accessTokens { id } } } }";
const SHARE: &str = "mutation($input: ShareExperienceInput!) { shareExperience(input: $input) { \
    ... on ExperienceChanged { experience { title { text } } } ... on Refusal { code } } }";

async fn create(visitor: &Visitor<'_>, input: Value) -> Value {
    visitor.ask(CREATE, json!({ "input": input })).await["createAccessToken"].take()
}

/// The secret of a new token for some purposes.
async fn token(visitor: &Visitor<'_>, scopes: &[&str]) -> String {
    let created = create(visitor, json!({ "name": "Overzicht", "scopes": scopes, "days": 30 })).await;
    created["secret"].as_str().expect("a secret").to_owned()
}

/// A program that speaks for somebody.
struct Program<'a> {
    world: &'a World,
    authorization: String,
}

impl Program<'_> {
    async fn get(&self, path: &str) -> Response<Body> {
        let request = Request::get(path).header(header::AUTHORIZATION, &self.authorization);
        self.world.send(request.body(Body::empty()).expect("a request")).await
    }

    async fn answer(&self, query: &str, variables: Value) -> Value {
        let request = Request::post("/graphql")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, &self.authorization)
            .body(Body::from(json!({ "query": query, "variables": variables }).to_string()))
            .expect("a request");
        body(self.world.send(request).await).await
    }

    /// What stands in the way of a query or mutation; nothing when it is answered.
    async fn stopped(&self, query: &str, variables: Value) -> Option<String> {
        let answer = self.answer(query, variables).await;
        answer["errors"][0]["extensions"]["code"].as_str().map(str::to_owned)
    }
}

fn program<'a>(world: &'a World, secret: &str) -> Program<'a> {
    Program { world, authorization: format!("Bearer {secret}") }
}

async fn is_signed_in(world: &World, cookie: &str) -> bool {
    let visitor = Visitor { world, cookie: cookie.to_owned() };
    !visitor.ask("{ viewer { member { id } } }", json!({})).await["viewer"].is_null()
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_when_it_lasted_long_enough() {
    let world = World::new().await;
    let cookie = world.visitor("sanne").await.cookie;
    // Each of these is a process that remembers no session.
    assert!(is_signed_in(&world.again(None).await, &cookie).await);
    world.sql("UPDATE session.session SET used_at = now() - interval '11 hours 59 minutes'").await;
    assert!(is_signed_in(&world.again(None).await, &cookie).await);
    let untouched = world.sql("DELETE FROM session.session WHERE used_at < now() - interval '1 minute'").await;
    assert_eq!(untouched, 0, "using it keeps it going");
    world.sql("UPDATE session.session SET used_at = now() - interval '12 hours 1 minute'").await;
    assert!(!is_signed_in(&world.again(None).await, &cookie).await, "not used for too long");

    let cookie = world.visitor("sanne").await.cookie;
    let late = world.sql("DELETE FROM session.session WHERE expires_at > begun_at + interval '7 days 1 minute'").await;
    assert_eq!(late, 0, "a week at most");
    world.sql("UPDATE session.session SET begun_at = now() - interval '6 days 23 hours 59 minutes'").await;
    assert!(is_signed_in(&world.again(None).await, &cookie).await);
    world.sql("UPDATE session.session SET begun_at = now() - interval '7 days'").await;
    assert!(!is_signed_in(&world.again(None).await, &cookie).await, "used or not");
    assert_eq!(world.sql("SELECT FROM session.session").await, 2);
    let pool = world.pool().await;
    let retention = api::Retention::new(world.app.clone(), world.models.clone(), pool, api::Periods::default());
    let gone = retention.run().await.into_iter().find(|(kind, _)| *kind == api::DataKind::Session);
    assert_eq!(gone.expect("a kind").1.expect("goes"), 2);
}

#[tokio::test]
async fn over_https_the_cookie_belongs_to_this_host_alone() {
    let world = World::new().await;
    let cookie_of = async |world: &World| {
        let request = Request::post("/demo/session").header(header::CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(r#"{"persona":"sanne"}"#)).expect("a request");
        world.send(request).await.headers()[header::SET_COOKIE].to_str().expect("text").to_owned()
    };
    let secure = cookie_of(&world.at("https://leerwerk.example").await).await;
    for expected in ["__Host-leerwerk=", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/", "; Max-Age=604"] {
        assert!(secure.contains(expected), "{expected}: {secure}");
    }
    assert!(!secure.contains("Domain"), "{secure}");
    assert!(cookie_of(&world).await.starts_with("leerwerk="), "browsers refuse the other name without HTTPS");
}

#[tokio::test]
async fn a_token_does_what_it_was_made_for_and_nothing_else() {
    let world = World::new().await;
    let anna = world.visitor("anna").await;
    let share =
        json!({ "input": { "kind": "APPROACH", "title": "Samen bellen", "body": "Kort.", "themeIds": [world.theme] } });
    let read = "{ viewer { member { name { text } } } themes { id } }";
    let out = Some("OUT_OF_SCOPE".to_owned());
    for (scopes, reads, contributes, entries) in [
        (&["READ"][..], true, false, false),
        (&["CONTRIBUTE"], true, true, false),
        (&["ENTRIES"], false, false, true),
        (&["READ", "CONTRIBUTE", "ENTRIES"], true, true, true),
    ] {
        let secret = token(&anna, scopes).await;
        let program = program(&world, &secret);
        let expect = |holds: bool| if holds { None } else { out.clone() };
        assert_eq!(program.stopped(read, json!({})).await, expect(reads), "{scopes:?} reads");
        assert_eq!(program.stopped(SHARE, share.clone()).await, expect(contributes), "{scopes:?} contributes");
        let tile = program.get("/tlog/tile/entries/000.p/5").await.status();
        assert_eq!(tile, if entries { StatusCode::OK } else { StatusCode::FORBIDDEN }, "{scopes:?} entries");
        // What one signs in with is for people.
        let lists = "{ viewer { sessions { id } } }";
        assert_eq!(program.stopped(lists, json!({})).await, out, "{scopes:?} sees no sessions");
        let input = json!({ "input": { "name": "x", "scopes": ["ENTRIES"], "days": 366 } });
        assert_eq!(program.stopped(CREATE, input).await, out, "{scopes:?} makes no tokens");
    }
    // A scope gives nothing that its member may not do.
    let sanne = world.visitor("sanne").await;
    let program = program(&world, &token(&sanne, &["ENTRIES"]).await);
    assert_eq!(program.get("/tlog/tile/entries/000.p/5").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_that_does_not_count_is_no_reason_to_look_at_a_cookie() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let secret = token(&sanne, &["READ"]).await;
    let status = async |authorization: &str| {
        let request = Request::get("/graphql?query=%7Bthemes%7Bid%7D%7D")
            .header(header::COOKIE, &sanne.cookie)
            .header(header::AUTHORIZATION, authorization);
        let response = world.send(request.body(Body::empty()).expect("a request")).await;
        (response.status(), response.headers().get(header::WWW_AUTHENTICATE).is_some())
    };
    assert_eq!(status(&format!("bearer {secret}")).await, (StatusCode::OK, false));
    for wrong in
        [format!("Bearer {secret}x"), format!("Basic {secret}"), "Bearer".into(), secret.clone(), String::new()]
    {
        assert_eq!(status(&wrong).await, (StatusCode::UNAUTHORIZED, true), "{wrong}");
    }
    world.sql("UPDATE session.access_token SET expires_at = now()").await;
    assert_eq!(status(&format!("Bearer {secret}")).await, (StatusCode::UNAUTHORIZED, true), "it has ended");
    let told = sanne.ask("{ viewer { accessTokens { id } } }", json!({})).await;
    assert_eq!(told["viewer"]["accessTokens"], json!([]));
}

#[tokio::test]
async fn a_token_is_made_once_and_revoked_for_good() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let input = json!({ "name": "Overzicht", "scopes": ["READ"], "days": 1, "idempotencyKey": "k" });
    let created = create(&sanne, input.clone()).await;
    assert_eq!(create(&sanne, input).await["code"], "TOKEN_CREATED_BEFORE");
    let secret = created["secret"].as_str().expect("a secret");
    assert!(world.sql("SELECT FROM session.access_token WHERE access_token::text LIKE '%leerwerk_%'").await == 0);
    let mut revoke = json!({ "input": { "accessTokenId": created["accessToken"]["id"] } });
    // Nobody revokes what is somebody else's.
    world.visitor("joost").await.ask(REVOKE, revoke.clone()).await;
    let program = program(&world, secret);
    assert_eq!(program.stopped("{ themes { id } }", json!({})).await, None);
    let left = sanne.ask(REVOKE, revoke.take()).await;
    assert_eq!(left["revokeAccessToken"]["accessTokens"], json!([]));
    assert_eq!(program.get("/graphql?query=%7Bthemes%7Bid%7D%7D").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_at_the_field() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    for (input, code, field) in [
        (json!({ "name": " ", "scopes": ["READ"], "days": 30 }), "TEXT_EMPTY", "name"),
        (json!({ "name": "x", "scopes": [], "days": 30 }), "SCOPES_EMPTY", "scopes"),
        (json!({ "name": "x", "scopes": ["READ"], "days": 0 }), "DAYS_OUT_OF_RANGE", "days"),
        (json!({ "name": "x", "scopes": ["READ"], "days": 367 }), "DAYS_OUT_OF_RANGE", "days"),
    ] {
        let refused = create(&sanne, input).await;
        assert_eq!((&refused["code"], &refused["field"]), (&json!(code), &json!(field)));
    }
    for _ in 0..20 {
        token(&sanne, &["READ"]).await;
    }
    let refused = create(&sanne, json!({ "name": "x", "scopes": ["READ"], "days": 1 })).await;
    assert_eq!(refused["code"], "TOO_MANY_TOKENS");
}

#[tokio::test]
async fn what_is_listened_to_ends_with_the_session() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let asked = sanne.mutate(
        "askQuestion",
        "question",
        "",
        json!({
            "title": "Wie belt?", "body": "Wie?", "themeIds": [world.theme], "anonymous": false,
        }),
    );
    let question = asked.await["question"]["id"].clone();
    let query = "subscription($id: ID!) { questionChanged(questionId: $id) { position } }";
    let request = Request::post("/graphql/sse")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::COOKIE, &sanne.cookie)
        .body(Body::from(json!({ "query": query, "variables": { "id": question } }).to_string()))
        .expect("a request");
    let response = world.send(request).await;
    let heard = tokio::spawn(response.into_body().collect());
    tokio::task::yield_now().await;
    assert!(!heard.is_finished());
    let ended = Request::post("/session/end").header(header::COOKIE, &sanne.cookie);
    let ended = world.send(ended.body(Body::empty()).expect("a request")).await;
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    let heard = tokio::time::timeout(std::time::Duration::from_secs(10), heard).await;
    heard.expect("it ends").expect("no panic").expect("a body");
}
