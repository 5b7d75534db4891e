//! What of the messages of libraries may be logged: not those that print what passes through them.

use tracing::{Level, Metadata};

/// Libraries that, below `info`, print texts which people typed or what goes through sockets: parsing HTML, and frames of
/// WebSockets. The last prints letters and passwords when built with its feature `tracing`, which ours is not.
const TALKATIVE: [&str; 5] = ["html5ever", "markup5ever", "tungstenite", "tokio_tungstenite", "lettre"];

/// Whether a message may be logged, whatever level somebody chose to see. Each process asks this of every message beside
/// its own filter (see `docs/LOGGING.md`).
pub fn may_be_logged(message: &Metadata<'_>) -> bool {
    let of = |library: &&str| {
        let rest = message.target().strip_prefix(*library);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    *message.level() <= Level::INFO || !TALKATIVE.iter().any(of)
}
