//! Inviting somebody to take part.

use uuid::Uuid;

use super::{Access, Member, MemberEvent};
use crate::{
    Actor, Aggregate, Command, Sealed, Timestamp,
    basis::Basis,
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
    /// On what their access rests: on what that of whoever invites them does. On nothing but the invitation when none is
    /// named, as that of people of the programme and the networks.
    pub accesses: Vec<Access>,
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
        let bases = self.accesses.iter().map(|access| (Basis::KIND, access.basis.0));
        self.places().into_iter().chain(bases).collect()
    }

    fn places(&self) -> Vec<(&'static str, Uuid)> {
        vec![(Organisation::KIND, self.organisation.0)]
    }

    fn within(&self, _member: &Member) -> Option<ProjectId> {
        self.project
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Never> {
        if member.known() {
            return Ok(vec![]);
        }
        let Self { member: _, name, email, organisation, project: _, accesses } = self;
        let granted = |Access { basis, until }| MemberEvent::AccessGranted { basis, organisation, until, reason: None };
        let invited = MemberEvent::MemberInvited { name, email, organisation };
        Ok([invited].into_iter().chain(crate::distinct(accesses).into_iter().map(granted)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{granted, invited, line},
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
            accesses: vec![],
        };
        given([]).when(invite()).then([invited()]);
        given([invited()]).when(invite()).then_nothing();
    }

    #[test]
    fn somebody_comes_in_on_the_basis_of_whoever_invites_them() {
        let invite = InviteMember {
            member: id(5),
            name: line("Noor de Wit"),
            email: line("noor@linde.example"),
            organisation: id(20),
            project: None,
            accesses: [70, 71, 70].map(|basis| Access { basis: id(basis), until: None }).to_vec(),
        };
        given([]).when(invite).then([invited(), granted(70, None), granted(71, None)]);
    }
}
