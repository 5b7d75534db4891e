//! Entering a region in the register.

use uuid::Uuid;

use super::{Region, RegionEvent};
use crate::{Actor, Command, Timestamp, command::Never, id::RegionId, scope::Consortium, text::Line};

/// Enter a palliative-care network area in the register.
#[derive(Clone, Debug)]
pub struct RegisterRegion {
    /// The new region.
    pub region: RegionId,
    /// Its public name.
    pub name: Line,
    /// The consortium it belongs to.
    pub consortium: Consortium,
    /// Inhabitants, when known.
    pub inhabitants: Option<u32>,
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
        if region.consortium.is_some() {
            return Ok(vec![]);
        }
        let Self { region: _, name, consortium, inhabitants } = self;
        Ok(vec![RegionEvent::RegionRegistered { name: name.as_str().to_owned(), consortium, inhabitants }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{given, id};

    #[test]
    fn a_region_is_registered_once() {
        let register = || RegisterRegion {
            region: id(30),
            name: Line::parse("Groningen").expect("line"),
            consortium: Consortium::Ligare,
            inhabitants: Some(600_000),
        };
        let registered = RegionEvent::RegionRegistered {
            name: "Groningen".into(),
            consortium: Consortium::Ligare,
            inhabitants: Some(600_000),
        };
        given([]).when(register()).then([registered.clone()]);
        given([registered]).when(register()).then_nothing();
    }
}
