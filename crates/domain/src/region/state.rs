//! What deciding about a region needs to remember.

use uuid::Uuid;

use super::RegionEvent;
use crate::{Actor, Aggregate, Timestamp, scope::Consortium};

/// A region, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Region {
    pub(super) consortium: Option<Consortium>,
}

impl Region {
    /// The consortium it belongs to; nothing while it was not registered.
    pub fn consortium(&self) -> Option<Consortium> {
        self.consortium
    }
}

impl Aggregate for Region {
    type Event = RegionEvent;
    const KIND: &'static str = "region";

    fn apply(&mut self, event: &RegionEvent, _by: Actor, _at: Timestamp) {
        match event {
            RegionEvent::RegionRegistered { consortium, .. } => self.consortium = Some(*consortium),
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        Vec::new()
    }
}
