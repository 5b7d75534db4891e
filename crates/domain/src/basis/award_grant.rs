//! Entering a grant that was awarded (rule 1, **L**).

use uuid::Uuid;

use super::{Basis, BasisEvent, GrantNumber, Incomplete, Terms};
use crate::{Actor, Aggregate, Command, Refusal, Timestamp, funding_round::FundingRound, id::RoundId};

/// Enter a grant in the register. Its number is its id.
#[derive(Clone, Debug)]
pub struct AwardGrant {
    /// Its number.
    pub number: GrantNumber,
    /// The round in which it was awarded, when known.
    pub round: Option<RoundId>,
    /// For whom, for what, how long.
    pub terms: Terms,
}

/// Why a grant is not entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Another has the number.
    #[error("there is another grant with this number")]
    NumberTaken,
    /// It says for nobody or nothing.
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
}

impl Refusal for Refused {
    fn code(&self) -> &'static str {
        match self {
            Self::NumberTaken => "GRANT_NUMBER_TAKEN",
            Self::Incomplete(incomplete) => incomplete.code(),
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NumberTaken => "Er staat al een subsidie met dit nummer in het register.".into(),
            Self::Incomplete(incomplete) => incomplete.in_dutch(),
        }
    }

    fn in_english(&self) -> String {
        match self {
            Self::NumberTaken => "There is a grant with this number in the register already.".into(),
            Self::Incomplete(incomplete) => incomplete.in_english(),
        }
    }
}

impl Command for AwardGrant {
    type State = Basis;
    type Refused = Refused;
    const NAME: &'static str = "award_grant";
    const CREATES: bool = true;

    fn target(&self) -> Uuid {
        self.number.basis().0
    }

    fn mentions(&self) -> Vec<(&'static str, Uuid)> {
        self.terms.things().into_iter().chain(self.round.map(|round| (FundingRound::KIND, round.0))).collect()
    }

    fn decide(self, basis: &Basis, _by: Actor, _at: Timestamp) -> Result<Vec<BasisEvent>, Refused> {
        let Self { number, round, terms } = self;
        let awarded = BasisEvent::GrantAwarded { number, round, terms: terms.complete()? };
        match &basis.entered {
            None => Ok(vec![awarded]),
            Some(entered) if *entered == awarded => Ok(vec![]),
            Some(_) => Err(Refused::NumberTaken),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        basis::state::examples::{awarded, number, terms},
        testing::{given, id},
    };

    fn award() -> AwardGrant {
        AwardGrant { number: number(), round: Some(id(60)), terms: terms(6) }
    }

    #[test]
    fn a_grant_is_entered_once() {
        given([]).when(award()).then([awarded()]);
        given([awarded()]).when(award()).then_nothing();
    }

    #[test]
    fn a_number_stands_for_one_grant() {
        given([awarded()]).when(AwardGrant { terms: terms(7), ..award() }).refused(Refused::NumberTaken);
    }

    #[test]
    fn a_grant_is_for_somebody_and_for_something() {
        let nobody = Terms { organisations: vec![], ..terms(6) };
        given([]).when(AwardGrant { terms: nobody, ..award() }).refused(Incomplete::NoOrganisation.into());
        let nothing = Terms { interventions: vec![], ..terms(6) };
        given([]).when(AwardGrant { terms: nothing, ..award() }).refused(Incomplete::NoIntervention.into());
    }
}
