//! The peers, each in a file of its own.

pub(crate) mod cqrs_es;
pub(crate) mod disintegrate;
pub(crate) mod es_entity;
pub(crate) mod message_db;
pub(crate) mod ours;
pub(crate) mod raw;
pub(crate) mod umadb;

use std::time::Duration;

/// How long a reader that has to ask waits after it found nothing. (Shorter than what message-db's own clients take,
/// which is 100 ms.)
pub(crate) const POLL: Duration = Duration::from_millis(2);
