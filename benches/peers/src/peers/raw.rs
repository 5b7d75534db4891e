//! No event store at all: plain INSERTs into a table with the columns and indexes of ours, by the same client. The
//! position is an identity column, the reader asks for what is beyond the last one it saw: what a first try at an
//! event store does.

use async_trait::async_trait;
use sqlx09::{PgConnection, Row as _};
use uuid::Uuid;

use crate::{
    event::{self, Raised},
    peer::{Caller, Follower, Home, Peer, Seen, note},
    place::Place,
};

/// How the rows go in.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Way {
    /// One prepared INSERT for each event, in a transaction of its own; many events make one transaction of many.
    Single,
    /// One prepared INSERT … SELECT unnest for all events of an append.
    Unnest,
}

/// A table that looks like the log's.
pub(crate) struct Raw {
    place: Place,
    way: Way,
}

impl Raw {
    pub(crate) async fn create(place: Place, way: Way) -> anyhow::Result<Self> {
        place.migrate().await?;
        place
            .run(
                "CREATE SCHEMA raw;
                 CREATE TABLE raw.event (LIKE log.event INCLUDING ALL);
                 ALTER INDEX raw.event_concerns_idx RESET (gin_pending_list_limit);
                 ALTER TABLE raw.event ALTER position ADD GENERATED ALWAYS AS IDENTITY;",
            )
            .await?;
        Ok(Self { place, way })
    }
}

#[async_trait]
impl Peer for Raw {
    fn name(&self) -> &'static str {
        match self.way {
            Way::Single => "raw INSERT",
            Way::Unnest => "raw UNNEST",
        }
    }

    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>> {
        let connection = self.place.connect().await?;
        Ok(Box::new(Inserter { connection, way: self.way, stream: event::id(), version: 0 }))
    }

    async fn read(&self, limit: usize) -> anyhow::Result<Option<Vec<Uuid>>> {
        let mut connection = self.place.connect().await?;
        let (mut events, mut after) = (Vec::new(), 0);
        while events.len() < limit {
            let page = page(&mut connection, &mut after).await?;
            if page.is_empty() {
                break;
            }
            events.extend(page);
        }
        Ok(Some(events))
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Follower>> {
        let (mut connection, mut after) = (self.place.connect().await?, 0);
        let mut follower = Follower::new();
        follower.spawn(async move {
            loop {
                let page = page(&mut connection, &mut after).await?;
                if page.is_empty() {
                    tokio::time::sleep(super::POLL).await;
                }
                note(&seen, page);
            }
        });
        Ok(Some(follower))
    }

    fn home(&self) -> Home<'_> {
        Home::Database(&self.place)
    }

    async fn count(&self) -> anyhow::Result<u64> {
        self.place.number("SELECT count(*) FROM raw.event").await
    }
}

async fn page(connection: &mut PgConnection, after: &mut i64) -> anyhow::Result<Vec<Uuid>> {
    let rows = sqlx09::query(
        "SELECT position, stream_kind, stream_id, version, id, type, schema_version, at, actor, correlation,
                causation, concerns, data::text, leaf_hash
         FROM raw.event WHERE position > $1 ORDER BY position LIMIT 1000",
    )
    .bind(*after)
    .fetch_all(connection)
    .await?;
    if let Some(last) = rows.last() {
        *after = last.get(0);
    }
    rows.iter().map(|row| Ok(event::known_by(row.get::<&str, _>(12).as_bytes())?)).collect()
}

struct Inserter {
    connection: PgConnection,
    way: Way,
    stream: Uuid,
    version: i32,
}

#[async_trait]
impl Caller for Inserter {
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()> {
        match (self.way, events.as_slice()) {
            (Way::Unnest, _) => self.unnest(&events).await,
            (Way::Single, [event]) => self.insert(event).await,
            (Way::Single, _) => {
                sqlx09::raw_sql("BEGIN").execute(&mut self.connection).await?;
                for event in &events {
                    self.insert(event).await?;
                }
                sqlx09::raw_sql("COMMIT").execute(&mut self.connection).await?;
                Ok(())
            }
        }
    }
}

impl Inserter {
    async fn insert(&mut self, raised: &Raised) -> anyhow::Result<()> {
        self.version += 1;
        sqlx09::query(
            "INSERT INTO raw.event (stream_kind, stream_id, version, id, type, schema_version, at, actor,
                                    correlation, causation, concerns, data, leaf_hash)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::text::json, $13) RETURNING position",
        )
        .bind("project")
        .bind(self.stream)
        .bind(self.version)
        .bind(event::id())
        .bind("BottleneckRaised")
        .bind(1_i16)
        .bind(event::now())
        .bind(event::ACTOR)
        .bind(event::id())
        .bind(None::<Uuid>)
        .bind(event::concerns(self.stream))
        .bind(serde_json::to_string(raised)?)
        .bind([7_u8; 32].as_slice())
        .fetch_one(&mut self.connection)
        .await?;
        Ok(())
    }

    async fn unnest(&mut self, events: &[Raised]) -> anyhow::Result<()> {
        let next = self.version + 1;
        self.version += i32::try_from(events.len())?;
        let concerns = |_: &Raised| {
            let ids: Vec<String> = event::concerns(self.stream).iter().map(Uuid::to_string).collect();
            format!("{{{}}}", ids.join(","))
        };
        sqlx09::query(
            "INSERT INTO raw.event (stream_kind, stream_id, version, id, type, schema_version, at, actor,
                                    correlation, causation, concerns, data, leaf_hash)
             SELECT 'project', $1, version, id, 'BottleneckRaised', 1, $2, $3, $4, NULL, concerns::uuid[], data::json,
                    hash
             FROM unnest($5::int[], $6::uuid[], $7::text[], $8::text[], $9::bytea[])
                  AS new (version, id, concerns, data, hash)",
        )
        .bind(self.stream)
        .bind(event::now())
        .bind(event::ACTOR)
        .bind(event::id())
        .bind((next..=self.version).collect::<Vec<i32>>())
        .bind(events.iter().map(|_| event::id()).collect::<Vec<Uuid>>())
        .bind(events.iter().map(concerns).collect::<Vec<String>>())
        .bind(events.iter().map(serde_json::to_string).collect::<Result<Vec<String>, _>>()?)
        .bind(vec![[7_u8; 32]; events.len()])
        .execute(&mut self.connection)
        .await?;
        Ok(())
    }
}
