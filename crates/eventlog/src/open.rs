//! Opening: stored payloads with their texts readable, or marked as erased. (Sealing is the other way: [`crate::seal`].)
//!
//! A payload is passed over once, without building a value of it, and what opens is put in the place of its box.

use std::{borrow::Cow, fmt::Write as _, ops::Range};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    error::KeyError,
    seal::{DEPTH, Known, MARK, aad, pointer},
};

/// A sealed value in a stored payload.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Boxed<'a> {
    /// Whose key opens it.
    pub(crate) scope: Cow<'a, str>,
    /// Nonce and ciphertext, in base64; nothing when there is none.
    sealed: Option<Cow<'a, str>>,
    /// Where it stands in the payload: a JSON pointer (RFC 6901).
    path: String,
    /// Where it stands in the text.
    place: Range<usize>,
}

/// Why a payload cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(&'static str);

const NOT_JSON: Malformed = Malformed("it is not JSON");

impl From<Malformed> for KeyError {
    fn from(Malformed(why): Malformed) -> Self {
        Self::Payload(why.to_owned())
    }
}

/// Adds the sealed values of a payload, in their order.
pub(crate) fn boxes<'a>(payload: &'a str, found: &mut Vec<Boxed<'a>>) -> Result<(), Malformed> {
    // Spares the walk where nothing is sealed.
    if !payload.contains(MARK) {
        return Ok(());
    }
    let before = found.len();
    let scanned = Scan { text: payload, at: 0, path: String::new(), found }.value(DEPTH);
    if scanned.is_err() {
        found.truncate(before);
    }
    scanned
}

