//! es-entity: entities that keep their events; a repository writes what is new.

#![expect(clippy::disallowed_methods, reason = "the macros of es-entity make ids by themselves")]

use async_trait::async_trait;
use es_entity::{
    EntityEvents, EntityEventsBuilder, EntityHydrationError, EsEntity, EsEvent, EsRepo, FromRepo, IntoEvents,
    TryFromEvents,
};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    event::Raised,
    peer::{Caller, Follower, Home, Peer, Seen},
    place::Place,
};

const TABLES: &str = include_str!("es_entity.sql");

es_entity::entity_id! { ProjectId }

#[derive(EsEvent, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[es_event(id = "ProjectId")]
pub(crate) enum ProjectEvent {
    Registered { id: ProjectId },
    BottleneckRaised(Raised),
}

#[derive(EsEntity)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    events: EntityEvents<ProjectEvent>,
}

impl TryFromEvents<ProjectEvent> for Project {
    fn try_from_events(events: EntityEvents<ProjectEvent>) -> Result<Self, EntityHydrationError> {
        let mut hydrator = Project::hydrator();
        for event in events.iter_all() {
            if let ProjectEvent::Registered { id } = event {
                hydrator.id(*id);
            }
        }
        hydrator.build(events)
    }
}

pub(crate) struct NewProject;

impl IntoEvents<ProjectEvent> for NewProject {
    type IdSource = FromRepo;

    fn into_events(self, builder: EntityEventsBuilder<ProjectEvent, FromRepo>) -> EntityEvents<ProjectEvent> {
        let id = builder.id();
        builder.initial_events([ProjectEvent::Registered { id }])
    }
}

#[derive(EsRepo)]
#[es_repo(entity = "Project")]
struct Projects {
    pool: PgPool,
}

/// A database with its tables.
pub(crate) struct EsEntities {
    place: Place,
}

impl EsEntities {
    pub(crate) async fn create(place: Place) -> anyhow::Result<Self> {
        place.run(TABLES).await?;
        Ok(Self { place })
    }
}

#[async_trait]
impl Peer for EsEntities {
    fn name(&self) -> &'static str {
        "es-entity"
    }

    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>> {
        let projects = Projects { pool: self.place.pool(1).await? };
        let project = projects.create(NewProject).await?;
        Ok(Box::new(Updater { projects, project }))
    }

    async fn read(&self, _: usize) -> anyhow::Result<Option<Vec<Uuid>>> {
        Ok(None) // entities are read, one or a page of them; there is no log of all events
    }

    async fn follow(&self, _: Seen) -> anyhow::Result<Option<Follower>> {
        Ok(None) // nor a follower
    }

    fn home(&self) -> Home<'_> {
        Home::Database(&self.place)
    }

    async fn count(&self) -> anyhow::Result<u64> {
        self.place.number("SELECT count(*) FROM project_events").await
    }
}

struct Updater {
    projects: Projects,
    project: Project,
}

#[async_trait]
impl Caller for Updater {
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()> {
        self.project.events.extend(events.into_iter().map(ProjectEvent::BottleneckRaised));
        self.projects.update(&mut self.project).await?;
        Ok(())
    }
}
