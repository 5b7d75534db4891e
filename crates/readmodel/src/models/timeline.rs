//! The timeline of a project: every event that concerns it, in one line of time.

use domain::{
    Aggregate as _, Event, Timestamp,
    experience::ExperienceEvent,
    id::{MemberId, ProjectId},
    pdsa::CycleEvent,
    project::ProjectEvent,
    question::QuestionEvent,
    sentence::Sentence,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Rows, Seen},
    tables,
};

/// Timelines. The key of an entry is `<project>/<position, 12 digits>`, so that a timeline is one range of keys.
pub struct Timeline;

/// A row of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub enum TimelineRow {
    /// An event that concerns a project.
    Entry(Entry),
    /// Which project a stream of another kind belongs to; the key is `of/<stream>`.
    Of {
        /// The project.
        project: ProjectId,
    },
}

/// An event, told in a sentence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the log.
    pub position: i64,
    /// When.
    pub at: Timestamp,
    /// The catalogue's name.
    pub event_type: String,
    /// The kind of thing it happened to.
    pub kind: String,
    /// The thing it happened to.
    pub subject: Uuid,
    /// In words.
    pub sentence: Sentence,
    /// Those whom the sentence names.
    pub members: Vec<MemberId>,
}

impl Entry {
    /// Tells an event.
    pub fn of(event: &Seen) -> Self {
        let sentence = domain::sentence::tell(&event.event, event.actor);
        Self {
            position: event.position,
            at: event.at,
            event_type: event.event_type.clone(),
            kind: event.stream.kind.clone(),
            subject: event.stream.id,
            members: sentence.members(),
            sentence,
        }
    }
}

fn key(project: ProjectId, position: i64) -> String {
    format!("{project}/{position:012}")
}

fn of(stream: Uuid) -> String {
    format!("of/{stream}")
}

impl Model for Timeline {
    const NAME: &'static str = "timeline";
    const KINDS: &'static [&'static str] = &[
        domain::project::Project::KIND,
        domain::pdsa::Cycle::KIND,
        domain::question::Question::KIND,
        domain::experience::Experience::KIND,
    ];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("timeline.rs");
    const INDEXES: &'static [&'static str] = &[];
    const BRINGS: &'static [(&'static str, &'static str)] =
        &[("jsonb_path_query(doc, '$.members[*]') #>> '{}'", "member")];
    type Row = TimelineRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Cycle(_) | Event::Question(_) | Event::Experience(_) => vec![of(event.stream.id)],
            _ => Vec::new(),
        }
    }

    fn subject(key: &str) -> Option<Uuid> {
        let id = key.strip_prefix("of/").or_else(|| key.split('/').next())?;
        Uuid::parse_str(id).ok()
    }

    fn is_final(key: &str) -> bool {
        !key.starts_with("of/")
    }

    fn fold(rows: &mut Rows<TimelineRow>, event: &Seen) {
        let mut projects: Vec<ProjectId> = Vec::new();
        let named = match &event.event {
            Event::Project(happened) => {
                projects.push(event.stream.id.into());
                if let ProjectEvent::SolutionReused { from_project, .. } = happened {
                    projects.extend(from_project);
                }
                None
            }
            Event::Cycle(CycleEvent::CyclePlanned { project, .. }) => Some(*project),
            Event::Question(QuestionEvent::QuestionAsked { project, .. })
            | Event::Experience(ExperienceEvent::ExperienceShared { project, .. }) => *project,
            _ => None,
        };
        if let Some(project) = named {
            rows.put(of(event.stream.id), TimelineRow::Of { project });
        }
        if let Some(TimelineRow::Of { project }) = rows.get(&of(event.stream.id)) {
            projects.push(*project);
        }
        for project in projects {
            rows.put(key(project, event.position), TimelineRow::Entry(Entry::of(event)));
        }
    }
}

/// The keys between which the entries of a project lie that are strictly between two positions.
pub(crate) fn between(project: ProjectId, after: i64, before: i64) -> (String, String) {
    (key(project, after), key(project, before.clamp(0, 999_999_999_999)))
}

/// Stored documents as entries.
pub(crate) fn entries<'a>(docs: impl Iterator<Item = &'a str>) -> Result<Vec<Entry>, ReadModelError> {
    let rows = docs.map(tables::read::<Timeline>);
    let entries = rows.filter_map(|row| match row {
        Ok(TimelineRow::Entry(entry)) => Some(Ok(entry)),
        Ok(TimelineRow::Of { .. }) => None,
        Err(error) => Some(Err(error)),
    });
    entries.collect()
}

impl ReadModels {
    /// The entries of a project strictly between two positions, oldest or newest first.
    pub async fn timeline(
        &self,
        project: ProjectId,
        after: i64,
        before: i64,
        newest_first: bool,
        limit: i64,
    ) -> Result<Vec<Entry>, ReadModelError> {
        let (from, to) = between(project, after, before);
        let docs = if newest_first {
            sqlx::query_scalar!(
                r#"SELECT doc::text AS "doc!" FROM timeline WHERE key > $1 AND key < $2
                   ORDER BY key DESC LIMIT $3"#,
                from,
                to,
                limit
            )
            .fetch_all(&self.pool)
            .await?
        } else {
            sqlx::query_scalar!(
                r#"SELECT doc::text AS "doc!" FROM timeline WHERE key > $1 AND key < $2
                   ORDER BY key LIMIT $3"#,
                from,
                to,
                limit
            )
            .fetch_all(&self.pool)
            .await?
        };
        entries(docs.iter().map(|doc| &**doc))
    }
}
