//! Data keys: one per scope, wrapped by a key-encryption key, kept apart from the events.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hmac::{Hmac, Mac, digest::KeyInit};
use lru::LruCache;
use serde_json::Value;
use sha2::Sha256;
use sqlx::{PgConnection, PgPool};
use tokio::sync::watch;
use uuid::Uuid;
use zeroize::Zeroize;

use crate::{
    error::KeyError,
    kek::KeyEncryptionKeys,
    open,
    record::{Recorded, Timestamp},
    seal::{self, CanonicalJson, DataKey, Known},
};

/// Keys kept unwrapped in memory, at most.
const CACHED: NonZeroUsize = NonZeroUsize::new(200_000).expect("not zero");

pub(crate) fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
    // A shorter key is padded with zeros to the block of the hash, 64 bytes (RFC 2104 §2).
    let mut block = [0; 64];
    block[..32].copy_from_slice(key);
    let mac = <Hmac<Sha256> as KeyInit>::new(&block.into()).chain_update(message);
    block.zeroize();
    mac.finalize().into_bytes().into()
}

/// A data key made for a scope that had none; appended together with the events sealed under it.
#[derive(Clone, Debug)]
pub struct NewKey {
    pub(crate) scope: String,
    pub(crate) wrapped: Vec<u8>,
    key: DataKey,
}

/// The data keys of a log: seals, opens, destroys.
#[derive(Clone, Debug)]
pub struct Keys {
    pub(crate) pool: PgPool,
    pub(crate) keks: Arc<KeyEncryptionKeys>,
    /// What secrets are derived from that must outlive a change of the key-encryption key.
    root: DataKey,
    cache: Arc<Mutex<Cache>>,
    /// Told the era whenever something was forgotten.
    forgotten: watch::Sender<u64>,
}

/// How it stands with the key of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// There is none, nor was there ever.
    None,
    /// There is one.
    Present,
    /// It was destroyed.
    Destroyed,
}

/// The scope of the random key that other secrets are derived from. Nothing is sealed under it.
const SECRETS: &str = "log:secrets";

#[derive(Debug)]
struct Cache {
    known: LruCache<String, Known>,
    /// Counts how often something was forgotten. What was read from the database in an earlier era is not kept: it
    /// may be the very key that was destroyed meanwhile.
    era: u64,
    /// How often keys had been destroyed when what is known was last cleared: none of these is known.
    destroyed: i64,
}

impl Keys {
    /// The keys of the log in a database. The root of other secrets is made when there is none yet; of several
    /// processes that try, one does.
    pub(crate) async fn open_in(pool: PgPool, keks: KeyEncryptionKeys) -> Result<Self, KeyError> {
        let root = if let Some(root) = stored(&pool, &keks, SECRETS).await? {
            root
        } else {
            let wrapped = keks.wrap(SECRETS, &DataKey::random());
            sqlx::query!(
                "INSERT INTO log.data_key (scope, wrapped, created_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING",
                SECRETS,
                wrapped
            )
            .execute(&pool)
            .await?;
            stored(&pool, &keks, SECRETS).await?.ok_or_else(|| KeyError::Missing { scope: SECRETS.to_owned() })?
        };
        Ok(Self::new(pool, keks, root))
    }

    fn new(pool: PgPool, keks: KeyEncryptionKeys, root: DataKey) -> Self {
        let cache = Cache { known: LruCache::new(CACHED), era: 0, destroyed: 0 };
        Self { pool, keks: Arc::new(keks), root, cache: Arc::new(Mutex::new(cache)), forgotten: watch::Sender::new(0) }
    }

