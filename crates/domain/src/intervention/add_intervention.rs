//! Adding an intervention to the catalogue (rule 2, **L**).

use uuid::Uuid;

use super::{Intervention, InterventionEvent};
use crate::{
    Actor, Command, Timestamp,
    command::Never,
    id::InterventionId,
    text::{Line, Prose},
};

/// Add an intervention to the catalogue.
#[derive(Clone, Debug)]
pub struct AddIntervention {
    /// The new intervention.
    pub intervention: InterventionId,
    /// Its public name.
    pub name: Line,
    /// What it is, in one or two sentences.
    pub summary: Prose,
}

impl Command for AddIntervention {
    type State = Intervention;
    type Refused = Never;
    const NAME: &'static str = "add_intervention";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.intervention.0
    }

    fn decide(self, intervention: &Intervention, _by: Actor, _at: Timestamp) -> Result<Vec<InterventionEvent>, Never> {
        if intervention.added {
            return Ok(vec![]);
        }
        let (name, summary) = (self.name.as_str().to_owned(), self.summary.as_str().to_owned());
        Ok(vec![InterventionEvent::InterventionAdded { name, summary }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{given, id};

    #[test]
    fn an_intervention_is_added_once() {
        let add = || AddIntervention {
            intervention: id(40),
            name: Line::parse("CURA").expect("line"),
            summary: Prose::parse("Een stappenplan bij moreel lastige situaties.").expect("prose"),
        };
        let added = InterventionEvent::InterventionAdded {
            name: "CURA".into(),
            summary: "Een stappenplan bij moreel lastige situaties.".into(),
        };
        given([]).when(add()).then([added.clone()]);
        given([added]).when(add()).then_nothing();
    }
}
