//! When does a cycle lead to something? Once, after it has a result. (Act)

use uuid::Uuid;

use super::{Cycle, CycleEvent, Decision, state::Stage};
use crate::{
    Actor, Command, Refusal, Sealed, Timestamp,
    id::{CycleId, ProjectId},
    text::Prose,
};

/// Say what follows from the result: adopt, adapt or abandon the change.
#[derive(Clone, Debug)]
pub struct DecideCycle {
    /// The cycle.
    pub cycle: CycleId,
    /// What follows from it.
    pub decision: Decision,
    /// Why.
    pub reason: Option<Sealed<Prose>>,
}

/// Why nothing is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is nothing yet to decide on.
    #[error("the cycle has no result yet")]
    NoResult,
    /// Something else was decided.
    #[error("something else was decided already")]
    AlreadyDecided,
    /// The cycle was abandoned.
    #[error("the cycle was abandoned")]
    Ended,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoResult => "NO_RESULT",
            Self::AlreadyDecided => "ALREADY_DECIDED",
            Self::Ended => "ENDED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoResult => "De cyclus heeft nog geen resultaat. Schrijf eerst op wat eruit kwam.".into(),
            Self::AlreadyDecided => {
                "Over deze cyclus is al iets anders besloten. Plan een nieuwe cyclus als je verder wilt.".into()
            }
            Self::Ended => "De cyclus is gestopt. Plan een nieuwe cyclus als je verder wilt.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoResult => "The cycle has no result yet. First write down what came of it.".into(),
            Self::AlreadyDecided => {
                "Something else was decided on this cycle already. Plan a new cycle if you want to go on.".into()
            }
            Self::Ended => "The cycle was stopped. Plan a new cycle if you want to go on.".into(),
        }
    }
}

impl Command for DecideCycle {
    type State = Cycle;
    type Refused = Refused;
    const NAME: &'static str = "decide_cycle";

    fn target(&self) -> Uuid {
        self.cycle.0
    }

    fn within(&self, cycle: &Cycle) -> Option<ProjectId> {
        cycle.project()
    }

    fn decide(self, cycle: &Cycle, _by: Actor, _at: Timestamp) -> Result<Vec<CycleEvent>, Refused> {
        let Self { cycle: _, decision, reason } = self;
        match cycle.stage {
            Stage::Planned | Stage::Predicted | Stage::Started { .. } => Err(Refused::NoResult),
            Stage::Studied => Ok(vec![CycleEvent::CycleDecided { decision, reason }]),
            Stage::Decided(before) if before == decision => Ok(vec![]),
            Stage::Decided(_) => Err(Refused::AlreadyDecided),
            Stage::Abandoned => Err(Refused::Ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pdsa::state::examples::{abandoned, decided, planned, until_decision, until_result, until_start},
        testing::{given, id},
    };

    fn decide(decision: Decision) -> DecideCycle {
        DecideCycle { cycle: id(3), decision, reason: None }
    }

    #[test]
    fn a_result_leads_to_a_decision_once() {
        given(until_result()).when(decide(Decision::Adopt)).then([decided(Decision::Adopt)]);
        given(until_decision(Decision::Adopt)).when(decide(Decision::Adopt)).then_nothing();
    }

    #[test]
    fn nothing_is_decided_without_a_result() {
        given([planned()]).when(decide(Decision::Abandon)).refused(Refused::NoResult);
        given(until_start()).when(decide(Decision::Abandon)).refused(Refused::NoResult);
    }

    #[test]
    fn a_decision_is_not_changed_afterwards() {
        given(until_decision(Decision::Adopt)).when(decide(Decision::Abandon)).refused(Refused::AlreadyDecided);
    }

    #[test]
    fn nothing_is_decided_on_an_abandoned_cycle() {
        given([until_start(), vec![abandoned()]].concat()).when(decide(Decision::Adopt)).refused(Refused::Ended);
    }
}
