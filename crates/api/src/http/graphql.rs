//! GraphQL over HTTP, as its specification has it, and over WebSocket (`graphql-transport-ws`).

use std::{convert::Infallible, sync::Arc, time::Duration};

use async_graphql::{Data, Request, Response as GraphqlResponse, Variables, parser::types::OperationType};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::{
    body::Bytes,
    extract::{FromRequestParts, RawQuery, State, WebSocketUpgrade},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use domain::id::MemberId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower_sessions::Session;

use super::{PATIENCE, Shared, kept::Asked, problem};
use crate::{
    access::{self, Credential},
    graphql::{Basis, Caller, Failed, request_error},
    language::Language,
    pace::Address,
};

const JSON: &str = "application/json";
const GRAPHQL_JSON: &str = "application/graphql-response+json";

/// The media type of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Media {
    /// Status 200 whatever becomes of the request, as clients of old expect.
    Json,
    /// Status 400 when the request was never executed.
    GraphqlJson,
}

impl Media {
    /// The first of what the client accepts that we write; `application/json` when it does not say.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let Some(accept) = headers.get(header::ACCEPT) else { return Some(Self::Json) };
        accept.to_str().ok()?.split(',').find_map(|range| {
            match range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
                GRAPHQL_JSON => Some(Self::GraphqlJson),
                JSON | "*/*" | "application/*" => Some(Self::Json),
                _ => None,
            }
        })
    }

    fn respond(self, response: &GraphqlResponse) -> Response {
        // A request that was never executed has errors without a path and no data.
        let refused = !response.errors.is_empty()
            && response.data == async_graphql::Value::Null
            && response.errors.iter().all(|error| error.path.is_empty());
        if refused {
            let status = if self == Self::GraphqlJson { StatusCode::BAD_REQUEST } else { StatusCode::OK };
            return self.refuse(status, response);
        }
        let mut answer = self.with(StatusCode::OK, body(response));
        // The longest that any part of it asks to wait.
        let waits =
            response.errors.iter().filter_map(|error| match error.extensions.as_ref()?.get("retryAfterMs")? {
                async_graphql::Value::Number(ms) => ms.as_u64(),
                _ => None,
            });
        if let Some(ms) = waits.max() {
            let seconds = problem::seconds(Duration::from_millis(ms));
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }

    /// A request that is not one: also for `application/json` a client error.
    fn malformed(self, message: &str) -> Response {
        self.refuse(StatusCode::BAD_REQUEST, &request_error(&Failed::BadInput(message.into())))
    }

    /// An answer without data.
    fn refuse(self, status: StatusCode, response: &GraphqlResponse) -> Response {
        let mut body = serde_json::to_value(response).unwrap_or_else(|_| json!({}));
        if let Some(body) = body.as_object_mut() {
            body.remove("data");
        }
        self.with(status, body.to_string().into())
    }

    fn with(self, status: StatusCode, body: Bytes) -> Response {
        let kind = match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlJson => "application/graphql-response+json; charset=utf-8",
        };
        (status, [(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

fn body(response: &GraphqlResponse) -> Bytes {
    serde_json::to_vec(response).unwrap_or_default().into()
}

/// Who asks, from the cookie or the token, and the headers.
pub(super) struct From(pub(super) Caller);

impl FromRequestParts<Shared> for From {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let (viewer, credential) = credential(parts, shared).await?;
        let position = shared.platform.models.position();
        let address = Address::of(parts, shared.options.address_header.as_ref());
        let access = match viewer {
            Some(member) => {
                shared.platform.app.has_access(member).await.map_err(|error| problem::unavailable(&error))?
            }
            None => true,
        };
        Ok(Self(Caller { viewer, access, credential, address, language: Language::of(&parts.headers), position }))
    }
}

impl FromRequestParts<Shared> for Address {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Infallible> {
        Ok(Self::of(parts, shared.options.address_header.as_ref()))
    }
}

/// Who asks and by what right. A token that does not count is no reason to fall back on a cookie.
async fn credential(parts: &mut Parts, shared: &Shared) -> Result<(Option<MemberId>, Credential), Response> {
    if let Some(header) = parts.headers.get(header::AUTHORIZATION) {
        let (member, credential) = of_token(header, shared).await?;
        return Ok((Some(member), credential));
    }
    let session = Session::from_request_parts(parts, shared).await.map_err(IntoResponse::into_response)?;
    let signed_in = access::signed_in(&session).await.map_err(|error| problem::unavailable(&error))?;
    Ok(match signed_in {
        Some(signed_in) => (Some(signed_in.member), Credential::Session(signed_in.id)),
        None => (None, Credential::None),
    })
}

/// Whose token a header holds (RFC 6750 §2.1).
async fn of_token(header: &HeaderValue, shared: &Shared) -> Result<(MemberId, Credential), Response> {
    let token = header.to_str().ok().and_then(|header| header.split_once(' '));
    let found = match token {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => shared.access.tokens.find(token.trim()).await,
        _ => Ok(None),
    };
    found.map_err(|error| problem::unavailable(&error))?.ok_or_else(|| {
        let detail = "the access token is not one of ours, has ended or was revoked";
        let mut response = problem::problem(StatusCode::UNAUTHORIZED, "INVALID_TOKEN", detail);
        let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        response
    })
}

/// The parameters of a request.
#[derive(Deserialize)]
struct Parameters {
    query: String,
    #[serde(default, rename = "operationName")]
    operation_name: Option<String>,
    #[serde(default)]
    variables: Option<Map<String, Value>>,
    #[serde(default)]
    extensions: Option<Map<String, Value>>,
}

impl Parameters {
    fn request(self) -> Request {
        let variables = Variables::from_json(Value::Object(self.variables.unwrap_or_default()));
        let mut request = Request::new(self.query).variables(variables);
        if let Some(name) = self.operation_name {
            request = request.operation_name(name);
        }
        drop(self.extensions);
        request
    }
}

/// A body as a request.
pub(super) fn read_body(headers: &HeaderMap, body: &Bytes) -> Result<Request, &'static str> {
    if !is_json(headers) {
        return Err("send the request as application/json");
    }
    let parameters = serde_json::from_slice::<Parameters>(body);
    Ok(parameters.map_err(|_| "the body is not a GraphQL request as JSON")?.request())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(JSON)
}

/// A query string as a request.
pub(super) fn read_query(query: Option<String>) -> Result<Request, &'static str> {
    #[derive(Deserialize)]
    struct InUrl {
        query: String,
        #[serde(rename = "operationName")]
        operation_name: Option<String>,
        variables: Option<String>,
        extensions: Option<String>,
    }
    let uri: axum::http::Uri =
        format!("/?{}", query.unwrap_or_default()).parse().map_err(|_| "the query string does not read")?;
    let axum::extract::Query(InUrl { query, operation_name, variables, extensions }) =
        axum::extract::Query::try_from_uri(&uri).map_err(|_| "the query string is not a GraphQL request")?;
    let map =
        |text: Option<String>| text.filter(|text| !text.is_empty()).map(|text| serde_json::from_str(&text)).transpose();
    let variables = map(variables).map_err(|_| "`variables` is not a JSON object")?;
    let extensions = map(extensions).map_err(|_| "`extensions` is not a JSON object")?;
    Ok(Parameters { query, operation_name, variables, extensions }.request())
}

/// Whether the operation that would be executed is a query.
fn is_query(request: &mut Request) -> bool {
    let name = request.operation_name.clone();
    let Ok(document) = request.parsed_query() else { return true };
    let mut operations = document.operations.iter();
    operations.all(|(operation, definition)| {
        let meant = name.is_none() || operation.map(async_graphql::Name::as_str) == name.as_deref();
        !meant || definition.node.ty == OperationType::Query
    })
}

/// Answers a request, and keeps the answer if it can be given again.
async fn execute(shared: &Shared, asked: Asked, mut request: Request, caller: Caller, media: Media) -> Response {
    let platform = &shared.platform;
    let basis = Arc::new(Basis::default());
    if !is_query(&mut request) {
        basis.unknown();
    }
    // What the read models show is at least of this position, and states are read from the log itself.
    let moment = platform.app.log().changes().as_of(caller.position);
    let request = request.data(caller).data(basis.clone());
    match tokio::time::timeout(PATIENCE, shared.schema.execute(request)).await {
        Ok(response) if response.is_ok() && response.extensions.is_empty() => {
            let body = body(&response);
            shared.answers.keep(platform, &asked, body.clone(), moment, &basis);
            media.with(StatusCode::OK, body)
        }
        Ok(response) => media.respond(&response),
        Err(_) => media.respond(&request_error(&Failed::Busy)),
    }
}

fn not_acceptable() -> Response {
    let detail = "answers are application/graphql-response+json or application/json";
    problem::problem(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", detail)
}

/// Queries and mutations.
pub(super) async fn post(
    State(shared): State<Shared>,
    headers: HeaderMap,
    From(caller): From,
    body: Bytes,
) -> Response {
    let Some(media) = Media::accepted(&headers) else { return not_acceptable() };
    let asked = Asked::new(caller, media, body.clone());
    if is_json(&headers)
        && let Some(kept) = shared.answers.get(&shared.platform, &asked)
    {
        return media.with(StatusCode::OK, kept);
    }
    match read_body(&headers, &body) {
        Ok(request) => execute(&shared, asked, request, caller, media).await,
        Err(wrong) => media.malformed(wrong),
    }
}

/// Queries only: a link must never change anything.
pub(super) async fn get(
    State(shared): State<Shared>,
    headers: HeaderMap,
    From(caller): From,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(media) = Media::accepted(&headers) else { return not_acceptable() };
    let asked = Asked::new(caller, media, query.clone().unwrap_or_default().into());
    if let Some(kept) = shared.answers.get(&shared.platform, &asked) {
        return media.with(StatusCode::OK, kept);
    }
    match read_query(query) {
        Ok(mut request) => {
            if is_query(&mut request) {
                return execute(&shared, asked, request, caller, media).await;
            }
            let mut response = media.malformed("GET takes queries only; send mutations by POST");
            *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
            response.headers_mut().insert(header::ALLOW, header::HeaderValue::from_static("POST"));
            response
        }
        Err(wrong) => media.malformed(wrong),
    }
}

impl Shared {
    /// Resolves when what a connection was opened with counts no longer, or whoever opened it takes part no longer.
    pub(super) async fn ends(&self, caller: &Caller) {
        let access_ends = async {
            match caller.viewer {
                Some(member) if caller.access => self.platform.app.access_ends(member).await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.access.ends(caller.viewer, caller.credential) => {}
            () = access_ends => {}
        }
    }
}

/// Queries, mutations and subscriptions over one connection.
pub(super) async fn websocket(
    State(shared): State<Shared>,
    From(caller): From,
    protocol: Result<GraphQLProtocol, StatusCode>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let Ok(protocol) = protocol else {
        let detail = "this address speaks graphql-transport-ws over WebSocket";
        return problem::problem(StatusCode::BAD_REQUEST, "NO_SUBPROTOCOL", detail);
    };
    upgrade.protocols(["graphql-transport-ws"]).on_upgrade(async move |socket| {
        let served = GraphQLWebSocket::new(socket, shared.schema.clone(), protocol)
            .on_connection_init(move |payload: Value| async move {
                // Browsers do not let pages set headers here, so the language may come with the first message.
                let asked = payload["language"].as_str().and_then(Language::parse);
                let mut data = Data::default();
                data.insert(Caller { language: asked.unwrap_or(caller.language), ..caller });
                Ok(data)
            })
            .serve();
        tokio::select! {
            () = served => {}
            () = shared.ends(&caller) => {}
        }
    })
}
