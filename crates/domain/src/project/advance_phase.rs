//! When may a project go to the next phase?

use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{Actor, Command, Refusal, Sealed, Timestamp, id::ProjectId, phase::Phase, text::Prose};

/// Go to the next phase. The target is named, so that two people who both press "next" do it once.
#[derive(Clone, Debug)]
pub struct AdvancePhase {
    /// The project.
    pub project: ProjectId,
    /// The phase that follows the present one.
    pub to: Phase,
    /// What was reached, or what comes now.
    pub note: Option<Sealed<Prose>>,
}

/// Why a project does not go to that phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Phases are gone through one by one.
    #[error("the project is in the phase {now:?}; {to:?} does not follow it")]
    NotTheNextPhase {
        /// The present phase.
        now: Phase,
        /// The phase asked for.
        to: Phase,
    },
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotTheNextPhase { .. } => "NOT_THE_NEXT_PHASE",
        }
    }

    fn in_dutch(&self) -> String {
        let Self::NotTheNextPhase { now, to } = *self;
        match now.next() {
            _ if to < now => format!(
                "Het project is al in de fase {}. Wil je terug naar {}? Kies dan ‘Fase terugzetten’ en zeg waarom.",
                now.in_dutch(),
                to.in_dutch()
            ),
            Some(next) => format!(
                "Het project is in de fase {}. Daarna komt {}; je kunt die fase niet overslaan.",
                now.in_dutch(),
                next.in_dutch()
            ),
            None => format!("Het project is al in de laatste fase: {}.", now.in_dutch()),
        }
    }

    fn in_english(&self) -> String {
        let Self::NotTheNextPhase { now, to } = *self;
        match now.next() {
            _ if to < now => format!(
                "The project is already in {}. To go back to {}, choose ‘Return a phase’ and say why.",
                now.in_english(),
                to.in_english()
            ),
            Some(next) => {
                format!(
                    "The project is in {}. Next comes {}; it cannot be skipped.",
                    now.in_english(),
                    next.in_english()
                )
            }
            None => format!("The project is already in the last phase: {}.", now.in_english()),
        }
    }
}

impl Command for AdvancePhase {
    type State = Project;
    type Refused = Refused;
    const NAME: &'static str = "advance_phase";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Refused> {
        let from = project.phase;
        if self.to == from {
            return Ok(vec![]);
        }
        if from.next() != Some(self.to) {
            return Err(Refused::NotTheNextPhase { now: from, to: self.to });
        }
        Ok(vec![ProjectEvent::PhaseAdvanced { from, to: self.to, note: self.note }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::registered,
        testing::{given, id},
    };

    fn advanced(from: Phase, to: Phase) -> ProjectEvent {
        ProjectEvent::PhaseAdvanced { from, to, note: None }
    }

    fn advance(to: Phase) -> AdvancePhase {
        AdvancePhase { project: id(2), to, note: None }
    }

    #[test]
    fn a_project_goes_to_the_phase_that_follows() {
        given([registered()])
            .when(advance(Phase::Preparation))
            .then([advanced(Phase::Orientation, Phase::Preparation)]);
    }

    #[test]
    fn a_phase_is_never_skipped() {
        given([registered()])
            .when(advance(Phase::Embedding))
            .refused(Refused::NotTheNextPhase { now: Phase::Orientation, to: Phase::Embedding });
    }

    #[test]
    fn advancing_never_goes_back() {
        given([registered(), advanced(Phase::Orientation, Phase::Preparation)])
            .when(advance(Phase::Orientation))
            .refused(Refused::NotTheNextPhase { now: Phase::Preparation, to: Phase::Orientation });
    }

    #[test]
    fn advancing_twice_to_one_phase_is_done_once() {
        given([registered(), advanced(Phase::Orientation, Phase::Preparation)])
            .when(advance(Phase::Preparation))
            .then_nothing();
    }
}
