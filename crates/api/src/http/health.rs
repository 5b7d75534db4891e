//! Whether the service lives, and whether it can serve.

use std::time::Duration;

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde_json::json;

use super::Shared;

/// How long the database has to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// The process lives.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// The database answers and the read models go on; tells how far they are.
pub(super) async fn ready(State(shared): State<Shared>) -> Response {
    let head = match tokio::time::timeout(PATIENCE, shared.platform.app.log().head()).await {
        Ok(Ok(head)) => Some(head.position),
        Ok(Err(_)) | Err(_) => None,
    };
    let health = shared.platform.models.health();
    // What does not keep up is told, and all else goes on.
    let ready = head.is_some() && health.trouble.is_none();
    let stale: Vec<_> = health
        .stale
        .iter()
        .map(|stale| {
            json!({
                "model": stale.model,
                "position": stale.position,
                "since": stale.since,
                "stoppedAt": stale.stopped_at,
                "trouble": stale.trouble,
            })
        })
        .collect();
    let status = match (ready, stale.is_empty()) {
        (true, true) => "ready",
        (true, false) => "ready, but some read models are stale",
        (false, _) => "not ready",
    };
    let head = head.map(|head| head.min(shared.platform.models.until().unwrap_or(head)));
    let body = json!({
        "status": status,
        "database": if head.is_some() { "up" } else { "down" },
        "log": { "position": head.unwrap_or(health.head) },
        "readModels": {
            "position": health.position,
            "lag": head.unwrap_or(health.head).saturating_sub(health.position),
            "trouble": health.trouble,
            "stale": stale,
        },
    });
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(body)).into_response()
}
