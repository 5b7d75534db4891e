//! The feed of experiences, and where each was reused.

use domain::{
    Aggregate as _, Event, Timestamp,
    experience::{ExperienceEvent, ExperienceKind},
    id::{BottleneckId, ExperienceId, InterventionId, MemberId, ProjectId, ThemeId},
    phase::Phase,
    project::ProjectEvent,
};
use serde::{Deserialize, Serialize};

use super::question::name;
use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Rows, Seen, Shown},
    tables,
};

/// Experiences; the key of a row is the experience's id.
pub struct Experiences;

/// A shared experience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperienceRow {
    /// Which.
    pub id: ExperienceId,
    /// The version of its stream.
    pub version: i32,
    /// What it is an account of.
    pub kind: ExperienceKind,
    /// In one line.
    pub title: Shown,
    /// What happened.
    pub body: Shown,
    /// What solved it, or what came of it.
    pub outcome: Option<Shown>,
    /// Who shared it.
    pub author: Option<MemberId>,
    /// When.
    pub shared_at: Timestamp,
    /// Where in the log: the order of the feed.
    pub shared_position: i64,
    /// What it is about.
    pub themes: Vec<ThemeId>,
    /// The intervention it is about.
    pub intervention: Option<InterventionId>,
    /// The phase in which it happened.
    pub phase: Option<Phase>,
    /// The project in which it happened.
    pub project: Option<ProjectId>,
    /// Whom it helped, as envelopes name them.
    pub helpful_to: Vec<String>,
    /// Projects that took it over.
    pub reuses: Vec<ReuseRow>,
}

/// A project took a solution over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReuseRow {
    /// The project that took it over.
    pub project: ProjectId,
    /// What it took over.
    pub experience: ExperienceId,
    /// Where it came from.
    pub from_project: Option<ProjectId>,
    /// What it is tried on.
    pub bottleneck: Option<BottleneckId>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<MemberId>,
}

/// What the feed is narrowed down to.
#[derive(Clone, Debug, Default)]
pub struct ExperienceFilter {
    /// About this theme.
    pub theme: Option<ThemeId>,
    /// About this intervention.
    pub intervention: Option<InterventionId>,
    /// Of this kind.
    pub kind: Option<ExperienceKind>,
    /// From this project.
    pub project: Option<ProjectId>,
}

impl Model for Experiences {
    const NAME: &'static str = "experience";
    const KINDS: &'static [&'static str] = &[domain::experience::Experience::KIND, domain::project::Project::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("experience.rs");
    const INDEXES: &'static [&'static str] = &[
        "CREATE INDEX ON {table} (((doc ->> 'shared_position')::bigint))",
        "CREATE INDEX ON {table} USING gin ((doc -> 'themes'))",
    ];
    const BRINGS: &'static [(&'static str, &'static str)] = &[
        ("doc ->> 'author'", "member"),
        ("jsonb_path_query(doc, '$.themes[*]') #>> '{}'", "catalogue"),
        ("doc ->> 'intervention'", "catalogue"),
    ];
    type Row = ExperienceRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Experience(_) => vec![event.stream.id.to_string()],
            Event::Project(ProjectEvent::SolutionReused { experience, .. }) => vec![experience.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<ExperienceRow>, event: &Seen) {
        match &event.event {
            Event::Experience(happened) => fold_own(rows, event, happened),
            Event::Project(ProjectEvent::SolutionReused { experience, from_project, bottleneck }) => {
                rows.change(&experience.to_string(), |row| {
                    row.reuses.push(ReuseRow {
                        project: event.stream.id.into(),
                        experience: *experience,
                        from_project: *from_project,
                        bottleneck: *bottleneck,
                        at: event.at,
                        by: event.actor.member(),
                    });
                });
            }
            _ => {}
        }
    }
}

fn fold_own(rows: &mut Rows<ExperienceRow>, event: &Seen, happened: &ExperienceEvent) {
    let key = event.stream.id.to_string();
    let by = event.actor.to_string();
    match happened {
        ExperienceEvent::ExperienceShared { kind, title, body, outcome, themes, intervention, phase, project } => {
            rows.put(
                key.clone(),
                ExperienceRow {
                    id: event.stream.id.into(),
                    version: event.version,
                    kind: *kind,
                    title: title.into(),
                    body: body.into(),
                    outcome: outcome.as_ref().map(Shown::from),
                    author: event.actor.member(),
                    shared_at: event.at,
                    shared_position: event.position,
                    themes: themes.clone(),
                    intervention: *intervention,
                    phase: *phase,
                    project: *project,
                    helpful_to: Vec::new(),
                    reuses: Vec::new(),
                },
            );
        }
        // The text itself goes with its key.
        ExperienceEvent::ContributionRedacted { .. } => {}
        ExperienceEvent::HelpfulMarked {} => rows.change(&key, |row| row.helpful_to.push(by)),
        ExperienceEvent::HelpfulUnmarked {} => rows.change(&key, |row| row.helpful_to.retain(|other| *other != by)),
    }
    rows.change(&key, |row| row.version = event.version);
}

impl ReadModels {
    /// Experiences, newest first, shared before a position.
    pub async fn experiences(
        &self,
        filter: &ExperienceFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<ExperienceRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM experience
               WHERE (doc ->> 'shared_position')::bigint < $1
                 AND ($2::text IS NULL OR doc -> 'themes' ? $2)
                 AND ($3::text IS NULL OR doc ->> 'intervention' = $3)
                 AND ($4::text IS NULL OR doc ->> 'kind' = $4)
                 AND ($5::text IS NULL OR doc ->> 'project' = $5)
               ORDER BY (doc ->> 'shared_position')::bigint DESC LIMIT $6"#,
            before,
            filter.theme.map(|id| id.to_string()),
            filter.intervention.map(|id| id.to_string()),
            filter.kind.and_then(name),
            filter.project.map(|id| id.to_string()),
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Experiences>(doc)).collect()
    }
}
