//! What can happen to a region.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DomainEvent, scope::Consortium, text::Line};

/// A fact about a palliative-care network area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum RegionEvent {
    /// It was entered in the register.
    RegionRegistered {
        /// What is known of it.
        #[serde(flatten)]
        facts: RegionFacts,
    },
    /// What is known of it changed.
    RegionRevised {
        /// What is known of it from now on.
        #[serde(flatten)]
        facts: RegionFacts,
    },
}

/// What is known of a region.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RegionFacts {
    /// Its public name.
    #[schemars(extend("x-public" = "the public name of a region"))]
    pub name: String,
    /// The consortium it belongs to.
    pub consortium: Consortium,
    /// Inhabitants, when known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inhabitants: Option<u32>,
    /// Inhabitants of 75 years and over, when known; since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aged75_and_over: Option<u32>,
    /// How urban most of it is, when known; since version 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urbanity: Option<Urbanity>,
}

impl RegionFacts {
    /// A region of which only the name and the consortium are known.
    pub fn new(name: &Line, consortium: Consortium) -> Self {
        let name = name.as_str().to_owned();
        Self { name, consortium, inhabitants: None, aged75_and_over: None, urbanity: None }
    }
}

/// How urban a place is: the five classes of Statistics Netherlands, by addresses for each square kilometre around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Urbanity {
    /// Zeer sterk stedelijk: 2,500 addresses or more.
    Extremely,
    /// Sterk stedelijk: 1,500 to 2,500.
    Strongly,
    /// Matig stedelijk: 1,000 to 1,500.
    Moderately,
    /// Weinig stedelijk: 500 to 1,000.
    Hardly,
    /// Niet stedelijk: fewer than 500.
    Not,
}

impl DomainEvent for RegionEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::RegionRegistered { .. } | Self::RegionRevised { .. } => vec![],
        }
    }

    fn schema_version(&self) -> u16 {
        match self {
            Self::RegionRegistered { .. } => 2,
            Self::RegionRevised { .. } => 1,
        }
    }
}
