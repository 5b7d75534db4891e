//! GraphQL, HTTP, sessions, and the web client that is embedded in the binary.
//!
//! Everything that is asked over the network comes in here; what changes something is handed to `app`, what is read
//! comes from `readmodel`.

mod access;
mod discretion;
mod erasure;
mod graphql;
mod http;
mod language;
mod markdown;
mod own_data;
mod pace;
mod retention;

pub use access::{Forgotten, ProviderOptions, SessionLimits, TABLES, forget_member, holds_sign_ins};
pub use discretion::may_be_logged;
pub use erasure::finish as finish_erasure;
pub use graphql::sdl;
pub use http::{About, DemoPersona, Listening, Options, listen, router, starting};
pub use pace::{Limit, Limits, NoLimit};
pub use retention::{DataKind, Listed, Periods, Retention, RetentionError, Run};

use std::sync::Arc;

use app::{AccessLog, App};
use eventlog::{Position, Timestamp};
use readmodel::ReadModels;
use sqlx::PgPool;

/// What every request works with.
#[derive(Clone, Debug)]
pub struct Platform {
    /// Runs commands.
    pub app: Arc<App>,
    /// What people look at.
    pub models: Arc<ReadModels>,
    /// For sessions.
    pub pool: PgPool,
    /// Who looked at what of whom.
    pub access_log: AccessLog,
    /// Writes to people; without it nobody can ask for access.
    pub mail: Option<mail::Mail>,
    /// How long what is kept.
    pub periods: Periods,
    /// The moment as of which everything is shown, when that is not now.
    pub as_of: Option<AsOf>,
}

/// A moment of the past.
#[derive(Clone, Copy, Debug)]
pub struct AsOf {
    /// Just after the event at this position.
    pub position: Position,
    /// When that event was recorded.
    pub at: Timestamp,
}
