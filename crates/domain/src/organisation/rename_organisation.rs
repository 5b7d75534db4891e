//! Giving an organisation another name.

use uuid::Uuid;

use super::{Organisation, OrganisationEvent};
use crate::{Actor, Command, Timestamp, command::Never, id::OrganisationId, text::Line};

/// Give an organisation another name.
#[derive(Clone, Debug)]
pub struct RenameOrganisation {
    /// Which.
    pub organisation: OrganisationId,
    /// Its public name from now on.
    pub name: Line,
}

impl Command for RenameOrganisation {
    type State = Organisation;
    type Refused = Never;
    const NAME: &'static str = "rename_organisation";

    fn target(&self) -> Uuid {
        self.organisation.0
    }

    fn decide(self, organisation: &Organisation, _by: Actor, _at: Timestamp) -> Result<Vec<OrganisationEvent>, Never> {
        if organisation.name == self.name.as_str() {
            return Ok(vec![]);
        }
        Ok(vec![OrganisationEvent::OrganisationRenamed { name: self.name.as_str().to_owned() }])
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
    fn an_organisation_is_renamed_once() {
        let rename = || RenameOrganisation { organisation: id(20), name: Line::parse("Hospice De Es").expect("line") };
        let renamed = OrganisationEvent::OrganisationRenamed { name: "Hospice De Es".into() };
        given([registered()]).when(rename()).then([renamed.clone()]);
        given([registered(), renamed]).when(rename()).then_nothing();
    }
}
