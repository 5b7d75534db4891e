//! An append-only event log on Postgres.
//!
//! * Positions are 1-based, dense and in commit order: whoever reads from a position on never skips an event.
//! * Every event belongs to a stream and has a 1-based, dense version there.
//! * Appends carry an expectation of the stream's version and, if wanted, an idempotency key.
//! * Free text and personal data are sealed under a data key per scope; destroying the key erases them.
//!
//! It knows nothing of what the events mean. See `ADRs/0002-group-commit.md` for how appends are ordered and
//! `ADRs/0003-event-format.md` for the envelope, its canonical form and its leaf hash.

mod append;
mod batch;
mod canonical;
mod changes;
mod checkpoint;
mod copy;
mod copy_out;
mod error;
mod follow;
mod import;
mod inspect;
mod kek;
mod keys;
mod merge;
mod open;
mod proof;
mod read;
mod receipts;
mod record;
mod rewrap;
mod seal;
mod statements;
mod sweep;
mod tree;
mod writer;

pub use append::{Append, Expected, IdempotencyKey, NewEvent, Receipt};
pub use canonical::{envelope, leaf_hash, timestamp};
pub use changes::{Changes, Moment};
pub use checkpoint::{CheckpointError, LogSigner, LogVerifier, generate_log_key};
pub use copy_out::Copied;
pub use error::{AWAY_FOR, AppendError, BUSY_FOR, KeyError, ReadError};
pub use follow::Followed;
pub use import::{ImportError, Imported};
pub use inspect::Ends;
pub use kek::{KeyEncryptionKey, KeyEncryptionKeys};
pub use keys::{KeyState, Keys, NewKey};
pub use proof::{check_consistency, check_inclusion};
pub use read::Head;
pub use receipts::Retention;
pub use record::{Position, Recorded, StreamId, StreamIdError, Timestamp};
pub use seal::CanonicalJson;
pub use sweep::{Erasures, SweepError, can_sweep};
pub use tree::{Hash, Node, Tree, TreeHead, node_hash};

use std::sync::Arc;

use sqlx::{PgPool, postgres::PgConnectOptions};
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
};

/// How a log is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Appends that may wait for the writer; past it callers are told to try again.
    pub queue: usize,
    /// The memory that appends may take which wait or are being stored, in bytes.
    pub queue_bytes: usize,
    /// The most appends that share one commit.
    pub batch: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { queue: 4096, queue_bytes: 64 << 20, batch: 512 }
    }
}

/// The log, opened for appending and reading. Dropping it stops its tasks. (No append can be waiting then, as it
/// borrows the log; one that was given up while it waited may or may not be stored.)
pub struct Log {
    pool: PgPool,
    queue: mpsc::Sender<append::Queued>,
    /// Bytes that appends may still take.
    room: Arc<Semaphore>,
    room_at_all: usize,
    head: watch::Receiver<Position>,
    /// For an import, which has connections of its own.
    raises: watch::Sender<Position>,
    connect: PgConnectOptions,
    keys: Keys,
    changes: Changes,
    _tasks: JoinSet<()>,
}

// (How to connect holds a password.)
impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("head", &*self.head.borrow()).finish_non_exhaustive()
    }
}

impl Log {
    /// Opens the log. `pool` serves reads; the writer and the listener have connections of their own, made
    /// with `connect`. The tables must have been migrated. A key-encryption key that opens nothing here is told.
    pub async fn open(
        pool: PgPool,
        connect: PgConnectOptions,
        kek: impl Into<KeyEncryptionKeys>,
        options: &Options,
    ) -> Result<Self, ReadError> {
        let (head_seen, head) = watch::channel(read::head(&pool).await?.position);
        let keys = Keys::open_in(pool.clone(), kek.into()).await?;
        let (queue, waiting) = mpsc::channel(options.queue);
        let mut tasks = JoinSet::new();
        writer::grow_whole_tree(&pool, &connect).await?;
        let writer = writer::Writer::new(connect.clone(), waiting, head_seen.clone(), options.batch);
        tasks.spawn(writer.run());
        tasks.spawn(follow::watch_head(connect.clone(), head_seen.clone(), keys.clone()));
        tasks.spawn(merge::merge_concerns(pool.clone(), head.clone()));
        let room_at_all = options.queue_bytes.min(Semaphore::MAX_PERMITS);
        Ok(Self {
            pool,
            queue,
            room: Arc::new(Semaphore::new(room_at_all)),
            room_at_all,
            head,
            raises: head_seen,
            connect,
            keys,
            changes: Changes::default(),
            _tasks: tasks,
        })
    }

    /// The data keys under which texts are sealed.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What changed of late, as far as whoever follows the log in this process has told.
    pub fn changes(&self) -> &Changes {
        &self.changes
    }
}
