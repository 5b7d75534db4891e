//! When may somebody leave a project?

use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{MemberId, ProjectId},
};

/// A member takes part no longer.
#[derive(Clone, Debug)]
pub struct LeaveProject {
    /// The project.
    pub project: ProjectId,
    /// Who leaves.
    pub member: MemberId,
}

/// Why somebody cannot leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// A project always has a lead.
    #[error("the lead of a project cannot leave it")]
    LeadStays,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        "LEAD_STAYS"
    }

    fn in_dutch(&self) -> String {
        "De projectleider kan het project niet verlaten. Draag de leiding eerst over.".into()
    }

    fn in_english(&self) -> String {
        "The project lead cannot leave the project. Hand over the lead first.".into()
    }
}

impl Command for LeaveProject {
    type State = Project;
    type Refused = Refused;
    const NAME: &'static str = "leave_project";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Refused> {
        if project.lead == Some(self.member) {
            return Err(Refused::LeadStays);
        }
        if !project.participants.contains(&self.member) {
            return Ok(vec![]);
        }
        Ok(vec![ProjectEvent::ParticipantLeft { member: self.member }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::registered,
        testing::{given, id},
    };

    fn leave(member: u128) -> LeaveProject {
        LeaveProject { project: id(2), member: id(member) }
    }

    #[test]
    fn a_participant_leaves_once() {
        let joined = ProjectEvent::ParticipantJoined { member: id(5) };
        let left = ProjectEvent::ParticipantLeft { member: id(5) };
        given([registered(), joined.clone()]).when(leave(5)).then([left.clone()]);
        given([registered(), joined, left]).when(leave(5)).then_nothing();
    }

    #[test]
    fn the_lead_does_not_leave() {
        given([registered()]).when(leave(1)).refused(Refused::LeadStays);
    }
}
