//! Entering a region in the register.

use uuid::Uuid;

use super::{Region, RegionEvent, RegionFacts};
use crate::{Actor, Command, Timestamp, command::Never, id::RegionId};

/// Enter a palliative-care network area in the register.
#[derive(Clone, Debug)]
pub struct RegisterRegion {
    /// The new region.
    pub region: RegionId,
    /// What is known of it.
    pub facts: RegionFacts,
}

impl Command for RegisterRegion {
    type State = Region;
    type Refused = Never;
    const NAME: &'static str = "register_region";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.region.0
    }

    fn decide(self, region: &Region, _by: Actor, _at: Timestamp) -> Result<Vec<RegionEvent>, Never> {
        if region.facts.is_some() {
            return Ok(vec![]);
        }
        Ok(vec![RegionEvent::RegionRegistered { facts: self.facts }])
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
    fn a_region_is_registered_once() {
        let register = || RegisterRegion { region: id(30), facts: groningen() };
        given([]).when(register()).then([RegionEvent::RegionRegistered { facts: groningen() }]);
        given([RegionEvent::RegionRegistered { facts: groningen() }]).when(register()).then_nothing();
    }
}
