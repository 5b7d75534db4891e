//! A go-between on the way from a service process to Postgres, which can lose what Postgres answers.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    sync::watch,
    task::JoinHandle,
};

/// The name that Postgres' socket has in its folder.
const SOCKET: &str = ".s.PGSQL.5432";

/// Passes everything on, except when told not to. Ends with this value.
pub(crate) struct Proxy {
    passing: watch::Sender<Passing>,
    accepting: JoinHandle<()>,
}

/// What is passed on at present.
#[derive(Clone, Copy, Default)]
struct Passing {
    /// Answers are swallowed.
    deaf: bool,
    /// Connections of earlier eras are cut.
    era: u64,
}

impl Proxy {
    /// Listens in one folder as if it were the Postgres whose socket is in another.
    pub(crate) fn new(folder: &Path, postgres: &Path) -> io::Result<Self> {
        std::fs::create_dir(folder)?;
        let (listener, target) = (UnixListener::bind(folder.join(SOCKET))?, postgres.join(SOCKET));
        let passing = watch::Sender::new(Passing::default());
        let accepting = tokio::spawn(accept(listener, target, passing.subscribe()));
        Ok(Self { passing, accepting })
    }

    /// Loses all answers for so long, then cuts all connections: what was stored meanwhile was not told.
    pub(crate) async fn lose_answers(&self, time: Duration) {
        self.passing.send_modify(|passing| passing.deaf = true);
        tokio::time::sleep(time).await;
        self.passing.send_modify(|passing| *passing = Passing { deaf: false, era: passing.era + 1 });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: UnixListener, target: PathBuf, passing: watch::Receiver<Passing>) {
    while let Ok((client, _)) = listener.accept().await {
        // Where Postgres is away, the client is hung up on.
        if let Ok(server) = UnixStream::connect(&target).await {
            tokio::spawn(pass(client, server, passing.clone()));
        }
    }
}

/// Passes on between the two until one of them hangs up or both are cut off.
async fn pass(client: UnixStream, server: UnixStream, mut passing: watch::Receiver<Passing>) {
    let era = passing.borrow().era;
    let ((mut asks, mut hears), (mut answers, mut told)) = (client.into_split(), server.into_split());
    let state = passing.clone();
    let back = async move {
        let mut answer = vec![0; 1 << 16];
        while let Ok(length @ 1..) = answers.read(&mut answer).await {
            let Passing { deaf, era: now } = *state.borrow();
            if now != era || (!deaf && hears.write_all(&answer[..length]).await.is_err()) {
                return;
            }
        }
    };
    tokio::select! {
        _ = tokio::io::copy(&mut asks, &mut told) => {}
        () = back => {}
        _ = passing.wait_for(|passing| passing.era != era) => {}
    }
}
