//! What can happen to a region.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DomainEvent, scope::Consortium};

/// A fact about a palliative-care network area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum RegionEvent {
    /// It was entered in the register.
    RegionRegistered {
        /// Its public name.
        #[schemars(extend("x-public" = "the public name of a region"))]
        name: String,
        /// The consortium it belongs to.
        consortium: Consortium,
        /// Inhabitants, when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        inhabitants: Option<u32>,
    },
}

impl DomainEvent for RegionEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::RegionRegistered { .. } => vec![],
        }
    }
}
