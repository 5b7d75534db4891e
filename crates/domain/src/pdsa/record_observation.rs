//! When may an observation be recorded? While Do lasts.

use uuid::Uuid;

use super::{Cycle, CycleEvent, state::Stage};
use crate::{
    Actor, Command, Refusal, Sealed, Timestamp,
    id::{CycleId, ObservationId, ProjectId},
    text::Prose,
};

/// Record what was seen during Do.
#[derive(Clone, Debug)]
pub struct RecordObservation {
    /// The cycle.
    pub cycle: CycleId,
    /// The new observation.
    pub observation: ObservationId,
    /// What was seen.
    pub text: Sealed<Prose>,
    /// Whether it went as planned.
    pub as_planned: bool,
}

/// Why an observation is not recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Do has not started.
    #[error("the cycle has not started")]
    NotStarted,
    /// The result already stands on what was seen before.
    #[error("the cycle has a result already")]
    AfterResult,
    /// The cycle was abandoned.
    #[error("the cycle was abandoned")]
    Ended,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::AfterResult => "AFTER_RESULT",
            Self::Ended => "ENDED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NotStarted => "De cyclus is nog niet gestart. Start de cyclus eerst.".into(),
            Self::AfterResult => {
                "De cyclus heeft al een resultaat. Een waarneming kun je alleen vóór het resultaat opschrijven.".into()
            }
            Self::Ended => "De cyclus is gestopt. Plan een nieuwe cyclus als je verder wilt.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NotStarted => "The cycle has not started yet. Start the cycle first.".into(),
            Self::AfterResult => {
                "The cycle has a result already. An observation can only be recorded before the result.".into()
            }
            Self::Ended => "The cycle was stopped. Plan a new cycle if you want to go on.".into(),
        }
    }
}

impl Command for RecordObservation {
    type State = Cycle;
    type Refused = Refused;
    const NAME: &'static str = "record_observation";

    fn target(&self) -> Uuid {
        self.cycle.0
    }

    fn within(&self, cycle: &Cycle) -> Option<ProjectId> {
        cycle.project()
    }

    fn decide(self, cycle: &Cycle, _by: Actor, _at: Timestamp) -> Result<Vec<CycleEvent>, Refused> {
        let Self { cycle: _, observation, text, as_planned } = self;
        match &cycle.stage {
            Stage::Planned | Stage::Predicted => Err(Refused::NotStarted),
            Stage::Started { observations } if observations.contains(&observation) => Ok(vec![]),
            Stage::Started { .. } => Ok(vec![CycleEvent::ObservationRecorded { observation, text, as_planned }]),
            Stage::Studied | Stage::Decided(_) => Err(Refused::AfterResult),
            Stage::Abandoned => Err(Refused::Ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pdsa::{
            Decision,
            state::examples::{
                abandoned, observed, planned, predicted, prose, until_decision, until_result, until_start,
            },
        },
        testing::{given, id},
    };

    fn observe() -> RecordObservation {
        RecordObservation {
            cycle: id(3),
            observation: id(80),
            text: prose("Het kostte tien minuten."),
            as_planned: true,
        }
    }

    #[test]
    fn an_observation_is_recorded_once() {
        given(until_start()).when(observe()).then([observed()]);
        given([until_start(), vec![observed()]].concat()).when(observe()).then_nothing();
    }

    #[test]
    fn nothing_is_observed_before_the_start() {
        given([planned(), predicted("Zeven van de tien.")]).when(observe()).refused(Refused::NotStarted);
    }

    #[test]
    fn nothing_is_observed_after_the_result() {
        given(until_result()).when(observe()).refused(Refused::AfterResult);
        given(until_decision(Decision::Adopt)).when(observe()).refused(Refused::AfterResult);
    }

    #[test]
    fn an_abandoned_cycle_takes_no_observation() {
        given([until_start(), vec![abandoned()]].concat()).when(observe()).refused(Refused::Ended);
    }
}
