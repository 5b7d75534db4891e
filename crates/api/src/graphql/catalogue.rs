//! Themes and interventions, and how entries of the catalogue and the register are found.

use async_graphql::{Context, ID, Object};
use domain::{
    Aggregate as _,
    id::{InterventionId, ThemeId},
    intervention::Intervention as InterventionAggregate,
    theme::Theme as ThemeAggregate,
};
use readmodel::models::catalogue::{About, Catalogue, Entry};
use uuid::Uuid;

use super::{context::Viewing as _, error::Failed, id::global};
use crate::language::Language;

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

/// What an entry of the catalogue is shown as.
pub(super) trait Named: Sized {
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

/// Entries by their ids. Whatever is named was checked to exist when it was named.
pub(super) async fn named<T: Named>(ctx: &Context<'_>, ids: impl IntoIterator<Item = Uuid>) -> Result<Vec<T>, Failed> {
    let entries = ctx.some::<Catalogue>(ids).await?;
    Ok(entries.into_iter().filter_map(T::of).collect())
}

pub(super) async fn one<T: Named>(ctx: &Context<'_>, id: Uuid) -> Result<T, Failed> {
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

/// Questions about the catalogue.
#[derive(Debug, Default)]
pub(crate) struct CatalogueQueries;

pub(super) async fn all<T: Named>(ctx: &Context<'_>, kind: &str) -> Result<Vec<T>, Failed> {
    let entries = ctx.platform()?.models.catalogue(kind).await?;
    Ok(entries.into_iter().filter_map(T::of).collect())
}

#[Object]
impl CatalogueQueries {
    /// All themes, by name.
    async fn themes(&self, ctx: &Context<'_>) -> Result<Vec<Theme>, Failed> {
        all(ctx, "theme").await
    }

    /// All interventions, by name. For everybody: who asks for access names those they implement.
    async fn interventions(&self, ctx: &Context<'_>) -> Result<Vec<Intervention>, Failed> {
        all(ctx, "intervention").await
    }
}
