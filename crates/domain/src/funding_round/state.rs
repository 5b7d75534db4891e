//! What deciding about a funding round needs to remember.

use uuid::Uuid;

use super::FundingRoundEvent;
use crate::{Actor, Aggregate, Timestamp, id::InterventionId};

/// A funding round, as far as its rules need it.
#[derive(Clone, Debug, Default)]
pub struct FundingRound {
    /// What is central in it; nothing while it was not opened.
    pub(super) interventions: Vec<InterventionId>,
    pub(super) closed: bool,
}

impl Aggregate for FundingRound {
    type Event = FundingRoundEvent;
    const KIND: &'static str = "round";

    fn apply(&mut self, event: &FundingRoundEvent, _by: Actor, _at: Timestamp) {
        match event {
            FundingRoundEvent::FundingRoundOpened { interventions, .. } => {
                self.interventions.clone_from(interventions);
            }
            FundingRoundEvent::FundingRoundClosed {} => self.closed = true,
        }
    }

    fn subjects(&self) -> Vec<Uuid> {
        self.interventions.iter().map(|id| id.0).collect()
    }
}
