//! Logs to open and appends to make, for the campaign and for tests.

use std::time::Duration;

use eventlog::{
    Append, CanonicalJson, Expected, IdempotencyKey, KeyEncryptionKey, Log, NewEvent, Options, ReadError, Recorded,
    StreamId, Timestamp,
};
use sqlx::{
    PgPool,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use uuid::Uuid;

/// The tables of the log.
pub static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations");

/// A pool as the program has it.
pub fn pool(connect: &PgConnectOptions) -> PgPool {
    PgPoolOptions::new()
        .max_connections(8)
        .test_before_acquire(false)
        .acquire_timeout(Duration::from_secs(2))
        .connect_lazy_with(connect.clone())
}

/// The log as one process has it.
pub async fn open(connect: &PgConnectOptions, options: &Options) -> Result<Log, ReadError> {
    Log::open(pool(connect), connect.clone(), KeyEncryptionKey::new([7; 32]), options).await
}

/// A fresh id.
#[expect(clippy::disallowed_methods, reason = "events and streams need ids that no other run has")]
pub fn id() -> Uuid {
    Uuid::now_v7()
}

/// What the clock says.
#[expect(clippy::disallowed_methods, reason = "a service process owns its clock")]
pub fn now() -> Timestamp {
    chrono::Utc::now()
}

/// A stream that nobody has used.
pub fn stream() -> StreamId {
    StreamId::new("project", id())
}

/// A stream that nobody has used, of one of the kinds that [`happening`] knows.
pub fn thing() -> StreamId {
    let id = id();
    StreamId::new(if id.as_u128().is_multiple_of(2) { "theme" } else { "project" }, id)
}

/// An append of some events with given ids, of which a read model keeps something: the last of a theme's names, each of
/// a project's people.
///
/// # Panics
/// Never: these payloads can be written canonically.
pub fn happening(stream: &StreamId, expected: Expected, ids: &[Uuid], bytes: usize) -> Append {
    let mut append = append(stream, expected, ids, 0);
    for event in &mut append.events {
        let (event_type, data) = if stream.kind == "theme" {
            let name = format!("{} {}", event.id, "x".repeat(bytes));
            ("ThemeAdded", serde_json::json!({ "name": name, "nameInEnglish": event.id }))
        } else {
            ("ParticipantJoined", serde_json::json!({ "member": event.id }))
        };
        event.event_type = event_type.into();
        event.data = CanonicalJson::new(&data).expect("canonical");
    }
    Append { actor: "platform".into(), ..append }
}

/// An append of some events with given ids and a payload of about so many bytes each.
///
/// # Panics
/// Never: any string can be written canonically.
pub fn append(stream: &StreamId, expected: Expected, ids: &[Uuid], bytes: usize) -> Append {
    let text = "x".repeat(bytes);
    let data = CanonicalJson::new(&serde_json::json!({ "text": text })).expect("a string is canonical");
    let event = |id: &Uuid| NewEvent {
        id: *id,
        event_type: "Tried".into(),
        schema_version: 1,
        data: data.clone(),
        concerns: vec![stream.id],
    };
    Append {
        stream: stream.clone(),
        expected,
        events: ids.iter().map(event).collect(),
        actor: "member:1".into(),
        correlation: id(),
        causation: None,
        at: now(),
        key: None,
        new_keys: Vec::new(),
    }
}

/// The same with an idempotency key.
pub fn keyed(append: Append, key: IdempotencyKey) -> Append {
    Append { key: Some(key), ..append }
}

/// The whole log.
pub async fn everything(log: &Log) -> Result<Vec<Recorded>, ReadError> {
    let mut all: Vec<Recorded> = Vec::new();
    loop {
        let page = log.page(all.last().map_or(0, |event| event.position), 1_000).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}
