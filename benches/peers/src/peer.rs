//! What each peer must be able to do, so that one harness measures them all.

use std::{
    fs::File,
    os::unix::fs::FileExt as _,
    path::Path,
    sync::{Arc, Mutex},
    time::Instant,
};

use async_trait::async_trait;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{event::Raised, place::Place};

/// A way to store events.
#[async_trait]
pub(crate) trait Peer: Send + Sync {
    /// As it is called in the tables.
    fn name(&self) -> &'static str;

    /// Somebody who appends to a stream of their own. Where the peer speaks to Postgres by connections of the caller,
    /// it has one of its own: no caller ever waits for a pool.
    async fn caller(&self) -> anyhow::Result<Box<dyn Caller>>;

    /// The first events in the order in which the peer has them, at most `limit`, read the peer's own way. Nothing
    /// when it has no way to read all.
    async fn read(&self, limit: usize) -> anyhow::Result<Option<Vec<Uuid>>>;

    /// Follows from the first event on, the way the peer publishes. Nothing when it has none.
    async fn follow(&self, seen: Seen) -> anyhow::Result<Option<Follower>>;

    /// Where its events are kept.
    fn home(&self) -> Home<'_>;

    /// How many events it holds.
    async fn count(&self) -> anyhow::Result<u64>;
}

/// Where events are kept.
pub(crate) enum Home<'a> {
    Database(&'a Place),
    File(&'a Path),
}

impl Home<'_> {
    /// The bytes on disk: tables with indexes and TOAST, or the file up to where it has been written. (`UmaDB` makes
    /// its file longer by 256 MiB of zeros at a time.)
    pub(crate) async fn bytes(&self) -> anyhow::Result<u64> {
        match self {
            Self::Database(place) => place.bytes().await,
            Self::File(path) => Ok(written(path)?),
        }
    }
}

/// Where the zeros at the end of a file begin, to a mebibyte.
fn written(path: &Path) -> std::io::Result<u64> {
    let file = File::open(path)?;
    let mut chunk = vec![0; 1 << 20];
    let size = chunk.len() as u64;
    let mut chunks = file.metadata()?.len().div_ceil(size);
    while chunks > 0 {
        let read = file.read_at(&mut chunk, (chunks - 1) * size)?;
        if chunk[..read].iter().any(|byte| *byte != 0) {
            break;
        }
        chunks -= 1;
    }
    Ok(chunks * size)
}

/// Appends again and again.
#[async_trait]
pub(crate) trait Caller: Send {
    /// Appends events to the caller's stream, together, expecting the version it left it at. They are durable when
    /// it returns.
    async fn append(&mut self, events: Vec<Raised>) -> anyhow::Result<()>;
}

/// What a follower saw, in its order, and when.
pub(crate) type Seen = Arc<Mutex<Vec<(Uuid, Instant)>>>;

/// The tasks of a follower; it ends when this is dropped.
pub(crate) type Follower = JoinSet<anyhow::Result<()>>;

/// Notes that events were seen just now.
pub(crate) fn note(seen: &Seen, events: impl IntoIterator<Item = Uuid>) {
    let now = Instant::now();
    let mut seen = seen.lock().expect("not poisoned");
    seen.extend(events.into_iter().map(|event| (event, now)));
}
