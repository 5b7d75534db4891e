//! How the platform as a whole is doing: whether it is shown as it was, and what does not keep up.

use std::sync::Arc;

use async_graphql::{
    Context, Enum, Object, Response, SimpleObject, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest},
};
use chrono::{DateTime, Utc};
use readmodel::Stale;
use serde_json::json;

use super::{context::Viewing as _, error::Failed, text::Position};
use crate::Platform as OpenPlatform;

/// How the platform is doing.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct Platform {
    /// The moment as of which everything is shown; nothing can be changed then. Null when that is now.
    as_of: Option<Moment>,
    /// What shows an earlier state than the rest; empty when all is well.
    stale: Vec<StalePart>,
}

/// A moment of the log.
#[derive(Clone, Copy, Debug, SimpleObject)]
pub(crate) struct Moment {
    /// Just after the event here.
    position: Position,
    /// When that event was recorded.
    at: DateTime<Utc>,
}

/// A part of the platform that does not keep up.
#[derive(Clone, Debug, SimpleObject)]
pub(crate) struct StalePart {
    part: Part,
    /// What happened up to here can be seen in it.
    position: Position,
    /// Since when it does not keep up.
    since: DateTime<Utc>,
}

/// What is shown of the platform, by its read model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub(crate) enum Part {
    /// Themes, interventions, regions and organisations.
    Catalogue,
    /// People.
    Member,
    /// Questions and answers.
    Question,
    /// Experiences.
    Experience,
    /// Projects.
    Project,
    /// PDSA cycles.
    Cycle,
    /// Knowledge pages.
    KnowledgePage,
    /// What happened to projects.
    Timeline,
    /// What is found while one types.
    Contribution,
}

impl Part {
    /// Which shows a read model; nothing for one that shows nothing by itself.
    fn of(model: &str) -> Option<Self> {
        Some(match model {
            "catalogue" => Self::Catalogue,
            "member" => Self::Member,
            "question" => Self::Question,
            "experience" => Self::Experience,
            "project" => Self::Project,
            "cycle" => Self::Cycle,
            "knowledge_page" => Self::KnowledgePage,
            "timeline" => Self::Timeline,
            "contribution" => Self::Contribution,
            _ => return None,
        })
    }
}

/// Questions about the platform as a whole.
#[derive(Debug, Default)]
pub(crate) struct PlatformQueries;

#[Object]
impl PlatformQueries {
    /// How the platform is doing. Anybody may know.
    async fn platform(&self, ctx: &Context<'_>) -> Result<Platform, Failed> {
        // An answer is kept only while nothing is stale.
        let platform = ctx.open()?;
        let as_of = platform.as_of.map(|as_of| Moment { position: Position(as_of.position), at: as_of.at });
        let stale = platform.models.stale().into_iter().filter_map(|Stale { model, position, since, .. }| {
            Some(StalePart { part: Part::of(model)?, position: Position(position), since })
        });
        Ok(Platform { as_of, stale: stale.collect() })
    }
}

/// Marks every answer while something does not keep up: `extensions.stale` names the parts, each with its position.
pub(crate) struct Marked;

impl ExtensionFactory for Marked {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Marked)
    }
}

#[async_trait::async_trait]
impl Extension for Marked {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        // What stops meanwhile is known before or after.
        let stale = || ctx.data_opt::<OpenPlatform>().map(|platform| platform.models.stale()).unwrap_or_default();
        let before = stale();
        let mut response = next.run(ctx).await;
        let after = stale();
        let stale = if after.is_empty() { before } else { after };
        if !stale.is_empty() {
            let told = stale.iter().filter_map(|stale| {
                let part = async_graphql::resolver_utils::enum_value(Part::of(stale.model)?);
                Some(json!({ "part": part, "position": stale.position, "since": stale.since }))
            });
            let told = Value::from_json(told.collect()).unwrap_or_default();
            response.extensions.insert("stale".into(), told);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_read_model_shows_a_part_of_the_platform() {
        for model in readmodel::models::names() {
            assert!(Part::of(model).is_some(), "{model}");
        }
    }
}
