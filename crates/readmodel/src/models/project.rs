//! The page of a project: where it stands, what stands in its way, who takes part.

use chrono::NaiveDate;
use domain::{
    Aggregate as _, Event, Timestamp,
    id::{BottleneckId, ExperienceId, InterventionId, MemberId, OrganisationId, ProjectId, RegionId, UpdateId},
    phase::Phase,
    project::{BottleneckKind, ProjectEvent},
};
use serde::{Deserialize, Serialize};

use super::{experience::ReuseRow, question::name};
use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen, Shown},
    tables,
};

/// Projects; the key of a row is the project's id.
pub struct Projects;

/// A project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectRow {
    /// Which.
    pub id: ProjectId,
    /// The version of its stream.
    pub version: i32,
    /// The position of the last event of its own stream.
    pub position: i64,
    /// Where in the log it began.
    pub registered_position: i64,
    /// Its name.
    pub name: Shown,
    /// What it wants to reach.
    pub aim: Shown,
    /// What it implements.
    pub interventions: Vec<InterventionId>,
    /// Who does it together.
    pub organisations: Vec<OrganisationId>,
    /// Where.
    pub region: RegionId,
    /// Who leads it.
    pub lead: MemberId,
    /// Who takes part, the lead first.
    pub participants: Vec<MemberId>,
    /// First day.
    pub starts_on: NaiveDate,
    /// Where it stands.
    pub phase: Phase,
    /// Every stay in a phase, oldest first.
    pub phases: Vec<PhaseStay>,
    /// In the order in which they were raised.
    pub bottlenecks: Vec<BottleneckRow>,
    /// Oldest first.
    pub updates: Vec<UpdateRow>,
    /// What it took over from others.
    pub reuses: Vec<ReuseRow>,
}

/// A stay in a phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseStay {
    /// Which.
    pub phase: Phase,
    /// When it came there.
    pub from: Timestamp,
    /// When it went on.
    pub until: Option<Timestamp>,
    /// What was said on coming there.
    pub note: Option<Shown>,
}

/// A bottleneck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BottleneckRow {
    /// Which.
    pub id: BottleneckId,
    /// What stands in the way.
    pub text: Shown,
    /// Of what kind.
    pub kind: BottleneckKind,
    /// When.
    pub raised_at: Timestamp,
    /// Who.
    pub raised_by: Option<MemberId>,
    /// How it was solved.
    pub resolution: Option<ResolutionRow>,
}

/// How a bottleneck was solved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResolutionRow {
    /// How.
    pub solution: Shown,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<MemberId>,
    /// The experience that tells more.
    pub experience: Option<ExperienceId>,
}

/// News of the project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UpdateRow {
    /// Which.
    pub id: UpdateId,
    /// What is new.
    pub text: Shown,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<MemberId>,
}

/// What the list is narrowed down to.
#[derive(Clone, Debug, Default)]
pub struct ProjectFilter {
    /// Implementing this.
    pub intervention: Option<InterventionId>,
    /// Standing in this phase.
    pub phase: Option<Phase>,
    /// In this region.
    pub region: Option<RegionId>,
    /// With this participant.
    pub participant: Option<MemberId>,
}

