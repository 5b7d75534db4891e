//! Reading: one event, a stream, all from a position, all that concerns something.

use futures::{Stream, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, value::RawValue};
use sqlx::{PgExecutor, PgPool};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    Log,
    error::ReadError,
    record::{Position, Recorded, StreamId, Timestamp},
};

/// Events that are read ahead at a time.
const PAGE: i64 = 1_000;
/// A page ends when its payloads together are larger than this, in bytes.
const PAGE_BYTES: usize = 16 << 20;

/// The end of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// The position of the last event; 0 while there is none. Also the number of events.
    pub position: Position,
    /// When it was recorded; the Unix epoch while there is none.
    pub at: Timestamp,
}

/// A row of `log.event`.
pub(crate) struct Row {
    pub(crate) position: i64,
    pub(crate) stream_kind: String,
    pub(crate) stream_id: Uuid,
    pub(crate) version: i32,
    pub(crate) id: Uuid,
    pub(crate) event_type: String,
    pub(crate) schema_version: i16,
    pub(crate) at: Timestamp,
    pub(crate) actor: String,
    pub(crate) correlation: Uuid,
    pub(crate) causation: Option<Uuid>,
    pub(crate) concerns: Vec<Uuid>,
    pub(crate) data: String,
    pub(crate) leaf_hash: Vec<u8>,
}

impl TryFrom<Row> for Recorded {
    type Error = ReadError;

    fn try_from(row: Row) -> Result<Self, ReadError> {
        Ok(Self {
            position: row.position,
            stream: StreamId { kind: row.stream_kind, id: row.stream_id },
            version: row.version,
            id: row.id,
            event_type: row.event_type,
            schema_version: row.schema_version,
            at: row.at,
            actor: row.actor,
            correlation: row.correlation,
            causation: row.causation,
            concerns: row.concerns,
            data: RawValue::from_string(row.data).map_err(|error| unreadable("data", error))?,
            leaf_hash: row.leaf_hash.try_into().map_err(|_| unreadable("leaf_hash", "a leaf hash has 32 bytes"))?,
        })
    }
}

pub(crate) fn unreadable(column: &str, why: impl Into<sqlx::error::BoxDynError>) -> ReadError {
    ReadError::Database(sqlx::Error::ColumnDecode { index: column.to_owned(), source: why.into() })
}

/// Rows as events, until they are enough for one page. (The rest of the answer is then read and thrown away when the
/// connection is used again.)
async fn recorded(mut rows: impl Stream<Item = Result<Row, sqlx::Error>> + Unpin) -> Result<Vec<Recorded>, ReadError> {
    let (mut events, mut bytes) = (Vec::new(), 0);
    while bytes < PAGE_BYTES
        && let Some(row) = rows.try_next().await?
    {
        bytes += row.data.len();
        events.push(Recorded::try_from(row)?);
    }
    Ok(events)
}

pub(crate) async fn head<'c>(database: impl PgExecutor<'c>) -> Result<Head, ReadError> {
    Ok(sqlx::query_as!(Head, "SELECT position, at FROM log.head").fetch_one(database).await?)
}

pub(crate) async fn page(pool: &PgPool, after: Position, limit: i64) -> Result<Vec<Recorded>, ReadError> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                  correlation, causation, concerns, data::text AS "data!", leaf_hash
           FROM log.event WHERE position > $1 ORDER BY position LIMIT $2"#,
        after,
        limit
    );
    let events = recorded(rows.fetch(pool)).await?;
    // Positions are dense; where one is missing, somebody took an event away.
    let mut position = after.max(0);
    for event in &events {
        position += 1;
        if event.position != position {
            return Err(ReadError::Gap { position });
        }
    }
    Ok(events)
}

/// Fetches a page whenever there is room for one, until the end or until nobody wants more.
async fn read_ahead(pool: PgPool, mut after: Position, pages: mpsc::Sender<Result<Vec<Recorded>, ReadError>>) {
    while let Ok(room) = pages.reserve().await {
        let events = page(&pool, after, PAGE).await;
        match events.as_ref().map(|events| events.last().map(|event| event.position)) {
            Ok(Some(last)) => after = last,
            Ok(None) => return,
            Err(_) => return room.send(events),
        }
        room.send(events);
    }
}