/// The payload with its boxes opened, each by the key beside it: it becomes `{"$sealed": scope, "open": value}`, or
/// `{"$sealed": scope, "erased": true}` when its key was destroyed.
pub(crate) fn open(
    event: Uuid,
    payload: &str,
    boxes: &[Boxed<'_>],
    keys: &[Option<Known>],
) -> Result<String, KeyError> {
    let mut opened = String::with_capacity(payload.len());
    let mut copied = 0;
    for (Boxed { scope, sealed, path, place }, key) in boxes.iter().zip(keys) {
        let broken = || KeyError::Broken { scope: scope.to_string() };
        let sealed = sealed.as_ref().ok_or_else(broken)?;
        opened.push_str(&payload[copied..place.start]);
        copied = place.end;
        let scope_as_json = serde_json::to_string(scope).map_err(|_| broken())?;
        opened.extend(["{\"", MARK, "\":", &scope_as_json]);
        match key {
            None => return Err(KeyError::Missing { scope: scope.to_string() }),
            Some(Known::Broken) => return Err(broken()),
            Some(Known::Destroyed) => opened.push_str(",\"erased\":true}"),
            Some(Known::Key(key)) => {
                let sealed = BASE64.decode(&**sealed).map_err(|_| broken())?;
                let plain = Zeroizing::new(key.decrypt(&sealed, &aad(event, path)).ok_or_else(broken)?);
                opened.extend([",\"open\":", std::str::from_utf8(&plain).map_err(|_| broken())?, "}"]);
            }
        }
    }
    opened.push_str(&payload[copied..]);
    Ok(opened)
}

/// Passes over JSON that is known to be valid, and says so where it is not.
struct Scan<'a, 'b> {
    text: &'a str,
    at: usize,
    path: String,
    found: &'b mut Vec<Boxed<'a>>,
}

impl<'a> Scan<'a, '_> {
    fn value(&mut self, depth: usize) -> Result<(), Malformed> {
        let deeper = depth.checked_sub(1).ok_or(NOT_JSON)?;
        match self.peek() {
            Some(b'{') => self.object(deeper),
            Some(b'[') => self.array(deeper),
            Some(b'"') => self.string().map(drop),
            // A number or a name ends where something else begins.
            Some(_) => {
                let rest = &self.text.as_bytes()[self.at..];
                let length = rest.iter().position(|byte| b",]} \t\r\n".contains(byte)).unwrap_or(rest.len());
                self.at += length;
                if length > 0 { Ok(()) } else { Err(NOT_JSON) }
            }
            None => Err(NOT_JSON),
        }
    }

    fn object(&mut self, deeper: usize) -> Result<(), Malformed> {
        let (begin, before) = (self.at, self.found.len());
        let (mut scope, mut sealed, mut marked) = (None, None, false);
        self.expect(b'{')?;
        while !self.took(b'}') {
            let name = self.string()?;
            self.expect(b':')?;
            let text = self.peek() == Some(b'"');
            match &*name {
                MARK if text => scope = Some(self.string()?),
                "box" if text => sealed = Some(self.string()?),
                _ => {
                    let length = self.path.len();
                    self.path.push('/');
                    self.path.push_str(&pointer(&name));
                    self.value(deeper)?;
                    self.path.truncate(length);
                }
            }
            marked |= name == MARK;
            self.took(b',');
        }
        if marked {
            let scope = scope.ok_or(Malformed("a scope is a string"))?;
            self.found.truncate(before);
            self.found.push(Boxed { scope, sealed, path: self.path.clone(), place: begin..self.at });
        }
        Ok(())
    }

    fn array(&mut self, deeper: usize) -> Result<(), Malformed> {
        self.expect(b'[')?;
        let length = self.path.len();
        for nth in 0.. {
            if self.took(b']') {
                break;
            }
            write!(self.path, "/{nth}").map_err(|_| NOT_JSON)?;
            self.value(deeper)?;
            self.path.truncate(length);
            self.took(b',');
        }
        Ok(())
    }

    fn string(&mut self) -> Result<Cow<'a, str>, Malformed> {
        self.expect(b'"')?;
        let begin = self.at;
        let bytes = self.text.as_bytes();
        let mut escapes = false;
        loop {
            match bytes.get(self.at).ok_or(NOT_JSON)? {
                b'"' => break,
                b'\\' => {
                    escapes = true;
                    self.at += 2;
                }
                _ => self.at += 1,
            }
        }
        let end = self.at;
        self.at += 1;
        if escapes {
            let quoted = &self.text[begin - 1..self.at];
            return serde_json::from_str(quoted).map(Cow::Owned).map_err(|_| NOT_JSON);
        }
        Ok(Cow::Borrowed(&self.text[begin..end]))
    }

    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let rest = &self.text.as_bytes()[self.at.min(self.text.len())..];
        let blank = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.at += blank;
        rest.get(blank).copied()
    }

    fn took(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.took(byte) { Ok(()) } else { Err(NOT_JSON) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::seal::{DataKey, seal};

    fn payload() -> Value {
        json!({ "title": { "$sealed": "question:1", "open": "Wie belt?" }, "themes": ["a"], "list": [
            { "$sealed": "question:1", "open": { "n": 1 } }
        ] })
    }

    fn sealed(value: &Value, key: &DataKey) -> String {
        let mut value = value.clone();
        seal(Uuid::nil(), &mut value, |_| Ok(key.clone())).expect("seals");
        value.to_string()
    }

    fn found(text: &str) -> Result<Vec<Boxed<'_>>, Malformed> {
        let mut found = Vec::new();
        boxes(text, &mut found).map(|()| found)
    }

    fn opened(event: Uuid, text: &str, known: &Known) -> Result<Value, KeyError> {
        let boxes = found(text)?;
        let opened = open(event, text, &boxes, &vec![Some(known.clone()); boxes.len()])?;
        Ok(serde_json::from_str(&opened).expect("JSON"))
    }

    #[test]
    fn what_is_sealed_opens_to_the_same_and_is_unreadable_before() {
        let key = DataKey::random();
        let text = sealed(&payload(), &key);
        assert!(!text.contains("Wie belt"));
        let known = Known::Key(key);
        assert_eq!(opened(Uuid::nil(), &text, &known).expect("opens"), payload());
        // As the database may give it back.
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let spaced = serde_json::to_string_pretty(&value).expect("JSON");
        assert_eq!(opened(Uuid::nil(), &spaced, &known).expect("opens"), payload());
    }

    #[test]
    fn names_and_scopes_may_hold_any_character() {
        let key = DataKey::random();
        let scope = "a \"scope\" \\ é";
        let value = json!({ "a/b~c\n\"": [[], [1.5, { "$sealed": scope, "open": "\u{1}" }], null, {}], "box": "x\\" });
        assert_eq!(opened(Uuid::nil(), &sealed(&value, &key), &Known::Key(key)).expect("opens"), value);
    }

    #[test]
    fn a_box_cannot_be_moved_between_fields_whose_names_hold_slashes() {
        let key = DataKey::random();
        let value = json!({ "a/b": { "$sealed": "s", "open": "text" }, "a": { "b": null } });
        let mut value: Value = serde_json::from_str(&sealed(&value, &key)).expect("JSON");
        value["a"]["b"] = value["a/b"].take();
        assert!(opened(Uuid::nil(), &value.to_string(), &Known::Key(key)).is_err());
    }

    #[test]
    fn a_destroyed_key_reads_as_erased_not_as_an_error() {
        let value = opened(Uuid::nil(), &sealed(&payload(), &DataKey::random()), &Known::Destroyed).expect("opens");
        assert_eq!(value["title"], json!({ "$sealed": "question:1", "erased": true }));
        assert_eq!(value["themes"], json!(["a"]));
    }

    #[test]
    fn a_box_opens_only_in_its_own_event_and_field_with_its_own_key() {
        let key = DataKey::random();
        let text = sealed(&payload(), &key);
        let mut moved: Value = serde_json::from_str(&text).expect("JSON");
        moved["other"] = moved["title"].clone();
        let opens = |text: &str, event, key: &DataKey| opened(event, text, &Known::Key(key.clone())).is_ok();
        assert!(opens(&text, Uuid::nil(), &key));
        assert!(!opens(&text, Uuid::max(), &key));
        assert!(!opens(&moved.to_string(), Uuid::nil(), &key));
        assert!(!opens(&text, Uuid::nil(), &DataKey::random()));
    }

    #[test]
    fn what_is_malformed_is_an_error_and_no_more() {
        let whole = sealed(&payload(), &DataKey::random());
        for end in 0..whole.len() {
            // Whatever comes of it; some pieces are long enough to find a box in.
            drop(found(&whole[..end]));
        }
        for text in [r#"{"$sealed":1,"box":"x"}"#, r#"{"$sealed":"s","box":"x\"#, r#"[{"$sealed"}]"#, r#"{"$sealed":}"#]
        {
            assert!(found(text).is_err(), "{text}");
        }
        let without = opened(Uuid::nil(), r#"{"$sealed":"s"}"#, &Known::Destroyed);
        assert!(matches!(without, Err(KeyError::Broken { .. })), "{without:?}");
        let deep = format!("{}{{\"$sealed\":\"s\"}}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
        assert!(found(&deep).is_err());
    }
}
