//! PDSA cycles. What can be done with them is in `cycle/mutations.rs`.

mod mutations;

use async_graphql::{Context, Enum, ID, Object};
use chrono::{DateTime, Utc};
use domain::{
    Aggregate as _, Command as _,
    id::CycleId,
    pdsa::{
        AbandonCycle, Cycle as CycleAggregate, DecideCycle, LogResult, MakePrediction, PlanCycle, RecordObservation,
        StartCycle,
    },
};
use readmodel::models::{
    cycle::{AbandonedRow, CycleRow, Cycles, DecisionRow, ObservationRow, ResultRow},
    project::Projects,
};
use serde::Serialize;

pub(crate) use mutations::CycleMutations;

use super::{
    catalogue::Dangling,
    context::Viewing as _,
    error::Failed,
    id::{global, local},
    member::{self, Member, maybe_member},
    past::{self, AsOf},
    project::Project,
    text::{Date, Text},
};

/// Where a cycle stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum CycleStage {
    /// Plan.
    Planned,
    /// Do.
    Started,
    /// Study: it has a result.
    Studied,
    /// Act: it was decided what follows.
    Decided,
    /// Stopped before it had a result.
    Abandoned,
}

/// Whether a prediction came true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "domain::pdsa::PredictionMet")]
pub(crate) enum PredictionMet {
    /// It did.
    Met,
    /// In part.
    PartlyMet,
    /// It did not.
    NotMet,
}

/// What a cycle leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum, Serialize)]
#[graphql(remote = "domain::pdsa::Decision")]
pub(crate) enum Decision {
    /// Keep the change.
    Adopt,
    /// Change the change and try again.
    Adapt,
    /// Let it go.
    Abandon,
}

/// A plan-do-study-act cycle.
#[derive(Clone, Debug)]
pub(crate) struct Cycle(pub(crate) CycleRow);

/// A plan-do-study-act cycle.
#[Object]
impl Cycle {
    pub(crate) async fn id(&self) -> ID {
        global(CycleAggregate::KIND, self.0.id)
    }

    /// Rises with everything that happens to it; for `expectedVersion`.
    async fn version(&self) -> i32 {
        self.0.version
    }

    async fn project(&self, ctx: &Context<'_>) -> Result<Project, Failed> {
        let row = ctx.row::<Projects>(self.0.project).await?;
        row.map(Project).ok_or_else(|| Failed::internal(&Dangling(self.0.project.0)))
    }

    /// Its place in its ramp, 1-based.
    async fn number(&self) -> u32 {
        self.0.number
    }

    /// The cycle before it in the ramp.
    async fn follows(&self, ctx: &Context<'_>) -> Result<Option<Cycle>, Failed> {
        match self.0.follows {
            Some(cycle) => Ok(ctx.row::<Cycles>(cycle).await?.map(Cycle)),
            None => Ok(None),
        }
    }

    /// What it wants to reach, in one line.
    async fn aim(&self) -> Text {
        (&self.0.aim).into()
    }

    /// The change that is tried.
    async fn change(&self) -> Text {
        (&self.0.change).into()
    }

    /// Who, what, when, where; which data.
    async fn plan(&self) -> Option<Text> {
        self.0.plan.as_ref().map(Text::from)
    }

    /// What one expects; fixed once Do begins.
    async fn prediction(&self) -> Option<Text> {
        self.0.prediction.as_ref().map(Text::from)
    }

    /// When the prediction was last written down.
    async fn predicted_at(&self) -> Option<DateTime<Utc>> {
        self.0.predicted_at
    }

    /// Who sees to it.
    async fn owner(&self, ctx: &Context<'_>) -> Result<Member, Failed> {
        member::member(ctx, self.0.owner).await
    }

    /// Planned first day.
    async fn starts(&self) -> Date {
        Date(self.0.starts)
    }

    /// Planned last day.
    async fn ends(&self) -> Date {
        Date(self.0.ends)
    }

    async fn stage(&self) -> CycleStage {
        stage(&self.0)
    }

    async fn planned_at(&self) -> DateTime<Utc> {
        self.0.planned_at
    }

