//! When is a bottleneck resolved?

use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{
    Actor, Aggregate, Command, Refusal, Sealed, Timestamp,
    experience::Experience,
    id::{BottleneckId, ExperienceId, ProjectId},
    text::Prose,
};

/// Say how a bottleneck was solved, so that others can reuse it (rule 4, **L**).
#[derive(Clone, Debug)]
pub struct ResolveBottleneck {
    /// The project.
    pub project: ProjectId,
    /// Which bottleneck.
    pub bottleneck: BottleneckId,
    /// How it was solved.
    pub solution: Sealed<Prose>,
    /// The experience that tells more.
    pub experience: Option<ExperienceId>,
}

/// Why a bottleneck is not resolved by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The project has no such bottleneck.
    #[error("the project has no such bottleneck")]
    NoSuchBottleneck,
    /// Somebody was earlier; their solution stands.
    #[error("the bottleneck was resolved already")]
    AlreadyResolved,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchBottleneck => "NO_SUCH_BOTTLENECK",
            Self::AlreadyResolved => "ALREADY_RESOLVED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoSuchBottleneck => "Dit knelpunt hoort niet bij het project.".into(),
            Self::AlreadyResolved => {
                "Dit knelpunt is al opgelost. Heb je een andere oplossing? Deel die als ervaring.".into()
            }
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoSuchBottleneck => "This bottleneck does not belong to the project.".into(),
            Self::AlreadyResolved => {
                "This bottleneck was resolved already. Do you have another solution? Share it as an experience.".into()
            }
        }
    }
}

impl Command for ResolveBottleneck {
    type State = Project;
    type Refused = Refused;
    const NAME: &'static str = "resolve_bottleneck";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.experience.iter().map(|id| (Experience::KIND, id.0)).collect()
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Refused> {
        match project.bottlenecks.get(&self.bottleneck) {
            None => Err(Refused::NoSuchBottleneck),
            Some(true) => Err(Refused::AlreadyResolved),
            Some(false) => {
                let Self { project: _, bottleneck, solution, experience } = self;
                Ok(vec![ProjectEvent::BottleneckResolved { bottleneck, solution, experience }])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::{
            BottleneckKind,
            state::examples::{prose, registered},
        },
        testing::{given, id},
    };

    fn raised() -> ProjectEvent {
        ProjectEvent::BottleneckRaised {
            bottleneck: id(40),
            text: prose("te weinig tijd"),
            kind: BottleneckKind::Capacity,
        }
    }

    fn resolved() -> ProjectEvent {
        ProjectEvent::BottleneckResolved {
            bottleneck: id(40),
            solution: prose("gesprek in het MDO"),
            experience: Some(id(50)),
        }
    }

    fn resolve() -> ResolveBottleneck {
        ResolveBottleneck {
            project: id(2),
            bottleneck: id(40),
            solution: prose("gesprek in het MDO"),
            experience: Some(id(50)),
        }
    }

    #[test]
    fn a_bottleneck_is_resolved_with_a_solution() {
        given([registered(), raised()]).when(resolve()).then([resolved()]);
    }

    #[test]
    fn a_second_solution_does_not_replace_the_first() {
        given([registered(), raised(), resolved()]).when(resolve()).refused(Refused::AlreadyResolved);
    }

    #[test]
    fn an_unknown_bottleneck_is_not_resolved() {
        given([registered()]).when(resolve()).refused(Refused::NoSuchBottleneck);
    }
}
