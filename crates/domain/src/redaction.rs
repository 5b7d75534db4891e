//! Taking away the text of a contribution for good; that it existed stays.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why the text of a contribution was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedactionGround {
    /// Somebody could tell from it who a patient or next of kin is.
    NamesPatient,
    /// It tells of a colleague what is nobody else's business.
    NamesColleague,
    /// It hurts or insults.
    Harms,
}
