//! What can happen to what access rests on.

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{GrantNumber, Terms};
use crate::{DomainEvent, Sealed, id::RoundId, text::Prose};

/// A fact about a grant or a promising project.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum BasisEvent {
    /// A funder awarded a grant.
    GrantAwarded {
        /// Its number.
        number: GrantNumber,
        /// The round in which it was awarded, when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        round: Option<RoundId>,
        /// For whom, for what, how long.
        terms: Terms,
    },
    /// A project that organisations fund themselves was found promising.
    PromisingProjectListed {
        /// Its public name.
        #[schemars(extend("x-public" = "the public name of a project"))]
        name: String,
        /// For whom, for what, how long.
        terms: Terms,
    },
    /// For whom, for what or how long changed, e.g. the grant was prolonged.
    BasisRevised {
        /// As they are now.
        terms: Terms,
    },
    /// The grant ended before its time.
    GrantEnded {
        /// The last day on which it held.
        last_day: NaiveDate,
        /// Why.
        reason: Sealed<Prose>,
    },
    /// The promising project ended before its time.
    PromisingProjectEnded {
        /// The last day on which it held.
        last_day: NaiveDate,
        /// Why.
        reason: Sealed<Prose>,
    },
}

impl DomainEvent for BasisEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::GrantAwarded { round, terms, .. } => {
                terms.mentions().into_iter().chain(round.iter().map(|round| round.0)).collect()
            }
            Self::PromisingProjectListed { terms, .. } | Self::BasisRevised { terms } => terms.mentions(),
            Self::GrantEnded { .. } | Self::PromisingProjectEnded { .. } => vec![],
        }
    }
}
