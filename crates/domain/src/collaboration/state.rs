//! What deciding about a collaboration needs to remember.

use uuid::Uuid;

use super::CollaborationEvent;
use crate::{Actor, Aggregate, Timestamp, id::OrganisationId};

/// A collaboration, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Collaboration {
    /// Who takes part; nobody while it was not formed.
    pub(super) organisations: Vec<OrganisationId>,
}

impl Aggregate for Collaboration {
    type Event = CollaborationEvent;
    const KIND: &'static str = "collaboration";

    fn apply(&mut self, event: &CollaborationEvent, _by: Actor, _at: Timestamp) {
        match event {
            CollaborationEvent::CollaborationFormed { organisations, .. } => {
                self.organisations.clone_from(organisations);
            }
            CollaborationEvent::CollaborationJoined { organisation } => self.organisations.push(*organisation),
            CollaborationEvent::CollaborationLeft { organisation } => {
                self.organisations.retain(|one| one != organisation);
            }
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.organisations.iter().map(|id| id.0).collect()
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! A collaboration to begin a test with.

    use super::*;
    use crate::testing::id;

    pub(in crate::collaboration) fn formed(organisations: &[u128]) -> CollaborationEvent {
        CollaborationEvent::CollaborationFormed {
            name: "Samen in de Ommelanden".into(),
            organisations: organisations.iter().map(|n| id(*n)).collect(),
        }
    }
}
