//! For whom a basis is, for what, and how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    Aggregate, Period, Refusal,
    id::{InterventionId, OrganisationId},
    intervention::Intervention,
    organisation::Organisation,
};

/// For whom a basis is, for what, and how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Terms {
    /// Whose people it gives access.
    pub organisations: Vec<OrganisationId>,
    /// What they implement.
    pub interventions: Vec<InterventionId>,
    /// From and until when.
    pub period: Period,
}

/// Terms that say nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomplete {
    /// It is for nobody.
    #[error("no organisation was named")]
    NoOrganisation,
    /// It is for nothing.
    #[error("no intervention was named")]
    NoIntervention,
}

impl Terms {
    /// Without repetitions, if they name somebody and something.
    pub(super) fn complete(self) -> Result<Self, Incomplete> {
        let Self { organisations, interventions, period } = self;
        let (organisations, interventions) = (crate::distinct(organisations), crate::distinct(interventions));
        if organisations.is_empty() {
            return Err(Incomplete::NoOrganisation);
        }
        if interventions.is_empty() {
            return Err(Incomplete::NoIntervention);
        }
        Ok(Self { organisations, interventions, period })
    }

    pub(super) fn mentions(&self) -> Vec<Uuid> {
        self.things().into_iter().map(|(_, id)| id).collect()
    }

    /// What is named, as (kind, id).
    pub(super) fn things(&self) -> Vec<(&'static str, Uuid)> {
        let organisations = self.organisations.iter().map(|id| (Organisation::KIND, id.0));
        organisations.chain(self.interventions.iter().map(|id| (Intervention::KIND, id.0))).collect()
    }
}

impl Refusal for Incomplete {
    fn code(&self) -> &'static str {
        match self {
            Self::NoOrganisation => "NO_ORGANISATION",
            Self::NoIntervention => "NO_INTERVENTION",
        }
    }

    fn in_dutch(&self) -> String {
        match self {
            Self::NoOrganisation => "Kies ten minste één organisatie.",
            Self::NoIntervention => "Kies ten minste één interventie.",
        }
        .into()
    }

    fn in_english(&self) -> String {
        match self {
            Self::NoOrganisation => "Choose at least one organisation.",
            Self::NoIntervention => "Choose at least one intervention.",
        }
        .into()
    }
}
