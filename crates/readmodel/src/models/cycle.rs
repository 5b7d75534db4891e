//! PDSA cycles, and the ramps they form.

use chrono::NaiveDate;
use domain::{
    Aggregate as _, Event, Timestamp,
    id::{CycleId, MemberId, ObservationId, ProjectId},
    pdsa::{CycleEvent, Decision, PredictionMet},
};
use serde::{Deserialize, Serialize};

use crate::{
    ReadModels,
    error::ReadModelError,
    model::{Model, Origin, Rows, Seen, Shown},
    tables,
};

/// Cycles; the key of a row is the cycle's id.
pub struct Cycles;

/// A PDSA cycle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CycleRow {
    /// Which.
    pub id: CycleId,
    /// The version of its stream.
    pub version: i32,
    /// The project it belongs to.
    pub project: ProjectId,
    /// Where in the log it was planned.
    pub planned_position: i64,
    /// Its place in the ramp, 1-based.
    pub number: u32,
    /// The cycle before it in the ramp.
    pub follows: Option<CycleId>,
    /// What it wants to reach.
    pub aim: Shown,
    /// The change that is tried.
    pub change: Shown,
    /// Who, what, when, where.
    pub plan: Option<Shown>,
    /// What one expects.
    pub prediction: Option<Shown>,
    /// When that was last written down.
    pub predicted_at: Option<Timestamp>,
    /// Who sees to it.
    pub owner: MemberId,
    /// Planned first day.
    pub starts: NaiveDate,
    /// Planned last day.
    pub ends: NaiveDate,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// When Do began.
    pub started_at: Option<Timestamp>,
    /// Do: in order.
    pub observations: Vec<ObservationRow>,
    /// Study.
    pub result: Option<ResultRow>,
    /// Act.
    pub decision: Option<DecisionRow>,
    /// Stopped before it had a result.
    pub abandoned: Option<AbandonedRow>,
}

/// What was seen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObservationRow {
    /// Which.
    pub id: ObservationId,
    /// What was seen.
    pub text: Shown,
    /// Whether it went as planned.
    pub as_planned: bool,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<MemberId>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultRow {
    /// What came of it.
    pub result: Shown,
    /// What was learned.
    pub learned: Shown,
    /// Whether the prediction came true.
    pub prediction_met: PredictionMet,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<MemberId>,
}

/// What follows from it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionRow {
    /// Adopt, adapt or abandon.
    pub decision: Decision,
    /// Why.
    pub reason: Option<Shown>,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<MemberId>,
}

/// Why it was stopped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AbandonedRow {
    /// Why.
    pub reason: Shown,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: Option<MemberId>,
}

impl Model for Cycles {
    const NAME: &'static str = "cycle";
    const KINDS: &'static [&'static str] = &[domain::pdsa::Cycle::KIND];
    const VERSION: u32 = 1;
    const DEFINITION: &'static str = include_str!("cycle.rs");
    const ORIGIN: Origin = Origin::Stream;
    const INDEXES: &'static [&'static str] = &["CREATE INDEX ON {table} ((doc ->> 'project'))"];
    const BRINGS: &'static [(&'static str, &'static str)] = &[("doc ->> 'owner'", "member")];
    type Row = CycleRow;

    fn touches(event: &Seen) -> Vec<String> {
        match &event.event {
            Event::Cycle(_) => vec![event.stream.id.to_string()],
            _ => Vec::new(),
        }
    }

    fn fold(rows: &mut Rows<CycleRow>, event: &Seen) {
        let Event::Cycle(happened) = &event.event else { return };
        let key = event.stream.id.to_string();
        if let CycleEvent::CyclePlanned { project, follows, number, aim, change, plan, owner, starts, ends } = happened
        {
            rows.put(
                key,
                CycleRow {
                    id: event.stream.id.into(),
                    version: event.version,
                    project: *project,
                    planned_position: event.position,
                    number: *number,
                    follows: *follows,
                    aim: aim.into(),
                    change: change.into(),
                    plan: plan.as_ref().map(Shown::from),
                    prediction: None,
                    predicted_at: None,
                    owner: *owner,
                    starts: *starts,
                    ends: *ends,
                    planned_at: event.at,
                    started_at: None,
                    observations: Vec::new(),
                    result: None,
                    decision: None,
                    abandoned: None,
                },
            );
        } else {
            rows.change(&key, |row| change_row(row, event, happened));
        }
    }
}

fn change_row(row: &mut CycleRow, event: &Seen, happened: &CycleEvent) {
    row.version = event.version;
    let (at, by) = (event.at, event.actor.member());
    match happened {
        CycleEvent::CyclePlanned { .. } => {}
        CycleEvent::PredictionMade { prediction } => {
            row.prediction = Some(prediction.into());
            row.predicted_at = Some(at);
        }
        CycleEvent::CycleStarted {} => row.started_at = Some(at),
        CycleEvent::ObservationRecorded { observation, text, as_planned } => row.observations.push(ObservationRow {
            id: *observation,
            text: text.into(),
            as_planned: *as_planned,
            at,
            by,
        }),
        CycleEvent::PdsaResultLogged { result, prediction_met, learned } => {
            row.result = Some(ResultRow {
                result: result.into(),
                learned: learned.into(),
                prediction_met: *prediction_met,
                at,
                by,
            });
        }
        CycleEvent::CycleDecided { decision, reason } => {
            row.decision = Some(DecisionRow { decision: *decision, reason: reason.as_ref().map(Shown::from), at, by });
        }
        CycleEvent::CycleAbandoned { reason } => row.abandoned = Some(AbandonedRow { reason: reason.into(), at, by }),
    }
}

impl ReadModels {
    /// The cycles of some projects, in the order in which they were planned.
    pub async fn cycles_of(&self, projects: &[ProjectId]) -> Result<Vec<CycleRow>, ReadModelError> {
        let projects: Vec<String> = projects.iter().map(ToString::to_string).collect();
        let docs = sqlx::query_scalar!(
            r#"SELECT doc::text AS "doc!" FROM cycle WHERE doc ->> 'project' = ANY($1)
               ORDER BY (doc ->> 'planned_position')::bigint"#,
            &projects
        )
        .fetch_all(&self.pool)
        .await?;
        docs.iter().map(|doc| tables::read::<Cycles>(doc)).collect()
    }
}
