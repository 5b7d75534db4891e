//! What can be done with PDSA cycles.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};
use domain::{
    Aggregate as _, Sealed,
    id::{CycleId, ObservationId, ProjectId},
    pdsa::{
        AbandonCycle, Cycle as CycleAggregate, DecideCycle, LogResult, MakePrediction, PlanCycle, RecordObservation,
        StartCycle,
    },
    project::Project as ProjectAggregate,
    sealed::KeyScope,
};
use readmodel::models::cycle::Cycles;
use serde::Serialize;

use super::{Cycle, Decision, PredictionMet};
use crate::graphql::{
    catalogue::Dangling,
    context::Viewing as _,
    error::Failed,
    mutation::{self, Change, Creation, Refusal, Wrong, line, maybe, maybe_prose, prose, thing},
    text::{Date, Position},
};

/// A cycle after something happened to it.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct CycleChanged {
    cycle: Cycle,
    /// What is read from here on includes the change.
    position: Position,
}

/// The cycle as it is now, or why it is not.
#[derive(Clone, Debug, Union)]
pub(crate) enum CyclePayload {
    Changed(Box<CycleChanged>),
    Refusal(Refusal),
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct PlanCycleInput {
    project_id: ID,
    /// The cycle before it in the same ramp; of the same project.
    follows_id: Option<ID>,
    /// What it wants to reach, in one line of at most 160 characters.
    aim: String,
    /// The change that is tried.
    change: String,
    /// What one expects to happen; can also be written down later, until Do begins.
    prediction: Option<String>,
    /// Who, what, when, where; which data.
    plan: Option<String>,
    /// First day.
    starts: Date,
    /// Last day.
    ends: Date,
    #[graphql(flatten)]
    #[serde(flatten)]
    creation: Creation,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct MakePredictionInput {
    cycle_id: ID,
    prediction: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct StartCycleInput {
    cycle_id: ID,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct RecordObservationInput {
    cycle_id: ID,
    /// What was seen.
    text: String,
    /// Whether it went as planned.
    as_planned: bool,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct LogPdsaResultInput {
    cycle_id: ID,
    /// The data against the prediction.
    result: String,
    learned: String,
    prediction_met: PredictionMet,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct DecideCycleInput {
    cycle_id: ID,
    decision: Decision,
    reason: Option<String>,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

#[derive(Clone, Debug, Serialize, InputObject)]
pub(crate) struct AbandonCycleInput {
    cycle_id: ID,
    reason: String,
    #[graphql(flatten)]
    #[serde(flatten)]
    change: Change,
}

/// What can be done with PDSA cycles.
#[derive(Debug, Default)]
pub(crate) struct CycleMutations;

fn cycle(id: &ID) -> Result<CycleId, Wrong> {
    thing("cycleId", CycleAggregate::KIND, id)
}

fn scope(id: CycleId) -> KeyScope {
    KeyScope::of(CycleAggregate::KIND, id)
}

/// Runs a command and shows the cycle it was about.
async fn run<C: domain::Command>(
    ctx: &Context<'_>,
    input: &impl Serialize,
    change: Change,
    command: Result<C, Wrong>,
) -> Result<CyclePayload, Failed> {
    match mutation::run(ctx, input, change, command).await? {
        Err(refusal) => Ok(CyclePayload::Refusal(refusal)),
        Ok(done) => {
            let row = ctx.row::<Cycles>(done.stream.id).await?;
            let cycle = row.map(Cycle).ok_or_else(|| Failed::internal(&Dangling(done.stream.id)))?;
            Ok(CyclePayload::Changed(Box::new(CycleChanged { cycle, position: Position(done.position) })))
        }
    }
}

/// The place in the ramp of a cycle that follows another of the same project.
async fn number(ctx: &Context<'_>, input: &PlanCycleInput) -> Result<Result<u32, Wrong>, Failed> {
    let wrong = Wrong::Id("followsId");
    let follows = match maybe::<CycleId>("followsId", CycleAggregate::KIND, input.follows_id.as_ref()) {
        Ok(None) => return Ok(Ok(1)),
        Ok(Some(follows)) => follows,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let project = thing::<ProjectId>("projectId", ProjectAggregate::KIND, &input.project_id).ok();
    Ok(match ctx.row::<Cycles>(follows).await? {
        Some(row) if Some(row.project) == project => Ok(row.number + 1),
        _ => Err(wrong),
    })
}

#[Object]
impl CycleMutations {
    /// Plan a PDSA cycle; you see to it.
    async fn plan_cycle(&self, ctx: &Context<'_>, input: PlanCycleInput) -> Result<CyclePayload, Failed> {
        let id: CycleId = ctx.platform()?.app.source().id();
        let owner = ctx.viewer()?;
        let number = number(ctx, &input).await?;
        let command = (|| {
            Ok(PlanCycle {
                cycle: id,
                project: thing("projectId", ProjectAggregate::KIND, &input.project_id)?,
                follows: maybe("followsId", CycleAggregate::KIND, input.follows_id.as_ref())?,
                number: number?,
                aim: Sealed::new(scope(id), line("aim", &input.aim)?),
                change: prose("change", &scope(id), &input.change)?,
                prediction: maybe_prose("prediction", &scope(id), input.prediction.as_ref())?,
                plan: maybe_prose("plan", &scope(id), input.plan.as_ref())?,
                owner,
                starts: input.starts.0,
                ends: input.ends.0,
            })
        })();
        run(ctx, &input, (&input.creation).into(), command).await
    }

    /// Write down what you expect to happen, until Do begins.
    async fn make_prediction(&self, ctx: &Context<'_>, input: MakePredictionInput) -> Result<CyclePayload, Failed> {
        let command = cycle(&input.cycle_id).and_then(|cycle| {
            Ok(MakePrediction { cycle, prediction: prose("prediction", &scope(cycle), &input.prediction)? })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Begin Do.
    async fn start_cycle(&self, ctx: &Context<'_>, input: StartCycleInput) -> Result<CyclePayload, Failed> {
        let command = cycle(&input.cycle_id).map(|cycle| StartCycle { cycle });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Write down what was seen during Do.
    async fn record_observation(
        &self,
        ctx: &Context<'_>,
        input: RecordObservationInput,
    ) -> Result<CyclePayload, Failed> {
        let observation: ObservationId = ctx.platform()?.app.source().id();
        let command = cycle(&input.cycle_id).and_then(|cycle| {
            let text = prose("text", &scope(cycle), &input.text)?;
            Ok(RecordObservation { cycle, observation, text, as_planned: input.as_planned })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Study: hold the data against the prediction.
    async fn log_pdsa_result(&self, ctx: &Context<'_>, input: LogPdsaResultInput) -> Result<CyclePayload, Failed> {
        let command = cycle(&input.cycle_id).and_then(|cycle| {
            Ok(LogResult {
                cycle,
                result: prose("result", &scope(cycle), &input.result)?,
                prediction_met: input.prediction_met.into(),
                learned: prose("learned", &scope(cycle), &input.learned)?,
            })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Act: adopt, adapt or abandon the change.
    async fn decide_cycle(&self, ctx: &Context<'_>, input: DecideCycleInput) -> Result<CyclePayload, Failed> {
        let command = cycle(&input.cycle_id).and_then(|cycle| {
            let reason = maybe_prose("reason", &scope(cycle), input.reason.as_ref())?;
            Ok(DecideCycle { cycle, decision: input.decision.into(), reason })
        });
        run(ctx, &input, input.change.clone(), command).await
    }

    /// Stop a cycle that has no result.
    async fn abandon_cycle(&self, ctx: &Context<'_>, input: AbandonCycleInput) -> Result<CyclePayload, Failed> {
        let command = cycle(&input.cycle_id)
            .and_then(|cycle| Ok(AbandonCycle { cycle, reason: prose("reason", &scope(cycle), &input.reason)? }));
        run(ctx, &input, input.change.clone(), command).await
    }
}
