//! What may a section refer to? Questions, answers and experiences that members contributed.

use uuid::Uuid;

use super::{KnowledgePage, PageEvent, Source};
use crate::{
    Actor, Aggregate, Command, Refusal, Timestamp,
    experience::Experience,
    id::{PageId, SectionId},
    question::Question,
};

/// Let a section refer to what somebody contributed.
#[derive(Clone, Debug)]
pub struct CiteSource {
    /// The page.
    pub page: PageId,
    /// The section.
    pub section: SectionId,
    /// What it refers to.
    pub source: Source,
}

/// Why it is not cited.
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
            Self::NoSuchSection => "Dit onderdeel staat niet op de pagina. Schrijf het eerst.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoSuchSection => "This section is not on the page. Write it first.".into(),
        }
    }
}

impl Command for CiteSource {
    type State = KnowledgePage;
    type Refused = Refused;
    const NAME: &'static str = "cite_source";

    fn target(&self) -> Uuid {
        self.page.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        match self.source {
            Source::Question { question } | Source::Answer { question, .. } => vec![(Question::KIND, question.0)],
            Source::Experience { experience } => vec![(Experience::KIND, experience.0)],
        }
    }

    fn decide(self, page: &KnowledgePage, _by: Actor, _at: Timestamp) -> Result<Vec<PageEvent>, Refused> {
        let Self { page: _, section, source } = self;
        let cited = &page.sections.get(&section).ok_or(Refused::NoSuchSection)?.sources;
        if cited.contains(&source) {
            return Ok(vec![]);
        }
        Ok(vec![PageEvent::SourceCited { section, source }])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        knowledge_page::state::examples::{drafted, experience, written},
        testing::{given, id},
    };

    fn cite(source: Source) -> CiteSource {
        CiteSource { page: id(7), section: id(70), source }
    }

    #[test]
    fn a_source_is_cited_once() {
        let cited = PageEvent::SourceCited { section: id(70), source: experience() };
        given([drafted(), written("Begin klein.")]).when(cite(experience())).then([cited.clone()]);
        given([drafted(), written("Begin klein."), cited]).when(cite(experience())).then_nothing();
    }

    #[test]
    fn a_section_that_was_not_written_cites_nothing() {
        given([drafted()]).when(cite(experience())).refused(Refused::NoSuchSection);
    }

    #[test]
    fn what_is_cited_must_exist() {
        assert_eq!(cite(experience()).mentions(), [("experience", id(60))]);
        assert_eq!(cite(Source::Question { question: id(2) }).mentions(), [("question", id(2))]);
        let answer = Source::Answer { question: id(2), answer: id(50) };
        assert_eq!(cite(answer).mentions(), [("question", id(2))]);
    }
}
