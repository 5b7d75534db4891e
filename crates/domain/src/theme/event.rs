//! What can happen to a theme.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::DomainEvent;

/// A fact about a theme.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum ThemeEvent {
    /// It joined the list.
    ThemeAdded {
        /// Its Dutch name.
        #[schemars(extend("x-public" = "the name of a theme"))]
        name: String,
        /// Its English name.
        #[schemars(extend("x-public" = "the name of a theme"))]
        name_in_english: String,
    },
}

impl DomainEvent for ThemeEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::ThemeAdded { .. } => vec![],
        }
    }
}
