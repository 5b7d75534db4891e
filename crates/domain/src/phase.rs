//! The five phases of an implementation project.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where a project stands, in order: verkenning, voorbereiding, uitvoering, borging, opschaling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Verkenning.
    #[default]
    Orientation,
    /// Voorbereiding.
    Preparation,
    /// Uitvoering.
    Implementation,
    /// Borging.
    Embedding,
    /// Opschaling.
    ScaleUp,
}

impl Phase {
    /// All, first to last.
    pub const ALL: [Self; 5] =
        [Self::Orientation, Self::Preparation, Self::Implementation, Self::Embedding, Self::ScaleUp];

    /// The phase that follows, unless this is the last.
    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|phase| *phase > self)
    }

    /// The phase before, unless this is the first.
    pub fn previous(self) -> Option<Self> {
        Self::ALL.into_iter().rfind(|phase| *phase < self)
    }

    /// Its Dutch name, as on screen.
    pub fn in_dutch(self) -> &'static str {
        match self {
            Self::Orientation => "verkenning",
            Self::Preparation => "voorbereiding",
            Self::Implementation => "uitvoering",
            Self::Embedding => "borging",
            Self::ScaleUp => "opschaling",
        }
    }

    /// Its English name, as on screen.
    pub fn in_english(self) -> &'static str {
        match self {
            Self::Orientation => "orientation",
            Self::Preparation => "preparation",
            Self::Implementation => "implementation",
            Self::Embedding => "embedding",
            Self::ScaleUp => "scale-up",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_each_other() {
        assert_eq!(Phase::Preparation.next(), Some(Phase::Implementation));
        assert_eq!(Phase::Preparation.previous(), Some(Phase::Orientation));
        assert_eq!((Phase::ScaleUp.next(), Phase::Orientation.previous()), (None, None));
    }
}
