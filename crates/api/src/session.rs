//! Who is signed in: sessions in Postgres, behind a cookie.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use async_trait::async_trait;
use chrono::DateTime;
use domain::id::MemberId;
use quick_cache::sync::Cache;
use sha2::{Digest as _, Sha256};
use sqlx::PgPool;
use tower_sessions::{
    Session, SessionStore,
    session::{Id, Record},
    session_store::{Error, Result},
};

/// How long a session is taken to be as it was read: a page asks several things at once. One that another process has
/// ended lives on here for no longer than this.
const RECENT: Duration = Duration::from_secs(1);
/// So many sessions are remembered.
const REMEMBERED: usize = 10_000;

/// Sessions in `session.session`.
#[derive(Clone, Debug)]
pub(crate) struct Sessions {
    pool: PgPool,
    /// As they were read, and when.
    recent: Arc<Cache<Id, (Record, Instant)>>,
    /// Rises when this process changes or ends one.
    changes: Arc<AtomicU64>,
}

impl Sessions {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, recent: Arc::new(Cache::new(REMEMBERED)), changes: Arc::default() }
    }

    /// What was read of a session is no longer so; nor is what is being read just now.
    fn forget(&self, id: &Id) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.recent.remove(id);
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
            "SELECT data, expires_at FROM session.session WHERE id_hash = $1 AND expires_at > now()",
            hash(id)
        )
        .fetch_optional(&self.pool)
        .await
        .map_err(backend)?;
        let Some(row) = row else { return Ok(None) };
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
        sqlx::query!("DELETE FROM session.session WHERE id_hash = $1 OR expires_at < now()", hash(id))
            .execute(&self.pool)
            .await
            .map_err(backend)?;
        self.forget(id);
        Ok(())
    }
}

const MEMBER: &str = "member";

/// Who is signed in.
pub(crate) async fn viewer(session: &Session) -> std::result::Result<Option<MemberId>, tower_sessions::session::Error> {
    session.get(MEMBER).await
}

/// Signs a member in, under a new session id.
pub(crate) async fn sign_in(
    session: &Session,
    member: MemberId,
) -> std::result::Result<(), tower_sessions::session::Error> {
    session.cycle_id().await?;
    session.insert(MEMBER, member).await
}
