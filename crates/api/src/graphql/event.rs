//! Events: told in a sentence, and as recorded.

use app::Ground;
use async_graphql::{Context, ID, Json, Object};
use chrono::{DateTime, Utc};
use domain::Actor;
use eventlog::Recorded;
use readmodel::models::{member::Members, timeline::Entry};
use serde_json::Value;

use super::{
    access_log,
    concerned::{Concerned, concerned},
    context::Viewing as _,
    error::Failed,
    id::global,
    member::{Member, maybe_member},
    text::Position,
};
use crate::language::Language;

/// An event, told in a sentence.
#[derive(Clone, Debug)]
pub(crate) struct TimelineEntry(pub(crate) Entry);

/// An event's sentence with the names of its members filled in.
async fn told(ctx: &Context<'_>, entry: &Entry, language: Option<Language>) -> Result<String, Failed> {
    let language = language.map_or_else(|| ctx.caller().map(|caller| caller.language), Ok)?;
    let members = ctx.some::<Members>(entry.members.iter().map(|member| member.0)).await?;
    Ok(entry.sentence.fill(language.is_dutch(), |id| {
        let row = members.iter().find(|row| row.id == id)?;
        if !row.came() {
            // Who asked for access is known to those who decide on it.
            return Some(if language.is_dutch() { "iemand" } else { "somebody" }.to_owned());
        }
        row.name.text().map(str::to_owned)
    }))
}

/// An event, told in a sentence.
#[Object]
impl TimelineEntry {
    async fn position(&self) -> Position {
        Position(self.0.position)
    }

    async fn at(&self) -> DateTime<Utc> {
        self.0.at
    }

    /// The catalogue's name of the event, e.g. `PhaseAdvanced`.
    #[graphql(name = "type")]
    async fn event_type(&self) -> &str {
        &self.0.event_type
    }

    /// The kind of thing it happened to: project, pdsa, question, experience …
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// In the language of the request, unless another is asked for.
    async fn sentence(&self, ctx: &Context<'_>, language: Option<Language>) -> Result<String, Failed> {
        told(ctx, &self.0, language).await
    }

    /// The thing it happened to.
    async fn subject_id(&self) -> ID {
        global(&self.0.kind, self.0.subject)
    }
}

/// An event as recorded.
#[derive(Clone, Debug)]
pub(crate) struct RecordedEvent {
    recorded: Recorded,
    entry: Entry,
}

/// An event as recorded.
#[Object]
impl RecordedEvent {
    /// Its place in the log.
    async fn position(&self) -> Position {
        Position(self.recorded.position)
    }

    /// The stream it belongs to, `kind-uuid`.
    async fn stream(&self) -> String {
        self.recorded.stream.to_string()
    }

    /// Its place in the stream, 1-based.
    async fn version(&self) -> i32 {
        self.recorded.version
    }

    async fn id(&self) -> String {
        self.recorded.id.to_string()
    }

    /// The catalogue's name, e.g. `PhaseAdvanced`.
    #[graphql(name = "type")]
    async fn event_type(&self) -> &str {
        &self.recorded.event_type
    }

    /// The version of the payload's schema.
    async fn schema_version(&self) -> i16 {
        self.recorded.schema_version
    }

    async fn at(&self) -> DateTime<Utc> {
        self.recorded.at
    }

    /// `member:<uuid>`, `asker:<uuid>` or `platform`.
    async fn actor(&self) -> &str {
        &self.recorded.actor
    }

    async fn actor_member(&self, ctx: &Context<'_>) -> Result<Option<Member>, Failed> {
        maybe_member(ctx, self.recorded.actor.parse().ok().and_then(Actor::member)).await
    }

    /// What belongs together: the request that led to it.
    async fn correlation(&self) -> String {
        self.recorded.correlation.to_string()
    }

    /// The event that led to it, if any.
    async fn causation(&self) -> Option<String> {
        self.recorded.causation.map(|id| id.to_string())
    }

    /// The ids of everything it touches.
    async fn concerns(&self) -> Vec<String> {
        self.recorded.concerns.iter().map(ToString::to_string).collect()
    }

    /// What the ids in `concerns` stand for, each once.
    #[graphql(complexity = "12 * child_complexity")]
    async fn concerned(&self, ctx: &Context<'_>) -> Result<Vec<Concerned>, Failed> {
        concerned(ctx, &self.recorded.concerns).await
    }

    /// The payload as stored: sealed texts stay sealed.
    async fn data(&self) -> Result<Json<Value>, Failed> {
        serde_json::from_str(self.recorded.data.get()).map(Json).map_err(|error| Failed::internal(&error))
    }

    /// SHA-256 of the canonical envelope, hex: an RFC 6962 leaf over RFC 8785 JSON.
    async fn leaf_hash(&self) -> String {
        hex::encode(self.recorded.leaf_hash)
    }

    /// In the language of the request, unless another is asked for.
    async fn sentence(&self, ctx: &Context<'_>, language: Option<Language>) -> Result<String, Failed> {
        told(ctx, &self.entry, language).await
    }

    /// The thing it happened to.
    async fn subject_id(&self) -> ID {
        global(&self.recorded.stream.kind, self.recorded.stream.id)
    }
}

/// Questions about events.
#[derive(Debug, Default)]
pub(crate) struct EventQueries;

#[Object]
impl EventQueries {
    /// The event at a position.
    async fn event(&self, ctx: &Context<'_>, position: Position) -> Result<Option<RecordedEvent>, Failed> {
        let crate::Platform { app, models, as_of, .. } = ctx.platform()?;
        if as_of.is_some_and(|as_of| position.0 > as_of.position) {
            return Ok(None);
        }
        let Some(recorded) = app.log().at(position.0).await? else { return Ok(None) };
        let subjects = recorded.concerns.iter().copied().chain([recorded.stream.id]).collect();
        access_log::note(ctx, "read_event", subjects, Ground::Participation).await?;
        let seen = models.see(std::slice::from_ref(&recorded)).await?.pop();
        Ok(seen.map(|seen| RecordedEvent { recorded, entry: Entry::of(&seen) }))
    }
}
