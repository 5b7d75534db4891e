//! `Sealed<T>`: free text and personal data, which the log stores encrypted and can forget.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Which data key protects a value. Destroying the key of a scope erases everything sealed under it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct KeyScope(String);

impl KeyScope {
    /// The scope of one thing: `question:<uuid>`, `member:<uuid>` …
    pub fn of(kind: &str, id: impl Into<Uuid>) -> Self {
        Self(format!("{kind}:{}", id.into()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A value that is encrypted at rest under the data key of its scope: readable, or erased for good.
///
/// As JSON: `{"$sealed": scope, "open": value}` or `{"$sealed": scope, "erased": true}`. The log turns
/// the first into `{"$sealed": scope, "box": base64}` before it stores it, and back when it reads.
#[derive(Clone, PartialEq, Eq)]
pub enum Sealed<T> {
    /// The value can be read.
    Open {
        /// Whose key protects it.
        scope: KeyScope,
        /// What was written.
        value: T,
    },
    /// Its key was destroyed: the fact stays, the text is gone.
    Erased {
        /// Whose key protected it.
        scope: KeyScope,
    },
}

impl<T> Sealed<T> {
    /// Seals a value under the key of a scope.
    pub fn new(scope: KeyScope, value: T) -> Self {
        Self::Open { scope, value }
    }

    /// The value, or nothing when it was erased.
    pub fn open(&self) -> Option<&T> {
        match self {
            Self::Open { value, .. } => Some(value),
            Self::Erased { .. } => None,
        }
    }

    /// Whose key protects it.
    pub fn scope(&self) -> &KeyScope {
        match self {
            Self::Open { scope, .. } | Self::Erased { scope } => scope,
        }
    }
}

/// Never prints what is sealed, so that a log line or a panic cannot leak it.
impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { scope, .. } => write!(f, "Sealed({scope})"),
            Self::Erased { scope } => write!(f, "Erased({scope})"),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire<T> {
    #[serde(rename = "$sealed")]
    scope: KeyScope,
    #[serde(skip_serializing_if = "Option::is_none", default = "none")]
    open: Option<T>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    erased: bool,
}

/// `#[serde(default)]` alone would ask for `T: Default`.
fn none<T>() -> Option<T> {
    None
}

impl<T: Serialize> Serialize for Sealed<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let scope = self.scope().clone();
        Wire { scope, open: self.open(), erased: self.open().is_none() }.serialize(serializer)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sealed<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Wire::deserialize(deserializer)? {
            Wire { scope, open: Some(value), erased: false } => Ok(Self::Open { scope, value }),
            Wire { scope, open: None, erased: true } => Ok(Self::Erased { scope }),
            _ => Err(serde::de::Error::custom("a sealed value is either open or erased")),
        }
    }
}

/// The schema of the *stored* form: what an export or an auditor sees.
impl<T> JsonSchema for Sealed<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sealed".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Encrypted under the data key of the scope `$sealed`; unreadable once that key is destroyed.",
            "type": "object",
            "required": ["$sealed", "box"],
            "properties": {
                "$sealed": { "type": "string", "pattern": "^[a-z-]+:[0-9a-f-]{36}$" },
                "box": { "type": "string", "contentEncoding": "base64" }
            },
            "additionalProperties": false
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_value_reads_back_open_or_erased() {
        let scope = KeyScope::of("question", Uuid::from_u128(7));
        for sealed in [Sealed::new(scope.clone(), "hoi".to_owned()), Sealed::Erased { scope }] {
            let json = serde_json::to_value(&sealed).expect("serialises");
            assert_eq!(serde_json::from_value::<Sealed<String>>(json).expect("parses"), sealed);
        }
    }

    #[test]
    fn what_is_sealed_is_never_printed() {
        let sealed = Sealed::new(KeyScope::of("member", Uuid::nil()), "Sanne");
        assert!(!format!("{sealed:?}").contains("Sanne"));
    }
}