    /// Seals every open text of a payload and brings it into canonical form. Keys that had to be made are added
    /// to `new_keys`, for the append; one made for an earlier payload of the same append is used again.
    pub async fn seal(
        &self,
        event: Uuid,
        mut payload: Value,
        new_keys: &mut Vec<NewKey>,
    ) -> Result<CanonicalJson, KeyError> {
        let mut scopes = HashSet::new();
        seal::scopes(&payload, &mut scopes);
        if scopes.contains(SECRETS) {
            return Err(KeyError::Reserved);
        }
        let mut keys: HashMap<&str, DataKey> = HashMap::new();
        for (scope, known) in self.load(scopes.iter().map(String::as_str)).await? {
            let key = match known {
                Some(Known::Key(key)) => key,
                Some(Known::Destroyed) => return Err(KeyError::Destroyed { scope: scope.to_owned() }),
                Some(Known::Broken) => return Err(KeyError::Broken { scope: scope.to_owned() }),
                None => self.new_key(scope, new_keys),
            };
            keys.insert(scope, key);
        }
        seal::seal(event, &mut payload, |scope| {
            keys.get(scope).cloned().ok_or_else(|| KeyError::Missing { scope: scope.to_owned() })
        })?;
        CanonicalJson::new(&payload)
    }

    /// The key for a scope that has none stored: one made for an earlier payload, or a new one.
    fn new_key(&self, scope: &str, new_keys: &mut Vec<NewKey>) -> DataKey {
        if let Some(new) = new_keys.iter().find(|new| new.scope == scope) {
            return new.key.clone();
        }
        let key = DataKey::random();
        let wrapped = self.keks.wrap(scope, &key);
        new_keys.push(NewKey { scope: scope.to_owned(), wrapped, key: key.clone() });
        key
    }

    /// The payloads of some events, as JSON, with their texts opened or marked as erased; one query at most.
    pub async fn open(&self, events: &[Recorded]) -> Result<Vec<String>, KeyError> {
        self.open_each(events).await?.collect()
    }

