//! Forming a collaboration.

use uuid::Uuid;

use super::{Collaboration, CollaborationEvent};
use crate::{
    Actor, Aggregate, Command, Refusal, Timestamp,
    id::{CollaborationId, OrganisationId},
    organisation::Organisation,
    text::Line,
};

/// The fewest organisations that collaborate.
pub(super) const FEWEST: usize = 2;

/// Enter organisations in the register that act as one.
#[derive(Clone, Debug)]
pub struct FormCollaboration {
    /// The new collaboration.
    pub collaboration: CollaborationId,
    /// Its public name.
    pub name: Line,
    /// Who forms it.
    pub organisations: Vec<OrganisationId>,
}

/// One organisation is no collaboration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a collaboration has two organisations or more")]
pub struct TooFewOrganisations;

impl Refusal for TooFewOrganisations {
    fn code(&self) -> &'static str {
        "TOO_FEW_ORGANISATIONS"
    }

    fn in_dutch(&self) -> String {
        "Een samenwerkingsverband heeft ten minste twee organisaties.".into()
    }

    fn in_english(&self) -> String {
        "A collaboration has at least two organisations.".into()
    }
}

impl Command for FormCollaboration {
    type State = Collaboration;
    type Refused = TooFewOrganisations;
    const NAME: &'static str = "form_collaboration";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.collaboration.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.organisations.iter().map(|id| (Organisation::KIND, id.0)).collect()
    }

    fn decide(
        self,
        collaboration: &Collaboration,
        _by: Actor,
        _at: Timestamp,
    ) -> Result<Vec<CollaborationEvent>, TooFewOrganisations> {
        if !collaboration.organisations.is_empty() {
            return Ok(vec![]);
        }
        let organisations = crate::distinct(self.organisations);
        if organisations.len() < FEWEST {
            return Err(TooFewOrganisations);
        }
        Ok(vec![CollaborationEvent::CollaborationFormed { name: self.name.as_str().to_owned(), organisations }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collaboration::state::examples::formed,
        testing::{given, id},
    };

    fn form(organisations: &[u128]) -> FormCollaboration {
        FormCollaboration {
            collaboration: id(50),
            name: Line::parse("Samen in de Ommelanden").expect("line"),
            organisations: organisations.iter().map(|n| id(*n)).collect(),
        }
    }

    #[test]
    fn a_collaboration_is_formed_once() {
        given([]).when(form(&[20, 21, 20])).then([formed(&[20, 21])]);
        given([formed(&[20, 21])]).when(form(&[20, 21])).then_nothing();
    }

    #[test]
    fn one_organisation_is_no_collaboration() {
        given([]).when(form(&[20, 20])).refused(TooFewOrganisations);
    }
}
