//! Subscriptions as server-sent events (`graphql-sse`, distinct connections mode). Whoever reconnects passes the last
//! position they saw as `after` and misses nothing.

use std::convert::Infallible;

use async_graphql::Request;
use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures::{Stream, StreamExt as _, stream};

use super::{
    Shared,
    graphql::{From, read_body, read_query},
    problem,
};
use crate::graphql::{Caller, LeerwerkSchema};

pub(super) async fn post(
    State(shared): State<Shared>,
    headers: HeaderMap,
    From(caller): From,
    body: Bytes,
) -> Response {
    respond(shared, caller, read_body(&headers, &body))
}

pub(super) async fn get(State(shared): State<Shared>, From(caller): From, RawQuery(query): RawQuery) -> Response {
    let request = read_query(query).and_then(|mut request| {
        let mutates = request.parsed_query().is_ok_and(|document| {
            let mut operations = document.operations.iter();
            operations.any(|(_, operation)| operation.node.ty == async_graphql::parser::types::OperationType::Mutation)
        });
        if mutates { Err("GET takes queries and subscriptions only") } else { Ok(request) }
    });
    respond(shared, caller, request)
}

fn respond(shared: Shared, caller: Caller, request: Result<Request, &'static str>) -> Response {
    match request {
        Ok(request) => {
            let events = events(&shared.schema, request.data(caller));
            let events = events.take_until(Box::pin(async move { shared.ends(&caller).await }));
            Sse::new(events).keep_alive(KeepAlive::default()).into_response()
        }
        Err(wrong) => problem::problem(StatusCode::BAD_REQUEST, "BAD_INPUT", wrong),
    }
}

fn events(schema: &LeerwerkSchema, request: Request) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
    let next = schema.execute_stream(request).map(|response| {
        let data = serde_json::to_string(&response).unwrap_or_default();
        Event::default().event("next").data(data)
    });
    next.chain(stream::once(async { Event::default().event("complete").data("") })).map(Ok)
}
