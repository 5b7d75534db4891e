//! The web client, embedded in the binary.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    body::Body,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use rust_embed::{EmbeddedFile, RustEmbed};
use sha2::{Digest as _, Sha256};

use super::problem;

/// The built client. (Built by `make build` before the binary; a binary without it says so.)
#[derive(RustEmbed)]
#[folder = "../../web/build"]
#[allow_missing = true]
struct Client;

const INDEX: &str = "index.html";

/// What pages may load: their own files, and the inline scripts of the start page by their hashes.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let index = Client::get(INDEX).map(|file| String::from_utf8_lossy(&file.data).into_owned()).unwrap_or_default();
    let mut scripts = String::from("'self'");
    for script in inline_scripts(&index) {
        let _ = write!(scripts, " 'sha256-{}'", BASE64.encode(Sha256::digest(script)));
    }
    format!(
        "default-src 'self'; script-src {scripts}; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
         connect-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )
});

fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script>")?;
        (!attributes.contains(" src=")).then_some(script)
    })
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
        Some(index) if is_page => {
            let mut response = respond(INDEX, index, "no-cache", &headers);
            if let Ok(policy) = POLICY.parse() {
                response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
            }
            response
        }
        None if is_page => {
            let detail = "this binary was built without the web client; build it with `make build`";
            problem::problem(StatusCode::NOT_FOUND, "NO_WEB_CLIENT", detail)
        }
        _ => problem::not_found(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_scripts_without_an_address_count_as_inline() {
        let html = "<script src=\"/a.js\"></script><script>one()</script><script type=\"module\">two()</script>";
        assert_eq!(inline_scripts(html).collect::<Vec<_>>(), ["one()", "two()"]);
    }
}
