//! Moving an organisation to another region.

use uuid::Uuid;

use super::{Organisation, OrganisationEvent};
use crate::{
    Actor, Aggregate, Command, Timestamp,
    command::Never,
    id::{OrganisationId, RegionId},
    region::Region,
};

/// Let an organisation belong to another region.
#[derive(Clone, Debug)]
pub struct MoveOrganisation {
    /// Which.
    pub organisation: OrganisationId,
    /// Where it lies from now on.
    pub region: RegionId,
}

impl Command for MoveOrganisation {
    type State = Organisation;
    type Refused = Never;
    const NAME: &'static str = "move_organisation";

    fn target(&self) -> Uuid {
        self.organisation.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        vec![(Region::KIND, self.region.0)]
    }

    fn decide(self, organisation: &Organisation, _by: Actor, _at: Timestamp) -> Result<Vec<OrganisationEvent>, Never> {
        if organisation.region == Some(self.region) {
            return Ok(vec![]);
        }
        Ok(vec![OrganisationEvent::OrganisationMoved { region: self.region }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        organisation::state::examples::registered,
        testing::{given, id},
    };

    #[test]
    fn an_organisation_moves_once() {
        let go = || MoveOrganisation { organisation: id(20), region: id(31) };
        let moved = OrganisationEvent::OrganisationMoved { region: id(31) };
        given([registered()]).when(go()).then([moved.clone()]);
        given([registered(), moved]).when(go()).then_nothing();
    }
}
