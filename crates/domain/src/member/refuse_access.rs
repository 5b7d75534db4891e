//! Not letting somebody take part who asked (rule 1, **L**).

use uuid::Uuid;

use super::{Member, MemberEvent, state::Standing};
use crate::{Actor, Command, Refusal, Sealed, Timestamp, id::MemberId, text::Prose};

/// Refuse somebody access who asked for it.
#[derive(Clone, Debug)]
pub struct RefuseAccess {
    /// Whom.
    pub member: MemberId,
    /// Why; they are told.
    pub reason: Sealed<Prose>,
}

/// Why nobody is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// They take part, or did.
    #[error("they were admitted")]
    Admitted,
    /// What was known of them is gone.
    #[error("they were erased")]
    Erased,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::Admitted => "ALREADY_ADMITTED",
            Self::Erased => "ERASED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::Admitted => "Deze aanvraag is al toegewezen. Je kunt de toegang wel beëindigen.",
            Self::Erased => "De gegevens van deze persoon zijn gewist.",
        }
        .into()
    }

    fn in_english(&self) -> String {
        match self {
            Self::Admitted => "This request was granted already. You can end the access instead.",
            Self::Erased => "The data of this person was erased.",
        }
        .into()
    }
}

impl Command for RefuseAccess {
    type State = Member;
    type Refused = Refused;
    const NAME: &'static str = "refuse_access";

    fn target(&self) -> Uuid {
        self.member.0
    }

    fn about(&self) -> Option<MemberId> {
        Some(self.member)
    }

    fn decide(self, member: &Member, _by: Actor, _at: Timestamp) -> Result<Vec<MemberEvent>, Refused> {
        match member.standing {
            Standing::Requested => Ok(vec![MemberEvent::AccessRefused { reason: self.reason }]),
            Standing::Refused => Ok(vec![]),
            Standing::Erased => Err(Refused::Erased),
            Standing::Unknown | Standing::Admitted | Standing::Ended => Err(Refused::Admitted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{granted, invited, prose, requested},
        testing::{given, id},
    };

    fn refuse() -> RefuseAccess {
        RefuseAccess { member: id(5), reason: prose("Dit nummer is van een ander project.") }
    }

    fn refused() -> MemberEvent {
        MemberEvent::AccessRefused { reason: prose("Dit nummer is van een ander project.") }
    }

    #[test]
    fn who_asked_is_refused_once() {
        given([requested()]).when(refuse()).then([refused()]);
        given([requested(), refused()]).when(refuse()).then_nothing();
    }

    #[test]
    fn who_takes_part_is_not_refused_any_more() {
        given([requested(), granted(70, None)]).when(refuse()).refused(Refused::Admitted);
        given([invited()]).when(refuse()).refused(Refused::Admitted);
    }
}
