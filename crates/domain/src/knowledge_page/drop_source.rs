//! Referring to something no longer.

use uuid::Uuid;

use super::{KnowledgePage, PageEvent, Source};
use crate::{
    Actor, Command, Refusal, Timestamp,
    id::{PageId, SectionId},
};

/// Let a section refer to something no longer.
#[derive(Clone, Debug)]
pub struct DropSource {
    /// The page.
    pub page: PageId,
    /// The section.
    pub section: SectionId,
    /// What it referred to.
    pub source: Source,
}

/// Why it is not dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The page has no such section.
    #[error("the page has no such section")]
    NoSuchSection,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NoSuchSection => "NO_SUCH_SECTION",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoSuchSection => "Dit onderdeel staat niet op de pagina.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoSuchSection => "This section is not on the page.".into(),
        }
    }
}

impl Command for DropSource {
    type State = KnowledgePage;
    type Refused = Refused;
    const NAME: &'static str = "drop_source";

    fn target(&self) -> Uuid {
        self.page.0
    }

    fn decide(self, page: &KnowledgePage, _by: Actor, _at: Timestamp) -> Result<Vec<PageEvent>, Refused> {
        let Self { page: _, section, source } = self;
        let cited = &page.sections.get(&section).ok_or(Refused::NoSuchSection)?.sources;
        if !cited.contains(&source) {
            return Ok(vec![]);
        }
        Ok(vec![PageEvent::SourceDropped { section, source }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge_page::state::examples::{drafted, experience, written},
        testing::{given, id},
    };

    fn drop() -> DropSource {
        DropSource { page: id(7), section: id(70), source: experience() }
    }

    #[test]
    fn a_source_is_dropped_once() {
        let cited = PageEvent::SourceCited { section: id(70), source: experience() };
        let dropped = PageEvent::SourceDropped { section: id(70), source: experience() };
        given([drafted(), written("Begin klein."), cited.clone()]).when(drop()).then([dropped.clone()]);
        given([drafted(), written("Begin klein."), cited, dropped]).when(drop()).then_nothing();
    }

    #[test]
    fn a_section_that_was_not_written_drops_nothing() {
        given([drafted()]).when(drop()).refused(Refused::NoSuchSection);
    }
}
