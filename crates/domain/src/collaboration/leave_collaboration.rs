//! Leaving a collaboration.

use uuid::Uuid;

use super::{Collaboration, CollaborationEvent, TooFewOrganisations, form_collaboration::FEWEST};
use crate::{
    Actor, Command, Timestamp,
    id::{CollaborationId, OrganisationId},
};

/// Take an organisation out of a collaboration.
#[derive(Clone, Debug)]
pub struct LeaveCollaboration {
    /// The collaboration.
    pub collaboration: CollaborationId,
    /// Who leaves.
    pub organisation: OrganisationId,
}

impl Command for LeaveCollaboration {
    type State = Collaboration;
    type Refused = TooFewOrganisations;
    const NAME: &'static str = "leave_collaboration";

    fn target(&self) -> Uuid {
        self.collaboration.0
    }

    fn decide(
        self,
        collaboration: &Collaboration,
        _by: Actor,
        _at: Timestamp,
    ) -> Result<Vec<CollaborationEvent>, TooFewOrganisations> {
        if !collaboration.organisations.contains(&self.organisation) {
            return Ok(vec![]);
        }
        if collaboration.organisations.len() <= FEWEST {
            return Err(TooFewOrganisations);
        }
        Ok(vec![CollaborationEvent::CollaborationLeft { organisation: self.organisation }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collaboration::state::examples::formed,
        testing::{given, id},
    };

    fn leave() -> LeaveCollaboration {
        LeaveCollaboration { collaboration: id(50), organisation: id(22) }
    }

    #[test]
    fn an_organisation_leaves_once() {
        let left = CollaborationEvent::CollaborationLeft { organisation: id(22) };
        given([formed(&[20, 21, 22])]).when(leave()).then([left.clone()]);
        given([formed(&[20, 21, 22]), left]).when(leave()).then_nothing();
    }

    #[test]
    fn the_last_two_stay() {
        given([formed(&[20, 22])]).when(leave()).refused(TooFewOrganisations);
    }
}
