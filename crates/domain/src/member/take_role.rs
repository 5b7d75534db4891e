//! Taking a role back.

use uuid::Uuid;

use super::{Member, MemberEvent, Role};
use crate::{Actor, Aggregate, Command, Scope, Timestamp, command::Never, id::MemberId, region::Region};

/// Take a role back from somebody who holds it.
#[derive(Clone, Debug)]
pub struct TakeRole {
    /// From whom.
    pub member: MemberId,
    /// Which.
    pub role: Role,
    /// Where it held.
    pub scope: Scope,
}

impl Command for TakeRole {
    type State = Member;
    type Refused = Never;
    const NAME: &'static str = "take_role";

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn places(&self) -> Vec<(&'static str, Uuid)> {
        match self.scope {
            Scope::Region { region } => vec![(Region::KIND, region.0)],
            Scope::National | Scope::Consortium { .. } => vec![],
        }
    }

    fn attributes(&self) -> Vec<(&'static str, &'static str)> {
        vec![("role", self.role.as_str())]
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, at: Timestamp) -> Result<Vec<MemberEvent>, Never> {
        let Self { member: _, role, scope } = self;
        if !member.roles(at).any(|held| held == (role, &scope)) {
            return Ok(vec![]);
        }
        Ok(vec![MemberEvent::RoleTaken { role, scope }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{invited, moderator},
        testing::{given, id, noon},
    };

    fn take(scope: Scope) -> TakeRole {
        TakeRole { member: id(5), role: Role::Moderator, scope }
    }

    #[test]
    fn a_role_is_taken_once() {
        let taken = MemberEvent::RoleTaken { role: Role::Moderator, scope: Scope::National };
        given([invited(), moderator(None)]).when(take(Scope::National)).then([taken.clone()]);
        given([invited(), moderator(None), taken]).when(take(Scope::National)).then_nothing();
    }

    #[test]
    fn a_role_that_is_not_held_is_not_taken() {
        given([invited(), moderator(None)]).when(take(Scope::Region { region: id(30) })).then_nothing();
        given([invited(), moderator(Some(noon()))]).when(take(Scope::National)).then_nothing();
    }
}
