//! What can happen to an intervention.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::DomainEvent;

/// A fact about an intervention.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum InterventionEvent {
    /// It joined the catalogue (rule 2, **L**: more come over time).
    InterventionAdded {
        /// Its public name.
        #[schemars(extend("x-public" = "the name of an intervention"))]
        name: String,
        /// What it is, in one or two sentences of the catalogue.
        #[schemars(extend("x-public" = "the catalogue's own description"))]
        summary: String,
    },
}

impl DomainEvent for InterventionEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::InterventionAdded { .. } => vec![],
        }
    }
}
