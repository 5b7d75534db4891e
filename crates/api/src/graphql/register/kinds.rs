//! The words with which the register tells things apart.

use async_graphql::Enum;

/// What kind of organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Enum)]
#[graphql(remote = "domain::organisation::OrganisationKind")]
pub(crate) enum OrganisationKind {
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

/// Where care is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Enum)]
#[graphql(remote = "domain::organisation::CareSetting")]
pub(crate) enum CareSetting {
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

/// How urban a place is: the five classes of Statistics Netherlands, by addresses for each square kilometre around.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Enum)]
#[graphql(remote = "domain::region::Urbanity")]
pub(crate) enum Urbanity {
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

/// One of the seven consortia for palliative care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Enum)]
#[graphql(remote = "domain::scope::Consortium")]
pub(crate) enum Consortium {
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
