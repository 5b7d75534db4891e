//! When may a result be logged? Once, after Do started. (Study)

use uuid::Uuid;

use super::{Cycle, CycleEvent, PredictionMet, state::Stage};
use crate::{
    Actor, Command, Refusal, Sealed, Timestamp,
    id::{CycleId, ProjectId},
    text::Prose,
};

/// Say what came of it, against what was predicted.
#[derive(Clone, Debug)]
pub struct LogResult {
    /// The cycle.
    pub cycle: CycleId,
    /// What came of it.
    pub result: Sealed<Prose>,
    /// Whether the prediction came true.
    pub prediction_met: PredictionMet,
    /// What was learned.
    pub learned: Sealed<Prose>,
}

/// Why a result is not logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Do has not started.
    #[error("the cycle has not started")]
    NotStarted,
    /// Somebody was earlier; their result stands.
    #[error("the cycle has a result already")]
    AlreadyLogged,
    /// The cycle was decided on or abandoned.
    #[error("the cycle has ended")]
    Ended,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotStarted => "NOT_STARTED",
            Self::AlreadyLogged => "ALREADY_LOGGED",
            Self::Ended => "ENDED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NotStarted => "De cyclus is nog niet gestart. Start de cyclus eerst.".into(),
            Self::AlreadyLogged => "De cyclus heeft al een resultaat. Leg nu vast wat je ermee doet.".into(),
            Self::Ended => "De cyclus is al afgesloten. Plan een nieuwe cyclus als je verder wilt.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NotStarted => "The cycle has not started yet. Start the cycle first.".into(),
            Self::AlreadyLogged => "The cycle has a result already. Now decide what to do with it.".into(),
            Self::Ended => "The cycle has ended already. Plan a new cycle if you want to go on.".into(),
        }
    }
}

impl Command for LogResult {
    type State = Cycle;
    type Refused = Refused;
    const NAME: &'static str = "log_pdsa_result";

    fn target(&self) -> Uuid {
        self.cycle.0
    }

    fn within(&self, cycle: &Cycle) -> Option<ProjectId> {
        cycle.project()
    }

    fn decide(self, cycle: &Cycle, _by: Actor, _at: Timestamp) -> Result<Vec<CycleEvent>, Refused> {
        match cycle.stage {
            Stage::Planned | Stage::Predicted => Err(Refused::NotStarted),
            Stage::Started { .. } => {
                let Self { cycle: _, result, prediction_met, learned } = self;
                Ok(vec![CycleEvent::PdsaResultLogged { result, prediction_met, learned }])
            }
            Stage::Studied => Err(Refused::AlreadyLogged),
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
            state::examples::{
                abandoned, logged, planned, predicted, prose, until_decision, until_result, until_start,
            },
        },
        testing::{given, id},
    };

    fn log() -> LogResult {
        LogResult {
            cycle: id(3),
            result: prose("Acht van de tien keer."),
            prediction_met: PredictionMet::Met,
            learned: prose("Een vast moment helpt."),
        }
    }

    #[test]
    fn a_result_is_logged_after_the_start() {
        given(until_start()).when(log()).then([logged()]);
    }

    #[test]
    fn there_is_no_result_before_the_start() {
        given([planned(), predicted("Zeven van de tien.")]).when(log()).refused(Refused::NotStarted);
    }

    #[test]
    fn a_second_result_does_not_replace_the_first() {
        given(until_result()).when(log()).refused(Refused::AlreadyLogged);
    }

    #[test]
    fn a_cycle_that_ended_takes_no_result() {
        given(until_decision(Decision::Adopt)).when(log()).refused(Refused::Ended);
        given([until_start(), vec![abandoned()]].concat()).when(log()).refused(Refused::Ended);
    }
}
