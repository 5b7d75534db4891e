//! When may a prediction be made? Until Do starts, never after: the log proves that it came first.

use uuid::Uuid;

use super::{Cycle, CycleEvent, state::Stage};
use crate::{
    Actor, Command, Refusal, Sealed, Timestamp,
    id::{CycleId, ProjectId},
    text::Prose,
};

/// Say what one expects to happen, or say it anew.
#[derive(Clone, Debug)]
pub struct MakePrediction {
    /// The cycle.
    pub cycle: CycleId,
    /// What one expects.
    pub prediction: Sealed<Prose>,
}

/// Why a prediction is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Do has started, so it would no longer be a prediction.
    #[error("the cycle has started; a prediction comes before")]
    AfterStart,
    /// The cycle was abandoned.
    #[error("the cycle was abandoned")]
    Ended,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::AfterStart => "AFTER_START",
            Self::Ended => "ENDED",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::AfterStart => {
                "De cyclus is al gestart. Een voorspelling kun je alleen vóór de start opschrijven of aanpassen.".into()
            }
            Self::Ended => "De cyclus is gestopt. Plan een nieuwe cyclus als je verder wilt.".into(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::AfterStart => {
                "The cycle has started already. A prediction can only be written or changed before the start.".into()
            }
            Self::Ended => "The cycle was stopped. Plan a new cycle if you want to go on.".into(),
        }
    }
}

impl Command for MakePrediction {
    type State = Cycle;
    type Refused = Refused;
    const NAME: &'static str = "make_prediction";

    fn target(&self) -> Uuid {
        self.cycle.0
    }

    fn within(&self, cycle: &Cycle) -> Option<ProjectId> {
        cycle.project()
    }

    fn decide(self, cycle: &Cycle, _by: Actor, _at: Timestamp) -> Result<Vec<CycleEvent>, Refused> {
        match cycle.stage {
            Stage::Planned | Stage::Predicted => Ok(vec![CycleEvent::PredictionMade { prediction: self.prediction }]),
            Stage::Started { .. } | Stage::Studied | Stage::Decided(_) => Err(Refused::AfterStart),
            Stage::Abandoned => Err(Refused::Ended),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        pdsa::{
            Decision,
            state::examples::{abandoned, planned, predicted, prose, until_decision, until_result, until_start},
        },
        testing::{given, id},
    };

    fn predict(prediction: &str) -> MakePrediction {
        MakePrediction { cycle: id(3), prediction: prose(prediction) }
    }

    #[test]
    fn a_prediction_is_made_and_changed_until_do_starts() {
        given([planned()]).when(predict("Zeven van de tien.")).then([predicted("Zeven van de tien.")]);
        given([planned(), predicted("Zeven van de tien.")])
            .when(predict("Zes van de tien."))
            .then([predicted("Zes van de tien.")]);
    }

    #[test]
    fn a_late_prediction_is_refused() {
        for history in [until_start(), until_result(), until_decision(Decision::Adopt)] {
            given(history).when(predict("Zes van de tien.")).refused(Refused::AfterStart);
        }
    }

    #[test]
    fn an_abandoned_cycle_takes_no_prediction() {
        given([planned(), abandoned()]).when(predict("Zes van de tien.")).refused(Refused::Ended);
    }

    #[test]
    fn the_project_has_a_say() {
        assert_eq!(predict("Zes van de tien.").within(&given::<Cycle>([planned()]).state), Some(id(2)));
    }
}
