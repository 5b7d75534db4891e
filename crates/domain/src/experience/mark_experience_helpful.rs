//! Who may mark an experience as helpful? Everybody but who shared it, once.

use uuid::Uuid;

use super::{Experience, ExperienceEvent};
use crate::{Actor, Command, Refusal, Timestamp, id::ExperienceId};

/// Say that somebody's experience is helpful.
#[derive(Clone, Debug)]
pub struct MarkExperienceHelpful {
    /// The experience.
    pub experience: ExperienceId,
}

/// Why an experience is not marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nobody praises themselves.
    #[error("the experience is one's own")]
    OwnExperience,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::OwnExperience => "OWN_EXPERIENCE",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::OwnExperience => "Dit is je eigen ervaring. Alleen anderen kunnen zeggen dat die nuttig is.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::OwnExperience => "This is your own experience. Only others can say that it is helpful.".into(),
        }
    }
}

impl Command for MarkExperienceHelpful {
    type State = Experience;
    type Refused = Refused;
    const NAME: &'static str = "mark_experience_helpful";

    fn target(&self) -> Uuid {
        self.experience.0
    }

    fn decide(self, experience: &Experience, by: Actor, _at: Timestamp) -> Result<Vec<ExperienceEvent>, Refused> {
        if experience.author == Some(by) {
            return Err(Refused::OwnExperience);
        }
        if experience.helpful_to.contains(&by) {
            return Ok(vec![]);
        }
        Ok(vec![ExperienceEvent::HelpfulMarked {}])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        experience::state::examples::{joost, shared},
        testing::{given, id},
    };

    fn mark() -> MarkExperienceHelpful {
        MarkExperienceHelpful { experience: id(60) }
    }

    #[test]
    fn an_experience_is_helpful_to_each_reader_once() {
        given([shared()]).by(joost()).when(mark()).then([ExperienceEvent::HelpfulMarked {}]);
        given([shared()]).and(joost(), ExperienceEvent::HelpfulMarked {}).by(joost()).when(mark()).then_nothing();
    }

    #[test]
    fn nobody_marks_their_own_experience() {
        given([shared()]).when(mark()).refused(Refused::OwnExperience);
    }
}
