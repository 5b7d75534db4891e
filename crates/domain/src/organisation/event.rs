//! What can happen to an organisation.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DomainEvent, id::RegionId};

/// A fact about an organisation. Names of organisations are public, so not sealed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "data", rename_all_fields = "camelCase")]
pub enum OrganisationEvent {
    /// It was entered in the register.
    OrganisationRegistered {
        /// Its public name.
        #[schemars(extend("x-public" = "the public name of an organisation"))]
        name: String,
        /// What kind of organisation.
        kind: OrganisationKind,
        /// Where its people give care; since version 2.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        settings: Vec<CareSetting>,
        /// Where it lies.
        region: RegionId,
    },
    /// It goes by another name.
    OrganisationRenamed {
        /// Its public name from now on.
        #[schemars(extend("x-public" = "the public name of an organisation"))]
        name: String,
    },
    /// It belongs to another region.
    OrganisationMoved {
        /// Where it lies from now on.
        region: RegionId,
    },
}

/// Where care is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CareSetting {
    /// Thuis.
    Home,
    /// Huisartsenpraktijk.
    GeneralPractice,
    /// Ziekenhuis.
    Hospital,
    /// Verpleeghuis.
    NursingHome,
    /// Hospice.
    Hospice,
}

/// Kinds of organisation in palliative care (condition on applications: primary care and hospital among them, **P**).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrganisationKind {
    /// Ziekenhuis.
    Hospital,
    /// Hospice.
    Hospice,
    /// Huisartsengroep.
    GpGroup,
    /// Zorginstelling.
    CareInstitution,
    /// Thuiszorg.
    HomeCare,
    /// Zorgnetwerk.
    CareNetwork,
    /// Kennisorganisatie.
    KnowledgeOrganisation,
    /// Programmaorganisatie.
    ProgrammeOrganisation,
}

impl DomainEvent for OrganisationEvent {
    fn mentions(&self) -> Vec<Uuid> {
        match self {
            Self::OrganisationRegistered { region, .. } | Self::OrganisationMoved { region } => vec![region.0],
            Self::OrganisationRenamed { .. } => vec![],
        }
    }

    fn schema_version(&self) -> u16 {
        match self {
            Self::OrganisationRegistered { .. } => 2,
            Self::OrganisationRenamed { .. } | Self::OrganisationMoved { .. } => 1,
        }
    }
}