impl Model for Projects {
    const NAME: &'static str = "project";
    const KINDS: &'static [&'static str] = &[domain::project::Project::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("project.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] = &[
        "CREATE INDEX ON {table} (((doc ->> 'registered_position')::bigint))",
        "CREATE INDEX ON {table} USING gin ((doc -> 'participants'))",
    ];
    const BRINGS: &'static [(&'static str, &'static str)] = &[
        ("jsonb_path_query(doc, '$.participants[*]') #>> '{}'", "member"),
        ("doc ->> 'lead'", "member"),
        ("jsonb_path_query(doc, '$.interventions[*]') #>> '{}'", "catalogue"),
        ("jsonb_path_query(doc, '$.organisations[*]') #>> '{}'", "catalogue"),
        ("doc ->> 'region'", "catalogue"),
        ("jsonb_path_query(doc, '$.bottlenecks[*].*.by') #>> '{}'", "member"),
        ("jsonb_path_query(doc, '$.bottlenecks[*].raised_by') #>> '{}'", "member"),
        ("jsonb_path_query(doc, '$.bottlenecks[*].resolution.experience') #>> '{}'", "experience"),
        ("jsonb_path_query(doc, '$.*[*].by') #>> '{}'", "member"),
        ("jsonb_path_query(doc, '$.reuses[*].experience') #>> '{}'", "experience"),
        ("jsonb_path_query(doc, '$.reuses[*].from_project') #>> '{}'", "project"),
    ];
    type Row = ProjectRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Project(_) => vec![event.stream.id.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<ProjectRow>, event: &Seen) {
        let Event::Project(happened) = &event.event else { return };
        let key = event.stream.id.to_string();
        if let ProjectEvent::ProjectRegistered { name, aim, interventions, organisations, region, lead, start } =
            happened
        {
            rows.put(
                key,
                ProjectRow {
                    id: event.stream.id.into(),
                    version: event.version,
                    position: event.position,
                    registered_position: event.position,
                    name: name.into(),
                    aim: aim.into(),
                    interventions: interventions.clone(),
                    organisations: organisations.clone(),
                    region: *region,
                    lead: *lead,
                    participants: vec![*lead],
                    starts_on: *start,
                    phase: Phase::default(),
                    phases: vec![PhaseStay { phase: Phase::default(), from: event.at, until: None, note: None }],
                    bottlenecks: Vec::new(),
                    updates: Vec::new(),
                    reuses: Vec::new(),
                },
            );
        } else {
            rows.change(&key, |row| change(row, event, happened));
        }
    }
}

fn change(row: &mut ProjectRow, event: &Seen, happened: &ProjectEvent) {
    row.version = event.version;
    row.position = event.position;
    let by = event.actor.member();
    match happened {
        // (The text of what was redacted goes with its key.)
        ProjectEvent::ProjectRegistered { .. } | ProjectEvent::ContributionRedacted { .. } => {}
        ProjectEvent::ParticipantJoined { member } => row.participants.push(*member),
        ProjectEvent::ParticipantLeft { member } => row.participants.retain(|other| other != member),
        ProjectEvent::PhaseAdvanced { to, note, .. } => enter(row, *to, event.at, note.as_ref().map(Shown::from)),
        ProjectEvent::PhaseReturned { to, reason, .. } => enter(row, *to, event.at, Some(reason.into())),
        ProjectEvent::BottleneckRaised { bottleneck, text, kind } => row.bottlenecks.push(BottleneckRow {
            id: *bottleneck,
            text: text.into(),
            kind: *kind,
            raised_at: event.at,
            raised_by: by,
            resolution: None,
        }),
        ProjectEvent::BottleneckResolved { bottleneck, solution, experience } => {
            if let Some(row) = row.bottlenecks.iter_mut().find(|row| row.id == *bottleneck) {
                row.resolution =
                    Some(ResolutionRow { solution: solution.into(), at: event.at, by, experience: *experience });
            }
        }
        ProjectEvent::SolutionReused { experience, from_project, bottleneck } => row.reuses.push(ReuseRow {
            project: row.id,
            experience: *experience,
            from_project: *from_project,
            bottleneck: *bottleneck,
            at: event.at,
            by,
        }),
        ProjectEvent::UpdatePosted { update, text } => {
            row.updates.push(UpdateRow { id: *update, text: text.into(), at: event.at, by });
        }
    }
}

fn enter(row: &mut ProjectRow, phase: Phase, at: Timestamp, note: Option<Shown>) {
    if let Some(stay) = row.phases.last_mut() {
        stay.until = Some(at);
    }
    row.phase = phase;
    row.phases.push(PhaseStay { phase, from: at, until: None, note });
}

impl ReadModels {
    /// Projects, newest first, registered before a position.
    pub async fn projects(
        &self,
        filter: &ProjectFilter,
        before: i64,
        limit: i64,
    ) -> Result<Vec<ProjectRow>, ReadModelError> {
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM project
               WHERE (doc ->> 'registered_position')::bigint < $1
                 AND ($2::text IS NULL OR doc -> 'interventions' ? $2)
                 AND ($3::text IS NULL OR doc ->> 'phase' = $3)
                 AND ($4::text IS NULL OR doc ->> 'region' = $4)
                 AND ($5::text IS NULL OR doc -> 'participants' ? $5)
               ORDER BY (doc ->> 'registered_position')::bigint DESC LIMIT $6"#,
            before,
            filter.intervention.map(|id| id.to_string()),
            filter.phase.and_then(name),
            filter.region.map(|id| id.to_string()),
            filter.participant.map(|id| id.to_string()),
            limit
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Projects>(doc)).collect()
    }
}
