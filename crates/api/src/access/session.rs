//! Sessions in Postgres, behind a cookie.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::MemberId;
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use sqlx::{PgPool, Postgres, Transaction};
use tokio::sync::watch;
use tower_sessions::{
    Expiry, Session, SessionStore,
    session::{self, Id, Record},
    session_store::{Error, Result},
};
use uuid::Uuid;

use super::{provider::Asked, seconds};

/// How long a session is taken to be as it was read: a page asks several things at once. One that another process has
/// ended lives on here for no longer than this.
const RECENT: Duration = Duration::from_secs(1);
/// So many sessions are remembered.
const REMEMBERED: usize = 10_000;
/// When a session was used last is written down no more often than this, in seconds.
const NOTED: f64 = 60.0;
/// How long somebody may take at their provider.
const PATIENCE: time::Duration = time::Duration::minutes(10);
/// Sign-ins that one browser may have begun at once: tabs.
const BEGUN: usize = 5;
/// The longest description of a browser that is kept.
const LONGEST_AGENT: usize = 250;

/// How long one stays signed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without using it.
    pub idle: TimeDelta,
    /// At most, used or not.
    pub absolute: TimeDelta,
}

impl Default for SessionLimits {
    /// Twelve hours without use: once a working day. A week at most.
    fn default() -> Self {
        Self { idle: TimeDelta::hours(12), absolute: TimeDelta::days(7) }
    }
}

/// Sessions in `session.session`.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    pool: PgPool,
    limits: SessionLimits,
    /// As they were read, and when.
    recent: Arc<Cache<Id, (Record, Instant)>>,
    /// Rises when this process changes or ends one.
    changes: Arc<AtomicU64>,
    /// Rises when this process ends one, for connections that stay open.
    ended: watch::Sender<u64>,
}

/// Whose session it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignedIn {
    /// Names the session to its owner; signs nobody in.
    pub(crate) id: Uuid,
    pub(crate) member: MemberId,
    /// The account they signed in with; none in the demo world.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<Account>,
    /// What the browser calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
}

/// An account at a provider, and the provider's session.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Account {
    pub(crate) provider: String,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    /// The provider's name for the sign-in there (`sid`, OpenID Connect Back-Channel Logout 1.0 §2.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sid: Option<String>,
}

/// A sign-in that was begun here, until the provider sends the person back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) provider: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    /// The secret behind the challenge (RFC 7636).
    pub(crate) verifier: String,
    /// Where they wanted to go.
    pub(crate) then: String,
    until: DateTime<Utc>,
}

impl Pending {
    /// Begun at a moment.
    pub(crate) fn new(provider: &str, asked: Asked, then: String, at: DateTime<Utc>) -> Self {
        let until = at + TimeDelta::seconds(PATIENCE.whole_seconds());
        let Asked { state, nonce, verifier, .. } = asked;
        Self { provider: provider.to_owned(), state, nonce, verifier, then, until }
    }
}

/// A session as its owner sees it.
#[derive(Clone, Debug)]
pub(crate) struct SessionInfo {
    pub(crate) id: Uuid,
    pub(crate) begun_at: DateTime<Utc>,
    pub(crate) used_at: DateTime<Utc>,
    pub(crate) ends_at: DateTime<Utc>,
    /// The key of the provider; none in the demo world.
    pub(crate) provider: Option<String>,
    pub(crate) agent: Option<String>,
}

impl Sessions {
    pub(crate) fn new(pool: PgPool, limits: SessionLimits, ended: watch::Sender<u64>) -> Self {
        Self { pool, limits, recent: Arc::new(Cache::new(REMEMBERED)), changes: Arc::default(), ended }
    }

    /// How long a cookie is kept by the browser; the table says whether it still counts.
    pub(crate) fn expiry(&self) -> Expiry {
        Expiry::OnInactivity(time::Duration::seconds(self.limits.absolute.num_seconds()))
    }

