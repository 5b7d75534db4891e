//! Writing a section, or writing it anew.

use uuid::Uuid;

use super::{KnowledgePage, PageEvent};
use crate::{
    Actor, Command, Sealed, Timestamp,
    command::Never,
    id::{PageId, SectionId},
    text::{Line, Prose},
};

/// Write a section, or write it anew. A new one comes last.
#[derive(Clone, Debug)]
pub struct WriteSection {
    /// The page.
    pub page: PageId,
    /// Which section; new when the page does not have it.
    pub section: SectionId,
    /// Its heading.
    pub heading: Sealed<Line>,
    /// The framing text.
    pub text: Sealed<Prose>,
}

impl Command for WriteSection {
    type State = KnowledgePage;
    type Refused = Never;
    const NAME: &'static str = "write_section";

    fn target(&self) -> Uuid {
        self.page.0
    }

    fn decide(self, page: &KnowledgePage, _by: Actor, _at: Timestamp) -> Result<Vec<PageEvent>, Never> {
        let Self { page: _, section, heading, text } = self;
        if page.sections.get(&section).is_some_and(|now| now.heading == heading && now.text == text) {
            return Ok(vec![]);
        }
        Ok(vec![PageEvent::SectionWritten { section, heading, text }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge_page::state::examples::{drafted, line, prose, written},
        testing::{given, id},
    };

    fn write(text: &str) -> WriteSection {
        WriteSection { page: id(7), section: id(70), heading: line("De eerste stap"), text: prose(text) }
    }

    #[test]
    fn a_section_is_written_and_written_anew() {
        given([drafted()]).when(write("Begin klein.")).then([written("Begin klein.")]);
        given([drafted(), written("Begin klein.")])
            .when(write("Begin met één team."))
            .then([written("Begin met één team.")]);
    }

    #[test]
    fn the_same_section_again_is_nothing_new() {
        given([drafted(), written("Begin klein.")]).when(write("Begin klein.")).then_nothing();
    }
}
