//! Keeping what is known of a region up to date.

use uuid::Uuid;

use super::{Region, RegionEvent, RegionFacts};
use crate::{Actor, Command, Timestamp, command::Never, id::RegionId};

/// Say anew what is known of a region.
#[derive(Clone, Debug)]
pub struct ReviseRegion {
    /// Which.
    pub region: RegionId,
    /// What is known of it from now on.
    pub facts: RegionFacts,
}

impl Command for ReviseRegion {
    type State = Region;
    type Refused = Never;
    const NAME: &'static str = "revise_region";

    fn target(&self) -> Uuid {
        self.region.0
    }

    fn decide(self, region: &Region, _by: Actor, _at: Timestamp) -> Result<Vec<RegionEvent>, Never> {
        if region.facts.as_ref() == Some(&self.facts) {
            return Ok(vec![]);
        }
        Ok(vec![RegionEvent::RegionRevised { facts: self.facts }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        region::state::examples::groningen,
        testing::{given, id},
    };

    #[test]
    fn a_region_is_revised_once() {
        let facts = || RegionFacts { inhabitants: Some(601_000), ..groningen() };
        let revise = || ReviseRegion { region: id(30), facts: facts() };
        let registered = RegionEvent::RegionRegistered { facts: groningen() };
        given([registered.clone()]).when(revise()).then([RegionEvent::RegionRevised { facts: facts() }]);
        given([registered, RegionEvent::RegionRevised { facts: facts() }]).when(revise()).then_nothing();
    }
}
