//! Data keys: one per scope, wrapped by a key-encryption key, kept apart from the events.

use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroUsize,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hmac::{Hmac, Mac, digest::KeyInit};
use lru::LruCache;
use serde_json::Value;
use sha2::Sha256;
use sqlx::PgPool;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    error::KeyError,
    record::{Recorded, Timestamp},
    seal::{self, CanonicalJson, DataKey, Known},
};

/// Keys kept unwrapped in memory, at most.
const CACHED: NonZeroUsize = NonZeroUsize::new(200_000).expect("not zero");

/// The key that wraps all data keys; comes from configuration and is never stored in the database.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KeyEncryptionKey([u8; 32]);

impl std::fmt::Debug for KeyEncryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyEncryptionKey")
    }
}

impl KeyEncryptionKey {
    /// From 32 random bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A secret derived from it for another purpose (HMAC-SHA-256 over the purpose's name).
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        hmac(&self.0, purpose.as_bytes())
    }

    fn wrap(&self, scope: &str, key: &DataKey) -> Vec<u8> {
        DataKey(self.derive("wrap")).encrypt(&key.0, scope.as_bytes())
    }

    fn unwrap(&self, scope: &str, wrapped: &[u8]) -> Result<DataKey, KeyError> {
        let broken = || KeyError::Broken { scope: scope.to_owned() };
        let plain = DataKey(self.derive("wrap")).decrypt(wrapped, scope.as_bytes()).map(Zeroizing::new);
        plain.and_then(|plain| plain.as_slice().try_into().ok()).map(DataKey).ok_or_else(broken)
    }
}

fn hmac(key: &[u8; 32], message: &[u8]) -> [u8; 32] {
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
    pool: PgPool,
    kek: Arc<KeyEncryptionKey>,
    cache: Arc<Mutex<Cache>>,
}

#[derive(Debug)]
struct Cache {
    known: LruCache<String, Known>,
    /// Counts how often something was forgotten. What was read from the database in an earlier era is not kept: it
    /// may be the very key that was destroyed meanwhile.
    era: u64,
}

impl Keys {
    pub(crate) fn new(pool: PgPool, kek: KeyEncryptionKey) -> Self {
        let cache = Cache { known: LruCache::new(CACHED), era: 0 };
        Self { pool, kek: Arc::new(kek), cache: Arc::new(Mutex::new(cache)) }
    }

    /// Seals every open text of a payload and brings it into canonical form. Keys that had to be made are added
    /// to `new_keys`, for the append; one made for an earlier payload of the same append is used again.
    pub async fn seal(
        &self,
        event: Uuid,
        mut payload: Value,
        new_keys: &mut Vec<NewKey>,
    ) -> Result<CanonicalJson, KeyError> {
        let mut scopes = BTreeSet::new();
        seal::scopes(&payload, &mut scopes);
        let mut keys: HashMap<String, DataKey> = HashMap::new();
        let known = self.load(&scopes).await?;
        for scope in scopes {
            let key = match known.get(&scope) {
                Some(Known::Key(key)) => key.clone(),
                Some(Known::Destroyed) => return Err(KeyError::Destroyed { scope }),
                None => self.new_key(&scope, new_keys),
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
        let wrapped = self.kek.wrap(scope, &key);
        new_keys.push(NewKey { scope: scope.to_owned(), wrapped, key: key.clone() });
        key
    }

    /// The payloads of some events with their texts opened or marked as erased; one query at most.
    pub async fn open(&self, events: &[Recorded]) -> Result<Vec<Value>, KeyError> {
        let mut payloads = Vec::with_capacity(events.len());
        let mut scopes = BTreeSet::new();
        for event in events {
            let text = event.data.get();
            let payload = serde_json::from_str(text).map_err(|error| KeyError::Payload(error.to_string()))?;
            if seal::holds_sealed(text) {
                seal::scopes(&payload, &mut scopes);
            }
            payloads.push(payload);
        }
        let keys = self.load(&scopes).await?;
        for (event, payload) in events.iter().zip(&mut payloads) {
            if seal::holds_sealed(event.data.get()) {
                seal::open(event.id, payload, |scope| {
                    keys.get(scope).cloned().ok_or_else(|| KeyError::Missing { scope: scope.to_owned() })
                })?;
            }
        }
        Ok(payloads)
    }

    /// A tag that only the holder of the scope's data key can compute: HMAC-SHA-256 over the message, under a
    /// key derived from the data key. Nothing when the scope has no key or it was destroyed.
    pub async fn tag(&self, scope: &str, message: &[u8]) -> Result<Option<[u8; 32]>, KeyError> {
        let keys = self.load(&BTreeSet::from([scope.to_owned()])).await?;
        Ok(match keys.get(scope) {
            Some(Known::Key(key)) => Some(hmac(&hmac(&key.0, b"tag"), message)),
            Some(Known::Destroyed) | None => None,
        })
    }

    /// A secret derived from the key-encryption key for another purpose.
    pub fn derive(&self, purpose: &str) -> [u8; 32] {
        self.kek.derive(purpose)
    }

    /// Destroys the key of a scope: everything sealed under it is erased, for good, and nothing can be sealed under
    /// it any more, even if it never had a key. Returns whether there was one to destroy. Every process forgets the
    /// key when it hears of it, at once as a rule.
    pub async fn destroy(&self, scope: &str, at: Timestamp) -> Result<bool, KeyError> {
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
        let done = sqlx::query!(
            "UPDATE log.data_key SET wrapped = NULL, destroyed_at = $2 WHERE scope = $1 AND wrapped IS NOT NULL",
            scope,
            at
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!("SELECT pg_notify('log_keys', $1) AS done", scope).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The keys of some scopes, as far as there are any.
    async fn load(&self, scopes: &BTreeSet<String>) -> Result<HashMap<String, Known>, KeyError> {
        let mut found = HashMap::with_capacity(scopes.len());
        let mut missing = Vec::new();
        let era = {
            let mut cache = self.cache();
            for scope in scopes {
                match cache.known.get(scope) {
                    Some(known) => {
                        found.insert(scope.clone(), known.clone());
                    }
                    None => missing.push(scope.clone()),
                }
            }
            cache.era
        };
        if missing.is_empty() {
            return Ok(found);
        }
        let rows = sqlx::query!("SELECT scope, wrapped FROM log.data_key WHERE scope = ANY($1)", &missing)
            .fetch_all(&self.pool)
            .await?;
        let mut cache = self.cache();
        for row in rows {
            let known = match row.wrapped {
                Some(wrapped) => Known::Key(self.kek.unwrap(&row.scope, &wrapped)?),
                None => Known::Destroyed,
            };
            if cache.era == era {
                cache.known.put(row.scope.clone(), known.clone());
            }
            found.insert(row.scope, known);
        }
        Ok(found)
    }
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
        Keys::new(pool, KeyEncryptionKey::new([7; 32]))
    }

    async fn cached(keys: &Keys, scope: &str) -> bool {
        keys.load(&BTreeSet::from([scope.to_owned()])).await.is_ok_and(|found| found.contains_key(scope))
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
            hex::encode(KeyEncryptionKey::new([7; 32]).derive("wrap")),
            "e2766ca963c92fda290564d106680680da5a8e02008cbd554a57d22ccc2a8b1e"
        );
    }
}
