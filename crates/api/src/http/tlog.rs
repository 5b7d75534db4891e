//! The log as others can check it: tiles and checkpoints after <https://c2sp.org/tlog-tiles>, inclusion proofs after
//! <https://c2sp.org/tlog-proof>. Hashes are public; the events themselves only for auditors.

use std::fmt::Write as _;

use super::{Shared, graphql::From, problem};
use crate::{
    access::Scope,
    graphql::Caller,
    http::tlog::path::{Place, TilePath},
};
use app::{Ground, Looked, Person};
use axum::{
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use eventlog::{Hash, Position, ReadError};

mod path;

/// Nothing of a tile ever changes.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// The newest is wanted.
const NOW: &str = "no-cache";
const TEXT: &str = "text/plain; charset=utf-8";
const BYTES: &str = "application/octet-stream";

/// The signed head of the tree of all events.
pub(super) async fn checkpoint(State(shared): State<Shared>) -> Response {
    match signed_head(&shared).await {
        Ok((_, checkpoint)) => answer(TEXT, NOW, checkpoint),
        Err(response) => response,
    }
}

/// The public keys that check checkpoints, one a line.
pub(super) async fn keys(State(shared): State<Shared>) -> Response {
    answer(TEXT, NOW, shared.options.signer.verifier_keys().join("\n") + "\n")
}

/// A tile of the tree, or the entries under one.
pub(super) async fn tile(State(shared): State<Shared>, From(caller): From, Path(path): Path<String>) -> Response {
    let Some(TilePath { place, index, width }) = TilePath::parse(&path) else { return problem::not_found() };
    match place {
        Place::Level(level) => match shared.platform.app.log().tile(level, index, width).await {
            Ok(Some(tile)) => answer(BYTES, FOREVER, tile),
            Ok(None) => problem::not_found(),
            Err(error) => unreadable(&error),
        },
        Place::Entries => match may_read_entries(&shared, caller).await {
            Ok(()) => entries(&shared, index, width).await,
            Err(response) => response,
        },
    }
}

/// A proof that an event is in the tree, with the checkpoint of that tree: checked without us.
pub(super) async fn proof(State(shared): State<Shared>, Path(position): Path<Position>) -> Response {
    let (size, checkpoint) = match signed_head(&shared).await {
        Ok(signed) => signed,
        Err(response) => return response,
    };
    let hashes = match shared.platform.app.log().prove_inclusion(position, size).await {
        Ok(hashes) => hashes,
        Err(error) => return unreadable(&error),
    };
    let mut text = format!("c2sp.org/tlog-proof@v1\nindex {}\n", position - 1);
    write_hashes(&mut text, &hashes);
    answer(TEXT, NOW, text + "\n" + &checkpoint)
}

/// A proof that the present tree goes on from that of the first `older` events: what a witness is sent
/// (<https://c2sp.org/tlog-witness>, `add-checkpoint`).
pub(super) async fn consistency(State(shared): State<Shared>, Path(older): Path<Position>) -> Response {
    let (size, checkpoint) = match signed_head(&shared).await {
        Ok(signed) => signed,
        Err(response) => return response,
    };
    let hashes = match shared.platform.app.log().prove_consistency(older, size).await {
        Ok(hashes) => hashes,
        Err(error) => return unreadable(&error),
    };
    let mut text = format!("old {older}\n");
    write_hashes(&mut text, &hashes);
    answer(TEXT, NOW, text + "\n" + &checkpoint)
}

/// The size of the present tree and its checkpoint.
async fn signed_head(shared: &Shared) -> Result<(Position, String), Response> {
    let head = shared.platform.app.log().tree_head().await.map_err(|error| unreadable(&error))?;
    let checkpoint = shared.options.signer.sign(&head).map_err(|error| problem::broken(&error))?;
    Ok((head.size, checkpoint))
}

/// Canonical envelopes, each after its length as two bytes, big-endian.
async fn entries(shared: &Shared, index: u64, width: u16) -> Response {
    let first = i64::try_from(index).ok().and_then(|index| index.checked_mul(256));
    let Some(first) = first else { return problem::not_found() };
    let mut bundle = Vec::new();
    let mut after = first;
    while after < first + i64::from(width) {
        let events = match shared.platform.app.log().page(after, first + i64::from(width) - after).await {
            Ok(events) if events.is_empty() => return problem::not_found(),
            Ok(events) => events,
            Err(error) => return unreadable(&error),
        };
        for event in &events {
            let entry = eventlog::envelope(event);
            let Ok(length) = u16::try_from(entry.len()) else {
                let detail = "an event here is longer than 65,535 bytes, which an entry bundle cannot hold; \
                              use an export";
                return problem::problem(StatusCode::NOT_FOUND, "ENTRY_TOO_LONG", detail);
            };
            bundle.extend(length.to_be_bytes());
            bundle.extend(entry.as_bytes());
            after = event.position;
        }
    }
    answer(BYTES, "private, max-age=31536000, immutable", bundle)
}

async fn may_read_entries(shared: &Shared, caller: Caller) -> Result<(), Response> {
    let Some(member) = caller.viewer else {
        let detail = "sign in as an auditor to read the events of the log";
        return Err(problem::problem(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail));
    };
    if !caller.credential.allows(Scope::Entries) {
        let detail = "the access token was not made for reading the events of the log";
        return Err(problem::problem(StatusCode::FORBIDDEN, "OUT_OF_SCOPE", detail));
    }
    match shared.platform.app.may(member, app::READ_ENTRIES, None).await {
        Ok(true) => {
            let looked = Looked {
                by: Person::Member(member),
                credential: caller.credential.name(),
                action: "read_entries",
                subjects: vec![],
                ground: Ground::Audit,
            };
            let noted = shared.platform.access_log.record(looked).await;
            noted.map_err(|error| problem::unavailable(&error))
        }
        Ok(false) => {
            let detail = "the events of the log as recorded are for auditors";
            Err(problem::problem(StatusCode::FORBIDDEN, "FORBIDDEN", detail))
        }
        Err(error) => Err(problem::unavailable(&error)),
    }
}

fn write_hashes(text: &mut String, hashes: &[Hash]) {
    for hash in hashes {
        let _ = writeln!(text, "{}", BASE64.encode(hash));
    }
}

fn answer(kind: &'static str, cache: &'static str, body: impl IntoResponse) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], body).into_response()
}

fn unreadable(error: &ReadError) -> Response {
    match error {
        ReadError::Tree { .. } => problem::not_found(),
        ReadError::Unavailable(_) => problem::unavailable(error),
        _ => problem::broken(error),
    }
}
