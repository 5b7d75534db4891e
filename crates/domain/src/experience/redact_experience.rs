//! Taking away the text of an experience.

use uuid::Uuid;

use super::{Experience, ExperienceEvent};
use crate::{Actor, Command, Timestamp, command::Never, id::ExperienceId, redaction::RedactionGround};

/// Take away the text of an experience, for good.
#[derive(Clone, Debug)]
pub struct RedactExperience {
    /// Which.
    pub experience: ExperienceId,
    /// Why.
    pub ground: RedactionGround,
}

impl Command for RedactExperience {
    type State = Experience;
    type Refused = Never;
    const NAME: &'static str = "redact_experience";

    fn target(&self) -> Uuid {
        self.experience.0
    }

    fn decide(self, experience: &Experience, _by: Actor, _at: Timestamp) -> Result<Vec<ExperienceEvent>, Never> {
        if experience.redacted {
            return Ok(vec![]);
        }
        Ok(vec![ExperienceEvent::ContributionRedacted { ground: self.ground }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        experience::state::examples::shared,
        testing::{given, id},
    };

    #[test]
    fn a_text_is_taken_away_once() {
        let redact = || RedactExperience { experience: id(6), ground: RedactionGround::NamesPatient };
        let redacted = ExperienceEvent::ContributionRedacted { ground: RedactionGround::NamesPatient };
        given([shared()]).when(redact()).then([redacted.clone()]);
        given([shared(), redacted]).when(redact()).then_nothing();
    }
}
