//! Taking back that an experience is helpful.

use uuid::Uuid;

use super::{Experience, ExperienceEvent};
use crate::{Actor, Command, Timestamp, command::Never, id::ExperienceId};

/// Take back that an experience is helpful.
#[derive(Clone, Debug)]
pub struct UnmarkExperienceHelpful {
    /// The experience.
    pub experience: ExperienceId,
}

impl Command for UnmarkExperienceHelpful {
    type State = Experience;
    type Refused = Never;
    const NAME: &'static str = "unmark_experience_helpful";

    fn target(&self) -> Uuid {
        self.experience.0
    }

    fn decide(self, experience: &Experience, by: Actor, _at: Timestamp) -> Result<Vec<ExperienceEvent>, Never> {
        if !experience.helpful_to.contains(&by) {
            return Ok(vec![]);
        }
        Ok(vec![ExperienceEvent::HelpfulUnmarked {}])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        experience::state::examples::{joost, shared},
        testing::{Given, given, id},
    };

    fn unmark() -> UnmarkExperienceHelpful {
        UnmarkExperienceHelpful { experience: id(60) }
    }

    fn marked_by_joost() -> Given<Experience> {
        given([shared()]).and(joost(), ExperienceEvent::HelpfulMarked {})
    }

    #[test]
    fn a_mark_is_taken_back_once() {
        marked_by_joost().by(joost()).when(unmark()).then([ExperienceEvent::HelpfulUnmarked {}]);
        marked_by_joost().and(joost(), ExperienceEvent::HelpfulUnmarked {}).by(joost()).when(unmark()).then_nothing();
    }

    #[test]
    fn nobody_takes_back_the_mark_of_another() {
        marked_by_joost().when(unmark()).then_nothing();
    }
}
