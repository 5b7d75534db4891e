//! What deciding about an organisation needs to remember.

use uuid::Uuid;

use super::OrganisationEvent;
use crate::{Actor, Aggregate, Timestamp};

/// An organisation, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Organisation {
    pub(super) registered: bool,
}

impl Aggregate for Organisation {
    type Event = OrganisationEvent;
    const KIND: &'static str = "organisation";

    fn apply(&mut self, event: &OrganisationEvent, _by: Actor, _at: Timestamp) {
        match event {
            OrganisationEvent::OrganisationRegistered { .. } => self.registered = true,
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        Vec::new()
    }
}
