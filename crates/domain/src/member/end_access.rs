//! The end of somebody's access.

use uuid::Uuid;

use super::{AccessEnd, Member, MemberEvent, state::Standing};
use crate::{Actor, Command, Sealed, Timestamp, command::Never, id::MemberId, text::Prose};

/// End somebody's access. What they contributed stays.
#[derive(Clone, Debug)]
pub struct EndAccess {
    /// Whose.
    pub member: MemberId,
    /// How it came.
    pub cause: AccessEnd,
    /// Why, when somebody ends it.
    pub reason: Option<Sealed<Prose>>,
}

impl Command for EndAccess {
    type State = Member;
    type Refused = Never;
    const NAME: &'static str = "end_access";

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Never> {
        if member.standing != Standing::Admitted {
            return Ok(vec![]);
        }
        Ok(vec![MemberEvent::AccessEnded { cause: self.cause, reason: self.reason }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{granted, invited, requested},
        testing::{given, id},
    };

    #[test]
    fn access_ends_once_and_only_for_those_who_have_it() {
        let end = || EndAccess { member: id(5), cause: AccessEnd::BasisEnded, reason: None };
        let ended = MemberEvent::AccessEnded { cause: AccessEnd::BasisEnded, reason: None };
        given([requested(), granted(70, None)]).when(end()).then([ended.clone()]);
        given([invited(), ended]).when(end()).then_nothing();
        given([requested()]).when(end()).then_nothing();
    }
}
