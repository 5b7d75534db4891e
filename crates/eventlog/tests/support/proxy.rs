//! A go-between on a Unix socket that loses what is said at the worst moment.

use std::{
    collections::VecDeque,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use sqlx::postgres::PgConnectOptions;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    sync::Notify,
    task::JoinHandle,
};

/// What happens to something that the log's writer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not passed on; the connection is cut.
    RequestLost,
    /// It is passed on, but not what Postgres answers; the connection is cut.
    AnswerLost,
    /// The connection is cut, but what was said is passed on later: see [`Proxy::release`].
    RequestLate,
    /// Nothing is passed on any more, in either direction, and nobody is told.
    HalfOpen,
}

/// The name the writer's connection has.
const WRITER: &[u8] = b"eventlog writer";

pub(crate) struct Proxy {
    /// How to connect through it.
    pub(crate) connect: PgConnectOptions,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

struct Shared {
    socket: PathBuf,
    /// The faults to come, and how many requests of the writer get through before each.
    faults: Mutex<VecDeque<(usize, Fault)>>,
    happened: AtomicUsize,
    release: Notify,
    arrived: Notify,
}

impl Proxy {
    pub(crate) fn to(connect: &PgConnectOptions) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let name = format!(".s.PGSQL.{}", connect.get_port());
        let listener = UnixListener::bind(folder.path().join(&name)).expect("a socket");
        let shared = Arc::new(Shared {
            socket: connect.get_socket().map_or_else(|| connect.get_host().into(), Clone::clone).join(name),
            faults: Mutex::new(VecDeque::new()),
            happened: AtomicUsize::new(0),
            release: Notify::new(),
            arrived: Notify::new(),
        });
        let each = shared.clone();
        let accepting = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if let Ok(server) = UnixStream::connect(&each.socket).await {
                    tokio::spawn(each.clone().pass(client, server));
                }
            }
        });
        let connect = connect.clone().socket(folder.path());
        Self { connect, shared, accepting, _folder: folder }
    }

    /// The next thing the writer says meets a fault.
    pub(crate) fn next(&self, fault: Fault) {
        self.after(0, fault);
    }

    /// After the faults to come and some more requests, another.
    pub(crate) fn after(&self, requests: usize, fault: Fault) {
        self.shared.faults.lock().expect("not poisoned").push_back((requests, fault));
    }

    /// How many faults happened.
    pub(crate) fn happened(&self) -> usize {
        self.shared.happened.load(Ordering::SeqCst)
    }

    /// What was held back arrives now, and Postgres has dealt with it when this returns.
    pub(crate) async fn release(&self) {
        self.shared.release.notify_one();
        self.shared.arrived.notified().await;
    }

    /// Nobody gets through any more.
    pub(crate) fn close(&self) {
        self.accepting.abort();
    }
}

impl Shared {
    /// The fault this request meets, if it is its turn.
    fn fault(&self) -> Option<Fault> {
        let mut faults = self.faults.lock().expect("not poisoned");
        let (before, fault) = faults.front_mut()?;
        if *before > 0 {
            *before -= 1;
            return None;
        }
        let fault = *fault;
        faults.pop_front();
        self.happened.fetch_add(1, Ordering::SeqCst);
        Some(fault)
    }

    async fn pass(self: Arc<Self>, mut client: UnixStream, mut server: UnixStream) {
        let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut writer = false;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let request = match read { Ok(0) | Err(_) => return, Ok(length) => &asked[..length] };
                    let fault = if writer { self.fault() } else { None };
                    writer |= request.windows(WRITER.len()).any(|window| window == WRITER);
                    match fault {
                        None => {
                            if server.write_all(request).await.is_err() {
                                return;
                            }
                        }
                        Some(Fault::RequestLost) => return,
                        Some(Fault::HalfOpen) => return std::future::pending().await,
                        Some(Fault::AnswerLost) => {
                            let _ = server.write_all(request).await;
                            // It has answered, so it is done.
                            let _ = server.read(&mut answered).await;
                            return;
                        }
                        Some(Fault::RequestLate) => {
                            drop(client);
                            self.release.notified().await;
                            let _ = server.write_all(request).await;
                            let _ = server.read(&mut answered).await;
                            self.arrived.notify_one();
                            return;
                        }
                    }
                }
                read = server.read(&mut answered) => {
                    let answer = match read { Ok(0) | Err(_) => return, Ok(length) => &answered[..length] };
                    if client.write_all(answer).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}
