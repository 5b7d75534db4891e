//! The number under which a funder knows a grant.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::{Uuid, uuid};

use crate::id::BasisId;

/// The namespace in which ids of grants are made of their numbers.
const GRANTS: Uuid = uuid!("0199b0a4-6f8e-7a31-9c52-3d1e8f6b2a70");

/// A grant number: 4 to 24 letters, digits and hyphens, in upper case, without spaces.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantNumber(String);

impl GrantNumber {
    /// Takes what was typed, without spaces and dots; nothing when that is no grant number.
    pub fn parse(typed: &str) -> Option<Self> {
        let bare: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '.').collect();
        let number = bare.to_ascii_uppercase();
        let fits = (4..=24).contains(&number.len())
            && number.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && number.bytes().any(|b| b.is_ascii_digit());
        fits.then_some(Self(number))
    }

    /// As the funder writes it, without spaces.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the grant with this number (UUID version 5, RFC 9562): a number stands for one grant, so the log itself
    /// keeps two from having the same. Hyphens do not tell two apart: people leave them out.
    pub fn basis(&self) -> BasisId {
        Uuid::new_v5(&GRANTS, self.0.replace('-', "").as_bytes()).into()
    }
}

impl JsonSchema for GrantNumber {
    fn schema_name() -> Cow<'static, str> {
        "GrantNumber".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "The number under which a funder knows a grant.",
            "type": "string",
            "pattern": "^[A-Z0-9-]{4,24}$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_typed() {
        let number = GrantNumber::parse(" 844.001 316 ").expect("a number");
        assert_eq!(number.as_str(), "844001316");
        assert_eq!(number.basis(), GrantNumber::parse("844001316").expect("a number").basis());
        assert_eq!(
            GrantNumber::parse("PAL202507").map(|it| it.basis()),
            GrantNumber::parse("pal-2025-07").map(|it| it.basis())
        );
        assert_eq!(GrantNumber::parse("pal-2025-07").expect("a number").as_str(), "PAL-2025-07");
    }

    #[test]
    fn not_everything_is_a_grant_number() {
        for typed in ["", "123", "geen", "10040/012", "1234567890123456789012345"] {
            assert_eq!(GrantNumber::parse(typed), None, "{typed}");
        }
    }
}
