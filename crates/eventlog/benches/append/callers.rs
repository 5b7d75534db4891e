//! Those who append: to the log, and to a plain table with the same columns and indexes.

use std::{future::Future, sync::Arc};

use eventlog::{Append, CanonicalJson, Expected, IdempotencyKey, Log, NewEvent, Position, StreamId, Timestamp};
use sqlx::{PgConnection, Row as _};
use uuid::Uuid;

/// Appends again and again, to a stream of its own.
pub(crate) trait Caller: Send + 'static {
    /// One append; the position it got.
    fn append(&mut self) -> impl Future<Output = Position> + Send;

    /// Events per append.
    fn events(&self) -> usize {
        1
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark lives in real time")]
pub(crate) fn now() -> Timestamp {
    chrono::Utc::now()
}

#[expect(clippy::disallowed_methods, reason = "ids as in the program: ordered by time")]
pub(crate) fn id() -> Uuid {
    Uuid::now_v7()
}

/// About 450 bytes, as an event with a sealed text has them.
pub(crate) fn payload() -> CanonicalJson {
    let value = serde_json::json!({
        "bottleneck": "0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d11",
        "kind": "capacity",
        "text": { "$sealed": "contribution:0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d12", "box": "A".repeat(280) },
    });
    CanonicalJson::new(&value).expect("canonical")
}

/// What an event touches: its own stream, something shared by many, a few others.
pub(crate) fn concerns(stream: Uuid) -> Vec<Uuid> {
    vec![stream, Uuid::from_u128(stream.as_u128() % 64), Uuid::from_u128(1_000 + stream.as_u128() % 8), id()]
}

/// Appends to the log, knowing the version.
pub(crate) struct Ours {
    log: Arc<Log>,
    stream: StreamId,
    version: i32,
    batch: usize,
    keyed: bool,
    data: CanonicalJson,
}

impl Ours {
    pub(crate) fn new(log: Arc<Log>, batch: usize, keyed: bool) -> Self {
        Self { log, stream: StreamId::new("project", id()), version: 0, batch, keyed, data: payload() }
    }
}

impl Caller for Ours {
    async fn append(&mut self) -> Position {
        let event = || NewEvent {
            id: id(),
            event_type: "BottleneckRaised".into(),
            schema_version: 1,
            data: self.data.clone(),
            concerns: concerns(self.stream.id),
        };
        let key = || {
            let mut key = [0; 32];
            key[..16].copy_from_slice(id().as_bytes());
            key[16..].copy_from_slice(id().as_bytes());
            IdempotencyKey { key, fingerprint: key }
        };
        let append = Append {
            stream: self.stream.clone(),
            expected: Expected::Exact(self.version),
            events: (0..self.batch).map(|_| event()).collect(),
            actor: "member:0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d13".into(),
            correlation: id(),
            causation: None,
            at: now(),
            key: self.keyed.then(key),
            new_keys: Vec::new(),
        };
        let receipt = self.log.append(append).await.expect("appended");
        self.version = receipt.last_version;
        receipt.position
    }

    fn events(&self) -> usize {
        self.batch
    }
}

/// One prepared INSERT per transaction, over a connection of its own: no pool, no ping.
pub(crate) struct Plain {
    connection: PgConnection,
    stream: Uuid,
    version: i32,
    data: CanonicalJson,
}

impl Plain {
    pub(crate) fn new(connection: PgConnection) -> Self {
        Self { connection, stream: id(), version: 0, data: payload() }
    }
}

impl Caller for Plain {
    async fn append(&mut self) -> Position {
        self.version += 1;
        sqlx::query(
            "INSERT INTO bench.event (stream_kind, stream_id, version, id, type, schema_version, at, actor,
                                      correlation, causation, concerns, data, leaf_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::json, $13) RETURNING position",
        )
        .bind("project")
        .bind(self.stream)
        .bind(self.version)
        .bind(id())
        .bind("BottleneckRaised")
        .bind(1_i16)
        .bind(now())
        .bind("member:0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d13")
        .bind(id())
        .bind(None::<Uuid>)
        .bind(concerns(self.stream))
        .bind(self.data.as_str())
        .bind([7_u8; 32].as_slice())
        .fetch_one(&mut self.connection)
        .await
        .expect("inserted")
        .get(0)
    }
}

/// One prepared INSERT of many rows per transaction.
pub(crate) struct Unnest {
    connection: PgConnection,
    stream: Uuid,
    version: i32,
    batch: usize,
    data: CanonicalJson,
}

impl Unnest {
    pub(crate) fn new(connection: PgConnection, batch: usize) -> Self {
        Self { connection, stream: id(), version: 0, batch, data: payload() }
    }
}

impl Caller for Unnest {
    async fn append(&mut self) -> Position {
        let next = self.version + 1;
        self.version += i32::try_from(self.batch).expect("a small batch");
        let literal = |ids: Vec<Uuid>| {
            let ids: Vec<String> = ids.iter().map(Uuid::to_string).collect();
            format!("{{{}}}", ids.join(","))
        };
        let each = 0..self.batch;
        sqlx::query(
            "INSERT INTO bench.event (stream_kind, stream_id, version, id, type, schema_version, at, actor,
                                      correlation, causation, concerns, data, leaf_hash)
             SELECT 'project', $1, version, id, 'BottleneckRaised', 1, $2, $3, $4, NULL, concerns::uuid[], data::json, hash
             FROM unnest($5::int[], $6::uuid[], $7::text[], $8::text[], $9::bytea[]) AS new (version, id, concerns, data, hash)
             RETURNING position",
        )
        .bind(self.stream)
        .bind(now())
        .bind("member:0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d13")
        .bind(id())
        .bind((next..=self.version).collect::<Vec<i32>>())
        .bind(each.clone().map(|_| id()).collect::<Vec<Uuid>>())
        .bind(each.clone().map(|_| literal(concerns(self.stream))).collect::<Vec<String>>())
        .bind(each.clone().map(|_| self.data.as_str()).collect::<Vec<&str>>())
        .bind(each.map(|_| vec![7_u8; 32]).collect::<Vec<Vec<u8>>>())
        .fetch_all(&mut self.connection)
        .await
        .expect("inserted")
        .last()
        .map_or(0, |row| row.get(0))
    }

    fn events(&self) -> usize {
        self.batch
    }
}
