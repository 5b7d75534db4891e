//! A service process: a log of its own on the common Postgres, served over a Unix socket until it is killed.

use std::{
    fs, io,
    path::Path,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use eventlog::{Expected, IdempotencyKey, Log, Options, Position};
use futures::StreamExt as _;
use readmodel::ReadModels;
use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tokio::{net::UnixListener, sync::oneshot};

use crate::{
    Error,
    checker::Unstored,
    sample,
    wire::{Answer, Line, Request, parsed},
};

/// How long to wait before the log is opened again.
const PAUSE: Duration = Duration::from_millis(50);
/// How large each event's payload is, roughly, in bytes.
const PAYLOAD: usize = 200;

struct Service {
    log: Arc<Log>,
    /// By how many seconds the clock is wrong.
    wrong_by: AtomicI64,
}

/// Serves until standard input ends, which it does when the coordinator is gone.
pub async fn serve(socket: &Path, database: &str) -> Result<(), Error> {
    let connect: PgConnectOptions = database.parse()?;
    tokio::select! {
        ended = listen(socket, connect.disable_statement_logging()) => ended,
        () = alone() => Ok(()),
    }
}

async fn listen(socket: &Path, connect: PgConnectOptions) -> Result<(), Error> {
    let log = Arc::new(opened(&connect).await);
    tokio::spawn(fold(connect, log.clone()));
    let service = Arc::new(Service { log, wrong_by: AtomicI64::new(0) });
    let _ = fs::remove_file(socket); // left by the one before
    let listener = UnixListener::bind(socket).map_err(Error::io("listen"))?;
    loop {
        let (client, _) = listener.accept().await.map_err(Error::io("accept"))?;
        let service = service.clone();
        // A client that hangs up is none of our business.
        tokio::spawn(async move { service.converse(client.into()).await });
    }
}

/// Returns when standard input ends.
async fn alone() {
    let (say, ended) = oneshot::channel();
    // On a thread of its own, which does not keep the program from ending.
    std::thread::spawn(move || {
        let _ = io::copy(&mut io::stdin(), &mut io::sink());
        say.send(())
    });
    let _ = ended.await;
}

/// The log, as soon as the database can be reached.
async fn opened(connect: &PgConnectOptions) -> Log {
    loop {
        match sample::open(connect, &Options::default()).await {
            Ok(log) => return log,
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
    }
}

/// Keeps the read models up to date, its share of them.
async fn fold(connect: PgConnectOptions, log: Arc<Log>) {
    loop {
        let options = readmodel::Options::default();
        if let Ok(_models) = ReadModels::open(sample::pool(&connect), log.clone(), &options).await {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

impl Service {
    async fn converse(&self, mut client: Line) -> io::Result<()> {
        loop {
            match client.hear().await? {
                Request::Append { stream, expected, ids, key } => {
                    let mut append = sample::happening(&parsed(&stream)?, Expected::from(expected), &ids, PAYLOAD);
                    append.at += chrono::Duration::seconds(self.wrong_by.load(Ordering::Relaxed));
                    append.key = key.map(|(key, fingerprint)| IdempotencyKey { key, fingerprint });
                    let answer = match self.log.append(append).await {
                        Ok(receipt) => Answer::Stored(receipt.into()),
                        Err(error) => Answer::Unstored(Unstored::from(&error)),
                    };
                    client.say(&answer).await?;
                }
                Request::Read { stream, after } => {
                    let answer = match self.log.stream(&parsed(&stream)?, after).await {
                        Ok(events) => {
                            Answer::Read(events.iter().map(|event| (event.version, event.position)).collect())
                        }
                        Err(error) => Answer::Failed(error.to_string()),
                    };
                    client.say(&answer).await?;
                }
                Request::Follow { after, page } => return self.follow(client, after, page).await,
                Request::Jump { seconds } => {
                    self.wrong_by.store(seconds, Ordering::Relaxed);
                    client.say(&Answer::Done).await?;
                }
            }
        }
    }

    async fn follow(&self, mut client: Line, after: Position, page: i64) -> io::Result<()> {
        let mut pages = pin!(self.log.follow(after, page));
        while let Some(page) = pages.next().await {
            // An error is passed on, and then the log goes on at the same place.
            let Ok(events) = page else { continue };
            client.say(&Answer::Page(events.iter().map(|event| (event.position, event.id)).collect())).await?;
        }
        Ok(())
    }
}
