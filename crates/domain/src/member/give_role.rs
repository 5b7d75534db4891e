//! Giving somebody a role, for a scope and perhaps until a moment.

use uuid::Uuid;

use super::{Member, MemberEvent, Role, state::HeldRole};
use crate::{Actor, Aggregate, Command, Scope, Timestamp, command::Never, id::MemberId, region::Region};

/// Give somebody a role. Giving it again with another end moves its end.
#[derive(Clone, Debug)]
pub struct GiveRole {
    /// To whom.
    pub member: MemberId,
    /// Which.
    pub role: Role,
    /// Where it holds.
    pub scope: Scope,
    /// Until when, exclusive; no end when absent.
    pub until: Option<Timestamp>,
}

impl Command for GiveRole {
    type State = Member;
    type Refused = Never;
    const NAME: &'static str = "give_role";

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        match self.scope {
            Scope::Region { region } => vec![(Region::KIND, region.0)],
            Scope::National | Scope::Consortium { .. } => vec![],
        }
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Never> {
        let Self { member: _, role, scope, until } = self;
        if member.roles.contains(&HeldRole { role, scope: scope.clone(), until }) {
            return Ok(vec![]);
        }
        Ok(vec![MemberEvent::RoleGiven { role, scope, until }])
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::{
        member::state::examples::{invited, moderator},
        testing::{given, id, noon},
    };

    fn give(until: Option<Timestamp>) -> GiveRole {
        GiveRole { member: id(5), role: Role::Moderator, scope: Scope::National, until }
    }

    #[test]
    fn a_role_is_given_once() {
        given([invited()]).when(give(None)).then([moderator(None)]);
        given([invited(), moderator(None)]).when(give(None)).then_nothing();
    }

    #[test]
    fn the_end_of_a_role_can_be_moved() {
        let later = Some(noon() + TimeDelta::days(30));
        given([invited(), moderator(None)]).when(give(later)).then([moderator(later)]);
    }
}
