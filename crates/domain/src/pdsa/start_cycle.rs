//! When may Do start? Once a prediction was made.

use uuid::Uuid;

use super::{Cycle, CycleEvent, state::Stage};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{CycleId, ProjectId},
};

/// Begin to carry out the plan.
#[derive(Clone, Debug)]
pub struct StartCycle {
    /// The cycle.
    pub cycle: CycleId,
}

/// Why Do does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing was predicted, so nothing could be learned from the difference.
    #[error("no prediction was made")]
    NoPrediction,
    /// The cycle was decided on or abandoned.
    #[error("the cycle has ended")]
    Ended,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoPrediction => "NO_PREDICTION",
            Self::Ended => "ENDED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoPrediction => "Er is nog geen voorspelling. Schrijf eerst op wat je verwacht.".into(),
            Self::Ended => "De cyclus is al afgesloten. Plan een nieuwe cyclus als je verder wilt.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoPrediction => "There is no prediction yet. First write down what you expect.".into(),
            Self::Ended => "The cycle has ended already. Plan a new cycle if you want to go on.".into(),
        }
    }
}

impl Command for StartCycle {
    type State = Cycle;
    type Refused = Refused;
    const NAME: &'static str = "start_cycle";

    fn target(&self) -> Uuid {
        self.cycle.0
    }

    fn within(&self, cycle: &Cycle) -> Option<ProjectId> {
        cycle.project()
    }

    fn decide(self, cycle: &Cycle, _by: Actor, _at: Timestamp) -> Result<Vec<CycleEvent>, Refused> {
        match cycle.stage {
            Stage::Planned => Err(Refused::NoPrediction),
            Stage::Predicted => Ok(vec![CycleEvent::CycleStarted {}]),
            Stage::Started { .. } | Stage::Studied => Ok(vec![]),
            Stage::Decided(_) | Stage::Abandoned => Err(Refused::Ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pdsa::{
            Decision,
            state::examples::{abandoned, planned, predicted, until_decision, until_result, until_start},
        },
        testing::{given, id},
    };

    fn start() -> StartCycle {
        StartCycle { cycle: id(3) }
    }

    #[test]
    fn a_cycle_starts_after_a_prediction() {
        given([planned(), predicted("Zeven van de tien.")]).when(start()).then([CycleEvent::CycleStarted {}]);
    }

    #[test]
    fn a_cycle_does_not_start_without_a_prediction() {
        given([planned()]).when(start()).refused(Refused::NoPrediction);
    }

    #[test]
    fn a_cycle_starts_once() {
        given(until_start()).when(start()).then_nothing();
        given(until_result()).when(start()).then_nothing();
    }

    #[test]
    fn a_cycle_that_ended_does_not_start_again() {
        given(until_decision(Decision::Adapt)).when(start()).refused(Refused::Ended);
        given([planned(), abandoned()]).when(start()).refused(Refused::Ended);
    }
}
