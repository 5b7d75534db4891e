//! Signing in as a persona of the demo world. These routes exist only with `--demo`.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tower_sessions::Session;

use super::{DemoPersona, Shared, problem};
use crate::{access, pace::Address};

/// Who one can sign in as.
pub(super) async fn personas(State(shared): State<Shared>) -> Json<Vec<DemoPersona>> {
    Json(shared.options.demo.clone().unwrap_or_default())
}

#[derive(Deserialize)]
pub(super) struct SignIn {
    persona: String,
}

/// Signs in.
pub(super) async fn sign_in(
    State(shared): State<Shared>,
    session: Session,
    address: Address,
    headers: HeaderMap,
    body: Result<Json<SignIn>, JsonRejection>,
) -> Response {
    if let Err(too_often) = shared.pace.sign_in(address) {
        return problem::too_often(too_often);
    }
    let Ok(Json(SignIn { persona })) = body else {
        let detail = "send JSON of the form {\"persona\": \"…\"}";
        return problem::problem(StatusCode::BAD_REQUEST, "BAD_INPUT", detail);
    };
    let Some(found) = shared.options.demo.iter().flatten().find(|other| other.persona == persona) else {
        return problem::problem(StatusCode::NOT_FOUND, "NO_SUCH_PERSONA", "GET /demo/personas lists the personas");
    };
    let agent = headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let named = (shared.platform.app.source().id(), shared.access.sessions.expiry());
    match access::sign_in(&session, found.member, None, agent, named).await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => problem::unavailable(&error),
    }
}
