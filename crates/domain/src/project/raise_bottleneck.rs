//! Saying what stands in the way.

use uuid::Uuid;

use super::{BottleneckKind, Project, ProjectEvent};
use crate::{
    Actor, Command, Sealed, Timestamp,
    command::Never,
    id::{BottleneckId, ProjectId},
    text::Prose,
};

/// Say what stands in the way, so that others who met it can help (rule 4, **L**).
#[derive(Clone, Debug)]
pub struct RaiseBottleneck {
    /// The project.
    pub project: ProjectId,
    /// The new bottleneck.
    pub bottleneck: BottleneckId,
    /// What it is.
    pub text: Sealed<Prose>,
    /// Of what kind.
    pub kind: BottleneckKind,
}

impl Command for RaiseBottleneck {
    type State = Project;
    type Refused = Never;
    const NAME: &'static str = "raise_bottleneck";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Never> {
        if project.bottlenecks.contains_key(&self.bottleneck) {
            return Ok(vec![]);
        }
        let Self { project: _, bottleneck, text, kind } = self;
        Ok(vec![ProjectEvent::BottleneckRaised { bottleneck, text, kind }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::{prose, registered},
        testing::{given, id},
    };

    #[test]
    fn a_bottleneck_is_raised_once() {
        let raise = || RaiseBottleneck {
            project: id(2),
            bottleneck: id(40),
            text: prose("te weinig tijd"),
            kind: BottleneckKind::Capacity,
        };
        let raised = ProjectEvent::BottleneckRaised {
            bottleneck: id(40),
            text: prose("te weinig tijd"),
            kind: BottleneckKind::Capacity,
        };
        given([registered()]).when(raise()).then([raised.clone()]);
        given([registered(), raised]).when(raise()).then_nothing();
    }
}
