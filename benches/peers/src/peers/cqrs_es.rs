//! cqrs-es with postgres-es. It loads an aggregate before each command; here that is left out, as a caller knows what
//! it left the aggregate at, and only the commit is measured.

use std::{collections::HashMap, fmt};

use async_trait::async_trait;
use cqrs_es::{
    Aggregate, DomainEvent, EventStore as _,
    event_sink::EventSink,
    persist::{EventStoreAggregateContext, PersistedEventRepository as _, PersistedEventStore},
};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    event::{self, Raised},
    peer::{Caller, Follower, Home, Peer, Seen},
    place::Place,
};

/// The tables that the crate's documentation asks for.
const TABLES: &str = "
    CREATE TABLE events (
        aggregate_type text                         NOT NULL,
        aggregate_id   text                         NOT NULL,
        sequence       bigint CHECK (sequence >= 0) NOT NULL,
        event_type     text                         NOT NULL,
        event_version  text                         NOT NULL,
        payload        json                         NOT NULL,
        metadata       json                         NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    )";

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum ProjectEvent {
    BottleneckRaised(Raised),
}

impl DomainEvent for ProjectEvent {
    fn event_type(&self) -> String {
        "BottleneckRaised".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Default, Serialize, Deserialize)]
struct Project;

/// No command is ever refused here.
#[derive(Debug)]
struct Never;

impl fmt::Display for Never {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Never {}

impl Aggregate for Project {
    const TYPE: &'static str = "project";
    type Command = Raised;
    type Event = ProjectEvent;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, raised: Raised, (): &(), sink: &EventSink<Self>) -> Result<(), Never> {
        sink.write(ProjectEvent::BottleneckRaised(raised), self).await;
        Ok(())
    }

    fn apply(&mut self, _: ProjectEvent) {}
}

/// A database with its table of events.
pub(crate) struct CqrsEs {
    place: Place,
}

impl CqrsEs {
    pub(crate) async fn create(place: Place) -> anyhow::Result<Self> {
        place.run(TABLES).await?;
        Ok(Self { place })
    }
}

#[async_trait]
impl Peer for CqrsEs {
    fn name(&self) -> &'static str {
        "cqrs-es"
    }

    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>> {
        let repository = PostgresEventRepository::new(self.place.pool(1).await?);
        let store = PersistedEventStore::new_event_store(repository);
        Ok(Box::new(Committer { store, id: event::id().to_string(), version: 0 }))
    }

    async fn read(&self, limit: usize) -> anyhow::Result<Option<Vec<Uuid>>> {
        let repository = PostgresEventRepository::new(self.place.pool(1).await?);
        let mut all = repository.stream_all_events::<Project>().await?;
        let mut events = Vec::new();
        while events.len() < limit
            && let Some(event) = all.next::<Project>(&[]).await
        {
            let ProjectEvent::BottleneckRaised(raised) = event?.payload;
            events.push(raised.bottleneck);
        }
        Ok(Some(events))
    }

    async fn follow(&self, _: Seen) -> anyhow::Result<Option<Follower>> {
        // There is no order among aggregates. Queries are told within the process, after the commit, or not at all.
        Ok(None)
    }

    fn home(&self) -> Home<'_> {
        Home::Database(&self.place)
    }

    async fn count(&self) -> anyhow::Result<u64> {
        self.place.number("SELECT count(*) FROM events").await
    }
}

struct Committer {
    store: PersistedEventStore<PostgresEventRepository, Project>,
    id: String,
    version: usize,
}

#[async_trait]
impl Caller for Committer {
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()> {
        let context = EventStoreAggregateContext {
            aggregate_id: self.id.clone(),
            aggregate: Project,
            current_sequence: self.version,
            current_snapshot: None,
        };
        let metadata = HashMap::from([
            ("actor".to_owned(), event::ACTOR.to_owned()),
            ("correlation".to_owned(), event::id().to_string()),
        ]);
        self.version += events.len();
        let events = events.into_iter().map(ProjectEvent::BottleneckRaised).collect();
        self.store.commit(events, context, metadata).await?;
        Ok(())
    }
}
