//! What can happen to a shared experience.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DomainEvent, Sealed,
    id::{InterventionId, ProjectId, ThemeId},
    phase::Phase,
    redaction::RedactionGround,
    text::{Line, Prose},
};

/// A fact about an experience. Its texts are sealed under `experience:<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
#[expect(clippy::large_enum_variant, reason = "events are few at a time; a box would only blur the payload")]
pub enum ExperienceEvent {
    /// Somebody shared what they went through.
    ExperienceShared {
        /// What it is an account of.
        kind: ExperienceKind,
        /// In one line.
        title: Sealed<Line>,
        /// What happened.
        body: Sealed<Prose>,
        /// What solved it or what came of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        outcome: Option<Sealed<Prose>>,
        /// At least one.
        themes: Vec<ThemeId>,
        /// The intervention it is about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        intervention: Option<InterventionId>,
        /// The phase in which it happened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        phase: Option<Phase>,
        /// The project in which it happened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<ProjectId>,
    },
    /// Its text was destroyed.
    ContributionRedacted {
        /// Why.
        ground: RedactionGround,
    },
    /// Somebody found it helpful.
    HelpfulMarked {},
    /// They took that back.
    HelpfulUnmarked {},
}

/// What an experience is an account of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExperienceKind {
    /// A training.
    Training,
    /// An intervention.
    Intervention,
    /// A bottleneck and how it was solved.
    Bottleneck,
    /// An approach.
    Approach,
    /// A meeting.
    Meeting,
}

impl DomainEvent for ExperienceEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::ExperienceShared { .. }
            | Self::ContributionRedacted { .. }
            | Self::HelpfulMarked {}
            | Self::HelpfulUnmarked {} => vec![],
        }
    }
}
