//! The event that everybody stores: the same payload of about 450 bytes for each peer.

use std::{fmt::Write as _, sync::LazyLock};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Who did it, where a peer has a place for that.
pub(crate) const ACTOR: &str = "member:0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d13";

/// The payload. `bottleneck` is different in each event: readers know an event by it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Raised {
    pub(crate) bottleneck: Uuid,
    pub(crate) kind: String,
    pub(crate) text: Text,
}

/// A text that is random, as a sealed one is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Text {
    #[serde(rename = "$sealed")]
    pub(crate) scope: String,
    #[serde(rename = "box")]
    pub(crate) sealed: String,
}

#[expect(clippy::disallowed_methods, reason = "nothing depends on what comes up")]
static SEALED: LazyLock<String> = LazyLock::new(|| {
    (0..9).fold(String::new(), |mut text, _| {
        let _ = write!(text, "{}", Uuid::new_v4().simple()); // writing to a String does not fail
        text
    })
});

impl Raised {
    pub(crate) fn new() -> Self {
        Self {
            bottleneck: id(),
            kind: "capacity".to_owned(),
            text: Text {
                scope: "contribution:0199c1f4-6d1e-7c33-a2ab-3b6f0d8e6d12".to_owned(),
                sealed: SEALED.clone(),
            },
        }
    }
}

/// What a reader looks for in a payload.
#[derive(Deserialize)]
struct Known {
    bottleneck: Uuid,
}

/// Which event a stored payload belongs to.
pub(crate) fn known_by(payload: &[u8]) -> Result<Uuid, serde_json::Error> {
    serde_json::from_slice::<Known>(payload).map(|known| known.bottleneck)
}

/// Ids as in the program: ordered by time.
#[expect(clippy::disallowed_methods, reason = "a benchmark lives in real time")]
pub(crate) fn id() -> Uuid {
    Uuid::now_v7()
}

/// Now.
#[expect(clippy::disallowed_methods, reason = "a benchmark lives in real time")]
pub(crate) fn now() -> chrono::DateTime<chrono::Utc> {
    chrono::Utc::now()
}

/// What an event touches: its own stream, something shared by many, a few others.
pub(crate) fn concerns(stream: Uuid) -> Vec<Uuid> {
    vec![stream, Uuid::from_u128(stream.as_u128() % 64), Uuid::from_u128(1_000 + stream.as_u128() % 8), id()]
}
