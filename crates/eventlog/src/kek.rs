//! Key-encryption keys: what wraps the data keys, and how a wrapped key says which one wrapped it.
//!
//! A wrapped key is 80 bytes: the id of the key-encryption key (8 bytes), a random nonce (24) and the encrypted key with
//! its tag (48), with the scope as additional data. Those from before there were ids lack the first 8 and are tried with
//! every key we have.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{error::KeyError, keys::hmac, seal::DataKey};

/// Bytes of the id in front of a wrapped key.
const ID: usize = 8;
/// Bytes of a wrapped key without an id.
const BARE: usize = 72;

/// A key that wraps data keys; comes from configuration and is never stored in the database.
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

    /// What it is known by where it wrapped something. (Cut from an HMAC under the key: it tells nothing of it.)
    pub(crate) fn id(&self) -> [u8; ID] {
        let mut id = [0; ID];
        id.copy_from_slice(&hmac(&self.0, b"id")[..ID]);
        id
    }

    fn wrapping(&self) -> DataKey {
        DataKey(hmac(&self.0, b"wrap"))
    }

    fn unwrap(&self, scope: &str, bare: &[u8]) -> Option<DataKey> {
        let plain = self.wrapping().decrypt(bare, scope.as_bytes()).map(Zeroizing::new)?;
        plain.as_slice().try_into().ok().map(DataKey)
    }
}

/// The key-encryption key in use and, until every data key is wrapped anew, earlier ones.
#[derive(Clone, Debug)]
pub struct KeyEncryptionKeys {
    current: KeyEncryptionKey,
    earlier: Vec<KeyEncryptionKey>,
}

impl From<KeyEncryptionKey> for KeyEncryptionKeys {
    fn from(current: KeyEncryptionKey) -> Self {
        Self { current, earlier: Vec::new() }
    }
}

impl KeyEncryptionKeys {
    /// `current` wraps new data keys; `earlier` ones only unwrap.
    pub fn new(current: KeyEncryptionKey, earlier: Vec<KeyEncryptionKey>) -> Self {
        Self { current, earlier }
    }

    /// The id of the current one.
    pub(crate) fn current(&self) -> [u8; ID] {
        self.current.id()
    }

    pub(crate) fn wrap(&self, scope: &str, key: &DataKey) -> Vec<u8> {
        let wrapped = self.current.wrapping().encrypt(&key.0, scope.as_bytes());
        [self.current.id().as_slice(), &wrapped].concat()
    }

    pub(crate) fn unwrap(&self, scope: &str, wrapped: &[u8]) -> Result<DataKey, KeyError> {
        let mut keks = std::iter::once(&self.current).chain(&self.earlier);
        let unwrapped = if wrapped.len() == BARE {
            keks.find_map(|kek| kek.unwrap(scope, wrapped))
        } else {
            wrapped
                .split_at_checked(ID)
                .and_then(|(id, bare)| keks.find(|kek| kek.id() == id).and_then(|kek| kek.unwrap(scope, bare)))
        };
        unwrapped.ok_or_else(|| KeyError::Broken { scope: scope.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kek(byte: u8) -> KeyEncryptionKey {
        KeyEncryptionKey::new([byte; 32])
    }

    #[test]
    fn an_earlier_key_unwraps_and_only_the_current_one_wraps() {
        let key = DataKey::random();
        let old = KeyEncryptionKeys::from(kek(1)).wrap("member:1", &key);
        let both = KeyEncryptionKeys::new(kek(2), vec![kek(1)]);
        assert_eq!(both.unwrap("member:1", &old).expect("known").0, key.0);
        let new = both.wrap("member:1", &key);
        assert_eq!(KeyEncryptionKeys::from(kek(2)).unwrap("member:1", &new).expect("known").0, key.0);
        assert!(KeyEncryptionKeys::from(kek(1)).unwrap("member:1", &new).is_err());
        assert!(both.unwrap("member:2", &new).is_err(), "it is bound to its scope");
    }

    #[test]
    fn a_key_wrapped_before_there_were_ids_still_opens() {
        let key = DataKey::random();
        let bare = kek(1).wrapping().encrypt(&key.0, b"member:1");
        assert_eq!(bare.len(), BARE);
        let both = KeyEncryptionKeys::new(kek(2), vec![kek(1)]);
        assert_eq!(both.unwrap("member:1", &bare).expect("known").0, key.0);
        assert!(KeyEncryptionKeys::from(kek(2)).unwrap("member:1", &bare).is_err());
    }

    #[test]
    fn changed_bytes_do_not_open() {
        let keks = KeyEncryptionKeys::from(kek(1));
        let wrapped = keks.wrap("member:1", &DataKey::random());
        for at in 0..wrapped.len() {
            let mut changed = wrapped.clone();
            changed[at] ^= 1;
            assert!(keks.unwrap("member:1", &changed).is_err(), "byte {at}");
            assert!(keks.unwrap("member:1", &wrapped[..at]).is_err(), "cut off at {at}");
        }
    }
}
