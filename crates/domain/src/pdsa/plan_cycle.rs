//! When is a cycle planned? (Plan)

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Cycle, CycleEvent};
use crate::{
    Actor, Aggregate, Command, Refusal, Sealed, Timestamp,
    id::{CycleId, MemberId, ProjectId},
    member::Member,
    project::Project,
    text::{Line, Prose},
};

/// Plan a cycle in a project, with or without a prediction yet.
#[derive(Clone, Debug)]
pub struct PlanCycle {
    /// The new cycle.
    pub cycle: CycleId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// The cycle before it in the same ramp, if any.
    pub follows: Option<CycleId>,
    /// Its place in the ramp, 1-based.
    pub number: u32,
    /// What it wants to reach, in one line.
    pub aim: Sealed<Line>,
    /// The change that is tried.
    pub change: Sealed<Prose>,
    /// What one expects to happen.
    pub prediction: Option<Sealed<Prose>>,
    /// Who, what, when, where; which data.
    pub plan: Option<Sealed<Prose>>,
    /// Who sees to it.
    pub owner: MemberId,
    /// Planned first day.
    pub starts: NaiveDate,
    /// Planned last day, not before the first.
    pub ends: NaiveDate,
}

/// Why a cycle is not planned like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Its last day comes before its first.
    #[error("the cycle ends before it starts")]
    EndsBeforeStart,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::EndsBeforeStart => "ENDS_BEFORE_START",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::EndsBeforeStart => "De laatste dag ligt vóór de eerste dag. Kies een latere laatste dag.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::EndsBeforeStart => "The last day comes before the first day. Choose a later last day.".into(),
        }
    }
}

impl Command for PlanCycle {
    type State = Cycle;
    type Refused = Refused;
    const NAME: &'static str = "plan_cycle";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.cycle.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        let follows = self.follows.iter().map(|id| (Cycle::KIND, id.0));
        [(Project::KIND, self.project.0), (Member::KIND, self.owner.0)].into_iter().chain(follows).collect()
    }

    fn within(&self, _cycle: &Cycle) -> Option<ProjectId> {
        Some(self.project)
    }

    fn decide(self, cycle: &Cycle, _by: Actor, _at: Timestamp) -> Result<Vec<CycleEvent>, Refused> {
        if cycle.planned() {
            return Ok(vec![]);
        }
        if self.ends < self.starts {
            return Err(Refused::EndsBeforeStart);
        }
        let Self { cycle: _, project, follows, number, aim, change, prediction, plan, owner, starts, ends } = self;
        let planned = CycleEvent::CyclePlanned { project, follows, number, aim, change, plan, owner, starts, ends };
        let predicted = prediction.map(|prediction| CycleEvent::PredictionMade { prediction });
        Ok([planned].into_iter().chain(predicted).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pdsa::state::examples::{day, line, planned, predicted, prose},
        testing::{given, id, noon, sanne},
    };

    fn plan() -> PlanCycle {
        PlanCycle {
            cycle: id(3),
            project: id(2),
            follows: None,
            number: 1,
            aim: line("Het gesprek eerder voeren"),
            change: prose("Vragen bij elke opname."),
            prediction: None,
            plan: None,
            owner: id(1),
            starts: day(0),
            ends: day(14),
        }
    }

    #[test]
    fn a_cycle_is_planned_with_or_without_a_prediction() {
        given([]).when(plan()).then([planned()]);
        given([])
            .when(PlanCycle { prediction: Some(prose("Zeven van de tien.")), ..plan() })
            .then([planned(), predicted("Zeven van de tien.")]);
    }

    #[test]
    fn a_cycle_may_last_one_day_but_does_not_end_before_it_starts() {
        let one_day = PlanCycle { starts: day(14), ends: day(14), ..plan() };
        assert_eq!(one_day.decide(&Cycle::default(), sanne(), noon()).map(|events| events.len()), Ok(1));
        given([]).when(PlanCycle { starts: day(3), ends: day(2), ..plan() }).refused(Refused::EndsBeforeStart);
    }

    #[test]
    fn a_cycle_is_planned_once() {
        given([planned()]).when(plan()).then_nothing();
    }

    #[test]
    fn the_project_has_a_say_and_what_is_named_must_exist() {
        let next = PlanCycle { follows: Some(id(4)), ..plan() };
        assert_eq!(next.within(&Cycle::default()), Some(id(2)));
        assert_eq!(next.mentions(), [("project", id(2)), ("member", id(1)), ("pdsa", id(4))]);
    }
}