    /// The same, telling of each event whether it opens; each is opened when it is asked for.
    pub async fn open_each<'a>(
        &self,
        events: &'a [Recorded],
    ) -> Result<impl Iterator<Item = Result<String, KeyError>> + use<'a>, KeyError> {
        let (mut boxes, mut places) = (Vec::new(), Vec::with_capacity(events.len()));
        for event in events {
            let begin = boxes.len();
            places.push(open::boxes(event.data.get(), &mut boxes).map(|()| begin..boxes.len()));
        }
        let found = self.load(boxes.iter().map(|boxed| &*boxed.scope)).await?;
        let keys: Vec<Option<Known>> = boxes.iter().map(|boxed| found.get(&*boxed.scope).cloned().flatten()).collect();
        Ok(events.iter().zip(places).map(move |(event, place)| {
            let place = place?;
            open::open(event.id, event.data.get(), &boxes[place.clone()], &keys[place])
        }))
    }

    /// A tag that only the holder of the scope's data key can compute: HMAC-SHA-256 over the message, under a
    /// key derived from the data key. Nothing when the scope has no key or it was destroyed.
    pub async fn tag(&self, scope: &str, message: &[u8]) -> Result<Option<[u8; 32]>, KeyError> {
        let mut keys = self.load(std::iter::once(scope)).await?;
        Ok(match keys.remove(scope).flatten() {
            Some(Known::Key(key)) => Some(hmac(&hmac(&key.0, b"tag"), message)),
            Some(Known::Broken) => return Err(KeyError::Broken { scope: scope.to_owned() }),
            Some(Known::Destroyed) | None => None,
        })
    }

    /// A secret for another purpose: HMAC-SHA-256 over the purpose's name, under a random key of the log's own. It is
    /// the same in every process and whichever key-encryption key is the current one.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac(&self.root.0, purpose.as_bytes())
    }

    /// Destroys the key of a scope: everything sealed under it is erased, for good, and nothing can be sealed under
    /// it any more, even if it never had a key. Returns whether there was one to destroy. Every process forgets the
    /// key when it hears of it, at once as a rule.
    pub async fn destroy(&self, scope: &str, at: Timestamp) -> Result<bool, KeyError> {
        if scope == SECRETS {
            return Err(KeyError::Reserved);
        }
        let destroyed = self.destroy_stored(scope, at).await;
        // Even if it failed: it may have been done all the same.
        self.forget(Some(scope));
        Ok(destroyed?)
    }

    async fn destroy_stored(&self, scope: &str, at: Timestamp) -> Result<bool, sqlx::Error> {
        let mut transaction = self.pool.begin().await?;
        // Waits for an append under way that brings the key; one that comes later finds the place taken.
        sqlx::query!(
            "INSERT INTO log.data_key (scope, created_at, destroyed_at) VALUES ($1, $2, $2) ON CONFLICT DO NOTHING",
            scope,
            at
        )
        .execute(&mut *transaction)
        .await?;
        // Whoever comes after us waits here, so that numbers become visible in their order.
        let number = sqlx::query_scalar!(
            "INSERT INTO log.erasure (destroyed) VALUES (1)
             ON CONFLICT (singleton) DO UPDATE SET destroyed = erasure.destroyed + 1 RETURNING destroyed"
        )
        .fetch_one(&mut *transaction)
        .await?;
        let done = sqlx::query!(
            "UPDATE log.data_key k SET wrapped = NULL, destroyed_at = $2, erasure = $3
             FROM log.data_key old WHERE k.scope = $1 AND old.scope = $1 AND k.erasure IS NULL
             RETURNING old.wrapped IS NOT NULL AS \"there!\"",
            scope,
            at,
            number
        )
        .fetch_optional(&mut *transaction)
        .await?;
        sqlx::query!("SELECT pg_notify('log_keys', $1) AS done", scope).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.is_some_and(|key| key.there))
    }

    /// The scopes that were erased after the first so many erasures, and how many there are by now.
    pub async fn erased_since(&self, erasures: i64) -> Result<(i64, Vec<String>), KeyError> {
        let row = sqlx::query!(
            r#"SELECT coalesce((SELECT destroyed FROM log.erasure), 0) AS "destroyed!",
                      ARRAY(SELECT scope FROM log.data_key WHERE erasure > $1 ORDER BY erasure) AS "scopes!""#,
            erasures
        )
        .fetch_one(&self.pool)
        .await?;
        Ok((row.destroyed, row.scopes))
    }

    /// How it stands with the key of a scope, by the database.
    pub async fn state(&self, scope: &str) -> Result<KeyState, KeyError> {
        let row = sqlx::query!(r#"SELECT wrapped IS NOT NULL AS "present!" FROM log.data_key WHERE scope = $1"#, scope);
        Ok(row
            .fetch_optional(&self.pool)
            .await?
            .map_or(KeyState::None, |row| if row.present { KeyState::Present } else { KeyState::Destroyed }))
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For [`Self::destroyed_since`]: ask before opening what will be written somewhere.
    pub fn destroyed(&self) -> i64 {
        self.cache().destroyed
    }

    /// Whether a key was destroyed since [`Self::destroyed`] said `before`, as the database knows, even if nobody told
    /// this process yet. Then whatever was opened meanwhile must be opened again rather than written; the keys known
    /// are forgotten. Ask in the transaction that writes, once it holds the lock that a sweep waits for.
    pub async fn destroyed_since(&self, before: i64, connection: &mut PgConnection) -> Result<bool, KeyError> {
        let row = sqlx::query!("SELECT destroyed FROM log.erasure").fetch_optional(connection).await?;
        let now = row.map_or(0, |row| row.destroyed);
        if now == before {
            return Ok(false);
        }
        let mut cache = self.cache();
        if cache.destroyed != now {
            cache.destroyed = now;
            cache.era += 1;
            cache.known.clear();
            self.forgotten.send_replace(cache.era);
        }
        Ok(true)
    }

    /// When something is about to be read or stored that may be remembered later.
    pub(crate) fn era(&self) -> u64 {
        self.cache().era
    }

    /// Forgets one cached key, or all.
    pub(crate) fn forget(&self, scope: Option<&str>) {
        let mut cache = self.cache();
        cache.era += 1;
        match scope {
            Some(scope) => {
                cache.known.pop(scope);
            }
            None => cache.known.clear(),
        }
        self.forgotten.send_replace(cache.era);
    }

    /// Changes whenever a key was destroyed, or may have been: whoever keeps what was opened in memory forgets it then.
    pub fn forgotten(&self) -> watch::Receiver<u64> {
        self.forgotten.subscribe()
    }

    /// A stored key that was read in an era; empty when it was destroyed.
    pub(crate) fn learn(&self, era: u64, scope: String, wrapped: &[u8]) {
        let known = match wrapped {
            [] => Known::Destroyed,
            wrapped => match self.keks.unwrap(&scope, wrapped) {
                Ok(key) => Known::Key(key),
                Err(_) => return, // whoever needs it is told
            },
        };
        let mut cache = self.cache();
        if cache.era == era {
            cache.known.put(scope, known);
        }
    }

    /// Keys that were stored in an era.
    pub(crate) fn remember(&self, era: u64, new: Vec<NewKey>) {
        let mut cache = self.cache();
        if cache.era == era {
            for NewKey { scope, key, .. } in new {
                cache.known.put(scope, Known::Key(key));
            }
        }
    }

    /// The key of each of some scopes; nothing where there is none.
    async fn load<'a>(
        &self,
        scopes: impl Iterator<Item = &'a str>,
    ) -> Result<HashMap<&'a str, Option<Known>>, KeyError> {
        let mut found = HashMap::new();
        let era = {
            let mut cache = self.cache();
            for scope in scopes {
                found.entry(scope).or_insert_with(|| cache.known.get(scope).cloned());
            }
            cache.era
        };
        let missing: Vec<&str> = found.iter().filter(|(_, known)| known.is_none()).map(|(scope, _)| *scope).collect();
        if missing.is_empty() {
            return Ok(found);
        }
        let rows = sqlx::query!("SELECT scope, wrapped FROM log.data_key WHERE scope = ANY($1)", &missing as &[&str])
            .fetch_all(&self.pool)
            .await?;
        // Not while others wait for the cache.
        let unwrapped: Vec<(String, Known)> = rows
            .into_iter()
            .map(|row| {
                let known = match row.wrapped {
                    Some(wrapped) => self.keks.unwrap(&row.scope, &wrapped).map_or(Known::Broken, Known::Key),
                    None => Known::Destroyed,
                };
                (row.scope, known)
            })
            .collect();
        let mut cache = self.cache();
        for (scope, known) in unwrapped {
            if let Some(place) = found.get_mut(&*scope) {
                *place = Some(known.clone());
            }
            if cache.era == era {
                cache.known.put(scope, known);
            }
        }
        Ok(found)
    }
}

