//! Access tokens: for programs that speak for a member. Shown once, kept as a hash.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use domain::{id::MemberId, text::Line};
use rand::TryRngCore as _;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tokio::sync::watch;
use uuid::Uuid;

use super::Credential;

/// Tells what it is wherever it turns up, e.g. to a scanner for secrets.
const PREFIX: &str = "leerwerk_";
/// When a token was used last is written down no more often than this, in seconds.
const NOTED: f64 = 60.0;

/// What a token may be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Queries and subscriptions.
    Read,
    /// Mutations, and reading what they give back.
    Contribute,
    /// The events of the log as recorded.
    Entries,
}

impl Scope {
    const ALL: [Self; 3] = [Self::Read, Self::Contribute, Self::Entries];

    fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Contribute => "contribute",
            Self::Entries => "entries",
        }
    }

    fn bit(self) -> u8 {
        match self {
            Self::Read => 1,
            Self::Contribute => 2,
            Self::Entries => 4,
        }
    }
}

/// Some of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Scopes(u8);

impl Scopes {
    pub(crate) fn hold(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.hold(*scope))
    }

    fn names(self) -> Vec<String> {
        self.iter().map(|scope| scope.as_str().to_owned()).collect()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |all, scope| all | scope.bit()))
    }
}

/// What the database says; a name it does not know is no scope.
impl From<Vec<String>> for Scopes {
    fn from(names: Vec<String>) -> Self {
        Scope::ALL.into_iter().filter(|scope| names.iter().any(|name| name == scope.as_str())).collect()
    }
}

/// A token as its owner sees it.
#[derive(Clone, Debug)]
pub(crate) struct TokenInfo {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) scopes: Scopes,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) used_at: Option<DateTime<Utc>>,
}

/// Tokens in `session.access_token`.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pool: PgPool,
    /// Rises when this process revokes one, for connections that stay open.
    ended: watch::Sender<u64>,
}

impl Tokens {
    /// The most that one member may have.
    pub(crate) const MOST: i64 = 20;
    /// The longest that one lasts, in days.
    pub(crate) const LONGEST: i32 = 366;

    pub(crate) fn new(pool: PgPool, ended: watch::Sender<u64>) -> Self {
        Self { pool, ended }
    }

    /// Whose a token is, and what it is for; nothing when it is no token, has ended or was revoked.
    pub(crate) async fn find(&self, token: &str) -> sqlx::Result<Option<(MemberId, Credential)>> {
        let row = sqlx::query!(
            r#"SELECT id, member, scopes, used_at IS NULL OR used_at + make_interval(secs => $2) < now() AS "to_note!"
               FROM session.access_token WHERE hash = $1 AND expires_at > now()"#,
            hash(token),
            NOTED
        );
        let Some(row) = row.fetch_optional(&self.pool).await? else { return Ok(None) };
        if row.to_note {
            sqlx::query!("UPDATE session.access_token SET used_at = now() WHERE hash = $1", hash(token))
                .execute(&self.pool)
                .await?;
        }
        Ok(Some((row.member.into(), Credential::Token { id: row.id, scopes: row.scopes.into() })))
    }

    /// Whether a token still counts.
    pub(crate) async fn counts(&self, id: Uuid, member: MemberId) -> sqlx::Result<bool> {
        Ok(self.of(member).await?.iter().any(|token| token.id == id))
    }

    /// A member's tokens that still count, the newest first.
    pub(crate) async fn of(&self, member: MemberId) -> sqlx::Result<Vec<TokenInfo>> {
        sqlx::query_as!(
            TokenInfo,
            r#"SELECT id, name, scopes AS "scopes: Vec<String>", created_at, expires_at, used_at
               FROM session.access_token WHERE member = $1 AND expires_at > now() ORDER BY created_at DESC, id"#,
            member.0
        )
        .fetch_all(&self.pool)
        .await
    }

    /// Makes a token: what is kept of it, and the secret, which nobody can find out later. Nothing when there is one of
    /// this id already, or when the member has as many as they may.
    pub(crate) async fn create(
        &self,
        id: Uuid,
        member: MemberId,
        name: &Line,
        scopes: Scopes,
        lasts: TimeDelta,
    ) -> sqlx::Result<Option<(TokenInfo, String)>> {
        let mut secret = [0_u8; 32];
        rand::rngs::OsRng.try_fill_bytes(&mut secret).map_err(|error| sqlx::Error::Io(std::io::Error::other(error)))?;
        let token = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(secret));
        let info = sqlx::query_as!(
            TokenInfo,
            r#"INSERT INTO session.access_token (hash, member, name, scopes, expires_at, id)
               SELECT $1, $2, $3, $4, now() + make_interval(secs => $5), $7
               WHERE (SELECT count(*) FROM session.access_token WHERE member = $2 AND expires_at > now()) < $6
               ON CONFLICT (id) DO NOTHING
               RETURNING id, name, scopes AS "scopes: Vec<String>", created_at, expires_at, used_at"#,
            hash(&token),
            member.0,
            name.as_str(),
            &scopes.names(),
            super::seconds(lasts),
            Self::MOST,
            id
        );
        Ok(info.fetch_optional(&self.pool).await?.map(|info| (info, token)))
    }

    /// Revokes one of a member's tokens, if there is such a one.
    pub(crate) async fn revoke(&self, member: MemberId, id: Uuid) -> sqlx::Result<()> {
        let one = sqlx::query!("DELETE FROM session.access_token WHERE member = $1 AND id = $2", member.0, id);
        one.execute(&self.pool).await?;
        self.ended.send_modify(|ended| *ended += 1);
        Ok(())
    }
}

/// 256 random bits need no slow hash.
fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_hold_what_they_were_made_of_and_no_more() {
        let some: Scopes = [Scope::Read, Scope::Entries].into_iter().collect();
        assert!(some.hold(Scope::Read) && some.hold(Scope::Entries) && !some.hold(Scope::Contribute));
        assert_eq!(Scopes::from(some.names()), some);
        assert!(Scopes::from(vec!["everything".to_owned()]).is_empty());
    }
}
