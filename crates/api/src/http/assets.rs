//! The web client, embedded in the binary.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::problem;

/// The built client. (Built by `make build` before the binary; a binary without it says so.)
#[derive(RustEmbed)]
#[folder = "../../web/build"]
#[allow_missing = true]
struct Client;

const INDEX: &str = "index.html";

/// What pages may load: their own files and nothing else. (The client's build leaves no inline script.)
const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; \
                      connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// GraphiQL, a client for developers that comes with the web client.
pub(super) async fn graphiql(headers: HeaderMap) -> Response {
    const PAGE: &str = "graphiql/index.html";
    match Client::get(PAGE) {
        Some(page) => with_policy(respond(PAGE, page, "no-cache", &headers)),
        None => without_client(),
    }
}

/// A file of the client, or its start page for every address that is a page.
pub(super) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if !matches!(method, Method::GET | Method::HEAD) {
        return problem::not_found();
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = Client::get(path).filter(|_| path != INDEX && !path.is_empty()) {
        // Names of built files hold a hash of their content.
        let cache = if path.contains("/immutable/") { "public, max-age=31536000, immutable" } else { "no-cache" };
        return respond(path, file, cache, &headers);
    }
    let is_page = !path.rsplit('/').next().unwrap_or_default().contains('.');
    match Client::get(INDEX) {
        Some(index) if is_page => with_policy(respond(INDEX, index, "no-cache", &headers)),
        None if is_page => without_client(),
        _ => problem::not_found(),
    }
}

fn with_policy(mut response: Response) -> Response {
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

fn without_client() -> Response {
    let detail = "this binary was built without the web client; build it with `make build`";
    problem::problem(StatusCode::NOT_FOUND, "NO_WEB_CLIENT", detail)
}

fn respond(path: &str, file: EmbeddedFile, cache: &'static str, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let kind = if kind.type_() == mime_guess::mime::TEXT { format!("{kind}; charset=utf-8") } else { kind.to_string() };
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache.to_owned()), (header::ETAG, tag)];
    (headers, Body::from(file.data.into_owned())).into_response()
}
