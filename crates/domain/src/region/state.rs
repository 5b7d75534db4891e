//! What deciding about a region needs to remember.

use uuid::Uuid;

use super::{RegionEvent, RegionFacts};
use crate::{Actor, Aggregate, Timestamp, scope::Consortium};

/// A region, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Region {
    /// What is known of it; nothing while it was not registered.
    pub(super) facts: Option<RegionFacts>,
}

impl Region {
    /// The consortium it belongs to; nothing while it was not registered.
    pub fn consortium(&self) -> Option<Consortium> {
        self.facts.as_ref().map(|facts| facts.consortium)
    }
}

impl Aggregate for Region {
    type Event = RegionEvent;
    const KIND: &'static str = "region";

    fn apply(&mut self, event: &RegionEvent, _by: Actor, _at: Timestamp) {
        match event {
            RegionEvent::RegionRegistered { facts } | RegionEvent::RegionRevised { facts } => {
                self.facts = Some(facts.clone());
            }
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        Vec::new()
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! A region to begin a test with.

    use super::*;
    use crate::region::Urbanity;

    pub(in crate::region) fn groningen() -> RegionFacts {
        RegionFacts {
            name: "Groningen".into(),
            consortium: Consortium::Ligare,
            inhabitants: Some(600_000),
            aged75_and_over: Some(57_000),
            urbanity: Some(Urbanity::Moderately),
        }
    }
}
