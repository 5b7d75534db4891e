//! Giving somebody a role, for a scope and perhaps until a moment.

use uuid::Uuid;

use super::{Member, MemberEvent, Role, state::HeldRole};
use crate::{Actor, Aggregate, Command, Refusal, Scope, Timestamp, id::MemberId, region::Region};

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

/// Why a role cannot be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It would have ended before it began.
    #[error("the end of the role has passed")]
    EndHasPassed,
    /// They only asked for access, were refused, or take part no longer.
    #[error("they do not take part")]
    TakesNoPart,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::EndHasPassed => "END_HAS_PASSED",
            Self::TakesNoPart => "TAKES_NO_PART",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::EndHasPassed => "Deze einddatum is al voorbij. Kies een latere.",
            Self::TakesNoPart => "Deze persoon doet niet (meer) mee. Geef eerst toegang.",
        }
        .into()
    }

    fn in_english(&self) -> String {
        match self {
            Self::EndHasPassed => "This end has passed already. Choose a later one.",
            Self::TakesNoPart => "This person does not take part (any more). Grant access first.",
        }
        .into()
    }
}

impl Command for GiveRole {
    type State = Member;
    type Refused = Refused;
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

    fn places(&self) -> Vec<(&'static str, Uuid)> {
        self.mentions()
    }

    fn attributes(&self) -> Vec<(&'static str, &'static str)> {
        vec![("role", self.role.as_str())]
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, at: Timestamp) -> Result<Vec<MemberEvent>, Refused> {
        let Self { member: _, role, scope, until } = self;
        if until.is_some_and(|until| until <= at) {
            return Err(Refused::EndHasPassed);
        }
        if member.accesses().is_none() {
            return Err(Refused::TakesNoPart);
        }
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
        member::state::examples::{invited, moderator, requested},
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

    #[test]
    fn only_those_who_take_part_hold_roles() {
        given([requested()]).when(give(None)).refused(Refused::TakesNoPart);
    }

    #[test]
    fn a_role_does_not_end_before_it_began() {
        given([invited()]).when(give(Some(noon()))).refused(Refused::EndHasPassed);
    }
}
