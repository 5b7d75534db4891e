//! Themes, interventions, regions and organisations.

use async_graphql::{Context, Enum, ID, Object};
use domain::{
    Aggregate as _,
    id::{InterventionId, OrganisationId, RegionId, ThemeId},
    intervention::Intervention as InterventionAggregate,
    organisation::Organisation as OrganisationAggregate,
    region::Region as RegionAggregate,
    theme::Theme as ThemeAggregate,
};
use readmodel::models::catalogue::{About, Catalogue, Entry};
use uuid::Uuid;

use super::{context::Viewing as _, error::Failed, id::global};
use crate::language::Language;

/// What kind of organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
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

/// What a question, experience or page is about, e.g. communication.
#[derive(Clone, Debug)]
pub(crate) struct Theme {
    id: Uuid,
    name: String,
    name_in_english: String,
}

/// What a question, experience or page is about, e.g. communication.
#[Object]
impl Theme {
    async fn id(&self) -> ID {
        global(ThemeAggregate::KIND, self.id)
    }

    /// In the language of the request, unless another is asked for.
    async fn name(&self, ctx: &Context<'_>, language: Option<Language>) -> Result<&str, Failed> {
        let language = language.map_or_else(|| ctx.caller().map(|caller| caller.language), Ok)?;
        Ok(if language.is_dutch() { &self.name } else { &self.name_in_english })
    }
}

/// Something that organisations implement.
#[derive(Clone, Debug)]
pub(crate) struct Intervention {
    id: Uuid,
    name: String,
    summary: String,
}

/// Something that organisations implement.
#[Object]
impl Intervention {
    async fn id(&self) -> ID {
        global(InterventionAggregate::KIND, self.id)
    }

    async fn name(&self) -> &str {
        &self.name
    }

    /// What it is, in a sentence or two.
    async fn summary(&self) -> &str {
        &self.summary
    }
}

/// A palliative-care network area.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    id: Uuid,
    name: String,
    consortium: domain::scope::Consortium,
}

/// A palliative-care network area.
#[Object]
impl Region {
    async fn id(&self) -> ID {
        global(RegionAggregate::KIND, self.id)
    }

    async fn name(&self) -> &str {
        &self.name
    }

    /// The consortium it belongs to.
    async fn consortium(&self) -> &str {
        self.consortium.name()
    }
}

/// An organisation in palliative care.
#[derive(Clone, Debug)]
pub(crate) struct Organisation {
    id: Uuid,
    name: String,
    kind: domain::organisation::OrganisationKind,
    region: RegionId,
}

/// An organisation in palliative care.
#[Object]
impl Organisation {
    async fn id(&self) -> ID {
        global(OrganisationAggregate::KIND, self.id)
    }

    async fn name(&self) -> &str {
        &self.name
    }

    async fn kind(&self) -> OrganisationKind {
        self.kind.into()
    }

    async fn region(&self, ctx: &Context<'_>) -> Result<Region, Failed> {
        region(ctx, self.region).await
    }
}

/// What an entry of the catalogue is shown as.
trait Named: Sized {
    fn of(entry: Entry) -> Option<Self>;
}

impl Named for Theme {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Theme { name, name_in_english } => Some(Theme { id: entry.id, name, name_in_english }),
            _ => None,
        }
    }
}

impl Named for Intervention {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Intervention { name, summary } => Some(Intervention { id: entry.id, name, summary }),
            _ => None,
        }
    }
}

impl Named for Region {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Region { name, consortium } => Some(Region { id: entry.id, name, consortium }),
            _ => None,
        }
    }
}

impl Named for Organisation {
    fn of(entry: Entry) -> Option<Self> {
        match entry.about {
            About::Organisation { name, organisation_kind, region } => {
                Some(Organisation { id: entry.id, name, kind: organisation_kind, region })
            }
            _ => None,
        }
    }
}

