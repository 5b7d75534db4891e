//! What deciding about a knowledge page needs to remember.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::{PageEvent, Source};
use crate::{
    Actor, Aggregate, Sealed, Standing, Timestamp,
    id::SectionId,
    text::{Line, Prose},
};

/// A knowledge page, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct KnowledgePage {
    /// Who drafted it.
    author: Option<Actor>,
    pub(super) sections: BTreeMap<SectionId, Section>,
    /// The version last published; 0 while never published.
    pub(super) version: u32,
    /// Whether something changed since it was last published.
    pub(super) changed: bool,
    subjects: Vec<Uuid>,
}

/// A section, as it stands.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) heading: Sealed<Line>,
    pub(super) text: Sealed<Prose>,
    pub(super) sources: HashSet<Source>,
}

impl KnowledgePage {
    pub(super) fn drafted(&self) -> bool {
        self.author.is_some()
    }
}

impl Aggregate for KnowledgePage {
    type Event = PageEvent;
    const KIND: &'static str = "page";

    fn apply(&mut self, event: &PageEvent, by: Actor, _at: Timestamp) {
        match event {
            PageEvent::PageDrafted { intervention, theme, .. } => {
                self.author = Some(by);
                self.subjects = vec![intervention.0, theme.0];
                self.changed = true;
            }
            PageEvent::SectionWritten { section, heading, text } => {
                let sources = self.sections.remove(section).map(|before| before.sources).unwrap_or_default();
                let written = Section { heading: heading.clone(), text: text.clone(), sources };
                self.sections.insert(*section, written);
                self.changed = true;
            }
            PageEvent::SourceCited { section, source } => {
                self.sections.entry(*section).and_modify(|section| {
                    section.sources.insert(*source);
                });
                self.changed = true;
            }
            PageEvent::SourceDropped { section, source } => {
                self.sections.entry(*section).and_modify(|section| {
                    section.sources.remove(source);
                });
                self.changed = true;
            }
            PageEvent::PagePublished { version } => {
                self.version = *version;
                self.changed = false;
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
    //! A page to begin a test with.

    use super::*;
    use crate::{sealed::KeyScope, testing::id};

    pub(in crate::knowledge_page) fn line(text: &str) -> Sealed<Line> {
        Sealed::new(KeyScope::of("page", Uuid::nil()), Line::parse(text).expect("line"))
    }

    pub(in crate::knowledge_page) fn prose(text: &str) -> Sealed<Prose> {
        Sealed::new(KeyScope::of("page", Uuid::nil()), Prose::parse(text).expect("prose"))
    }

    /// About intervention 40, under theme 10.
    pub(in crate::knowledge_page) fn drafted() -> PageEvent {
        PageEvent::PageDrafted { title: line("Beginnen met CURA"), intervention: id(40), theme: id(10) }
    }

    /// Section 70.
    pub(in crate::knowledge_page) fn written(text: &str) -> PageEvent {
        PageEvent::SectionWritten { section: id(70), heading: line("De eerste stap"), text: prose(text) }
    }

    /// Experience 60.
    pub(in crate::knowledge_page) fn experience() -> Source {
        Source::Experience { experience: id(60) }
    }
}

#[cfg(test)]
mod tests {
    use super::{
        examples::{drafted, experience, written},
        *,
    };
    use crate::testing::{given, id, sanne};

    #[test]
    fn who_drafted_it_is_its_author() {
        let page = given::<KnowledgePage>([drafted()]).state;
        assert_eq!(page.standing(sanne()), [Standing::Author]);
        assert_eq!(page.standing(Actor::Member(id(4))), []);
    }

    #[test]
    fn a_page_concerns_its_intervention_and_theme() {
        assert_eq!(given::<KnowledgePage>([drafted()]).state.subjects(), [Uuid::from_u128(40), Uuid::from_u128(10)]);
    }

    #[test]
    fn a_section_written_anew_keeps_its_sources() {
        let cited = PageEvent::SourceCited { section: id(70), source: experience() };
        let page =
            given::<KnowledgePage>([drafted(), written("Begin klein."), cited, written("Begin met één team.")]).state;
        assert_eq!(page.sections[&id(70)].sources, HashSet::from([experience()]));
    }
}
