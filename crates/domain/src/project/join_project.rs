//! Who may join a project? Whoever its lead lets in (policy), once.

use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{
    Actor, Aggregate, Command, Timestamp,
    command::Never,
    id::{MemberId, ProjectId},
    member::Member,
};

/// Let a member take part.
#[derive(Clone, Debug)]
pub struct JoinProject {
    /// The project.
    pub project: ProjectId,
    /// Who takes part.
    pub member: MemberId,
}

impl Command for JoinProject {
    type State = Project;
    type Refused = Never;
    const NAME: &'static str = "join_project";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        vec![(Member::KIND, self.member.0)]
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Never> {
        if project.participants.contains(&self.member) {
            return Ok(vec![]);
        }
        Ok(vec![ProjectEvent::ParticipantJoined { member: self.member }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::registered,
        testing::{given, id},
    };

    #[test]
    fn a_member_joins_once() {
        let joined = ProjectEvent::ParticipantJoined { member: id(5) };
        let join = || JoinProject { project: id(2), member: id(5) };
        given([registered()]).when(join()).then([joined.clone()]);
        given([registered(), joined]).when(join()).then_nothing();
    }

    #[test]
    fn the_lead_takes_part_from_the_start() {
        given([registered()]).when(JoinProject { project: id(2), member: id(1) }).then_nothing();
    }
}
