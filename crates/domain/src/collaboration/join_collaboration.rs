//! Joining a collaboration.

use uuid::Uuid;

use super::{Collaboration, CollaborationEvent};
use crate::{
    Actor, Aggregate, Command, Timestamp,
    command::Never,
    id::{CollaborationId, OrganisationId},
    organisation::Organisation,
};

/// Add an organisation to a collaboration.
#[derive(Clone, Debug)]
pub struct JoinCollaboration {
    /// The collaboration.
    pub collaboration: CollaborationId,
    /// Who joins.
    pub organisation: OrganisationId,
}

impl Command for JoinCollaboration {
    type State = Collaboration;
    type Refused = Never;
    const NAME: &'static str = "join_collaboration";

    fn target(&self) -> Uuid {
        self.collaboration.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        vec![(Organisation::KIND, self.organisation.0)]
    }

    fn decide(self, it: &Collaboration, _by: Actor, _at: Timestamp) -> Result<Vec<CollaborationEvent>, Never> {
        if it.organisations.contains(&self.organisation) {
            return Ok(vec![]);
        }
        Ok(vec![CollaborationEvent::CollaborationJoined { organisation: self.organisation }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        collaboration::state::examples::formed,
        testing::{given, id},
    };

    #[test]
    fn an_organisation_joins_once() {
        let join = || JoinCollaboration { collaboration: id(50), organisation: id(22) };
        let joined = CollaborationEvent::CollaborationJoined { organisation: id(22) };
        given([formed(&[20, 21])]).when(join()).then([joined.clone()]);
        given([formed(&[20, 21]), joined]).when(join()).then_nothing();
    }
}
