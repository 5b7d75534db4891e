//! HTTP: routes and what holds for all of them.

mod assets;
mod demo;
mod graphql;
mod health;
mod kept;
mod listen;
mod origin;
mod own_data;
mod problem;
mod sign_in;
mod sse;
mod starting;
mod tlog;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderName, HeaderValue, Request, StatusCode, header},
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::id::MemberId;
use serde::Serialize;
use tower::util::option_layer;
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, set_header::SetResponseHeaderLayer, trace::TraceLayer,
};
use tower_sessions::{Session, SessionManagerLayer, cookie::SameSite};

pub use listen::{Listening, listen};
pub use starting::starting;

use crate::{
    Platform,
    access::{Access, ProviderOptions, SessionLimits, Untrusted},
    graphql::{LeerwerkSchema, schema},
    pace::{Limits, Pace},
};

/// The largest request body, in bytes.
const LARGEST_BODY: usize = 1024 * 1024;

/// How the service is offered.
pub struct Options {
    /// The address people use, without a path; tells whether cookies are for HTTPS only.
    pub public_url: Option<String>,
    /// Where the service listens: the address when `public_url` names none.
    pub address: String,
    /// Whom one can sign in with, in the order of their buttons.
    pub providers: Vec<ProviderOptions>,
    /// How long one stays signed in.
    pub session_limits: SessionLimits,
    /// How often one may do things.
    pub limits: Limits,
    /// The header in which a proxy in front says where a request came from; without one, whoever is connected.
    pub address_header: Option<HeaderName>,
    /// Who one can sign in as; nothing except with `--demo`.
    pub demo: Option<Vec<DemoPersona>>,
    /// Whom to tell of a weakness: a `mailto:` or `https:` address.
    pub security_contact: Option<String>,
    /// Signs the heads of the log.
    pub signer: eventlog::LogSigner,
    /// Renders the metrics.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
}

/// Somebody one can sign in as in the demo world.
#[derive(Clone, Debug, Serialize)]
pub struct DemoPersona {
    /// Names them in `POST /demo/session`.
    pub persona: String,
    /// Their name.
    pub name: String,
    /// Profession, as in the GraphQL schema.
    pub profession: String,
    /// Where they work.
    pub organisation: String,
    /// Roles, as in the GraphQL schema.
    pub roles: Vec<String>,
    /// What they typically do here.
    pub about: About,
    /// Who they are.
    #[serde(skip)]
    pub member: MemberId,
}

/// A sentence in both languages.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// In Dutch.
    pub nl: String,
    /// In English.
    pub en: String,
}

/// What handlers share.
#[derive(Clone)]
struct Shared {
    platform: Platform,
    schema: LeerwerkSchema,
    answers: kept::Answers,
    access: Access,
    pace: Pace,
    options: Arc<Options>,
}

/// The options cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("signing in cannot be offered: {0}")]
pub struct RouterError(#[from] Untrusted);

/// Everything that is served.
pub fn router(platform: Platform, options: Options) -> Result<Router, RouterError> {
    let https = options.public_url.as_ref().is_some_and(|url| url.starts_with("https://"));
    let base = options.public_url.clone().unwrap_or_else(|| format!("http://{}", options.address));
    let access = Access::new(platform.pool.clone(), options.session_limits, options.providers.clone(), &base)?;
    let cookies = SessionManagerLayer::new(access.sessions.clone())
        // Browsers take a cookie of such a name only from this very host, and over HTTPS.
        .with_name(if https { "__Host-leerwerk" } else { "leerwerk" })
        .with_path("/")
        .with_same_site(SameSite::Lax)
        .with_http_only(true)
        .with_secure(https)
        .with_expiry(access.sessions.expiry());
    let pace = Pace::begin(options.limits);
    let schema = schema(platform.clone(), access.clone(), pace.clone());
    let options = Arc::new(options);
    let answers = kept::Answers::begin(&platform);
    let shared = Shared { schema, platform, answers, access, pace, options: options.clone() };
    let mut signed_in = Router::new()
        .route("/graphql", get(graphql::get).post(graphql::post))
        .route("/graphql/ws", get(graphql::websocket))
        .route("/graphql/sse", get(sse::get).post(sse::post))
        .route("/session/end", post(end_session))
        .route("/sign-in/{provider}", get(sign_in::begin))
        .route("/sign-in/{provider}/callback", get(sign_in::callback))
        .route("/own-data/{format}", get(own_data::download))
        .route("/tlog/tile/{*path}", get(tlog::tile));
    if options.demo.is_some() {
        signed_in = signed_in.route("/demo/personas", get(demo::personas)).route("/demo/session", post(demo::sign_in));
    }
    let header = |name: header::HeaderName, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
    };
    let router = signed_in
        .layer(cookies)
        .route("/sign-in/providers", get(sign_in::providers))
        .route("/sign-in/{provider}/back-channel-logout", post(sign_in::logged_out))
        .route("/tlog/checkpoint", get(tlog::checkpoint))
        .route("/tlog/keys", get(tlog::keys))
        .route("/tlog/proof/{position}", get(tlog::proof))
        .route("/tlog/consistency/{older}", get(tlog::consistency))
        .route("/graphiql", get(assets::graphiql))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/metrics", get(metrics))
        .route("/.well-known/security.txt", get(security))
        .fallback(assets::serve)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(middleware::from_fn_with_state(options, origin::same_origin))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "same-origin"))
        .layer(header(header::X_FRAME_OPTIONS, "DENY"))
        // Once reached over HTTPS, never again without it (RFC 6797).
        .layer(option_layer(https.then(|| header(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000"))))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(CompressionLayer::new())
        .layer(TraceLayer::new_for_http().make_span_with(span))
        .with_state(shared);
    Ok(router)
}

async fn metrics(State(shared): State<Shared>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], (shared.options.metrics)())
}

/// Whom to tell of a weakness (RFC 9116), if the operator said so.
async fn security(State(shared): State<Shared>) -> Response {
    let Some(contact) = &shared.options.security_contact else { return problem::not_found() };
    let expires = shared.platform.app.source().now() + chrono::TimeDelta::days(180);
    let expires = expires.format("%Y-%m-%dT%H:%M:%SZ");
    let text = format!("Contact: {contact}\nExpires: {expires}\nPreferred-Languages: nl, en\n");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response()
}

/// What logs know of a request: never its query string, which can hold what people typed.
fn span(request: &Request<Body>) -> tracing::Span {
    tracing::debug_span!("request", method = %request.method(), path = request.uri().path())
}

async fn end_session(session: Session) -> Response {
    match session.flush().await {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => problem::unavailable(&error),
    }
}

/// How long one request may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
