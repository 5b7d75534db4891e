//! What deciding about a project needs to remember.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use uuid::Uuid;

use super::{ProjectEvent, ProjectText};
use crate::{
    Actor, Aggregate, Standing, Timestamp,
    id::{BottleneckId, ExperienceId, MemberId, UpdateId},
    phase::Phase,
};

/// A project, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub(super) phase: Phase,
    pub(super) lead: Option<MemberId>,
    pub(super) participants: BTreeSet<MemberId>,
    /// Each bottleneck, and whether it was resolved.
    pub(super) bottlenecks: BTreeMap<BottleneckId, bool>,
    pub(super) updates: HashSet<UpdateId>,
    pub(super) reused: HashSet<(ExperienceId, Option<BottleneckId>)>,
    pub(super) redacted: HashSet<ProjectText>,
    subjects: Vec<Uuid>,
}

impl Project {
    pub(super) fn registered(&self) -> bool {
        self.lead.is_some()
    }
}

impl Aggregate for Project {
    type Event = ProjectEvent;
    const KIND: &'static str = "project";

    fn apply(&mut self, event: &ProjectEvent, _by: Actor, _at: Timestamp) {
        match event {
            ProjectEvent::ProjectRegistered { interventions, organisations, region, lead, .. } => {
                self.lead = Some(*lead);
                self.participants.insert(*lead);
                self.subjects = interventions
                    .iter()
                    .map(|id| id.0)
                    .chain(organisations.iter().map(|id| id.0))
                    .chain([region.0])
                    .collect();
            }
            ProjectEvent::ParticipantJoined { member } => {
                self.participants.insert(*member);
            }
            ProjectEvent::ParticipantLeft { member } => {
                self.participants.remove(member);
            }
            ProjectEvent::PhaseAdvanced { to, .. } | ProjectEvent::PhaseReturned { to, .. } => self.phase = *to,
            ProjectEvent::BottleneckRaised { bottleneck, .. } => {
                self.bottlenecks.insert(*bottleneck, false);
            }
            ProjectEvent::BottleneckResolved { bottleneck, .. } => {
                self.bottlenecks.insert(*bottleneck, true);
            }
            ProjectEvent::SolutionReused { experience, bottleneck, .. } => {
                self.reused.insert((*experience, *bottleneck));
            }
            ProjectEvent::ContributionRedacted { part, .. } => {
                self.redacted.insert(*part);
            }
            ProjectEvent::UpdatePosted { update, .. } => {
                self.updates.insert(*update);
            }
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.subjects.clone()
    }

    fn standing(&self, by: Actor) -> Vec<Standing> {
        let Some(member) = by.member() else { return Vec::new() };
        let mut standing = Vec::new();
        if self.lead == Some(member) {
            standing.push(Standing::Lead);
        }
        if self.participants.contains(&member) {
            standing.push(Standing::Participant);
        }
        standing
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! A project to begin a test with.

    use crate::{
        Sealed,
        project::ProjectEvent,
        sealed::KeyScope,
        testing::id,
        text::{Line, Prose},
    };

    pub(in crate::project) fn prose(text: &str) -> Sealed<Prose> {
        Sealed::new(KeyScope::of("project", uuid::Uuid::nil()), Prose::parse(text).expect("prose"))
    }

    pub(in crate::project) fn registered() -> ProjectEvent {
        ProjectEvent::ProjectRegistered {
            name: Sealed::new(KeyScope::of("project", uuid::Uuid::nil()), Line::parse("CURA op zes").expect("line")),
            aim: prose("elk gesprek op tijd"),
            interventions: vec![id(10)],
            organisations: vec![id(20)],
            region: id(30),
            lead: id(1),
            start: chrono::NaiveDate::default(),
        }
    }
}