    /// What was read of a session is no longer so; nor is what is being read just now.
    fn forget(&self, id: &Id) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.recent.remove(id);
    }

    /// The same for all: their ids are not known, only those of the table.
    pub(super) fn forget_all(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.recent.clear();
        self.ended.send_modify(|ended| *ended += 1);
    }

    /// A member's sessions that still count, the one used last first.
    pub(crate) async fn of(&self, member: MemberId) -> sqlx::Result<Vec<SessionInfo>> {
        sqlx::query_as!(
            SessionInfo,
            r#"SELECT id AS "id!", begun_at, used_at,
                      least(expires_at, begun_at + make_interval(secs => $3), used_at + make_interval(secs => $2))
                          AS "ends_at!",
                      data #>> '{signed_in,account,provider}' AS provider, data #>> '{signed_in,agent}' AS agent
               FROM session.session
               WHERE member = $1 AND expires_at > now() AND begun_at + make_interval(secs => $3) > now()
                 AND used_at + make_interval(secs => $2) > now()
               ORDER BY used_at DESC, id"#,
            member.0,
            seconds(self.limits.idle),
            seconds(self.limits.absolute)
        )
        .fetch_all(&self.pool)
        .await
    }

    /// Whether a session still counts.
    pub(crate) async fn counts(&self, id: Uuid, member: MemberId) -> sqlx::Result<bool> {
        Ok(self.of(member).await?.iter().any(|session| session.id == id))
    }

    /// Ends one of a member's sessions, if there is such a one.
    pub(crate) async fn end(&self, member: MemberId, id: Uuid) -> sqlx::Result<()> {
        let one = sqlx::query!("DELETE FROM session.session WHERE member = $1 AND id = $2", member.0, id);
        one.execute(&self.pool).await?;
        self.forget_all();
        Ok(())
    }

    /// Ends all of a member's sessions but one.
    pub(crate) async fn end_others(&self, member: MemberId, but: Uuid) -> sqlx::Result<()> {
        let others = sqlx::query!("DELETE FROM session.session WHERE member = $1 AND id <> $2", member.0, but);
        others.execute(&self.pool).await?;
        self.forget_all();
        Ok(())
    }

    /// Ends the sessions that began with an account, or only those of one sign-in at its provider, and with that the
    /// transaction.
    pub(crate) async fn end_of_account(
        &self,
        mut transaction: Transaction<'_, Postgres>,
        issuer: &str,
        subject: Option<&str>,
        sid: Option<&str>,
    ) -> sqlx::Result<u64> {
        // Through the member, whose sessions are found by an index, where the account is known.
        let ended = sqlx::query!(
            "DELETE FROM session.session
             WHERE data #>> '{signed_in,account,issuer}' = $1
               AND ($2::text IS NULL OR data #>> '{signed_in,account,subject}' = $2
                    AND member = (SELECT member FROM session.account WHERE issuer = $1 AND subject = $2))
               AND ($3::text IS NULL OR data #>> '{signed_in,account,sid}' = $3)",
            issuer,
            subject,
            sid
        );
        let ended = ended.execute(&mut *transaction).await?.rows_affected();
        transaction.commit().await?;
        self.forget_all();
        Ok(ended)
    }
}

fn hash(id: &Id) -> Vec<u8> {
    Sha256::digest(id.0.to_be_bytes()).to_vec()
}