impl Log {
    /// The end of the log, as the database has it now.
    pub async fn head(&self) -> Result<Head, ReadError> {
        head(&self.pool).await
    }

    /// One event.
    pub async fn at(&self, position: Position) -> Result<Option<Recorded>, ReadError> {
        match page(&self.pool, position.saturating_sub(1), 1).await {
            Ok(mut events) => Ok(events.pop().filter(|event| event.position == position)),
            Err(ReadError::Gap { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All events after a position, in order, at most `limit`; fewer when they are very large. None means that there
    /// are no more.
    pub async fn page(&self, after: Position, limit: i64) -> Result<Vec<Recorded>, ReadError> {
        page(&self.pool, after, limit).await
    }

    /// All events after a position, in order, up to the end of the log. Two pages are in memory at most: the next is
    /// fetched while one is used. It ends after an error.
    pub fn read(&self, after: Position) -> impl Stream<Item = Result<Recorded, ReadError>> + use<> {
        let (pages, coming) = mpsc::channel(1);
        tokio::spawn(read_ahead(self.pool.clone(), after, pages));
        let pages = futures::stream::unfold(coming, |mut coming| async move { Some((coming.recv().await?, coming)) });
        pages.map_ok(|events| futures::stream::iter(events).map(Ok::<_, ReadError>)).try_flatten()
    }

    /// The events of one stream after a version, in order, all of them: keep streams to what one command decides on.
    pub async fn stream(&self, stream: &StreamId, after_version: i32) -> Result<Vec<Recorded>, ReadError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                      correlation, causation, concerns, data::text AS "data!", leaf_hash
               FROM log.event WHERE stream_id = $1 AND stream_kind = $2 AND version > $3 ORDER BY version"#,
            stream.id,
            stream.kind,
            after_version
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Recorded::try_from).collect()
    }

    /// All events of the streams with these ids, up to and including a position, in order.
    pub async fn streams(&self, ids: &[Uuid], until: Position) -> Result<Vec<Recorded>, ReadError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                      correlation, causation, concerns, data::text AS "data!", leaf_hash
               FROM log.event WHERE stream_id = ANY($1) AND position <= $2 ORDER BY position"#,
            ids,
            until
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Recorded::try_from).collect()
    }

