//! What is answered while the service prepares: the process lives, and says how far it is.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use readmodel::Building;
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{health, problem};

type Progress = watch::Receiver<Option<Building>>;

/// Everything that is served until the service is ready.
pub fn starting(building: Progress) -> Router {
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(ready))
        .fallback(not_yet)
        .with_state(building)
}

async fn ready(State(progress): State<Progress>) -> Response {
    let building = progress.borrow().map_or(Value::Null, |building| {
        json!({
            "models": building.models,
            "position": building.position,
            "until": building.until,
            "secondsLeft": left(&building).map(|left| left.as_secs()),
        })
    });
    let body = json!({ "status": "starting", "building": building });
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "2")], Json(body)).into_response()
}

/// How long building still takes at the rate so far.
fn left(building: &Building) -> Option<Duration> {
    let done = u32::try_from(building.position).ok().filter(|done| *done > 0)?;
    let missing = u32::try_from(building.until - building.position).unwrap_or_default();
    Some(building.began.elapsed().mul_f64(f64::from(missing) / f64::from(done)))
}

/// People get a page that looks again by itself, programs a problem.
async fn not_yet(headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    if !accepts.contains("text/html") {
        return problem::problem(
            StatusCode::SERVICE_UNAVAILABLE,
            "STARTING",
            "the platform is starting; try again soon",
        );
    }
    let headers = [
        (header::RETRY_AFTER, "2"),
        (header::REFRESH, "2"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, Html(PAGE)).into_response()
}

const PAGE: &str = r#"<!doctype html>
<html lang="nl">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Leerwerk start</title>
<h1>Leerwerk start</h1>
<p>Het platform wordt klaargezet. Deze pagina kijkt elke paar seconden of het zover is.</p>
<p lang="en">The platform is getting ready. This page looks every few seconds whether it is.</p>
</html>
"#;
