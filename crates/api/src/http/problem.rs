//! Trouble outside GraphQL, as RFC 9457 problem details: a code and a plain sentence, nothing internal.

use std::{any::Any, time::Duration};

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::json;

use crate::pace::TooOften;

/// A problem.
pub(super) fn problem(status: StatusCode, code: &str, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Problem");
    let body =
        json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "code": code, "detail": detail });
    let mut response = (status, Json(body)).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
    }
    response
}

pub(super) fn not_found() -> Response {
    problem(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing here")
}

pub(super) async fn method_not_allowed() -> Response {
    problem(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "this address does not take this method")
}

/// Something that is needed is away for now.
pub(super) fn unavailable(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::warn!(error, "a request could not be served for now");
    problem(
        StatusCode::SERVICE_UNAVAILABLE,
        "UNAVAILABLE",
        "the platform cannot be reached for now; try again in a moment",
    )
}

/// Too often.
pub(super) fn too_often(TooOften(wait): TooOften) -> Response {
    let detail = "too often, one after the other; try again after the time in Retry-After";
    let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", detail);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds(wait)));
    response
}

/// As `Retry-After` takes a time: whole seconds, and not too few.
pub(super) fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}

/// Something broke that should not.
pub(super) fn broken(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error, "a request failed");
    problem(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "something went wrong on our side")
}

/// A fault of ours. (The panic hook has logged what happened.)
pub(super) fn panicked(_: Box<dyn Any + Send>) -> Response {
    problem(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "something went wrong on our side")
}
