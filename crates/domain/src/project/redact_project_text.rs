//! Taking away a text that stands with a project.

use uuid::Uuid;

use super::{Project, ProjectEvent, ProjectText};
use crate::{Actor, Command, Refusal, Timestamp, id::ProjectId, redaction::RedactionGround};

/// Take away the text of a bottleneck, with its solution, or of an update, for good.
#[derive(Clone, Debug)]
pub struct RedactProjectText {
    /// The project.
    pub project: ProjectId,
    /// Which text.
    pub part: ProjectText,
    /// Why.
    pub ground: RedactionGround,
}

/// Why nothing is taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The project has no such text.
    #[error("the project has no such text")]
    NoSuchText,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        "NO_SUCH_TEXT"
    }

    fn in_dutch(&self) -> String {
        "Deze tekst hoort niet bij dit project. Ververs de pagina.".into()
    }

    fn in_english(&self) -> String {
        "This text does not belong to this project. Reload the page.".into()
    }
}

impl Command for RedactProjectText {
    type State = Project;
    type Refused = Refused;
    const NAME: &'static str = "redact_project_text";

    fn target(&self) -> Uuid {
        self.project.0
    }

    fn decide(self, project: &Project, _by: Actor, _at: Timestamp) -> Result<Vec<ProjectEvent>, Refused> {
        let Self { project: _, part, ground } = self;
        let known = match part {
            ProjectText::Bottleneck(bottleneck) => project.bottlenecks.contains_key(&bottleneck),
            ProjectText::Update(update) => project.updates.contains(&update),
        };
        if !known {
            return Err(Refused::NoSuchText);
        }
        if project.redacted.contains(&part) {
            return Ok(vec![]);
        }
        Ok(vec![ProjectEvent::ContributionRedacted { part, ground }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        project::state::examples::{prose, registered},
        testing::{given, id},
    };

    fn redact(part: ProjectText) -> RedactProjectText {
        RedactProjectText { project: id(1), part, ground: RedactionGround::Harms }
    }

    #[test]
    fn a_text_is_taken_away_once() {
        let posted = ProjectEvent::UpdatePosted { update: id(60), text: prose("Mevrouw De Boer doet mee.") };
        let part = ProjectText::Update(id(60));
        let redacted = ProjectEvent::ContributionRedacted { part, ground: RedactionGround::Harms };
        given([registered(), posted.clone()]).when(redact(part)).then([redacted.clone()]);
        given([registered(), posted, redacted]).when(redact(part)).then_nothing();
    }

    #[test]
    fn a_text_belongs_to_its_project() {
        for part in [ProjectText::Update(id(60)), ProjectText::Bottleneck(id(61))] {
            given([registered()]).when(redact(part)).refused(Refused::NoSuchText);
        }
    }
}
