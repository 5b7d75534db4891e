//! How far something reaches: one region, a consortium, or the country (rule 5, **L**).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::RegionId;

/// The level on which a role is held or a contribution is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "level", rename_all = "snake_case")]
pub enum Scope {
    /// The whole country.
    #[default]
    National,
    /// One of the seven consortia.
    Consortium {
        /// Which.
        consortium: Consortium,
    },
    /// One palliative-care network area.
    Region {
        /// Which.
        region: RegionId,
    },
}

/// The seven consortia for palliative care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consortium {
    /// Ligare (north-east).
    Ligare,
    /// Noord-Holland en Flevoland.
    NoordHollandEnFlevoland,
    /// Septet (Utrecht and surroundings).
    Septet,
    /// Propallia (north of Zuid-Holland).
    Propallia,
    /// Zuidwest.
    Zuidwest,
    /// Zuidoost.
    Zuidoost,
    /// Limburg en Zuidoost-Brabant.
    LimburgEnZuidoostBrabant,
}

impl Consortium {
    /// All, in the usual order.
    pub const ALL: [Self; 7] = [
        Self::Ligare,
        Self::NoordHollandEnFlevoland,
        Self::Septet,
        Self::Propallia,
        Self::Zuidwest,
        Self::Zuidoost,
        Self::LimburgEnZuidoostBrabant,
    ];

    /// Its name, the same in every language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ligare => "Ligare",
            Self::NoordHollandEnFlevoland => "Noord-Holland en Flevoland",
            Self::Septet => "Septet",
            Self::Propallia => "Propallia",
            Self::Zuidwest => "Zuidwest",
            Self::Zuidoost => "Zuidoost",
            Self::LimburgEnZuidoostBrabant => "Limburg en Zuidoost-Brabant",
        }
    }
}
