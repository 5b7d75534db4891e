//! What pages cost: at most three statements, and none where nothing has changed; and that what is kept is still so.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    http::{Request, header},
};
use domain::{
    Scope,
    member::{GiveRole, Role},
};
use serde_json::{Value, json};
use tracing_subscriber::{Layer, layer::SubscriberExt as _};

use crate::{
    past::much_has_happened,
    support::{Visitor, World, member},
};

const PROJECT_PAGE: &str = "query($id: ID!) { project(id: $id) { id version name { text } aim { html } phase actions
  phases { phase from until } interventions { name } organisations { name kind } region { name }
  lead { name { text } organisation { name } } participants { name { text } organisation { name } }
  bottlenecks { id text { html } raisedBy { name { text } } resolution { solution { html } by { name { text } } } }
  updates { text { html } by { name { text } } } reuses { by { name { text } } experience { title { text } } }
  cycles { id number aim { text } owner { name { text } } } timeline(first: 15) { nodes { position sentence } } } }";

const KNOWLEDGE_PAGE: &str = "query($id: ID!) { knowledgePage(id: $id) { id title { text } publishedVersion actions
  intervention { name } theme { name } editor { name { text } organisation { name } } sections { heading { text }
  text { html } sources { ... on Question { id title { text } answers { body { html } author { name { text } } } }
    ... on Answer { id body { html } author { name { text } organisation { name } } }
    ... on Experience { id title { text } outcome { html } author { name { text } organisation { name } } } } } } }";

/// Everything that sqlx is asked to do in this process.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<Vec<String>>>);

/// All fields of an event, one after the other.
struct Text(String);
impl tracing::field::Visit for Text {
    fn record_debug(&mut self, _: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0 = format!("{} {value:?}", self.0);
    }
}

impl<S: tracing_subscriber::registry::LookupSpan<'static> + tracing::Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &tracing::Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        if event.metadata().target() != "sqlx::query" {
            return;
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(text.0);
    }
}

impl Statements {
    /// Those since the last time, without what engine and listener ask by themselves now and then.
    fn taken(&self) -> Vec<String> {
        let taken = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let own = ["LISTEN", "readmodel.", "pg_notify", "pg_advisory", "log.head", "log.merge"];
        taken.into_iter().filter(|text| !own.iter().any(|own| text.contains(own))).collect()
    }
}

async fn look(visitor: &Visitor<'_>, query: &str, id: &Value) -> Value {
    visitor.ask(query, json!({ "id": id })).await
}

#[tokio::test]
async fn a_page_costs_three_statements_at_most_and_none_where_nothing_has_changed() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).expect("the only one");
    let world = World::new().await;
    let [project, page] = much_has_happened(&world).await;
    for (query, id) in [(PROJECT_PAGE, &project), (KNOWLEDGE_PAGE, &page)] {
        let shown = look(&world.visitor("sanne").await, query, id).await;
        // A process that has read nothing yet.
        let again = world.again(None).await;
        let sanne = again.visitor("sanne").await;
        statements.taken();
        assert_eq!(look(&sanne, query, id).await, shown);
        let cold = statements.taken();
        // One more the first time that the process sees this member: whether they have access.
        assert!((2..=4).contains(&cold.len()), "{}: {cold:#?}", cold.len());
        let mut looks = Vec::new();
        while looks.last() != Some(&0) && looks.len() < 10 {
            assert_eq!(look(&sanne, query, id).await, shown);
            let kept = statements.taken();
            assert!(kept.iter().all(|text| text.contains("session.session")), "{kept:#?}");
            looks.push(kept.len());
        }
        assert!(looks.contains(&0), "each look asked for the session anew: {looks:?}");

        // What another process changes is shown, at once here and soon there.
        let joost = world.visitor("joost").await;
        let change = json!({ "projectId": project, "text": format!("Nieuws voor {id}") });
        world.visitor("sanne").await.mutate("postUpdate", "project", "", change).await;
        let position = world.models.position();
        again.models.reach(position).await.expect("reached");
        let now = look(&joost, PROJECT_PAGE, &project).await;
        assert_eq!(now["project"]["updates"], look(&sanne, PROJECT_PAGE, &project).await["project"]["updates"]);
        let told = now["project"]["updates"][0]["text"]["html"].as_str().expect("html").to_owned();
        assert!(told.contains("Nieuws voor"), "{told}");
    }
}

#[tokio::test]
async fn what_is_kept_is_kept_for_who_asked_in_their_language() {
    let world = World::new().await;
    let [project, _] = much_has_happened(&world).await;
    let query = "query($id: ID!) { project(id: $id) { actions timeline(first: 1) { nodes { sentence } } } }";
    let [sanne, anna] = [world.visitor("sanne").await, world.visitor("anna").await];
    for _ in 0..2 {
        let hers = look(&sanne, query, &project).await;
        assert!(!hers["project"]["actions"].as_array().expect("actions").is_empty(), "who leads may change it");
        let others = look(&anna, query, &project).await;
        assert_eq!(others["project"]["actions"], json!([]), "who looks may not");
        let english = sanne.answer_in("en", query, json!({ "id": project })).await;
        let sentence = |shown: &Value| shown["project"]["timeline"]["nodes"][0]["sentence"].clone();
        assert_ne!(sentence(&english["data"]), sentence(&hers));
    }
}

#[tokio::test]
async fn what_a_member_may_do_ends_with_their_role() {
    let world = World::new().await;
    let [_, page] = much_has_happened(&world).await;
    let joost = world.visitor("joost").await;
    let query = "query($id: ID!) { knowledgePage(id: $id) { actions } viewer { roles } }";
    let none = json!([]);
    let before = look(&joost, query, &page).await;
    assert_eq!((&before["knowledgePage"]["actions"], &before["viewer"]["roles"]), (&none, &none));

    let until = Some(world.app.source().now() + chrono::TimeDelta::seconds(4));
    let given = GiveRole { member: member("joost"), role: Role::Editor, scope: Scope::National, until };
    world.platform(given).await;
    let editor = look(&joost, query, &page).await;
    assert_ne!(editor["knowledgePage"]["actions"], none, "the role shows at once");
    assert_eq!(editor["viewer"]["roles"], json!(["EDITOR"]));
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert_eq!(look(&joost, query, &page).await, before, "it has ended by itself");
}

#[tokio::test]
async fn a_session_that_ended_asks_nothing_more() {
    let world = World::new().await;
    let again = world.again(None).await;
    let sanne = world.visitor("sanne").await;
    let elsewhere = Visitor { world: &again, cookie: sanne.cookie.clone() };
    let query = "{ viewer { member { name { text } } } }";
    let known = sanne.ask(query, json!({})).await;
    assert_eq!(known["viewer"]["member"]["name"]["text"], "sanne");
    assert_eq!(elsewhere.ask(query, json!({})).await, known);
    let end =
        Request::post("/session/end").header(header::COOKIE, &sanne.cookie).body(Body::empty()).expect("a request");
    assert_eq!(world.send(end).await.status(), 204);
    assert_eq!(sanne.ask(query, json!({})).await["viewer"], Value::Null, "here at once");
    let ended = async {
        while elsewhere.ask(query, json!({})).await["viewer"] != Value::Null {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), ended).await.expect("and soon in other processes");
}
