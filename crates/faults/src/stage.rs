//! What clients, followers and faults share: where the services are, what was acknowledged, how far followers are.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use eventlog::{Position, StreamId};
use tokio::sync::watch;

use crate::Error;

/// How long anything may take that is waited for: more than every timeout of the log and Postgres' recovery together.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);

pub(crate) struct Stage {
    /// Where each service process listens.
    pub(crate) sockets: Vec<PathBuf>,
    /// Streams to which all clients append.
    pub(crate) shared: Vec<StreamId>,
    /// Set when clients are to come to an end.
    pub(crate) ending: watch::Sender<bool>,
    /// The last position that followers are to wait for.
    pub(crate) last: watch::Sender<Position>,
    /// For each service: when the latest append that it acknowledged was asked for.
    acknowledged: watch::Sender<Vec<Option<Instant>>>,
    /// How far each follower is.
    followed: watch::Sender<Vec<Position>>,
    pub(crate) tried: AtomicU64,
    pub(crate) stored: AtomicU64,
    /// Told to try again later, for whatever reason.
    pub(crate) put_off: AtomicU64,
}

impl Stage {
    pub(crate) fn new(sockets: Vec<PathBuf>, shared: Vec<StreamId>, followers: usize) -> Self {
        let acknowledged = watch::Sender::new(vec![None; sockets.len()]);
        Self {
            sockets,
            shared,
            ending: watch::Sender::new(false),
            last: watch::Sender::new(Position::MAX),
            acknowledged,
            followed: watch::Sender::new(vec![0; followers]),
            tried: AtomicU64::new(0),
            stored: AtomicU64::new(0),
            put_off: AtomicU64::new(0),
        }
    }

    /// A service acknowledged what was asked for then.
    pub(crate) fn acknowledge(&self, service: usize, asked: Instant) {
        self.stored.fetch_add(1, Ordering::Relaxed);
        self.acknowledged.send_modify(|latest| latest[service] = latest[service].max(Some(asked)));
    }

    /// A follower has come so far.
    pub(crate) fn follow(&self, follower: usize, position: Position) {
        self.followed.send_modify(|reached| reached[follower] = position);
    }

    /// Waits until a service (or any) acknowledges what was asked for after a moment; says how long after.
    pub(crate) async fn recovered(&self, whose: Option<usize>, since: Instant) -> Result<Duration, Error> {
        let mut acknowledged = self.acknowledged.subscribe();
        let after = |asked: &Option<Instant>| asked.is_some_and(|asked| asked > since);
        let all_right = acknowledged.wait_for(|latest| match whose {
            Some(service) => after(&latest[service]),
            None => latest.iter().any(after),
        });
        in_time(&format!("an append at {whose:?}"), all_right).await?.ok();
        Ok(since.elapsed())
    }

    /// Waits until all followers have reached a position.
    pub(crate) async fn all_followed(&self, position: Position) -> Result<(), Error> {
        let mut followed = self.followed.subscribe();
        let waiting = followed.wait_for(|reached| reached.iter().all(|reached| *reached >= position));
        let what = format!("followers at {position}");
        in_time(&what, waiting).await?.ok();
        Ok(())
    }

    /// Waits until somebody is told to try again later.
    pub(crate) async fn somebody_put_off(&self) -> Result<(), Error> {
        let before = self.put_off.load(Ordering::Relaxed);
        let look = async {
            while self.put_off.load(Ordering::Relaxed) == before {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        in_time("an append that is put off", look).await
    }
}

/// What comes in time.
pub(crate) async fn in_time<T>(what: &str, future: impl Future<Output = T>) -> Result<T, Error> {
    tokio::time::timeout(DEADLINE, future).await.map_err(|_| Error::Stalled(what.to_owned()))
}