/// Entries by their ids. Whatever is named was checked to exist when it was named.
async fn named<T: Named>(ctx: &Context<'_>, ids: impl IntoIterator<Item = Uuid>) -> Result<Vec<T>, Failed> {
    let entries = ctx.some::<Catalogue>(ids).await?;
    Ok(entries.into_iter().filter_map(T::of).collect())
}

async fn one<T: Named>(ctx: &Context<'_>, id: Uuid) -> Result<T, Failed> {
    let entry = ctx.row::<Catalogue>(id).await?;
    entry.and_then(T::of).ok_or_else(|| Failed::internal(&Dangling(id)))
}

/// A reference to something that the catalogue does not know: a fault of ours.
#[derive(Debug)]
pub(crate) struct Dangling(pub(crate) Uuid);

impl std::fmt::Display for Dangling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} is referred to but not there", self.0)
    }
}

impl std::error::Error for Dangling {}

pub(crate) async fn themes(ctx: &Context<'_>, ids: &[ThemeId]) -> Result<Vec<Theme>, Failed> {
    named(ctx, ids.iter().map(|id| id.0)).await
}

pub(crate) async fn theme(ctx: &Context<'_>, id: ThemeId) -> Result<Theme, Failed> {
    one(ctx, id.0).await
}

pub(crate) async fn interventions(ctx: &Context<'_>, ids: &[InterventionId]) -> Result<Vec<Intervention>, Failed> {
    named(ctx, ids.iter().map(|id| id.0)).await
}

pub(crate) async fn intervention(ctx: &Context<'_>, id: InterventionId) -> Result<Intervention, Failed> {
    one(ctx, id.0).await
}

pub(crate) async fn maybe_intervention(
    ctx: &Context<'_>,
    id: Option<InterventionId>,
) -> Result<Option<Intervention>, Failed> {
    match id {
        Some(id) => intervention(ctx, id).await.map(Some),
        None => Ok(None),
    }
}

pub(crate) async fn region(ctx: &Context<'_>, id: RegionId) -> Result<Region, Failed> {
    one(ctx, id.0).await
}

/// The consortium a region belongs to.
pub(crate) async fn consortium(ctx: &Context<'_>, id: RegionId) -> Result<domain::scope::Consortium, Failed> {
    let region = named::<Region>(ctx, [id.0]).await?.pop();
    region.map(|region| region.consortium).ok_or_else(|| Failed::BadInput("there is no such region".into()))
}

pub(crate) async fn organisation(ctx: &Context<'_>, id: OrganisationId) -> Result<Organisation, Failed> {
    one(ctx, id.0).await
}

pub(crate) async fn organisations(ctx: &Context<'_>, ids: &[OrganisationId]) -> Result<Vec<Organisation>, Failed> {
    named(ctx, ids.iter().map(|id| id.0)).await
}

/// Questions about the catalogue and the register.
#[derive(Debug, Default)]
pub(crate) struct CatalogueQueries;

async fn all<T: Named>(ctx: &Context<'_>, kind: &str) -> Result<Vec<T>, Failed> {
    ctx.viewer()?;
    let entries = ctx.platform()?.models.catalogue(kind).await?;
    Ok(entries.into_iter().filter_map(T::of).collect())
}

#[Object]
impl CatalogueQueries {
    /// All themes, by name.
    async fn themes(&self, ctx: &Context<'_>) -> Result<Vec<Theme>, Failed> {
        all(ctx, "theme").await
    }

    /// All interventions, by name.
    async fn interventions(&self, ctx: &Context<'_>) -> Result<Vec<Intervention>, Failed> {
        all(ctx, "intervention").await
    }

    /// All regions, by name.
    async fn regions(&self, ctx: &Context<'_>) -> Result<Vec<Region>, Failed> {
        all(ctx, "region").await
    }

    /// All organisations, by name.
    async fn organisations(&self, ctx: &Context<'_>) -> Result<Vec<Organisation>, Failed> {
        all(ctx, "organisation").await
    }
}
