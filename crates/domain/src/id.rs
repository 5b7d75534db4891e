//! Ids: one type per kind of thing, so that a question's id cannot stand where a project's belongs.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Declares the id types. Every id is a UUID; new ones are time-ordered (`UUIDv7`, RFC 9562).
macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

ids! {
    /// An organisation: hospital, hospice, GP group, care institution …
    OrganisationId,
    /// Several organisations that act as one applicant or project.
    CollaborationId,
    /// A palliative-care network area.
    RegionId,
    /// A funding round.
    RoundId,
    /// A grant, or a promising project that an organisation funds itself: what access rests on.
    BasisId,
    /// A person with access.
    MemberId,
    /// A theme, e.g. communication.
    ThemeId,
    /// An intervention that organisations implement.
    InterventionId,
    /// A question.
    QuestionId,
    /// An answer to a question.
    AnswerId,
    /// A shared experience.
    ExperienceId,
    /// An implementation project.
    ProjectId,
    /// A bottleneck of a project.
    BottleneckId,
    /// An update posted by a project.
    UpdateId,
    /// A PDSA cycle.
    CycleId,
    /// An observation made during a PDSA cycle.
    ObservationId,
    /// A knowledge page.
    PageId,
    /// A section of a knowledge page.
    SectionId,
}
