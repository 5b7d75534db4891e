//! Entering a promising project that organisations fund themselves (rule 1, **L**).

use uuid::Uuid;

use super::{Basis, BasisEvent, Incomplete, Terms};
use crate::{Actor, Command, Timestamp, id::BasisId, text::Line};

/// Enter a promising project in the register.
#[derive(Clone, Debug)]
pub struct ListPromisingProject {
    /// The new basis.
    pub basis: BasisId,
    /// Its public name.
    pub name: Line,
    /// For whom, for what, how long.
    pub terms: Terms,
}

impl Command for ListPromisingProject {
    type State = Basis;
    type Refused = Incomplete;
    const NAME: &'static str = "list_promising_project";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.basis.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.terms.things()
    }

    fn decide(self, basis: &Basis, _by: Actor, _at: Timestamp) -> Result<Vec<BasisEvent>, Incomplete> {
        if basis.entered.is_some() {
            return Ok(vec![]);
        }
        let (name, terms) = (self.name.as_str().to_owned(), self.terms.complete()?);
        Ok(vec![BasisEvent::PromisingProjectListed { name, terms }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        basis::state::examples::{listed, terms},
        testing::{given, id},
    };

    fn list() -> ListPromisingProject {
        ListPromisingProject { basis: id(70), name: Line::parse("Samen waken").expect("line"), terms: terms(6) }
    }

    #[test]
    fn a_promising_project_is_listed_once() {
        given([]).when(list()).then([listed()]);
        given([listed()]).when(list()).then_nothing();
    }

    #[test]
    fn a_promising_project_is_for_somebody() {
        let nobody = Terms { organisations: vec![], ..terms(6) };
        given([]).when(ListPromisingProject { terms: nobody, ..list() }).refused(Incomplete::NoOrganisation);
    }
}
