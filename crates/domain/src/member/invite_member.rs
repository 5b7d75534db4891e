//! Inviting somebody to take part.

use uuid::Uuid;

use super::{Member, MemberEvent};
use crate::{
    Actor, Aggregate, Command, Sealed, Timestamp,
    command::Never,
    id::{MemberId, OrganisationId, ProjectId},
    organisation::Organisation,
    text::Line,
};

/// Invite somebody to take part.
#[derive(Clone, Debug)]
pub struct InviteMember {
    /// The new member.
    pub member: MemberId,
    /// Their name.
    pub name: Sealed<Line>,
    /// Their e-mail address.
    pub email: Sealed<Line>,
    /// Where they work.
    pub organisation: OrganisationId,
    /// The project for which they are invited, by its lead: only people of its organisations.
    pub project: Option<ProjectId>,
}

impl Command for InviteMember {
    type State = Member;
    type Refused = Never;
    const NAME: &'static str = "invite_member";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        vec![(Organisation::KIND, self.organisation.0)]
    }

    fn places(&self) -> Vec<(&'static str, Uuid)> {
        self.mentions()
    }

    fn within(&self, _member: &Member) -> Option<ProjectId> {
        self.project
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Never> {
        if member.invited() {
            return Ok(vec![]);
        }
        let Self { member: _, name, email, organisation, project: _ } = self;
        Ok(vec![MemberEvent::MemberInvited { name, email, organisation }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{invited, line},
        testing::{given, id},
    };

    #[test]
    fn a_member_is_invited_once() {
        let invite = || InviteMember {
            member: id(5),
            name: line("Noor de Wit"),
            email: line("noor@linde.example"),
            organisation: id(20),
            project: None,
        };
        given([]).when(invite()).then([invited()]);
        given([invited()]).when(invite()).then_nothing();
    }
}
