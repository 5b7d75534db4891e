//! The canonical form of an event and its leaf hash: what makes tampering evident.

use std::fmt::Write as _;

use chrono::SecondsFormat;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::record::{Position, Recorded, StreamId, Timestamp};

/// A moment as envelopes write it: RFC 3339, UTC, always six decimals.
pub fn timestamp(at: Timestamp) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// Everything a leaf hash covers.
pub(crate) struct Envelope<'a> {
    pub(crate) position: Position,
    pub(crate) stream: &'a StreamId,
    pub(crate) version: i32,
    pub(crate) id: Uuid,
    pub(crate) event_type: &'a str,
    pub(crate) schema_version: i16,
    pub(crate) at: Timestamp,
    pub(crate) actor: &'a str,
    pub(crate) correlation: Uuid,
    pub(crate) causation: Option<Uuid>,
    pub(crate) concerns: &'a [Uuid],
    pub(crate) data: &'a str,
}

impl Envelope<'_> {
    /// RFC 8785: members sorted by name, no white space. `data` is canonical already.
    pub(crate) fn canonical(&self) -> String {
        let mut out = String::with_capacity(420 + self.data.len() + 39 * self.concerns.len());
        self.write(&mut out);
        out
    }

    /// Its leaf hash. The buffer, whatever it holds, is for the envelope, so that many can share one.
    pub(crate) fn leaf_hash(&self, buffer: &mut String) -> [u8; 32] {
        buffer.clear();
        self.write(buffer);
        leaf_hash(buffer.as_bytes())
    }

    fn write(&self, out: &mut String) {
        out.push_str("{\"actor\":");
        push_string(out, self.actor);
        out.push_str(",\"at\":\"");
        out.push_str(&timestamp(self.at));
        out.push_str("\",\"causation\":");
        match self.causation {
            Some(id) => push_id(out, id),
            None => out.push_str("null"),
        }
        out.push_str(",\"concerns\":[");
        for (i, id) in self.concerns.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            push_id(out, *id);
        }
        out.push_str("],\"correlation\":");
        push_id(out, self.correlation);
        out.push_str(",\"data\":");
        out.push_str(self.data);
        out.push_str(",\"id\":");
        push_id(out, self.id);
        let (position, schema_version, stream) = (self.position, self.schema_version, self.stream);
        let _ = write!(out, ",\"position\":{position},\"schemaVersion\":{schema_version},\"stream\":\"{stream}\"");
        out.push_str(",\"type\":");
        push_string(out, self.event_type);
        let _ = write!(out, ",\"version\":{}}}", self.version);
    }
}

/// JSON's string escapes are those of RFC 8785 §3.2.2.2.
fn push_string(out: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

fn push_id(out: &mut String, id: Uuid) {
    out.push('"');
    out.push_str(id.as_hyphenated().encode_lower(&mut Uuid::encode_buffer()));
    out.push('"');
}

/// The hash of a leaf: SHA-256(0x00 ‖ leaf) (RFC 6962 §2.1).
pub fn leaf_hash(leaf: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The canonical envelope of a recorded event: the bytes its leaf hash covers, and, with `leafHash` added, a
/// line of an export.
pub fn envelope(event: &Recorded) -> String {
    Envelope {
        position: event.position,
        stream: &event.stream,
        version: event.version,
        id: event.id,
        event_type: &event.event_type,
        schema_version: event.schema_version,
        at: event.at,
        actor: &event.actor,
        correlation: event.correlation,
        causation: event.causation,
        concerns: &event.concerns,
        data: event.data.get(),
    }
    .canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(data: &str) -> String {
        Envelope {
            position: 42,
            stream: &StreamId::new("project", Uuid::from_u128(1)),
            version: 3,
            id: Uuid::from_u128(2),
            event_type: "PhaseAdvanced",
            schema_version: 1,
            at: chrono::DateTime::from_timestamp_micros(1_760_000_000_123_450).expect("a moment"),
            actor: "naïve \"actor\"\n\u{1}",
            correlation: Uuid::from_u128(3),
            causation: None,
            concerns: &[Uuid::from_u128(4), Uuid::from_u128(5)],
            data,
        }
        .canonical()
    }

    #[test]
    fn the_hand_written_envelope_is_what_an_rfc_8785_library_writes() {
        let ours = example(r#"{"a":[1,2.5,"é"],"b":null}"#);
        let parsed: serde_json::Value = serde_json::from_str(&ours).expect("json");
        assert_eq!(serde_json_canonicalizer::to_string(&parsed).expect("canonical"), ours);
    }

    #[test]
    fn a_moment_has_six_decimals_and_ends_in_z() {
        assert!(example("{}").contains("\"at\":\"2025-10-09T08:53:20.123450Z\""));
    }

    /// The hash of the empty leaf, as in the RFC 6962 test vectors of the reference implementations.
    #[test]
    fn the_leaf_hash_is_that_of_rfc_6962() {
        assert_eq!(hex::encode(leaf_hash(b"")), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    }
}
