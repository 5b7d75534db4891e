//! Ending a grant or promising project before its time.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Basis, BasisEvent};
use crate::{Actor, Command, Sealed, Timestamp, command::Never, id::BasisId, text::Prose};

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

impl Command for EndBasis {
    type State = Basis;
    type Refused = Never;
    const NAME: &'static str = "end_basis";

    fn target(&self) -> Uuid {
        self.basis.0
    }

    fn decide(self, basis: &Basis, _by: Actor, _at: Timestamp) -> Result<Vec<BasisEvent>, Never> {
        let Self { basis: _, last_day, reason } = self;
        if basis.last_day == Some(last_day) {
            return Ok(vec![]);
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
    fn a_promising_project_ends_too() {
        given([listed()])
            .when(end())
            .then([BasisEvent::PromisingProjectEnded { last_day: day(3, 31), reason: reason() }]);
    }
}