/// The data key of a scope as stored; nothing when there is none.
async fn stored(pool: &PgPool, keks: &KeyEncryptionKeys, scope: &str) -> Result<Option<DataKey>, KeyError> {
    let row = sqlx::query!("SELECT wrapped FROM log.data_key WHERE scope = $1", scope).fetch_optional(pool).await?;
    row.and_then(|row| row.wrapped).map(|wrapped| keks.unwrap(scope, &wrapped)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Keys without a database: what is not cached cannot be had.
    fn keys() -> Keys {
        let nowhere = sqlx::postgres::PgConnectOptions::new_without_pgpass().socket("/nonexistent");
        let pool = sqlx::postgres::PgPoolOptions::new()
            .acquire_timeout(std::time::Duration::from_millis(1))
            .connect_lazy_with(nowhere);
        Keys::new(pool, crate::KeyEncryptionKey::new([7; 32]).into(), DataKey::random())
    }

    async fn cached(keys: &Keys, scope: &str) -> bool {
        keys.load(std::iter::once(scope)).await.is_ok_and(|found| found[scope].is_some())
    }

    /// An append may be answered after its key was destroyed again.
    #[tokio::test]
    async fn a_key_stored_before_something_was_forgotten_is_not_remembered_after() {
        let keys = keys();
        let mut new = Vec::new();
        keys.new_key("member:1", &mut new);
        let era = keys.era();
        keys.remember(era, new.clone());
        assert!(cached(&keys, "member:1").await);
        for forgotten in [Some("member:1"), None] {
            let era = keys.era();
            keys.forget(forgotten);
            assert!(!cached(&keys, "member:1").await);
            keys.remember(era, new.clone());
            assert!(!cached(&keys, "member:1").await);
            keys.remember(keys.era(), new.clone());
        }
    }

    /// RFC 4231 has no vector with a key of 32 bytes, so this one is from Python's `hmac`.
    #[test]
    fn a_derived_secret_is_hmac_sha_256() {
        assert_eq!(
            hex::encode(hmac(&[7; 32], b"wrap")),
            "e2766ca963c92fda290564d106680680da5a8e02008cbd554a57d22ccc2a8b1e"
        );
    }
}
