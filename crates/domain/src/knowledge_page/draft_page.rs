//! Beginning a knowledge page.

use uuid::Uuid;

use super::{KnowledgePage, PageEvent};
use crate::{
    Actor, Aggregate, Command, Sealed, Timestamp,
    command::Never,
    id::{InterventionId, PageId, ThemeId},
    intervention::Intervention,
    text::Line,
    theme::Theme,
};

/// Begin a page. Readers see it once it is published.
#[derive(Clone, Debug)]
pub struct DraftPage {
    /// The new page.
    pub page: PageId,
    /// What it is about, in one line.
    pub title: Sealed<Line>,
    /// The intervention it bundles knowledge about.
    pub intervention: InterventionId,
    /// The theme.
    pub theme: ThemeId,
}

impl Command for DraftPage {
    type State = KnowledgePage;
    type Refused = Never;
    const NAME: &'static str = "draft_page";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.page.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        vec![(Intervention::KIND, self.intervention.0), (Theme::KIND, self.theme.0)]
    }

    fn decide(self, page: &KnowledgePage, _by: Actor, _at: Timestamp) -> Result<Vec<PageEvent>, Never> {
        if page.drafted() {
            return Ok(vec![]);
        }
        let Self { page: _, title, intervention, theme } = self;
        Ok(vec![PageEvent::PageDrafted { title, intervention, theme }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge_page::state::examples::{drafted, line},
        testing::{given, id},
    };

    #[test]
    fn a_page_is_drafted_once() {
        let draft = || DraftPage { page: id(7), title: line("Beginnen met CURA"), intervention: id(40), theme: id(10) };
        given([]).when(draft()).then([drafted()]);
        given([drafted()]).when(draft()).then_nothing();
    }
}
