//! Ending a grant or promising project before its time.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Basis, BasisEvent};
use crate::{Actor, Command, Refusal, Sealed, Timestamp, id::BasisId, text::Prose};

/// End a grant or promising project before its time. Access that rests on it ends with it (rule 1, **L**).
#[derive(Clone, Debug)]
pub struct EndBasis {
    /// Which.
    pub basis: BasisId,
    /// The last day on which it holds.
    pub last_day: NaiveDate,
    /// Why.
    pub reason: Sealed<Prose>,
}

/// Why a basis is not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It ends by itself on that day, or before.
    #[error("it ends by then already")]
    EndsByThen,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        "ENDS_BY_THEN"
    }

    fn in_dutch(&self) -> String {
        "Deze toegangsgrond loopt dan al af. Kies een eerdere laatste dag.".into()
    }

    fn in_english(&self) -> String {
        "This basis of access ends by then already. Choose an earlier last day.".into()
    }
}

impl Command for EndBasis {
    type State = Basis;
    type Refused = Refused;
    const NAME: &'static str = "end_basis";

    fn target(&self) -> Uuid {
        self.basis.0
    }

    fn decide(self, basis: &Basis, _by: Actor, _at: Timestamp) -> Result<Vec<BasisEvent>, Refused> {
        let Self { basis: _, last_day, reason } = self;
        if basis.last_day == Some(last_day) {
            return Ok(vec![]);
        }
        if basis.terms.as_ref().is_some_and(|terms| terms.period.until() <= last_day) {
            return Err(Refused::EndsByThen);
        }
        Ok(vec![match basis.entered {
            Some(BasisEvent::PromisingProjectListed { .. }) => BasisEvent::PromisingProjectEnded { last_day, reason },
            _ => BasisEvent::GrantEnded { last_day, reason },
        }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        basis::state::examples::{awarded, day, listed, reason},
        testing::{given, id},
    };

    fn end() -> EndBasis {
        EndBasis { basis: id(70), last_day: day(3, 31), reason: reason() }
    }

    #[test]
    fn a_grant_ends_once() {
        let ended = BasisEvent::GrantEnded { last_day: day(3, 31), reason: reason() };
        given([awarded()]).when(end()).then([ended.clone()]);
        given([awarded(), ended]).when(end()).then_nothing();
    }

    #[test]
    fn what_ends_by_itself_is_not_ended() {
        given([awarded()]).when(EndBasis { last_day: day(6, 28), ..end() }).refused(Refused::EndsByThen);
    }

    #[test]
    fn a_promising_project_ends_too() {
        given([listed()])
            .when(end())
            .then([BasisEvent::PromisingProjectEnded { last_day: day(3, 31), reason: reason() }]);
    }
}
