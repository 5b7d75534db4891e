//! Closing a funding round.

use uuid::Uuid;

use super::{FundingRound, FundingRoundEvent};
use crate::{Actor, Command, Timestamp, command::Never, id::RoundId};

/// Close a funding round.
#[derive(Clone, Debug)]
pub struct CloseFundingRound {
    /// Which.
    pub round: RoundId,
}

impl Command for CloseFundingRound {
    type State = FundingRound;
    type Refused = Never;
    const NAME: &'static str = "close_funding_round";

    fn target(&self) -> Uuid {
        self.round.0
    }

    fn decide(self, round: &FundingRound, _by: Actor, _at: Timestamp) -> Result<Vec<FundingRoundEvent>, Never> {
        Ok(if round.closed { vec![] } else { vec![FundingRoundEvent::FundingRoundClosed {}] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        funding_round::open_funding_round::tests::opened,
        testing::{given, id},
    };

    #[test]
    fn a_round_is_closed_once() {
        let close = || CloseFundingRound { round: id(60) };
        let closed = FundingRoundEvent::FundingRoundClosed {};
        given([opened(&[40])]).when(close()).then([closed.clone()]);
        given([opened(&[40]), closed]).when(close()).then_nothing();
    }
}