    /// All events of the streams with these ids, in order, with the keys to open them: those are known afterwards, as if
    /// they had been opened before. One statement.
    pub async fn streams_with_keys(&self, ids: &[Uuid]) -> Result<Vec<Recorded>, ReadError> {
        let era = self.keys.era();
        let rows = sqlx::query!(
            r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                      correlation, causation, concerns, data::text AS "data!", leaf_hash,
                      ARRAY(SELECT k.scope FROM log.data_key k WHERE k.scope = ANY(scopes)
                            ORDER BY k.scope) AS "scopes!",
                      ARRAY(SELECT coalesce(k.wrapped, '') FROM log.data_key k WHERE k.scope = ANY(scopes)
                            ORDER BY k.scope) AS "wrapped!"
               FROM log.event,
                    LATERAL (SELECT ARRAY(SELECT (regexp_matches(data::text, '"\$sealed":"([^"\\]+)"', 'g'))[1])) s (scopes)
               WHERE stream_id = ANY($1) ORDER BY position"#,
            ids
        )
        .fetch_all(&self.pool)
        .await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            for (scope, wrapped) in row.scopes.into_iter().zip(row.wrapped) {
                self.keys.learn(era, scope, &wrapped);
            }
            events.push(Recorded::try_from(Row {
                position: row.position,
                stream_kind: row.stream_kind,
                stream_id: row.stream_id,
                version: row.version,
                id: row.id,
                event_type: row.event_type,
                schema_version: row.schema_version,
                at: row.at,
                actor: row.actor,
                correlation: row.correlation,
                causation: row.causation,
                concerns: row.concerns,
                data: row.data,
                leaf_hash: row.leaf_hash,
            })?);
        }
        Ok(events)
    }

    /// The events of one stream before a version, the latest first, at most `limit`; fewer when they are very large.
    /// None means that there are no more.
    pub async fn stream_backward(
        &self,
        stream: &StreamId,
        before_version: i32,
        limit: i64,
    ) -> Result<Vec<Recorded>, ReadError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                      correlation, causation, concerns, data::text AS "data!", leaf_hash
               FROM log.event WHERE stream_id = $1 AND stream_kind = $2 AND version < $3
               ORDER BY version DESC LIMIT $4"#,
            stream.id,
            stream.kind,
            before_version,
            limit
        );
        recorded(rows.fetch(&self.pool)).await
    }

    /// The events that touch one thing (its own stream's or others'), after a position, in order, at most
    /// `limit`; fewer when they are very large. None means that there are no more.
    pub async fn concerning(&self, subject: Uuid, after: Position, limit: i64) -> Result<Vec<Recorded>, ReadError> {
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                      correlation, causation, concerns, data::text AS "data!", leaf_hash
               FROM log.event WHERE concerns @> ARRAY[$1::uuid] AND position > $2 ORDER BY position LIMIT $3"#,
            subject,
            after,
            limit
        );
        recorded(rows.fetch(&self.pool)).await
    }

    /// All events up to and including a position that hold something sealed under one of some scopes, in order. Reads
    /// the whole log.
    pub async fn sealed_under(&self, scopes: &[String], until: Position) -> Result<Vec<Recorded>, ReadError> {
        let marks: Vec<String> = scopes.iter().map(|scope| format!("\"$sealed\":{}", Value::from(&**scope))).collect();
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT position, stream_kind, stream_id, version, id, type AS event_type, schema_version, at, actor,
                      correlation, causation, concerns, data::text AS "data!", leaf_hash
               FROM log.event
               WHERE position <= $2 AND EXISTS (SELECT FROM unnest($1::text[]) mark WHERE strpos(data::text, mark) > 0)
               ORDER BY position"#,
            &marks,
            until
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Recorded::try_from).collect()
    }

    /// Which of some streams do not exist.
    pub async fn missing(&self, streams: &[StreamId]) -> Result<Vec<StreamId>, ReadError> {
        let kinds: Vec<String> = streams.iter().map(|stream| stream.kind.clone()).collect();
        let ids: Vec<Uuid> = streams.iter().map(|stream| stream.id).collect();
        let rows = sqlx::query!(
            r#"SELECT kind AS "kind!", id AS "id!" FROM unnest($1::text[], $2::uuid[]) AS asked (kind, id)
               WHERE NOT EXISTS (SELECT FROM log.event e
                                 WHERE e.stream_id = asked.id AND e.stream_kind = asked.kind AND e.version = 1)"#,
            &kinds,
            &ids
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(|row| StreamId { kind: row.kind, id: row.id }).collect())
    }

    /// What an earlier append with this key was answered.
    pub async fn receipt(&self, key: &[u8; 32]) -> Result<Option<([u8; 32], crate::Receipt)>, ReadError> {
        let row = sqlx::query!(
            "SELECT fingerprint, stream_id, stream_kind, first_version, last_version, last_position
             FROM log.receipt WHERE key = $1",
            key.as_slice()
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(|row| {
            let receipt = crate::Receipt {
                stream: StreamId { kind: row.stream_kind, id: row.stream_id },
                first_version: row.first_version,
                last_version: row.last_version,
                position: row.last_position,
                repeated: true,
            };
            let fingerprint = row.fingerprint.try_into();
            Ok((fingerprint.map_err(|_| unreadable("fingerprint", "a fingerprint has 32 bytes"))?, receipt))
        })
        .transpose()
    }

    /// The position of the last event recorded at or before a moment; 0 when there is none. Moments never
    /// decrease along the log, so this is a binary search over positions.
    pub async fn position_at(&self, moment: Timestamp) -> Result<Position, ReadError> {
        let (mut before, mut after) = (0, self.head().await?.position + 1);
        while after - before > 1 {
            let middle = before + (after - before) / 2;
            let at = sqlx::query_scalar!("SELECT at FROM log.event WHERE position = $1", middle)
                .fetch_optional(&self.pool)
                .await?
                .ok_or(ReadError::Gap { position: middle })?;
            if at <= moment {
                before = middle;
            } else {
                after = middle;
            }
        }
        Ok(before)
    }
}
