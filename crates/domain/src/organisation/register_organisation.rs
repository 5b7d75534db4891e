//! Entering an organisation in the register.

use uuid::Uuid;

use super::{CareSetting, Organisation, OrganisationEvent, OrganisationKind};
use crate::{
    Actor, Aggregate, Command, Timestamp,
    command::Never,
    id::{OrganisationId, RegionId},
    region::Region,
    text::Line,
};

/// Enter an organisation in the register.
#[derive(Clone, Debug)]
pub struct RegisterOrganisation {
    /// The new organisation.
    pub organisation: OrganisationId,
    /// Its public name.
    pub name: Line,
    /// What kind of organisation.
    pub kind: OrganisationKind,
    /// Where its people give care.
    pub settings: Vec<CareSetting>,
    /// Where it lies.
    pub region: RegionId,
}

impl Command for RegisterOrganisation {
    type State = Organisation;
    type Refused = Never;
    const NAME: &'static str = "register_organisation";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.organisation.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        vec![(Region::KIND, self.region.0)]
    }

    fn decide(self, organisation: &Organisation, _by: Actor, _at: Timestamp) -> Result<Vec<OrganisationEvent>, Never> {
        if organisation.region.is_some() {
            return Ok(vec![]);
        }
        let Self { organisation: _, name, kind, settings, region } = self;
        let (name, settings) = (name.as_str().to_owned(), crate::distinct(settings));
        Ok(vec![OrganisationEvent::OrganisationRegistered { name, kind, settings, region }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{given, id};

    #[test]
    fn an_organisation_is_registered_once() {
        let register = || RegisterOrganisation {
            organisation: id(20),
            name: Line::parse("Hospice De Linde").expect("line"),
            kind: OrganisationKind::Hospice,
            settings: vec![CareSetting::Hospice, CareSetting::Home, CareSetting::Hospice],
            region: id(30),
        };
        let registered = OrganisationEvent::OrganisationRegistered {
            name: "Hospice De Linde".into(),
            kind: OrganisationKind::Hospice,
            settings: vec![CareSetting::Hospice, CareSetting::Home],
            region: id(30),
        };
        given([]).when(register()).then([registered.clone()]);
        given([registered]).when(register()).then_nothing();
    }
}
