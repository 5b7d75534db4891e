//! The past. A field that shows one thing shows it as it was when asked for an earlier moment, and all that hangs below
//! that field is of the same moment: who took part under which name, what a page cited, which cycles there were.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{
    Context, ID, OneofObject, QueryPathSegment, Request, ServerResult,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest},
};
use chrono::{DateTime, Utc};

use super::{access_log::note_thing, context::Viewing as _, error::Failed, gathering::Gathering, text::Position};

/// A moment of the past, by one of its names. What lies beyond the end of the log means now.
#[derive(Clone, Copy, Debug, OneofObject)]
pub(crate) enum AsOf {
    /// Just after the event at this position.
    Position(Position),
    /// At this time: just after the last event until then.
    Time(DateTime<Utc>),
}

/// At which position the fields of a request stand, by their names in the answer; the others are of now.
#[derive(Debug, Default)]
struct Moments(Mutex<HashMap<String, eventlog::Position>>);

/// Lets the field that is being resolved, which shows a thing, and all below it, stand at a moment.
pub(crate) async fn stand_at(ctx: &Context<'_>, as_of: Option<AsOf>, thing: &ID) -> Result<(), Failed> {
    let Some(as_of) = as_of else { return Ok(()) };
    note_thing(ctx, "read_past", thing).await?;
    let platform = ctx.platform()?;
    let log = platform.app.log();
    let position = match as_of {
        AsOf::Position(Position(position)) => position.min(log.head().await?.position),
        AsOf::Time(time) => log.position_at(time).await?,
    };
    let position = platform.as_of.map_or(position, |as_of| position.min(as_of.position));
    let moments: &Moments = ctx.data().map_err(|_| Failed::Internal)?;
    moments.0.lock().unwrap_or_else(PoisonError::into_inner).insert(root(ctx).to_owned(), position);
    Ok(())
}

/// The position at which the field that is being resolved stands; nothing when it is of now.
pub(crate) fn moment(ctx: &Context<'_>) -> Option<eventlog::Position> {
    let moments: &Moments = ctx.data_opt()?;
    moments.0.lock().unwrap_or_else(PoisonError::into_inner).get(root(ctx)).copied()
}

/// The time at which the field that is being resolved stands.
pub(crate) async fn time(ctx: &Context<'_>) -> Result<DateTime<Utc>, Failed> {
    let platform = ctx.platform()?;
    if let Some(position) = moment(ctx)
        && let Some(event) = platform.app.log().at(position).await?
    {
        return Ok(event.at);
    }
    Ok(platform.as_of.map_or_else(|| platform.app.source().now(), |as_of| as_of.at))
}

/// The name that the field of the query itself, above the one that is being resolved, has in the answer.
fn root<'a>(ctx: &'a Context<'_>) -> &'a str {
    let path = ctx.path_node.as_ref();
    let nodes = path.into_iter().flat_map(|node| std::iter::once(node).chain(node.parents()));
    let named = nodes.filter_map(|node| match node.segment {
        QueryPathSegment::Name(name) => Some(name),
        QueryPathSegment::Index(_) => None,
    });
    named.last().unwrap_or_default()
}

/// Gives every request moments and wishes of its own.
pub(crate) struct Past;

impl ExtensionFactory for Past {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Past)
    }
}

#[async_trait::async_trait]
impl Extension for Past {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        next.run(ctx, request.data(Moments::default()).data(Gathering::default())).await
    }
}
