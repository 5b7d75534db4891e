//! Sealing: turning `{"$sealed": scope, "open": value}` inside a payload into `{"$sealed": scope, "box": base64}`.
//! (The way back: [`crate::open`].)
//!
//! XChaCha20-Poly1305; the box is a random 24-byte nonce and the ciphertext. The additional data is the event's
//! id and the path of the value in the payload, so that a box cannot be moved to another event or field.

use std::{borrow::Cow, collections::HashSet};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chacha20poly1305::{
    Key, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadCore, KeyInit, OsRng, Payload},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::error::KeyError;

pub(crate) const MARK: &str = "$sealed";
const NONCE: usize = 24;
/// How deep a payload may be nested; parsers give up at 128, and an envelope goes around it.
pub(crate) const DEPTH: usize = 100;
/// The largest integer that a double holds exactly, and all below it do too: RFC 8785 numbers are doubles.
const EXACT: u64 = 1 << 53;
/// Names with which `serde_json` means something else than a member.
const RESERVED: &str = "$serde_json::private::";

/// A payload in RFC 8785 form, ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CanonicalJson(String);

impl CanonicalJson {
    /// Brings a value into canonical form. It must hold no unsealed text: see [`crate::Keys::seal`]. Refused is what
    /// would not read back the same: integers beyond 2^53, nesting deeper than 100.
    pub fn new(value: &Value) -> Result<Self, KeyError> {
        check(value, DEPTH)?;
        serde_json_canonicalizer::to_string(value).map(Self).map_err(|error| KeyError::Payload(error.to_string()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a value reads back the same from its canonical form. (A payload that does not read would stop every reader
/// for good, so it must not get in.)
pub(crate) fn check(value: &Value, depth: usize) -> Result<(), KeyError> {
    let refuse = |why: &str| Err(KeyError::Payload(why.to_owned()));
    let Some(deeper) = depth.checked_sub(1) else { return refuse("it is nested too deeply") };
    match value {
        Value::Number(number) if number.as_u64().is_some_and(|number| number > EXACT) => {
            refuse("an integer is too large")
        }
        Value::Number(number) if number.as_i64().is_some_and(|number| number.unsigned_abs() > EXACT) => {
            refuse("an integer is too large")
        }
        Value::Array(values) => values.iter().try_for_each(|value| check(value, deeper)),
        Value::Object(map) if map.keys().any(|name| name.starts_with(RESERVED)) => refuse("a name is reserved"),
        Value::Object(map) => map.values().try_for_each(|value| check(value, deeper)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

/// A data key: 256 bits, wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(crate) struct DataKey(pub(crate) [u8; 32]);

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    pub(crate) fn random() -> Self {
        Self(XChaCha20Poly1305::generate_key(&mut OsRng).into())
    }

    pub(crate) fn encrypt(&self, plain: &[u8], aad: &[u8]) -> Vec<u8> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let cipher = XChaCha20Poly1305::new(Key::from_slice(&self.0));
        // Encrypting fails only for plaintexts of 256 GiB and more.
        let sealed = cipher.encrypt(&nonce, Payload { msg: plain, aad }).unwrap_or_default();
        [nonce.as_slice(), &sealed].concat()
    }

    pub(crate) fn decrypt(&self, boxed: &[u8], aad: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = boxed.split_at_checked(NONCE)?;
        let cipher = XChaCha20Poly1305::new(Key::from_slice(&self.0));
        cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad }).ok()
    }
}

/// A key as far as opening is concerned.
#[derive(Clone, Debug)]
pub(crate) enum Known {
    Key(DataKey),
    Destroyed,
    /// It does not unwrap.
    Broken,
}

/// The scopes named in a payload.
pub(crate) fn scopes(value: &Value, into: &mut HashSet<String>) {
    match value {
        Value::Object(map) => match map.get(MARK).and_then(Value::as_str) {
            Some(scope) => {
                into.insert(scope.to_owned());
            }
            None => map.values().for_each(|value| scopes(value, into)),
        },
        Value::Array(values) => values.iter().for_each(|value| scopes(value, into)),
        _ => {}
    }
}

/// Visits every sealed value with its path, a JSON pointer (RFC 6901).
fn walk(
    value: &mut Value,
    path: &mut String,
    visit: &mut impl FnMut(&mut Map<String, Value>, &str) -> Result<(), KeyError>,
) -> Result<(), KeyError> {
    match value {
        Value::Object(map) if map.contains_key(MARK) => visit(map, path),
        Value::Object(map) => map.iter_mut().try_for_each(|(name, value)| {
            let length = path.len();
            path.push('/');
            path.push_str(&pointer(name));
            let done = walk(value, path, visit);
            path.truncate(length);
            done
        }),
        Value::Array(values) => values.iter_mut().enumerate().try_for_each(|(i, value)| {
            let length = path.len();
            path.push('/');
            path.push_str(&i.to_string());
            let done = walk(value, path, visit);
            path.truncate(length);
            done
        }),
        _ => Ok(()),
    }
}

/// A name as a step of a JSON pointer (RFC 6901 §3).
pub(crate) fn pointer(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) { Cow::Owned(name.replace('~', "~0").replace('/', "~1")) } else { Cow::Borrowed(name) }
}

/// What binds a box to its event and its place there.
pub(crate) fn aad(event: Uuid, path: &str) -> Vec<u8> {
    [event.as_bytes(), path.as_bytes()].concat()
}

fn scope_of(map: &Map<String, Value>) -> Result<String, KeyError> {
    let scope = map.get(MARK).and_then(Value::as_str);
    scope.map(str::to_owned).ok_or_else(|| KeyError::Payload("a scope is a string".into()))
}

/// Replaces every open value by its box. What is erased already cannot be sealed anew.
pub(crate) fn seal(
    event: Uuid,
    payload: &mut Value,
    key: impl Fn(&str) -> Result<DataKey, KeyError>,
) -> Result<(), KeyError> {
    walk(payload, &mut String::new(), &mut |map, path| {
        let scope = scope_of(map)?;
        let open = map.get("open").ok_or_else(|| KeyError::Payload("a value to seal is open".into()))?;
        check(open, DEPTH)?;
        let plain = serde_json::to_vec(open).map_err(|error| KeyError::Payload(error.to_string()))?;
        let plain = Zeroizing::new(plain);
        let boxed = key(&scope)?.encrypt(&plain, &aad(event, path));
        *map = Map::from_iter([(MARK.to_owned(), json!(scope)), ("box".to_owned(), json!(BASE64.encode(boxed)))]);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_not_read_back_the_same_is_refused() {
        let refused = |text: &str| {
            let value = serde_json::from_str(text).expect("json");
            CanonicalJson::new(&value).is_err()
        };
        for text in ["9007199254740993", "-9007199254740993", "18446744073709551615"] {
            assert!(refused(text), "{text} would be rounded");
        }
        for text in ["9007199254740992", "-9007199254740992", "1e300", "0.1"] {
            assert!(!refused(text), "{text} is exact");
        }
        assert!(refused(&format!("{}{}", "[".repeat(110), "]".repeat(110))));
        let reserved = Value::Object(Map::from_iter([("$serde_json::private::RawValue".to_owned(), json!("]"))]));
        assert!(CanonicalJson::new(&reserved).is_err());
    }
}
