//! What can happen to an implementation project.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DomainEvent, Sealed,
    id::{BottleneckId, ExperienceId, InterventionId, MemberId, OrganisationId, ProjectId, RegionId, UpdateId},
    phase::Phase,
    redaction::RedactionGround,
    text::{Line, Prose},
};

/// A fact about a project. Name, aim and notes are sealed under `project:<id>`, a bottleneck's texts under
/// `bottleneck:<id>`, an update's under `update:<id>`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum ProjectEvent {
    /// It began: in the phase of orientation.
    ProjectRegistered {
        /// Its name.
        name: Sealed<Line>,
        /// What it wants to reach.
        aim: Sealed<Prose>,
        /// What it implements; one or two.
        interventions: Vec<InterventionId>,
        /// Who does it together; at least one.
        organisations: Vec<OrganisationId>,
        /// Where.
        region: RegionId,
        /// Who leads it; takes part from the start.
        lead: MemberId,
        /// First day.
        start: NaiveDate,
    },
    /// Somebody takes part from now on.
    ParticipantJoined {
        /// Who.
        member: MemberId,
    },
    /// Somebody takes part no longer.
    ParticipantLeft {
        /// Who.
        member: MemberId,
    },
    /// It went to the next phase.
    PhaseAdvanced {
        /// The phase it left.
        from: Phase,
        /// The phase that follows.
        to: Phase,
        /// What was reached, or what comes now.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<Sealed<Prose>>,
    },
    /// It went one phase back.
    PhaseReturned {
        /// The phase it left.
        from: Phase,
        /// The phase before.
        to: Phase,
        /// Why.
        reason: Sealed<Prose>,
    },
    /// Something stands in the way.
    BottleneckRaised {
        /// The new bottleneck.
        bottleneck: BottleneckId,
        /// What it is.
        text: Sealed<Prose>,
        /// Of what kind.
        kind: BottleneckKind,
    },
    /// It was solved, in a way others can reuse.
    BottleneckResolved {
        /// Which.
        bottleneck: BottleneckId,
        /// How.
        solution: Sealed<Prose>,
        /// The experience that tells more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        experience: Option<ExperienceId>,
    },
    /// The project took over what worked elsewhere (rule 4, **L**).
    SolutionReused {
        /// What it took over.
        experience: ExperienceId,
        /// The project it came from, if the experience names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_project: Option<ProjectId>,
        /// The bottleneck it is tried on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bottleneck: Option<BottleneckId>,
    },
    /// The text of a bottleneck (and of how it was solved) or of an update was destroyed.
    ContributionRedacted {
        /// Which.
        part: ProjectText,
        /// Why.
        ground: RedactionGround,
    },
    /// News for those who follow the project.
    UpdatePosted {
        /// The new update.
        update: UpdateId,
        /// What is new.
        text: Sealed<Prose>,
    },
}

/// A text that stands with a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProjectText {
    /// A bottleneck, with its solution.
    Bottleneck(BottleneckId),
    /// An update.
    Update(UpdateId),
}

impl ProjectText {
    /// Its kind and id, as in the scope of its key.
    pub fn scope(self) -> (&'static str, Uuid) {
        match self {
            Self::Bottleneck(id) => ("bottleneck", id.0),
            Self::Update(id) => ("update", id.0),
        }
    }
}

/// What kind of thing stands in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BottleneckKind {
    /// Too little time or too few people.
    Capacity,
    /// Money.
    Funding,
    /// Colleagues or management do not (yet) come along.
    Support,
    /// Knowledge or skills.
    Skills,
    /// Working together across organisations.
    Collaboration,
    /// IT and records.
    Technology,
    /// Something else.
    Other,
}

impl DomainEvent for ProjectEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            // Interventions, organisations and region are the project's subjects: on all its events.
            Self::ProjectRegistered { lead, .. } => vec![lead.0],
            Self::ParticipantJoined { member } | Self::ParticipantLeft { member } => vec![member.0],
            Self::PhaseAdvanced { .. } | Self::PhaseReturned { .. } => vec![],
            Self::BottleneckRaised { bottleneck, .. } => vec![bottleneck.0],
            Self::BottleneckResolved { bottleneck, experience, .. } => {
                [bottleneck.0].into_iter().chain(experience.map(Uuid::from)).collect()
            }
            Self::SolutionReused { experience, from_project, bottleneck } => [experience.0]
                .into_iter()
                .chain(from_project.map(Uuid::from))
                .chain(bottleneck.map(Uuid::from))
                .collect(),
            Self::ContributionRedacted { part, .. } => vec![part.scope().1],
            Self::UpdatePosted { update, .. } => vec![update.0],
        }
    }
}
