//! What can happen to a PDSA cycle.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DomainEvent, Sealed,
    id::{CycleId, MemberId, ObservationId, ProjectId},
    text::{Line, Prose},
};

/// A fact about a plan-do-study-act cycle. Its texts are sealed under `pdsa:<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum CycleEvent {
    /// Plan: what will be tried.
    CyclePlanned {
        /// The project it belongs to.
        project: ProjectId,
        /// The cycle before it in the same ramp, if any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        follows: Option<CycleId>,
        /// Its place in the ramp, 1-based.
        number: u32,
        /// What it wants to reach, in one line.
        aim: Sealed<Line>,
        /// The change that is tried.
        change: Sealed<Prose>,
        /// Who, what, when, where; which data.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan: Option<Sealed<Prose>>,
        /// Who sees to it.
        owner: MemberId,
        /// Planned first day.
        starts: NaiveDate,
        /// Planned last day, not before the first.
        ends: NaiveDate,
    },
    /// Plan: what one expects to happen. Can be made again until Do starts, never after.
    PredictionMade {
        /// What one expects.
        prediction: Sealed<Prose>,
    },
    /// Do began.
    CycleStarted {},
    /// Do: what was seen.
    ObservationRecorded {
        /// The new observation.
        observation: ObservationId,
        /// What was seen.
        text: Sealed<Prose>,
        /// Whether it went as planned.
        as_planned: bool,
    },
    /// Study: the data against the prediction.
    #[serde(rename = "PDSAResultLogged")]
    PdsaResultLogged {
        /// What came of it.
        result: Sealed<Prose>,
        /// Whether the prediction came true.
        prediction_met: PredictionMet,
        /// What was learned.
        learned: Sealed<Prose>,
    },
    /// Act: what follows from it.
    CycleDecided {
        /// Adopt, adapt or abandon.
        decision: Decision,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<Sealed<Prose>>,
    },
    /// It was stopped before it had a result.
    CycleAbandoned {
        /// Why.
        reason: Sealed<Prose>,
    },
}

/// Whether a prediction came true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PredictionMet {
    /// It did.
    Met,
    /// In part.
    PartlyMet,
    /// It did not.
    NotMet,
}

/// What a cycle leads to (Act).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Keep the change.
    Adopt,
    /// Change the change and try again.
    Adapt,
    /// Let it go.
    Abandon,
}

impl DomainEvent for CycleEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            // The project is the cycle's subject: on all its events.
            Self::CyclePlanned { follows, owner, .. } => [owner.0].into_iter().chain(follows.map(Uuid::from)).collect(),
            Self::ObservationRecorded { observation, .. } => vec![observation.0],
            Self::PredictionMade { .. }
            | Self::CycleStarted {}
            | Self::PdsaResultLogged { .. }
            | Self::CycleDecided { .. }
            | Self::CycleAbandoned { .. } => vec![],
        }
    }
}
