//! disintegrate-postgres: decisions on what a query found; listeners that read up to an epoch.

use std::{convert::Infallible, time::Duration};

use async_trait::async_trait;
use disintegrate::{
    Event, EventListener, EventStore as _, PersistedEvent, StreamItem, StreamQuery, query, serde::json::Json,
};
use disintegrate_postgres::{Error, PgEventId, PgEventListener, PgEventListenerConfig, PgEventStore};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    event::{self, Raised},
    peer::{Caller, Follower, Home, Peer, Seen, note},
    place::Place,
};

#[derive(Clone, Debug, PartialEq, Event, Serialize, Deserialize)]
enum ProjectEvent {
    BottleneckRaised {
        #[id]
        project: Uuid,
        raised: Raised,
    },
}

type Store = PgEventStore<ProjectEvent, Json<ProjectEvent>>;

/// A database with its tables, and with the trigger that wakes listeners, as whoever follows needs it.
pub(crate) struct Disintegrate {
    place: Place,
}

impl Disintegrate {
    pub(crate) async fn create(place: Place) -> anyhow::Result<Self> {
        place.run(include_str!("disintegrate.sql")).await?;
        Ok(Self { place })
    }
}

#[async_trait]
impl Peer for Disintegrate {
    fn name(&self) -> &'static str {
        "disintegrate"
    }

    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>> {
        let store = Store::new_uninitialized(self.place.pool(1).await?, Json::default());
        Ok(Box::new(Decider { store, project: event::id(), last: 0 }))
    }

    async fn read(&self, limit: usize) -> anyhow::Result<Option<Vec<Uuid>>> {
        let store = Store::new_uninitialized(self.place.pool(1).await?, Json::default());
        let everything = query!(ProjectEvent);
        let mut all = store.stream(&everything);
        let mut events = Vec::new();
        while events.len() < limit
            && let Some(item) = all.next().await
        {
            if let StreamItem::Event(event) = item? {
                events.push(bottleneck(&event));
            }
        }
        Ok(Some(events))
    }

    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Follower>> {
        let store = Store::new_uninitialized(self.place.pool(3).await?, Json::default());
        let listener = Listener { everything: query!(ProjectEvent), seen };
        let config = PgEventListenerConfig::poller(Duration::from_millis(100)).with_notifier();
        let listener = PgEventListener::builder(store).uninitialized().register_listener(listener, config);
        let mut follower = Follower::new();
        follower.spawn(async move { Ok(listener.start_with_shutdown(std::future::pending()).await?) });
        Ok(Some(follower))
    }

    fn home(&self) -> Home<'_> {
        Home::Database(&self.place)
    }

    async fn count(&self) -> anyhow::Result<u64> {
        self.place.number("SELECT count(*) FROM event").await
    }
}

fn bottleneck(event: &PersistedEvent<PgEventId, ProjectEvent>) -> Uuid {
    let ProjectEvent::BottleneckRaised { raised, .. } = &**event;
    raised.bottleneck
}

struct Listener {
    everything: StreamQuery<PgEventId, ProjectEvent>,
    seen: Seen,
}

#[async_trait]
impl EventListener<PgEventId, ProjectEvent> for Listener {
    type Error = Infallible;

    fn id(&self) -> &'static str {
        "follower"
    }

    fn query(&self) -> &StreamQuery<PgEventId, ProjectEvent> {
        &self.everything
    }

    async fn handle(&self, event: PersistedEvent<PgEventId, ProjectEvent>) -> Result<(), Infallible> {
        note(&self.seen, [bottleneck(&event)]);
        Ok(())
    }
}

struct Decider {
    store: Store,
    project: Uuid,
    last: PgEventId,
}

#[async_trait]
impl Caller for Decider {
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()> {
        let project = self.project;
        let events: Vec<_> =
            events.into_iter().map(|raised| ProjectEvent::BottleneckRaised { project, raised }).collect();
        // Nobody else writes to this project, but transactions are serialisable: conflicts with other projects'
        // appends happen, and are to be tried again.
        loop {
            let mine = query!(ProjectEvent; project == self.project);
            match self.store.append(events.clone(), mine, self.last).await {
                Ok(appended) => {
                    self.last = appended.last().map_or(self.last, PersistedEvent::id);
                    return Ok(());
                }
                Err(Error::Concurrency) => {}
                Err(Error::Database(sqlx::Error::Database(error))) if error.code().as_deref() == Some("40001") => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
