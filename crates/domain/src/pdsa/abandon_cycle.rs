//! When may a cycle be abandoned? Until it has a result; from then on one decides on it.

use uuid::Uuid;

use super::{Cycle, CycleEvent, state::Stage};
use crate::{
    Actor, Command, Refusal, Sealed, Timestamp,
    id::{CycleId, ProjectId},
    text::Prose,
};

/// Stop a cycle before it has a result, saying why.
#[derive(Clone, Debug)]
pub struct AbandonCycle {
    /// The cycle.
    pub cycle: CycleId,
    /// Why.
    pub reason: Sealed<Prose>,
}

/// Why a cycle is not abandoned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// What to do with a result is decided.
    #[error("the cycle has a result, which can be decided on")]
    HasResult,
    /// It was decided on.
    #[error("the cycle was decided on already")]
    AlreadyDecided,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::HasResult => "HAS_RESULT",
            Self::AlreadyDecided => "ALREADY_DECIDED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::HasResult => {
                "De cyclus heeft al een resultaat. Stoppen kan niet meer; leg vast wat je met het resultaat doet."
                    .into()
            }
            Self::AlreadyDecided => "Over deze cyclus is al besloten. Stoppen kan niet meer.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::HasResult => {
                "The cycle has a result already. It cannot be stopped; decide what to do with the result.".into()
            }
            Self::AlreadyDecided => "This cycle was decided on already. It cannot be stopped.".into(),
        }
    }
}

impl Command for AbandonCycle {
    type State = Cycle;
    type Refused = Refused;
    const NAME: &'static str = "abandon_cycle";

    fn target(&self) -> Uuid {
        self.cycle.0
    }

    fn within(&self, cycle: &Cycle) -> Option<ProjectId> {
        cycle.project()
    }

    fn decide(self, cycle: &Cycle, _by: Actor, _at: Timestamp) -> Result<Vec<CycleEvent>, Refused> {
        match cycle.stage {
            Stage::Planned | Stage::Predicted | Stage::Started { .. } => {
                Ok(vec![CycleEvent::CycleAbandoned { reason: self.reason }])
            }
            Stage::Studied => Err(Refused::HasResult),
            Stage::Decided(_) => Err(Refused::AlreadyDecided),
            Stage::Abandoned => Ok(vec![]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pdsa::{
            Decision,
            state::examples::{abandoned, planned, prose, until_decision, until_result, until_start},
        },
        testing::{given, id},
    };

    fn abandon() -> AbandonCycle {
        AbandonCycle { cycle: id(3), reason: prose("De afdeling sluit.") }
    }

    #[test]
    fn a_cycle_is_abandoned_once_before_or_after_its_start() {
        given([planned()]).when(abandon()).then([abandoned()]);
        given(until_start()).when(abandon()).then([abandoned()]);
        given([planned(), abandoned()]).when(abandon()).then_nothing();
    }

    #[test]
    fn a_cycle_with_a_result_is_decided_on_instead() {
        given(until_result()).when(abandon()).refused(Refused::HasResult);
        given(until_decision(Decision::Adapt)).when(abandon()).refused(Refused::AlreadyDecided);
    }
}
