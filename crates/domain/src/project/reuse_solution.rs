//! Taking over what worked elsewhere.

use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{
    Actor, Aggregate, Command, Refusal, Timestamp,
    experience::Experience,
    id::{BottleneckId, ExperienceId, ProjectId},
};

/// Try in this project what somebody shared, recording where it came from (rule 4, **L**).
#[derive(Clone, Debug)]
pub struct ReuseSolution {
    /// The project that takes it over.
    pub project: ProjectId,
    /// What it takes over.
    pub experience: ExperienceId,
    /// The project it came from, if the experience names one.
    pub from_project: Option<ProjectId>,
    /// The bottleneck it is tried on.
    pub bottleneck: Option<BottleneckId>,
}

/// Why it is not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The project has no such bottleneck.
    #[error("the project has no such bottleneck")]
    NoSuchBottleneck,
    /// It is the project's own experience.
    #[error("the experience comes from this very project")]
    OwnExperience,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchBottleneck => "NO_SUCH_BOTTLENECK",
            Self::OwnExperience => "OWN_EXPERIENCE",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoSuchBottleneck => "Dit knelpunt hoort niet bij het project.".into(),
            Self::OwnExperience => "Deze ervaring komt uit je eigen project.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoSuchBottleneck => "This bottleneck does not belong to the project.".into(),
            Self::OwnExperience => "This experience comes from your own project.".into(),
        }
    }
}

impl Command for ReuseSolution {
    type State = Project;
    type Refused = Refused;
    const NAME: &'static str = "reuse_solution";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        let from = self.from_project.iter().map(|id| (Project::KIND, id.0));
        [(Experience::KIND, self.experience.0)].into_iter().chain(from).collect()
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Refused> {
        let Self { project: here, experience, from_project, bottleneck } = self;
        if from_project == Some(here) {
            return Err(Refused::OwnExperience);
        }
        if bottleneck.is_some_and(|id| !project.bottlenecks.contains_key(&id)) {
            return Err(Refused::NoSuchBottleneck);
        }
        if project.reused.contains(&(experience, bottleneck)) {
            return Ok(vec![]);
        }
        Ok(vec![ProjectEvent::SolutionReused { experience, from_project, bottleneck }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::registered,
        testing::{given, id},
    };

    fn reuse(from: u128, bottleneck: Option<u128>) -> ReuseSolution {
        ReuseSolution {
            project: id(2),
            experience: id(50),
            from_project: Some(id(from)),
            bottleneck: bottleneck.map(id),
        }
    }

    #[test]
    fn a_solution_is_taken_over_with_its_origin_once() {
        let reused = ProjectEvent::SolutionReused { experience: id(50), from_project: Some(id(3)), bottleneck: None };
        given([registered()]).when(reuse(3, None)).then([reused.clone()]);
        given([registered(), reused]).when(reuse(3, None)).then_nothing();
    }

    #[test]
    fn a_project_does_not_reuse_its_own_experience() {
        given([registered()]).when(reuse(2, None)).refused(Refused::OwnExperience);
    }

    #[test]
    fn a_solution_is_not_tried_on_a_bottleneck_of_another_project() {
        given([registered()]).when(reuse(3, Some(40))).refused(Refused::NoSuchBottleneck);
    }
}
