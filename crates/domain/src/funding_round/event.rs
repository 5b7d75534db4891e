//! What can happen to a funding round.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DomainEvent, Period, id::InterventionId};

/// A fact about a funding round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum FundingRoundEvent {
    /// It was opened.
    FundingRoundOpened {
        /// The programme and the round, as the funder calls them.
        #[schemars(extend("x-public" = "the public name of a programme and its round"))]
        programme: String,
        /// What is central in it, one or two (rule 2, **L**).
        interventions: Vec<InterventionId>,
        /// When it is planned to run. When it does is when it is opened and closed.
        planned: Period,
    },
    /// It was closed.
    FundingRoundClosed {},
}

impl DomainEvent for FundingRoundEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::FundingRoundOpened { interventions, .. } => interventions.iter().map(|id| id.0).collect(),
            Self::FundingRoundClosed {} => vec![],
        }
    }
}
