//! Other sites cannot act with a visitor's cookie: what can change something must come from our own pages.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, StatusCode, header},
    middleware::Next,
    response::Response,
};

use super::{Options, problem::problem};

/// Refuses requests whose `Origin` is not ours, unless they are plain reads. Covers cross-site forms and scripts (CSRF)
/// and cross-site WebSockets. Programs send no `Origin` and have no visitor's cookie.
pub(super) async fn same_origin(State(options): State<Arc<Options>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let upgrades = request.headers().contains_key(header::UPGRADE);
    if (!reads || upgrades) && !is_ours(request.headers(), options.public_url.as_deref()) {
        return problem(StatusCode::FORBIDDEN, "CROSS_SITE", "requests from other sites are refused");
    }
    next.run(request).await
}

fn is_ours(headers: &HeaderMap, public_url: Option<&str>) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    if public_url.is_some_and(|url| url.trim_end_matches('/') == origin) {
        return true;
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    public_url.is_none() && host.is_some() && origin.split_once("://").map(|(_, host)| host) == host
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(origin: Option<&str>, public_url: Option<&str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1:8080".parse().expect("a header"));
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().expect("a header"));
        }
        is_ours(&headers, public_url)
    }

    #[test]
    fn only_our_own_pages_and_programs_may_act() {
        assert!(ours(None, None));
        assert!(ours(Some("http://127.0.0.1:8080"), None));
        assert!(!ours(Some("http://elders.example"), None));
        assert!(!ours(Some("null"), None));
        assert!(ours(Some("https://leerwerk.example"), Some("https://leerwerk.example/")));
        assert!(!ours(Some("http://127.0.0.1:8080"), Some("https://leerwerk.example")));
    }
}
