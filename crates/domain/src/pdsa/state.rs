//! What deciding about a PDSA cycle needs to remember.

use std::collections::HashSet;

use uuid::Uuid;

use super::{CycleEvent, Decision};
use crate::{
    Actor, Aggregate, Standing, Timestamp,
    id::{MemberId, ObservationId, ProjectId},
};

/// A PDSA cycle, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct Cycle {
    head: Option<Head>,
    pub(super) stage: Stage,
}

/// What a cycle belongs to.
#[derive(Clone, Debug)]
struct Head {
    project: ProjectId,
    owner: MemberId,
}

/// How far a cycle is. Each stage holds what can be true in it and nothing else.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Stage {
    /// Plan: nothing was predicted yet.
    #[default]
    Planned,
    /// Plan: a prediction was made; Do may start.
    Predicted,
    /// Do.
    Started {
        /// What was seen so far.
        observations: HashSet<ObservationId>,
    },
    /// Study: it has a result.
    Studied,
    /// Act: it led to something.
    Decided(Decision),
    /// It was stopped before it had a result.
    Abandoned,
}

impl Cycle {
    pub(super) fn planned(&self) -> bool {
        self.head.is_some()
    }

    pub(super) fn project(&self) -> Option<ProjectId> {
        self.head.as_ref().map(|head| head.project)
    }
}

impl Aggregate for Cycle {
    type Event = CycleEvent;
    const KIND: &'static str = "pdsa";

    fn apply(&mut self, event: &CycleEvent, _by: Actor, _at: Timestamp) {
        match event {
            CycleEvent::CyclePlanned { project, owner, .. } => {
                self.head = Some(Head { project: *project, owner: *owner });
                self.stage = Stage::Planned;
            }
            CycleEvent::PredictionMade { .. } => self.stage = Stage::Predicted,
            CycleEvent::CycleStarted {} => self.stage = Stage::Started { observations: HashSet::new() },
            CycleEvent::ObservationRecorded { observation, .. } => {
                if let Stage::Started { observations } = &mut self.stage {
                    observations.insert(*observation);
                }
            }
            CycleEvent::PdsaResultLogged { .. } => self.stage = Stage::Studied,
            CycleEvent::CycleDecided { decision, .. } => self.stage = Stage::Decided(*decision),
            CycleEvent::CycleAbandoned { .. } => self.stage = Stage::Abandoned,
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.project().map(Uuid::from).into_iter().collect()
    }

    /// Whoever sees to a cycle is its author; the project's lead and participants have their standing from
    /// the project.
    fn standing(&self, by: Actor) -> Vec<Standing> {
        let owner = self.head.as_ref().map(|head| Actor::Member(head.owner));
        if owner == Some(by) { vec![Standing::Author] } else { vec![] }
    }
}

#[cfg(test)]
pub(super) mod examples {
    //! Cycles to begin a test with.

    use chrono::{Days, NaiveDate};

    use super::*;
    use crate::{
        Sealed,
        pdsa::PredictionMet,
        sealed::KeyScope,
        testing::id,
        text::{Line, Prose},
    };

    pub(in crate::pdsa) fn line(text: &str) -> Sealed<Line> {
        Sealed::new(KeyScope::of("pdsa", Uuid::nil()), Line::parse(text).expect("line"))
    }

    pub(in crate::pdsa) fn prose(text: &str) -> Sealed<Prose> {
        Sealed::new(KeyScope::of("pdsa", Uuid::nil()), Prose::parse(text).expect("prose"))
    }

    /// Days after the first.
    pub(in crate::pdsa) fn day(number: u64) -> NaiveDate {
        NaiveDate::default() + Days::new(number)
    }

    /// In project 2, owned by Sanne, who is member 1.
    pub(in crate::pdsa) fn planned() -> CycleEvent {
        CycleEvent::CyclePlanned {
            project: id(2),
            follows: None,
            number: 1,
            aim: line("Het gesprek eerder voeren"),
            change: prose("Vragen bij elke opname."),
            plan: None,
            owner: id(1),
            starts: day(0),
            ends: day(14),
        }
    }

    pub(in crate::pdsa) fn predicted(prediction: &str) -> CycleEvent {
        CycleEvent::PredictionMade { prediction: prose(prediction) }
    }

    pub(in crate::pdsa) fn observed() -> CycleEvent {
        CycleEvent::ObservationRecorded {
            observation: id(80),
            text: prose("Het kostte tien minuten."),
            as_planned: true,
        }
    }

    pub(in crate::pdsa) fn logged() -> CycleEvent {
        CycleEvent::PdsaResultLogged {
            result: prose("Acht van de tien keer."),
            prediction_met: PredictionMet::Met,
            learned: prose("Een vast moment helpt."),
        }
    }

    pub(in crate::pdsa) fn decided(decision: Decision) -> CycleEvent {
        CycleEvent::CycleDecided { decision, reason: None }
    }

    pub(in crate::pdsa) fn abandoned() -> CycleEvent {
        CycleEvent::CycleAbandoned { reason: prose("De afdeling sluit.") }
    }

    /// What happened until Do began.
    pub(in crate::pdsa) fn until_start() -> Vec<CycleEvent> {
        vec![planned(), predicted("Zeven van de tien."), CycleEvent::CycleStarted {}]
    }

    /// What happened until the result.
    pub(in crate::pdsa) fn until_result() -> Vec<CycleEvent> {
        [until_start(), vec![observed(), logged()]].concat()
    }

    /// What happened until a decision.
    pub(in crate::pdsa) fn until_decision(decision: Decision) -> Vec<CycleEvent> {
        [until_result(), vec![decided(decision)]].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::{examples::planned, *};
    use crate::testing::{given, id, sanne};

    #[test]
    fn who_sees_to_a_cycle_is_its_author() {
        let cycle = given::<Cycle>([planned()]).state;
        assert_eq!(cycle.standing(sanne()), [Standing::Author]);
        assert_eq!(cycle.standing(Actor::Member(id(4))), []);
    }

    #[test]
    fn a_cycle_concerns_its_project() {
        assert_eq!(given::<Cycle>([planned()]).state.subjects(), [Uuid::from_u128(2)]);
    }
}
