//! Opening a funding round (rule 2, **L**).

use uuid::Uuid;

use super::{FundingRound, FundingRoundEvent};
use crate::{
    Actor, Aggregate, Command, Period, Refusal, Timestamp,
    id::{InterventionId, RoundId},
    intervention::Intervention,
    text::Line,
};

/// Open a funding round.
#[derive(Clone, Debug)]
pub struct OpenFundingRound {
    /// The new round.
    pub round: RoundId,
    /// The programme and the round, as the funder calls them.
    pub programme: Line,
    /// What is central in it.
    pub interventions: Vec<InterventionId>,
    /// When it is planned to run.
    pub planned: Period,
}

/// Why a round is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// One or two interventions are central in a round.
    #[error("a funding round has one or two interventions")]
    OneOrTwoInterventions,
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        "ONE_OR_TWO_INTERVENTIONS"
    }

    fn in_dutch(&self) -> String {
        "In een subsidieronde staan één of twee interventies centraal.".into()
    }

    fn in_english(&self) -> String {
        "One or two interventions are central in a funding round.".into()
    }
}

impl Command for OpenFundingRound {
    type State = FundingRound;
    type Refused = Refused;
    const NAME: &'static str = "open_funding_round";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.round.0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.interventions.iter().map(|id| (Intervention::KIND, id.0)).collect()
    }

    fn decide(self, round: &FundingRound, _by: Actor, _at: Timestamp) -> Result<Vec<FundingRoundEvent>, Refused> {
        if !round.interventions.is_empty() {
            return Ok(vec![]);
        }
        let interventions = crate::distinct(self.interventions);
        if !matches!(interventions.len(), 1 | 2) {
            return Err(Refused::OneOrTwoInterventions);
        }
        let (programme, planned) = (self.programme.as_str().to_owned(), self.planned);
        Ok(vec![FundingRoundEvent::FundingRoundOpened { programme, interventions, planned }])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::testing::{given, id};

    fn planned() -> Period {
        let day = |month| NaiveDate::from_ymd_opt(2026, month, 1).expect("a day");
        Period::new(day(1), day(6)).expect("a period")
    }

    fn open(interventions: &[u128]) -> OpenFundingRound {
        OpenFundingRound {
            round: id(60),
            programme: Line::parse("Palliantie, ronde 1").expect("line"),
            interventions: interventions.iter().map(|n| id(*n)).collect(),
            planned: planned(),
        }
    }

    pub(in crate::funding_round) fn opened(interventions: &[u128]) -> FundingRoundEvent {
        FundingRoundEvent::FundingRoundOpened {
            programme: "Palliantie, ronde 1".into(),
            interventions: interventions.iter().map(|n| id(*n)).collect(),
            planned: planned(),
        }
    }

    #[test]
    fn a_round_is_opened_once() {
        given([]).when(open(&[40, 41])).then([opened(&[40, 41])]);
        given([opened(&[40, 41])]).when(open(&[40, 41])).then_nothing();
    }

    #[test]
    fn one_or_two_interventions_are_central() {
        given([]).when(open(&[])).refused(Refused::OneOrTwoInterventions);
        given([]).when(open(&[40, 41, 42])).refused(Refused::OneOrTwoInterventions);
        given([]).when(open(&[40, 40])).then([opened(&[40])]);
    }
}
