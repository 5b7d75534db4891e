//! When may a project go back a phase?

use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{Actor, Command, Refusal, Sealed, Timestamp, id::ProjectId, phase::Phase, text::Prose};

/// Go one phase back, saying why.
#[derive(Clone, Debug)]
pub struct ReturnPhase {
    /// The project.
    pub project: ProjectId,
    /// The phase before the present one.
    pub to: Phase,
    /// Why.
    pub reason: Sealed<Prose>,
}

/// Why a project does not go back to that phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// One phase at a time.
    #[error("the project is in the phase {now:?}; {to:?} does not come right before it")]
    NotThePhaseBefore {
        /// The present phase.
        now: Phase,
        /// The phase asked for.
        to: Phase,
    },
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NotThePhaseBefore { .. } => "NOT_THE_PHASE_BEFORE",
        }
    }

    fn in_dutch(&self) -> String {
        let Self::NotThePhaseBefore { now, .. } = *self;
        match now.previous() {
            Some(previous) => format!(
                "Het project is in de fase {}. Je kunt één fase tegelijk terug: naar {}.",
                now.in_dutch(),
                previous.in_dutch()
            ),
            None => format!("Het project is nog in de eerste fase: {}. Verder terug kan niet.", now.in_dutch()),
        }
    }

    fn in_english(&self) -> String {
        let Self::NotThePhaseBefore { now, .. } = *self;
        match now.previous() {
            Some(previous) => format!(
                "The project is in {}. It can go back one phase at a time: to {}.",
                now.in_english(),
                previous.in_english()
            ),
            None => format!("The project is still in the first phase: {}. It cannot go back.", now.in_english()),
        }
    }
}

impl Command for ReturnPhase {
    type State = Project;
    type Refused = Refused;
    const NAME: &'static str = "return_phase";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Refused> {
        let from = project.phase;
        if self.to == from {
            return Ok(vec![]);
        }
        if from.previous() != Some(self.to) {
            return Err(Refused::NotThePhaseBefore { now: from, to: self.to });
        }
        Ok(vec![ProjectEvent::PhaseReturned { from, to: self.to, reason: self.reason }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::{prose, registered},
        testing::{given, id},
    };

    fn advanced(from: Phase, to: Phase) -> ProjectEvent {
        ProjectEvent::PhaseAdvanced { from, to, note: None }
    }

    fn back(to: Phase) -> ReturnPhase {
        ReturnPhase { project: id(2), to, reason: prose("de scholing loopt nog") }
    }

    #[test]
    fn a_project_goes_one_phase_back_with_a_reason() {
        given([registered(), advanced(Phase::Orientation, Phase::Preparation)]).when(back(Phase::Orientation)).then([
            ProjectEvent::PhaseReturned {
                from: Phase::Preparation,
                to: Phase::Orientation,
                reason: prose("de scholing loopt nog"),
            },
        ]);
    }

    #[test]
    fn a_phase_is_never_skipped_backwards() {
        given([
            registered(),
            advanced(Phase::Orientation, Phase::Preparation),
            advanced(Phase::Preparation, Phase::Implementation),
        ])
        .when(back(Phase::Orientation))
        .refused(Refused::NotThePhaseBefore { now: Phase::Implementation, to: Phase::Orientation });
    }

    #[test]
    fn nothing_comes_before_the_first_phase() {
        given([registered()])
            .when(back(Phase::ScaleUp))
            .refused(Refused::NotThePhaseBefore { now: Phase::Orientation, to: Phase::ScaleUp });
    }
}
