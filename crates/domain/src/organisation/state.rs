//! What deciding about an organisation needs to remember.

use uuid::Uuid;

use super::OrganisationEvent;
use crate::{Actor, Aggregate, Timestamp, id::RegionId};

/// An organisation, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Organisation {
    /// Where it lies; nothing while it was not registered.
    pub(super) region: Option<RegionId>,
    pub(super) name: String,
}

impl Aggregate for Organisation {
    type Event = OrganisationEvent;
    const KIND: &'static str = "organisation";

    fn apply(&mut self, event: &OrganisationEvent, _by: Actor, _at: Timestamp) {
        match event {
            OrganisationEvent::OrganisationRegistered { name, region, .. } => {
                self.name.clone_from(name);
                self.region = Some(*region);
            }
            OrganisationEvent::OrganisationRenamed { name } => self.name.clone_from(name),
            OrganisationEvent::OrganisationMoved { region } => self.region = Some(*region),
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.region.iter().map(|region| region.0).collect()
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! An organisation to begin a test with.

    use super::*;
    use crate::{organisation::OrganisationKind, testing::id};

    /// In region 30.
    pub(in crate::organisation) fn registered() -> OrganisationEvent {
        let (name, kind) = ("Hospice De Linde".into(), OrganisationKind::Hospice);
        OrganisationEvent::OrganisationRegistered { name, kind, settings: vec![], region: id(30) }
    }
}
