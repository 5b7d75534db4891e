//! When does a project begin?

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Project, ProjectEvent};
use crate::{
    Actor, Aggregate, Command, Refusal, Sealed, Timestamp,
    id::{InterventionId, MemberId, OrganisationId, ProjectId, RegionId},
    intervention::Intervention,
    member::Member,
    organisation::Organisation,
    region::Region,
    text::{Line, Prose},
};

/// Begin an implementation project, in the phase of orientation.
#[derive(Clone, Debug)]
pub struct RegisterProject {
    /// The new project.
    pub project: ProjectId,
    /// Its name.
    pub name: Sealed<Line>,
    /// What it wants to reach.
    pub aim: Sealed<Prose>,
    /// What it implements: one or two.
    pub interventions: Vec<InterventionId>,
    /// Who does it together: at least one.
    pub organisations: Vec<OrganisationId>,
    /// Where.
    pub region: RegionId,
    /// Who leads it.
    pub lead: MemberId,
    /// First day.
    pub start: NaiveDate,
}

/// Why a project does not begin like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Rule 2 (**L**): one or two interventions.
    #[error("a project implements one or two interventions, not {0}")]
    OneOrTwoInterventions(usize),
    /// Somebody has to do it.
    #[error("a project needs at least one organisation")]
    NoOrganisation,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::OneOrTwoInterventions(_) => "ONE_OR_TWO_INTERVENTIONS",
            Self::NoOrganisation => "NO_ORGANISATION",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::OneOrTwoInterventions(_) => "Kies één of twee interventies.".into(),
            Self::NoOrganisation => "Kies ten minste één organisatie.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::OneOrTwoInterventions(_) => "Choose one or two interventions.".into(),
            Self::NoOrganisation => "Choose at least one organisation.".into(),
        }
    }
}

impl Command for RegisterProject {
    type State = Project;
    type Refused = Refused;
    const NAME: &'static str = "register_project";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        let interventions = self.interventions.iter().map(|id| (Intervention::KIND, id.0));
        let organisations = self.organisations.iter().map(|id| (Organisation::KIND, id.0));
        interventions.chain(organisations).chain([(Region::KIND, self.region.0), (Member::KIND, self.lead.0)]).collect()
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Refused> {
        if project.registered() {
            return Ok(vec![]);
        }
        if !(1..=2).contains(&self.interventions.len()) {
            return Err(Refused::OneOrTwoInterventions(self.interventions.len()));
        }
        if self.organisations.is_empty() {
            return Err(Refused::NoOrganisation);
        }
        let Self { project: _, name, aim, interventions, organisations, region, lead, start } = self;
        Ok(vec![ProjectEvent::ProjectRegistered { name, aim, interventions, organisations, region, lead, start }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::{prose, registered},
        sealed::KeyScope,
        testing::{given, id},
    };

    fn register(interventions: Vec<InterventionId>, organisations: Vec<OrganisationId>) -> RegisterProject {
        RegisterProject {
            project: id(2),
            name: Sealed::new(KeyScope::of("project", Uuid::nil()), Line::parse("CURA op zes").expect("line")),
            aim: prose("elk gesprek op tijd"),
            interventions,
            organisations,
            region: id(30),
            lead: id(1),
            start: NaiveDate::default(),
        }
    }

    #[test]
    fn a_project_begins_with_one_or_two_interventions_and_an_organisation() {
        given([]).when(register(vec![id(10)], vec![id(20)])).then([registered()]);
        given([]).when(register(vec![], vec![id(20)])).refused(Refused::OneOrTwoInterventions(0));
        given([]).when(register(vec![id(10), id(11), id(12)], vec![id(20)])).refused(Refused::OneOrTwoInterventions(3));
        given([]).when(register(vec![id(10)], vec![])).refused(Refused::NoOrganisation);
    }

    #[test]
    fn a_project_begins_once() {
        given([registered()]).when(register(vec![id(10)], vec![id(20)])).then_nothing();
    }
}
