//! What can happen to a collaboration.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DomainEvent, id::OrganisationId};

/// A fact about a collaboration. Names of collaborations are public, so not sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum CollaborationEvent {
    /// Organisations began to act as one.
    CollaborationFormed {
        /// Its public name.
        #[schemars(extend("x-public" = "the public name of a collaboration"))]
        name: String,
        /// Who forms it, two or more.
        organisations: Vec<OrganisationId>,
    },
    /// Another organisation joined.
    CollaborationJoined {
        /// Which.
        organisation: OrganisationId,
    },
    /// An organisation left.
    CollaborationLeft {
        /// Which.
        organisation: OrganisationId,
    },
}

impl DomainEvent for CollaborationEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::CollaborationFormed { organisations, .. } => organisations.iter().map(|id| id.0).collect(),
            Self::CollaborationJoined { organisation } | Self::CollaborationLeft { organisation } => {
                vec![organisation.0]
            }
        }
    }
}
