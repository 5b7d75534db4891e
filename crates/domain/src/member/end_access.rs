//! The end of somebody's access.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{AccessEnd, Member, MemberEvent};
use crate::{Actor, Command, Sealed, Timestamp, command::Never, id::MemberId, text::Prose};

/// End somebody's access, or record that it ended with what it rests on. What they contributed stays.
#[derive(Clone, Debug)]
pub struct EndAccess {
    /// Whose.
    pub member: MemberId,
    /// How it came.
    pub ending: Ending,
}

/// How access comes to its end.
#[derive(Clone, Debug)]
pub enum Ending {
    /// Somebody who keeps members ends it, for a reason.
    Withdrawn(Sealed<Prose>),
    /// No basis holds any more; this was the last day on which one did.
    BasisEnded(NaiveDate),
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
        if member.accesses().is_none() {
            return Ok(vec![]);
        }
        Ok(match self.ending {
            Ending::Withdrawn(reason) => {
                let (cause, reason) = (AccessEnd::Withdrawn, Some(reason));
                vec![MemberEvent::AccessEnded { cause, last_day: None, reason }]
            }
            Ending::BasisEnded(last_day) if member.recorded_end != Some(last_day) => {
                let (cause, last_day) = (AccessEnd::BasisEnded, Some(last_day));
                vec![MemberEvent::AccessEnded { cause, last_day, reason: None }]
            }
            Ending::BasisEnded(_) => vec![],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        member::state::examples::{granted, invited, moderator, prose, requested},
        testing::{given, id, noon},
    };

    fn day(day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 3, day).expect("a day")
    }

    fn end(ending: Ending) -> EndAccess {
        EndAccess { member: id(5), ending }
    }

    fn over(last: u32) -> MemberEvent {
        MemberEvent::AccessEnded { cause: AccessEnd::BasisEnded, last_day: Some(day(last)), reason: None }
    }

    fn withdrawn() -> MemberEvent {
        let reason = Some(prose("Heeft een andere baan."));
        MemberEvent::AccessEnded { cause: AccessEnd::Withdrawn, last_day: None, reason }
    }

    #[test]
    fn access_is_ended_once_and_only_for_those_who_have_it() {
        let withdraw = || end(Ending::Withdrawn(prose("Heeft een andere baan.")));
        given([requested(), granted(70, None)]).when(withdraw()).then([withdrawn()]);
        given([invited(), withdrawn()]).when(withdraw()).then_nothing();
        given([requested()]).when(withdraw()).then_nothing();
    }

    #[test]
    fn roles_go_with_access_that_is_ended() {
        let member = given::<Member>([invited(), moderator(None), withdrawn()]).state;
        assert_eq!(member.roles(noon()).count(), 0);
    }

    #[test]
    fn that_a_basis_ended_is_recorded_once_for_each_end_and_takes_nothing_away() {
        given([requested(), granted(70, None)]).when(end(Ending::BasisEnded(day(1)))).then([over(1)]);
        given([requested(), granted(70, None), over(1)]).when(end(Ending::BasisEnded(day(1)))).then_nothing();
        let prolonged = given::<Member>([requested(), granted(70, None), over(1)]);
        assert_eq!(prolonged.state.accesses().map(<[_]>::len), Some(1));
        prolonged.when(end(Ending::BasisEnded(day(31)))).then([over(31)]);
    }
}
