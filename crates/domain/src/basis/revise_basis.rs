//! Changing for whom, for what or how long a basis is.

use uuid::Uuid;

use super::{Basis, BasisEvent, Incomplete, Terms};
use crate::{Actor, Command, Timestamp, id::BasisId};

/// Change the terms of a grant or promising project. One that ended holds anew.
#[derive(Clone, Debug)]
pub struct ReviseBasis {
    /// Which.
    pub basis: BasisId,
    /// As they are from now on.
    pub terms: Terms,
}

impl Command for ReviseBasis {
    type State = Basis;
    type Refused = Incomplete;
    const NAME: &'static str = "revise_basis";

    fn target(&self) -> Uuid {
        self.basis.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.terms.things()
    }

    fn decide(self, basis: &Basis, _by: Actor, _at: Timestamp) -> Result<Vec<BasisEvent>, Incomplete> {
        let terms = self.terms.complete()?;
        if basis.terms.as_ref() == Some(&terms) && basis.last_day.is_none() {
            return Ok(vec![]);
        }
        Ok(vec![BasisEvent::BasisRevised { terms }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        basis::state::examples::{awarded, day, reason, terms},
        testing::{given, id},
    };

    fn revise(month: u32) -> ReviseBasis {
        ReviseBasis { basis: id(70), terms: terms(month) }
    }

    #[test]
    fn a_grant_is_prolonged_once() {
        let revised = BasisEvent::BasisRevised { terms: terms(9) };
        given([awarded()]).when(revise(9)).then([revised.clone()]);
        given([awarded(), revised]).when(revise(9)).then_nothing();
    }

    #[test]
    fn one_that_ended_holds_anew() {
        let ended = BasisEvent::GrantEnded { last_day: day(3, 31), reason: reason() };
        given([awarded(), ended]).when(revise(6)).then([BasisEvent::BasisRevised { terms: terms(6) }]);
    }

    #[test]
    fn terms_name_something() {
        let nothing = Terms { interventions: vec![], ..terms(6) };
        given([awarded()]).when(ReviseBasis { basis: id(70), terms: nothing }).refused(Incomplete::NoIntervention);
    }
}
