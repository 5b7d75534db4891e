//! What can happen to a knowledge page.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DomainEvent, Sealed,
    id::{AnswerId, ExperienceId, InterventionId, QuestionId, SectionId, ThemeId},
    text::{Line, Prose},
};

/// A fact about a knowledge page: knowledge bundled and framed by an editor (rule 5, **L**). Its texts are
/// sealed under `page:<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum PageEvent {
    /// An editor began a page.
    PageDrafted {
        /// What it is about, in one line.
        title: Sealed<Line>,
        /// The intervention it bundles knowledge about.
        intervention: InterventionId,
        /// The theme.
        theme: ThemeId,
    },
    /// A section was written, or written anew.
    SectionWritten {
        /// Which; new when not seen before, then it comes last.
        section: SectionId,
        /// Its heading.
        heading: Sealed<Line>,
        /// The framing text.
        text: Sealed<Prose>,
    },
    /// A section refers to what somebody contributed.
    SourceCited {
        /// The section.
        section: SectionId,
        /// What it refers to.
        source: Source,
    },
    /// It refers to it no longer.
    SourceDropped {
        /// The section.
        section: SectionId,
        /// What it referred to.
        source: Source,
    },
    /// The page as it stands was published.
    PagePublished {
        /// 1-based, dense.
        version: u32,
    },
}

/// What a page can cite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// A question, with its answers.
    Question {
        /// Which.
        question: QuestionId,
    },
    /// One answer to a question.
    Answer {
        /// The question.
        question: QuestionId,
        /// The answer.
        answer: AnswerId,
    },
    /// An experience.
    Experience {
        /// Which.
        experience: ExperienceId,
    },
}

impl Source {
    /// The ids it names.
    pub fn ids(self) -> Vec<Uuid> {
        match self {
            Self::Question { question } => vec![question.0],
            Self::Answer { question, answer } => vec![question.0, answer.0],
            Self::Experience { experience } => vec![experience.0],
        }
    }
}

impl DomainEvent for PageEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            // Intervention and theme are the page's subjects: on all its events.
            Self::PageDrafted { .. } | Self::PagePublished { .. } => vec![],
            Self::SectionWritten { section, .. } => vec![section.0],
            Self::SourceCited { section, source } | Self::SourceDropped { section, source } => {
                [section.0].into_iter().chain(source.ids()).collect()
            }
        }
    }
}
