//! What deciding about an intervention needs to remember.

use uuid::Uuid;

use super::InterventionEvent;
use crate::{Actor, Aggregate, Timestamp};

/// An intervention, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Intervention {
    pub(super) added: bool,
}

impl Aggregate for Intervention {
    type Event = InterventionEvent;
    const KIND: &'static str = "intervention";

    fn apply(&mut self, event: &InterventionEvent, _by: Actor, _at: Timestamp) {
        match event {
            InterventionEvent::InterventionAdded { .. } => self.added = true,
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        Vec::new()
    }
}
