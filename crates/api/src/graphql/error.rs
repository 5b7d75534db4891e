//! Failures: something broke. Clients see a code and a plain message, never the inside; the chain is logged once.
//! (What the rules refuse is data: see `mutation::Refusal`.)

use std::{sync::Arc, time::Duration};

use async_graphql::{
    ErrorExtensionValues, Response, ServerError, Value,
    extensions::{Extension, ExtensionContext, ExtensionFactory, NextRequest},
};
use readmodel::ReadModelError;

use crate::pace::TooOften;

/// Why a field has no value.
#[derive(Clone, Debug)]
pub(crate) enum Failed {
    /// Nobody is signed in.
    Unauthenticated,
    /// The access token was not made for this.
    OutOfScope,
    /// What their access rests on holds no longer.
    AccessEnded,
    /// The policies do not allow it.
    Forbidden,
    /// An argument makes no sense; the message says which.
    BadInput(String),
    /// They do this too often, one after the other.
    TooOften(TooOften),
    /// Too much at once.
    Busy,
    /// The database is away, or the read models lag behind.
    Unavailable,
    /// It may have been done; the same request with its idempotency key finds out.
    OutcomeUnknown,
    /// Anything else, logged already.
    Internal,
}

impl Failed {
    fn code(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::OutOfScope => "OUT_OF_SCOPE",
            Self::AccessEnded => "ACCESS_ENDED",
            Self::Forbidden => "FORBIDDEN",
            Self::BadInput(_) => "BAD_INPUT",
            Self::TooOften(_) => "TOO_MANY_REQUESTS",
            Self::Busy => "BUSY",
            Self::Unavailable => "UNAVAILABLE",
            Self::OutcomeUnknown => "OUTCOME_UNKNOWN",
            Self::Internal => "INTERNAL",
        }
    }

    fn message(&self) -> String {
        match self {
            Self::Unauthenticated => "sign in first".into(),
            Self::OutOfScope => "the access token was not made for this".into(),
            Self::AccessEnded => "your access has ended".into(),
            Self::Forbidden => "you may not do this".into(),
            Self::BadInput(message) => message.clone(),
            Self::TooOften(_) => "too often, one after the other; try again a little later".into(),
            Self::Busy => "the platform is busy; try again in a moment".into(),
            Self::Unavailable => "the platform cannot be reached for now; try again in a moment".into(),
            Self::OutcomeUnknown => {
                "it is not known whether this was stored; repeat it with the same idempotencyKey".into()
            }
            Self::Internal => "something went wrong on our side".into(),
        }
    }

    /// When it makes sense to try again.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::TooOften(TooOften(wait)) => Some(*wait),
            Self::Busy => Some(eventlog::BUSY_FOR),
            Self::Unavailable | Self::OutcomeUnknown => Some(eventlog::AWAY_FOR),
            Self::Unauthenticated
            | Self::OutOfScope
            | Self::AccessEnded
            | Self::Forbidden
            | Self::BadInput(_)
            | Self::Internal => None,
        }
    }

    fn extensions(&self) -> ErrorExtensionValues {
        let mut values = ErrorExtensionValues::default();
        values.set("code", self.code());
        if let Some(after) = self.retry_after() {
            values.set("retryAfterMs", after.as_secs() * 1_000 + u64::from(after.subsec_millis()));
        }
        values
    }

    /// Logs what broke and hides it.
    pub(crate) fn internal(error: &(dyn std::error::Error + 'static)) -> Self {
        tracing::error!(error, "a request failed");
        Self::Internal
    }
}

impl From<Failed> for async_graphql::Error {
    fn from(failed: Failed) -> Self {
        Self { message: failed.message(), source: None, extensions: Some(failed.extensions()) }
    }
}

impl From<TooOften> for Failed {
    fn from(too_often: TooOften) -> Self {
        Self::TooOften(too_often)
    }
}

impl From<ReadModelError> for Failed {
    fn from(error: ReadModelError) -> Self {
        if error.is_passing() {
            tracing::warn!(error = &error as &dyn std::error::Error, "a read failed for now");
            Self::Unavailable
        } else {
            Self::internal(&error)
        }
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        ReadModelError::from(error).into()
    }
}

impl From<eventlog::ReadError> for Failed {
    fn from(error: eventlog::ReadError) -> Self {
        ReadModelError::from(error).into()
    }
}

impl From<Arc<ReadModelError>> for Failed {
    fn from(error: Arc<ReadModelError>) -> Self {
        if error.is_passing() { Self::Unavailable } else { Self::internal(&*error) }
    }
}

impl From<app::Failure> for Failed {
    fn from(failure: app::Failure) -> Self {
        match failure {
            app::Failure::Busy => Self::Busy,
            app::Failure::Unavailable(_) => Self::Unavailable,
            app::Failure::OutcomeUnknown => Self::OutcomeUnknown,
            app::Failure::Internal(_) => Self::internal(&failure),
        }
    }
}

/// A response to a request that was never executed.
pub(crate) fn request_error(failed: &Failed) -> Response {
    let mut error = ServerError::new(failed.message(), None);
    error.extensions = Some(failed.extensions());
    Response::from_errors(vec![error])
}

/// Gives every error a code: those of our own have one, what is left are faults of the document or its variables.
pub(crate) struct Coded;

impl ExtensionFactory for Coded {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Coded)
    }
}

#[async_trait::async_trait]
impl Extension for Coded {
    async fn request(&self, ctx: &ExtensionContext<'_>, next: NextRequest<'_>) -> Response {
        let mut response = next.run(ctx).await;
        for error in &mut response.errors {
            let extensions = error.extensions.get_or_insert_default();
            if extensions.get("code").is_none() {
                extensions.set("code", Value::from(Failed::BadInput(String::new()).code()));
            }
        }
        response
    }
}
