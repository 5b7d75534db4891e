//! What deciding about an experience needs to remember.

use std::collections::HashSet;

use uuid::Uuid;

use super::ExperienceEvent;
use crate::{Actor, Aggregate, Standing, Timestamp};

/// A shared experience, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Experience {
    /// Who shared it.
    pub(super) author: Option<Actor>,
    pub(super) helpful_to: HashSet<Actor>,
    pub(super) redacted: bool,
    subjects: Vec<Uuid>,
}

impl Experience {
    pub(super) fn shared(&self) -> bool {
        self.author.is_some()
    }
}

impl Aggregate for Experience {
    type Event = ExperienceEvent;
    const KIND: &'static str = "experience";

    fn apply(&mut self, event: &ExperienceEvent, by: Actor, _at: Timestamp) {
        match event {
            ExperienceEvent::ExperienceShared { themes, intervention, project, .. } => {
                self.author = Some(by);
                self.subjects = themes
                    .iter()
                    .map(|id| id.0)
                    .chain(intervention.map(Uuid::from))
                    .chain(project.map(Uuid::from))
                    .collect();
            }
            ExperienceEvent::ContributionRedacted { .. } => self.redacted = true,
            ExperienceEvent::HelpfulMarked {} => {
                self.helpful_to.insert(by);
            }
            ExperienceEvent::HelpfulUnmarked {} => {
                self.helpful_to.remove(&by);
            }
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.subjects.clone()
    }

    fn standing(&self, by: Actor) -> Vec<Standing> {
        if self.author == Some(by) { vec![Standing::Author] } else { vec![] }
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! An experience to begin a test with.

    use super::*;
    use crate::{
        Sealed,
        experience::ExperienceKind,
        sealed::KeyScope,
        testing::id,
        text::{Line, Prose},
    };

    pub(in crate::experience) fn line(text: &str) -> Sealed<Line> {
        Sealed::new(KeyScope::of("experience", Uuid::nil()), Line::parse(text).expect("line"))
    }

    pub(in crate::experience) fn prose(text: &str) -> Sealed<Prose> {
        Sealed::new(KeyScope::of("experience", Uuid::nil()), Prose::parse(text).expect("prose"))
    }

    /// A colleague, member 4.
    pub(in crate::experience) fn joost() -> Actor {
        Actor::Member(id(4))
    }

    /// Shared under theme 10, from project 2.
    pub(in crate::experience) fn shared() -> ExperienceEvent {
        ExperienceEvent::ExperienceShared {
            kind: ExperienceKind::Bottleneck,
            title: line("Oefenen in het eigen overleg"),
            body: prose("Een losse scholing lukte niet."),
            outcome: Some(prose("Nu oefenen we elke week tien minuten.")),
            themes: vec![id(10)],
            intervention: None,
            phase: None,
            project: Some(id(2)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        examples::{joost, shared},
        *,
    };
    use crate::testing::{given, sanne};

    #[test]
    fn who_shared_it_is_its_author() {
        let experience = given::<Experience>([shared()]).state;
        assert_eq!(experience.standing(sanne()), [Standing::Author]);
        assert_eq!(experience.standing(joost()), []);
    }

    #[test]
    fn an_experience_concerns_its_theme_and_project() {
        assert_eq!(given::<Experience>([shared()]).state.subjects(), [Uuid::from_u128(10), Uuid::from_u128(2)]);
    }
}
