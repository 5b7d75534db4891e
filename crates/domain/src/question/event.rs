//! What can happen to a question and its answers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DomainEvent, Sealed,
    id::{AnswerId, InterventionId, MemberId, ProjectId, ThemeId},
    phase::Phase,
    redaction::RedactionGround,
    text::{Line, Prose},
};

/// A fact about a question. Its texts are sealed under `question:<id>`, an answer's under `answer:<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum QuestionEvent {
    /// Somebody asked.
    QuestionAsked {
        /// What it is about, in one line.
        title: Sealed<Line>,
        /// The question.
        body: Sealed<Prose>,
        /// At least one.
        themes: Vec<ThemeId>,
        /// The intervention it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        intervention: Option<InterventionId>,
        /// The phase the asker is in.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<Phase>,
        /// The project it came up in; never for an anonymous question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
        /// Present when asked anonymously: then the envelope does not name the asker.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        anonymous: Option<HiddenAsker>,
    },
    /// Somebody else had this question too.
    SameQuestionHad {},
    /// Somebody answered.
    AnswerGiven {
        /// The new answer.
        answer: AnswerId,
        /// What they wrote.
        body: Sealed<Prose>,
    },
    /// The asker was helped by this answer.
    AnswerAccepted {
        /// Which.
        answer: AnswerId,
    },
    /// The asker took the acceptance back.
    AnswerUnaccepted {
        /// Which.
        answer: AnswerId,
    },
    /// Somebody found an answer helpful.
    HelpfulMarked {
        /// Which.
        answer: AnswerId,
    },
    /// They took that back.
    HelpfulUnmarked {
        /// Which.
        answer: AnswerId,
    },
    /// The text of the question, or of an answer to it, was destroyed. What others wrote stays.
    ContributionRedacted {
        /// Which answer; the question itself when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answer: Option<AnswerId>,
        /// Why.
        ground: RedactionGround,
    },
    /// The asker of an anonymous question made themselves known.
    AskerRevealed {
        /// Who asked.
        member: MemberId,
    },
}

/// Who asked an anonymous question, readable by nobody but the platform on the asker's behalf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HiddenAsker {
    /// Sealed under a scope of its own, `asker:<question id>`.
    pub member: Sealed<MemberId>,
    /// Tells, to whoever holds the member's data key, that this question is theirs.
    pub tag: AskerTag,
}

/// HMAC-SHA-256 of the question's id under a key derived from the asker's own data key, in lower-case
/// hex. Without that key it says nothing, also not that two questions have one asker; when the member
/// is erased, it says nothing for ever.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct AskerTag(#[schemars(regex(pattern = "^[0-9a-f]{64}$"))] pub String);

impl DomainEvent for QuestionEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            // Themes, intervention and project are the question's subjects: on all its events.
            Self::QuestionAsked { .. } | Self::SameQuestionHad {} => vec![],
            Self::AnswerGiven { answer, .. }
            | Self::AnswerAccepted { answer }
            | Self::AnswerUnaccepted { answer }
            | Self::HelpfulMarked { answer }
            | Self::HelpfulUnmarked { answer } => vec![answer.0],
            Self::ContributionRedacted { answer, .. } => answer.iter().map(|answer| answer.0).collect(),
            Self::AskerRevealed { member } => vec![member.0],
        }
    }
}
