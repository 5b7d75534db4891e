//! Forgetting somebody (AVG, article 17).

use uuid::Uuid;

use super::{Contributions, ErasureGround, Member, MemberEvent, state::Standing};
use crate::{Actor, Command, Timestamp, command::Never, id::MemberId};

/// Erase what is known of somebody. The fact is recorded first; the keys are destroyed after it.
#[derive(Clone, Debug)]
pub struct EraseMember {
    /// Whom.
    pub member: MemberId,
    /// What becomes of the texts they wrote.
    pub contributions: Contributions,
    /// On what ground.
    pub ground: ErasureGround,
}

impl Command for EraseMember {
    type State = Member;
    type Refused = Never;
    const NAME: &'static str = "erase_member";

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Never> {
        if member.standing == Standing::Erased {
            return Ok(vec![]);
        }
        Ok(vec![MemberEvent::MemberErased { contributions: self.contributions, ground: self.ground }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{invited, moderator},
        testing::{given, id, noon},
    };

    #[test]
    fn a_member_is_erased_once_and_holds_no_role_from_then_on() {
        let (contributions, ground) = (Contributions::Kept, ErasureGround::AccessLapsed);
        let erase = || EraseMember { member: id(5), contributions, ground };
        let erased = MemberEvent::MemberErased { contributions, ground };
        given([invited(), moderator(None)]).when(erase()).then([erased.clone()]);
        let gone = given::<Member>([invited(), moderator(None), erased]);
        assert_eq!((gone.state.roles(noon()).count(), gone.state.accesses()), (0, None));
        gone.when(erase()).then_nothing();
    }
}
