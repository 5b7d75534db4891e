//! Following: first what is there, then what comes, gap-free, in order, each event once.

use std::time::Duration;

use futures::Stream;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPoolOptions};
use tokio::sync::watch;

use crate::{
    Keys, Log,
    error::ReadError,
    read,
    record::{Position, Recorded},
};

/// How often the head is looked at even when nobody notified: a net under lost notifications.
const SLOW_POLL: Duration = Duration::from_secs(5);
/// How long to wait after the connection was lost.
const RECONNECT: Duration = Duration::from_millis(250);
/// How long the database may take for anything asked here; longer means that the connection is dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// A page of followed events, never empty.
pub type Followed = Vec<Recorded>;

impl Log {
    /// The highest position this process knows to be committed; changes as soon as more are. What is read after
    /// a change includes at least that position.
    pub fn watch(&self) -> watch::Receiver<Position> {
        self.head.clone()
    }

    /// All events after a position, then every new one as it is committed, in pages of at most `page`. Errors
    /// are passed on; the stream goes on after them at the same place.
    pub fn follow(&self, after: Position, page: i64) -> impl Stream<Item = Result<Followed, ReadError>> + use<> {
        let (pool, head, page) = (self.pool.clone(), self.head.clone(), page.max(1));
        futures::stream::unfold((after, head), move |(after, mut head)| {
            let pool = pool.clone();
            async move {
                loop {
                    if head.wait_for(|position| *position > after).await.is_err() {
                        return None;
                    }
                    match in_time(read::page(&pool, after, page)).await {
                        Ok(events) => match events.last().map(|event| event.position) {
                            Some(last) => return Some((Ok(events), (last, head))),
                            // A replica may lag behind what the writer announced.
                            None => tokio::time::sleep(Duration::from_millis(5)).await,
                        },
                        Err(error) => {
                            tokio::time::sleep(RECONNECT).await;
                            return Some((Err(error), (after, head)));
                        }
                    }
                }
            }
        })
    }
}

/// Keeps the known head up to date with other processes, and forgets keys that they destroyed.
pub(crate) async fn watch_head(connect: PgConnectOptions, head: watch::Sender<Position>, keys: Keys) {
    let connect = connect.application_name("eventlog listener");
    loop {
        if let Err(error) = listen(&connect, &head, &keys).await {
            tracing::debug!(error = &error as &dyn std::error::Error, "listening to the log was interrupted");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

/// Listens on one connection until it breaks.
async fn listen(connect: &PgConnectOptions, head: &watch::Sender<Position>, keys: &Keys) -> Result<(), ReadError> {
    // A listener takes its connection from a pool.
    let own = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_lazy_with(connect.clone());
    let mut listener = PgListener::connect_with(&own).await?;
    listener.ignore_pool_close_event(true);
    // A new connection is ours to make: what was missed meanwhile must be looked up.
    listener.eager_reconnect(false);
    in_time(async { Ok(listener.listen_all(["log_head", "log_keys"]).await?) }).await?;
    // Whatever was said while nobody listened.
    keys.forget(None);
    loop {
        // Over the listening connection, as that shows whether it still lives.
        raise(head, in_time(read::head(&mut listener)).await?.position);
        while let Ok(note) = tokio::time::timeout(SLOW_POLL, listener.try_recv()).await {
            match note? {
                Some(note) if note.channel() == "log_keys" => keys.forget(Some(note.payload())),
                Some(note) => raise(head, note.payload().parse().unwrap_or_default()),
                None => return Ok(()),
            }
        }
    }
}

/// An answer in time, or an error as of a connection that broke.
async fn in_time<T>(answer: impl Future<Output = Result<T, ReadError>>) -> Result<T, ReadError> {
    match tokio::time::timeout(PATIENCE, answer).await {
        Ok(answer) => answer,
        Err(late) => Err(sqlx::Error::Io(late.into()).into()),
    }
}

/// The known head only ever rises.
pub(crate) fn raise(head: &watch::Sender<Position>, position: Position) {
    head.send_if_modified(|known| {
        let rises = position > *known;
        if rises {
            *known = position;
        }
        rises
    });
}
