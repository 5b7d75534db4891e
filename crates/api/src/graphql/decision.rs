//! Nothing is read that the policies do not allow: every query and every subscription is an action of theirs, named after
//! it, and one that they do not know is refused. (Running a command asks them itself.)

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::{
    Context, PathSegment, Request, Response, ServerError, ServerResult, Value,
    extensions::{
        Extension, ExtensionContext, ExtensionFactory, NextExecute, NextPrepareRequest, NextResolve, ResolveInfo,
    },
};

use super::{
    basis::Basis,
    context::{Caller, Viewing as _},
    error::Failed,
};
use crate::Platform;

/// The policies' name of a field of `Query` or `Subscription`, e.g. `query_access_log`.
fn action(prefix: &str, field: &str) -> String {
    let mut name = String::from(prefix);
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

/// Why a caller may not take an action, if they may not.
async fn decide(platform: &Platform, caller: Caller, basis: Option<&Basis>, action: &str) -> Result<(), Failed> {
    let app = &platform.app;
    // What everybody may do asks for no right to be here.
    if app.anybody_may(action) {
        return Ok(());
    }
    let viewer = caller.somebody()?;
    let (allowed, grounds) = app.may_somewhere(viewer, action).await?;
    if let Some(basis) = basis {
        basis.and(&grounds);
    }
    if allowed { Ok(()) } else { Err(caller.forbidden()) }
}

/// Asks whether the viewer may listen to a field of `Subscription`, before it begins.
pub(crate) async fn listening(ctx: &Context<'_>, field: &str) -> Result<(), Failed> {
    decide(ctx.open()?, ctx.caller()?, ctx.basis(), &action("subscribe_", field)).await
}

/// Why fields that may be null are null.
#[derive(Debug, Default)]
struct Denials(Mutex<Vec<ServerError>>);

/// Asks for every field of `Query`, and again for every event that a field of `Subscription` tells.
pub(crate) struct Decided;

impl ExtensionFactory for Decided {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Decided)
    }
}

#[async_trait::async_trait]
impl Extension for Decided {
    async fn prepare_request(
        &self,
        ctx: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        next.run(ctx, request.data(Denials::default())).await
    }

    async fn execute(
        &self,
        ctx: &ExtensionContext<'_>,
        operation_name: Option<&str>,
        next: NextExecute<'_>,
    ) -> Response {
        let mut response = next.run(ctx, operation_name).await;
        if let Some(Denials(denials)) = ctx.data_opt() {
            response.errors.append(&mut denials.lock().unwrap_or_else(PoisonError::into_inner));
        }
        response
    }

    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let prefix = match info.parent_type {
            "Query" => "query_",
            "Subscription" => "subscribe_",
            _ => return next.run(ctx, info).await,
        };
        // What the schema says of itself is in the repository for everybody. No other name begins so.
        if info.name.starts_with("__") {
            return next.run(ctx, info).await;
        }
        let known = ctx.data_opt::<Platform>().zip(ctx.data_opt::<Caller>()).zip(ctx.data_opt::<Denials>());
        let Some(((platform, caller), denials)) = known else { return Err(denied(&info, Failed::Internal)) };
        let basis = ctx.data_opt::<Arc<Basis>>().map(AsRef::as_ref);
        match decide(platform, *caller, basis, &action(prefix, info.name)).await {
            Ok(()) => next.run(ctx, info).await,
            Err(failed) if info.return_type.ends_with('!') => Err(denied(&info, failed)),
            Err(failed) => {
                denials.0.lock().unwrap_or_else(PoisonError::into_inner).push(denied(&info, failed));
                Ok(Some(Value::Null))
            }
        }
    }
}

/// The error at a field.
fn denied(info: &ResolveInfo<'_>, failed: Failed) -> ServerError {
    let name = info.alias.unwrap_or(info.name).to_owned();
    async_graphql::Error::from(failed).into_server_error(info.field.name.pos).with_path(vec![PathSegment::Field(name)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_named_after_its_field() {
        assert_eq!(action("query_", "takesAccessRequests"), "query_takes_access_requests");
        assert_eq!(action("subscribe_", "questionChanged"), "subscribe_question_changed");
    }
}