fn backend(error: impl std::fmt::Display) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Sessions {
    /// Under an id that nobody has; 128 random bits do not meet twice, but nobody is signed in as another if they do.
    async fn create(&self, record: &mut Record) -> Result<()> {
        while self.load(&record.id).await?.is_some() {
            record.id = Id::default();
        }
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> Result<()> {
        let data = serde_json::to_value(&record.data).map_err(|error| Error::Encode(error.to_string()))?;
        let expires = DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0).unwrap_or_default();
        sqlx::query!(
            "INSERT INTO session.session (id_hash, data, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (id_hash) DO UPDATE SET data = excluded.data, expires_at = excluded.expires_at",
            hash(&record.id),
            data,
            expires
        )
        .execute(&self.pool)
        .await
        .map_err(backend)?;
        self.forget(&record.id);
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = Instant::now();
        if let Some((record, read)) = self.recent.get(id)
            && now < read + RECENT
        {
            return Ok(Some(record));
        }
        let before = self.changes.load(Ordering::Acquire);
        let row = sqlx::query!(
            r#"SELECT data, expires_at, used_at + make_interval(secs => $3) < now() AS "to_note!"
               FROM session.session
               WHERE id_hash = $1 AND expires_at > now() AND begun_at + make_interval(secs => $4) > now()
                 AND used_at + make_interval(secs => $2) > now()"#,
            hash(id),
            seconds(self.limits.idle),
            NOTED,
            seconds(self.limits.absolute)
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
        if row.to_note {
            sqlx::query!("UPDATE session.session SET used_at = now() WHERE id_hash = $1", hash(id))
                .execute(&self.pool)
                .await
                .map_err(backend)?;
        }
        let record = Record {
            id: *id,
            data: serde_json::from_value(row.data).map_err(|error| Error::Decode(error.to_string()))?,
            expiry_date: time::OffsetDateTime::from_unix_timestamp(row.expires_at.timestamp()).map_err(backend)?,
        };
        self.recent.insert(*id, (record.clone(), now));
        if self.changes.load(Ordering::Acquire) != before {
            // Perhaps this one, after it was read.
            self.recent.remove(id);
        }
        Ok(Some(record))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        sqlx::query!("DELETE FROM session.session WHERE id_hash = $1", hash(id))
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        self.forget(id);
        self.ended.send_modify(|ended| *ended += 1);
        Ok(())
    }
}

const SIGNED_IN: &str = "signed_in";
const PENDING: &str = "pending";

/// Who is signed in.
pub(crate) async fn signed_in(session: &Session) -> std::result::Result<Option<SignedIn>, session::Error> {
    session.get(SIGNED_IN).await
}

/// Signs a member in, under a new session id. Nothing of before goes along. `id` names the session to its owner, `expiry`
/// is that of [`Sessions::expiry`].
pub(crate) async fn sign_in(
    session: &Session,
    member: MemberId,
    account: Option<Account>,
    agent: Option<&str>,
    (id, expiry): (Uuid, Expiry),
) -> std::result::Result<(), session::Error> {
    let agent = agent.map(|agent| agent.chars().take(LONGEST_AGENT).collect());
    session.cycle_id().await?;
    session.remove_value(PENDING).await?;
    session.set_expiry(Some(expiry));
    session.insert(SIGNED_IN, SignedIn { id, member, account, agent }).await
}

/// Remembers that a sign-in was begun. The oldest of too many go.
pub(crate) async fn begin(
    session: &Session,
    begun: Pending,
    now: DateTime<Utc>,
) -> std::result::Result<(), session::Error> {
    let mut all: Vec<Pending> = session.get(PENDING).await?.unwrap_or_default();
    all.retain(|pending| pending.until > now);
    all.push(begun);
    all.drain(..all.len().saturating_sub(BEGUN));
    if signed_in(session).await?.is_none() {
        session.set_expiry(Some(Expiry::OnInactivity(PATIENCE)));
    }
    session.insert(PENDING, all).await
}

/// The sign-in that was begun under a state. It counts once: what comes back a second time finds nothing.
pub(crate) async fn pending(
    session: &Session,
    provider: &str,
    state: &str,
    now: DateTime<Utc>,
) -> std::result::Result<Option<Pending>, session::Error> {
    let mut all: Vec<Pending> = session.get(PENDING).await?.unwrap_or_default();
    let Some(place) = all.iter().position(|pending| pending.state == state && pending.provider == provider) else {
        return Ok(None);
    };
    let found = all.remove(place);
    session.insert(PENDING, all).await?;
    // At once, not with the answer: it takes a while to ask the provider.
    session.save().await?;
    Ok((found.until > now).then_some(found))
}
