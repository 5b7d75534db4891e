//! Taking turns: commands to one thing in this process follow each other, so that they need not all decide anew
//! whenever one of them succeeds.

use std::hash::{BuildHasher as _, RandomState};

use eventlog::StreamId;
use tokio::sync::{Mutex, MutexGuard};

/// Things that may share a turn by chance; many, so that they seldom do.
const STRIPES: usize = 1024;

/// One queue for each stripe of streams.
#[derive(Debug)]
pub(crate) struct Turns {
    stripes: Vec<Mutex<()>>,
    hasher: RandomState,
}

impl Default for Turns {
    fn default() -> Self {
        Self { stripes: (0..STRIPES).map(|_| Mutex::new(())).collect(), hasher: RandomState::new() }
    }
}

impl Turns {
    /// Waits for one's turn; it lasts as long as what is returned.
    pub(crate) async fn take(&self, stream: &StreamId) -> MutexGuard<'_, ()> {
        let stripe = usize::try_from(self.hasher.hash_one(stream) % STRIPES as u64).unwrap_or_default();
        self.stripes[stripe].lock().await
    }
}
