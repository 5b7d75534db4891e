//! When is a page published? When something was written, and changed since the last time.

use uuid::Uuid;

use super::{KnowledgePage, PageEvent};
use crate::{Actor, Command, Refusal, Timestamp, id::PageId};

/// Publish the page as it stands, as its next version.
#[derive(Clone, Debug)]
pub struct PublishPage {
    /// The page.
    pub page: PageId,
}

/// Why a page is not published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It has no section.
    #[error("the page has no section")]
    NothingWritten,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NothingWritten => "NOTHING_WRITTEN",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NothingWritten => "Er staat nog niets op de pagina. Schrijf eerst ten minste één onderdeel.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NothingWritten => "There is nothing on the page yet. Write at least one section first.".into(),
        }
    }
}

impl Command for PublishPage {
    type State = KnowledgePage;
    type Refused = Refused;
    const NAME: &'static str = "publish_page";

    fn target(&self) -> Uuid {
        self.page.0
    }

    fn decide(self, page: &KnowledgePage, _by: Actor, _at: Timestamp) -> Result<Vec<PageEvent>, Refused> {
        if page.sections.is_empty() {
            return Err(Refused::NothingWritten);
        }
        if !page.changed {
            return Ok(vec![]);
        }
        Ok(vec![PageEvent::PagePublished { version: page.version + 1 }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge_page::state::examples::{drafted, experience, written},
        testing::{given, id},
    };

    fn publish() -> PublishPage {
        PublishPage { page: id(7) }
    }

    fn published(version: u32) -> PageEvent {
        PageEvent::PagePublished { version }
    }

    #[test]
    fn an_empty_page_is_not_published() {
        given([drafted()]).when(publish()).refused(Refused::NothingWritten);
    }

    #[test]
    fn a_page_is_published_once_per_change() {
        given([drafted(), written("Begin klein.")]).when(publish()).then([published(1)]);
        given([drafted(), written("Begin klein."), published(1)]).when(publish()).then_nothing();
    }

    #[test]
    fn each_change_makes_a_next_version() {
        let cited = PageEvent::SourceCited { section: id(70), source: experience() };
        let dropped = PageEvent::SourceDropped { section: id(70), source: experience() };
        for change in [written("Begin met één team."), cited, dropped] {
            given([drafted(), written("Begin klein."), published(1), change]).when(publish()).then([published(2)]);
        }
    }
}
