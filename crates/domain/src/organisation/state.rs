//! What deciding about an organisation needs to remember.

use uuid::Uuid;

use super::OrganisationEvent;
use crate::{Actor, Aggregate, Timestamp, id::RegionId};

/// An organisation, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Organisation {
    /// Where it lies; nothing while it was not registered.
    pub(super) region: Option<RegionId>,
}

impl Aggregate for Organisation {
    type Event = OrganisationEvent;
    const KIND: &'static str = "organisation";

    fn apply(&mut self, event: &OrganisationEvent, _by: Actor, _at: Timestamp) {
        match event {
            OrganisationEvent::OrganisationRegistered { region, .. } => self.region = Some(*region),
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.region.iter().map(|region| region.0).collect()
    }
}