    /// When Do began.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// Do: what was seen, oldest first.
    async fn observations(&self) -> Vec<Observation> {
        self.0.observations.iter().cloned().map(Observation).collect()
    }

    /// Study.
    async fn result(&self) -> Option<CycleResult> {
        self.0.result.clone().map(CycleResult)
    }

    /// Act.
    async fn decision(&self) -> Option<CycleDecision> {
        self.0.decision.clone().map(CycleDecision)
    }

    /// Why it was stopped before it had a result.
    async fn abandoned(&self) -> Option<CycleAbandoned> {
        self.0.abandoned.clone().map(CycleAbandoned)
    }

    /// What the viewer may do with it as it stands: names of commands, e.g. `start_cycle`.
    #[graphql(complexity = 5)]
    async fn actions(&self, ctx: &Context<'_>) -> Result<Vec<&'static str>, Failed> {
        let now = match stage(&self.0) {
            CycleStage::Planned => &[MakePrediction::NAME, StartCycle::NAME, AbandonCycle::NAME][..],
            CycleStage::Started => &[RecordObservation::NAME, LogResult::NAME, AbandonCycle::NAME],
            CycleStage::Studied => &[DecideCycle::NAME],
            CycleStage::Decided => &[PlanCycle::NAME],
            CycleStage::Abandoned => &[],
        };
        ctx.actions::<CycleAggregate>(self.0.id.0, Some(self.0.project.0), now).await
    }
}

fn stage(row: &CycleRow) -> CycleStage {
    if row.abandoned.is_some() {
        CycleStage::Abandoned
    } else if row.decision.is_some() {
        CycleStage::Decided
    } else if row.result.is_some() {
        CycleStage::Studied
    } else if row.started_at.is_some() {
        CycleStage::Started
    } else {
        CycleStage::Planned
    }
}

/// What was seen during Do.
#[derive(Clone, Debug)]
pub(crate) struct Observation(ObservationRow);

/// What was seen during Do.
#[Object]
impl Observation {
    async fn id(&self) -> ID {
        global("observation", self.0.id)
    }

    async fn text(&self) -> Text {
        (&self.0.text).into()
    }

    /// Whether it went as planned.
    async fn as_planned(&self) -> bool {
        self.0.as_planned
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.by).await
    }
}

/// The data against the prediction.
#[derive(Clone, Debug)]
pub(crate) struct CycleResult(ResultRow);

/// The data against the prediction.
#[Object]
impl CycleResult {
    async fn result(&self) -> Text {
        (&self.0.result).into()
    }

    async fn learned(&self) -> Text {
        (&self.0.learned).into()
    }

    async fn prediction_met(&self) -> PredictionMet {
        self.0.prediction_met.into()
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.by).await
    }
}

/// What follows from a cycle.
#[derive(Clone, Debug)]
pub(crate) struct CycleDecision(DecisionRow);

/// What follows from a cycle.
#[Object]
impl CycleDecision {
    async fn decision(&self) -> Decision {
        self.0.decision.into()
    }

    async fn reason(&self) -> Option<Text> {
        self.0.reason.as_ref().map(Text::from)
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.by).await
    }
}

/// Why a cycle was stopped.
#[derive(Clone, Debug)]
pub(crate) struct CycleAbandoned(AbandonedRow);

/// Why a cycle was stopped.
#[Object]
impl CycleAbandoned {
    async fn reason(&self) -> Text {
        (&self.0.reason).into()
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    async fn by(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.0.by).await
    }
}

/// Questions about cycles.
#[derive(Debug, Default)]
pub(crate) struct CycleQueries;

#[Object]
impl CycleQueries {
    /// A PDSA cycle, now or as it was; null before it was planned.
    async fn cycle(&self, ctx: &Context<'_>, id: ID, as_of: Option<AsOf>) -> Result<Option<Cycle>, Failed> {
        past::stand_at(ctx, as_of, &id).await?;
        let Some(id) = local::<CycleId>(CycleAggregate::KIND, &id) else { return Ok(None) };
        Ok(ctx.row::<Cycles>(id).await?.map(Cycle))
    }
}
