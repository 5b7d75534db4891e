//! Our log.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use eventlog::{Append, CanonicalJson, Expected, KeyEncryptionKey, Log, NewEvent, Options, StreamId};
use futures::StreamExt as _;
use sqlx09::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::{
    event::{self, Raised},
    peer::{Caller, Follower, Home, Peer, Seen, note},
    place::Place,
};

/// A log as one process of the platform has it: one writer, shared by all callers.
pub(crate) struct Ours {
    place: Place,
    log: Arc<Log>,
}

impl Ours {
    pub(crate) async fn create(place: Place) -> anyhow::Result<Self> {
        place.migrate().await?;
        let log = Self::open(&place).await?;
        Ok(Self { place, log })
    }

    async fn open(place: &Place) -> anyhow::Result<Arc<Log>> {
        let pool = PgPoolOptions::new().max_connections(4).test_before_acquire(false);
        let pool = pool.connect_with(place.options()?).await?;
        let kek = KeyEncryptionKey::new([7; 32]);
        Ok(Arc::new(Log::open(pool, place.options()?, kek, &Options::default()).await?))
    }

    /// The bulk import: appends of 100 events each, to a stream of their own, and how long it takes. They are made
    /// beforehand, as the rows of COPY are.
    pub(crate) async fn import(&self, events: usize) -> anyhow::Result<Duration> {
        let mut appender = Appender::new(self.log.clone());
        let appends = (0..events.div_ceil(100)).map(|_| appender.next((0..100).map(|_| Raised::new()).collect()));
        let appends: Vec<Append> = appends.collect::<anyhow::Result<_>>()?;
        let began = Instant::now();
        self.log.import(futures::stream::iter(appends)).await?;
        Ok(began.elapsed())
    }
}

#[async_trait]
impl Peer for Ours {
    fn name(&self) -> &'static str {
        "leerwerk eventlog"
    }

    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>> {
        Ok(Box::new(Appender::new(self.log.clone())))
    }

    async fn read(&self, limit: usize) -> anyhow::Result<Option<Vec<Uuid>>> {
        let (mut events, mut after) = (Vec::new(), 0);
        while events.len() < limit {
            let page = self.log.page(after, 1_000).await?;
            let Some(last) = page.last() else { break };
            after = last.position;
            for event in &page {
                events.push(event::known_by(event.data.get().as_bytes())?);
            }
        }
        Ok(Some(events))
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Follower>> {
        // The log as another process has it: it hears of events by way of Postgres.
        let log = Self::open(&self.place).await?;
        let mut follower = Follower::new();
        follower.spawn(async move {
            let mut pages = std::pin::pin!(log.follow(0, 1_000));
            while let Some(page) = pages.next().await {
                let page = page?;
                let events = page.iter().map(|event| event::known_by(event.data.get().as_bytes()));
                note(&seen, events.collect::<Result<Vec<_>, _>>()?);
            }
            Ok(())
        });
        Ok(Some(follower))
    }

    fn home(&self) -> Home<'_> {
        Home::Database(&self.place)
    }

    async fn count(&self) -> anyhow::Result<u64> {
        Ok(self.log.head().await?.position.unsigned_abs())
    }
}

struct Appender {
    log: Arc<Log>,
    stream: StreamId,
    version: i32,
}

impl Appender {
    fn new(log: Arc<Log>) -> Self {
        Self { log, stream: StreamId::new("project", event::id()), version: 0 }
    }

    /// The next append, expecting the version that the one before it leaves behind.
    fn next(&mut self, events: Vec<Raised>) -> anyhow::Result<Append> {
        let event = |raised: Raised| {
            anyhow::Ok(NewEvent {
                id: event::id(),
                event_type: "BottleneckRaised".into(),
                schema_version: 1,
                data: CanonicalJson::new(&serde_json::to_value(raised)?)?,
                concerns: event::concerns(self.stream.id),
            })
        };
        let append = Append {
            stream: self.stream.clone(),
            expected: Expected::Exact(self.version),
            events: events.into_iter().map(event).collect::<anyhow::Result<_>>()?,
            actor: event::ACTOR.into(),
            correlation: event::id(),
            causation: None,
            at: event::now(),
            key: None,
            new_keys: Vec::new(),
        };
        self.version += i32::try_from(append.events.len())?;
        Ok(append)
    }
}

#[async_trait]
impl Caller for Appender {
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()> {
        let append = self.next(events)?;
        self.log.append(append).await?;
        Ok(())
    }
}
