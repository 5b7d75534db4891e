//! Who gets in: sessions behind a cookie, tokens for programs, and accounts at OpenID providers.
//!
//! None of it is part of the log. What is kept of a member here goes when they are erased: [`forget_member`].

mod account;
mod credential;
mod logout_token;
mod provider;
pub(crate) mod prune;
mod session;
mod token;

use std::time::Duration;

use chrono::TimeDelta;
use domain::id::MemberId;
use sqlx::PgPool;
use tokio::sync::watch;
use uuid::Uuid;

pub(crate) use account::{AccountInfo, Found, NotFound};
pub(crate) use credential::Credential;
pub(crate) use logout_token::NotLoggedOut;
pub(crate) use provider::{Person, Provider, Providers, Untrusted};
pub(crate) use session::{Account, Pending, SessionInfo, Sessions, begin, pending, sign_in, signed_in};
pub(crate) use token::{Scope, Scopes, TokenInfo, Tokens};

pub use provider::ProviderOptions;
pub use session::SessionLimits;

/// How long what another process ended lives on at most, in connections that stay open.
const LOOK: Duration = Duration::from_secs(30);

/// Everything by which one gets in.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    pub(crate) sessions: Sessions,
    pub(crate) tokens: Tokens,
    pub(crate) providers: Providers,
    pool: PgPool,
    /// Rises when this process ends a session or revokes a token.
    ended: watch::Sender<u64>,
}

impl Access {
    pub(crate) fn new(
        pool: PgPool,
        limits: SessionLimits,
        providers: Vec<ProviderOptions>,
        base: &str,
    ) -> Result<Self, Untrusted> {
        let ended = watch::Sender::new(0);
        Ok(Self {
            sessions: Sessions::new(pool.clone(), limits, ended.clone()),
            tokens: Tokens::new(pool.clone(), ended.clone()),
            providers: Providers::new(providers, base)?,
            pool,
            ended,
        })
    }

    /// Sessions and tokens were ended by [`forget_member`]: they count no longer, at once here and soon elsewhere.
    pub(crate) fn forget(&self) {
        self.sessions.forget_all();
    }

    /// Resolves when what a connection was opened with counts no longer. Never for nobody.
    pub(crate) async fn ends(&self, viewer: Option<MemberId>, credential: Credential) {
        let Some(member) = viewer else { return std::future::pending().await };
        let mut ended = self.ended.subscribe();
        loop {
            // Whoever sends is this.
            let _ = tokio::time::timeout(LOOK, ended.changed()).await;
            match self.counts(member, credential).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "open connections cannot be checked");
                }
            }
        }
    }

    async fn counts(&self, member: MemberId, credential: Credential) -> sqlx::Result<bool> {
        match credential {
            Credential::None => Ok(true),
            Credential::Session(id) => self.sessions.counts(id, member).await,
            Credential::Token { id, .. } => self.tokens.counts(id, member).await,
        }
    }
}

/// What was kept of a member, and is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forgotten {
    /// Sessions that were ended.
    pub sessions: u64,
    /// Access tokens that were revoked.
    pub tokens: u64,
    /// Accounts at providers that are theirs no longer.
    pub accounts: u64,
}

/// Where what is kept of members lies, for whoever sees to it that nothing deleted is left in files.
pub const TABLES: [&str; 3] = ["session.session", "session.account", "session.access_token"];

/// Ends a member's sessions, revokes their tokens and forgets their accounts at providers, all or nothing.
pub async fn forget_member(pool: &PgPool, member: impl Into<Uuid> + Send) -> sqlx::Result<Forgotten> {
    let member = member.into();
    let mut transaction = pool.begin().await?;
    let sessions = sqlx::query!("DELETE FROM session.session WHERE member = $1", member).execute(&mut *transaction);
    let sessions = sessions.await?.rows_affected();
    let tokens = sqlx::query!("DELETE FROM session.access_token WHERE member = $1", member).execute(&mut *transaction);
    let tokens = tokens.await?.rows_affected();
    let accounts = sqlx::query!("DELETE FROM session.account WHERE member = $1", member).execute(&mut *transaction);
    let accounts = accounts.await?.rows_affected();
    transaction.commit().await?;
    Ok(Forgotten { sessions, tokens, accounts })
}

/// How many sessions and access tokens a member has.
pub(crate) async fn counts(pool: &PgPool, member: MemberId) -> sqlx::Result<(i32, i32)> {
    let counts = sqlx::query!(
        r#"SELECT (SELECT count(*) FROM session.session WHERE member = $1)::int AS "sessions!",
                  (SELECT count(*) FROM session.access_token WHERE member = $1)::int AS "tokens!""#,
        member.0
    );
    let counts = counts.fetch_one(pool).await?;
    Ok((counts.sessions, counts.tokens))
}

/// Whether anybody ever signed in here with an account at a provider.
pub async fn holds_sign_ins(pool: &PgPool) -> sqlx::Result<bool> {
    sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM session.account) AS "holds!""#).fetch_one(pool).await
}

/// As Postgres takes an interval.
fn seconds(time: TimeDelta) -> f64 {
    time.as_seconds_f64()
}
