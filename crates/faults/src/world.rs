//! What is broken and brought back: a durable Postgres and the service processes on it.

use std::{
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use private_postgres::PrivatePostgres;
use sqlx::{ConnectOptions as _, PgConnection, postgres::PgConnectOptions};
use tokio::process::{Child, Command};

use crate::{Error, disk::SmallDisk, proxy::Proxy, sample, stage::in_time};

/// A database beside the log's, in the same cluster.
pub(crate) const OTHER: &str = "other";
/// A table in both databases that has nothing to do with the log.
const UNRELATED: &str = "CREATE TABLE unrelated (number int)";
/// So that a small disk is not filled by what Postgres keeps for a crash.
const FRUGAL: [(&str, &str); 4] =
    [("max_wal_size", "64MB"), ("min_wal_size", "32MB"), ("checkpoint_timeout", "30s"), ("shared_buffers", "32MB")];

pub(crate) struct World {
    program: PathBuf,
    pub(crate) connect: PgConnectOptions,
    services: Vec<Service>,
    postgres: Arc<PrivatePostgres>,
    pub(crate) disk: Option<Arc<SmallDisk>>,
    folder: tempfile::TempDir,
}

struct Service {
    socket: PathBuf,
    /// How it reaches the database: by the go-between.
    url: String,
    proxy: Proxy,
    /// None between its death and its next life.
    child: Option<Child>,
}

impl World {
    /// Starts Postgres, on a small disk if one is asked for (so many MiB), and so many service processes.
    pub(crate) async fn start(program: &Path, services: usize, small_disk: Option<u64>) -> Result<Self, Error> {
        let folder = tempfile::tempdir().map_err(Error::io("make a folder"))?;
        // As root, Postgres runs as another user, who must get in.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).map_err(Error::io("open the folder"))?;
        let data = folder.path().join("data");
        std::fs::create_dir(&data).map_err(Error::io("make a folder"))?;
        let disk = small_disk.map(|size| SmallDisk::mount(&data, size)).transpose().map_err(Error::io("mount"))?;
        let mut options = private_postgres::Options::durable(data.join("postgres"));
        if disk.is_some() {
            options.settings = FRUGAL.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        }
        let postgres = Arc::new(tokio::task::spawn_blocking(move || private_postgres::start(&options)).await??);
        let connect: PgConnectOptions = postgres.url("postgres").parse()?;
        let connect = connect.disable_statement_logging();
        prepare(&connect).await?;
        let services = (0..services).map(|number| {
            let [socket, wire] = ["service", "wire"].map(|name| folder.path().join(format!("{name}-{number}")));
            let proxy = Proxy::new(&wire, postgres.socket_dir()).map_err(Error::io("listen"))?;
            let url = connect.clone().socket(wire).to_url_lossy().to_string();
            Ok::<_, Error>(Service { socket, url, proxy, child: None })
        });
        let services = services.collect::<Result<_, _>>()?;
        let disk = disk.map(Arc::new);
        let mut world = Self { program: program.to_owned(), connect, services, postgres, disk, folder };
        for service in 0..world.services.len() {
            world.revive(service)?;
        }
        Ok(world)
    }

    pub(crate) fn sockets(&self) -> Vec<PathBuf> {
        self.services.iter().map(|service| service.socket.clone()).collect()
    }

    /// Kills a service process without warning.
    pub(crate) async fn kill(&mut self, service: usize) -> Result<(), Error> {
        if let Some(mut child) = self.services[service].child.take() {
            child.kill().await.map_err(Error::io("kill a service"))?;
        }
        Ok(())
    }

    /// Starts a service process again.
    pub(crate) fn revive(&mut self, service: usize) -> Result<(), Error> {
        let Service { socket, url, child, .. } = &mut self.services[service];
        let mut command = Command::new(&self.program);
        command.arg("serve").arg("--socket").arg(socket).arg("--database").arg(url);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).kill_on_drop(true);
        *child = Some(command.spawn().map_err(Error::io("start a service"))?);
        Ok(())
    }

    /// Stops a service process in its tracks, or lets it go on.
    pub(crate) fn signal(&self, service: usize, signal: Signal) -> Result<(), Error> {
        match self.services[service].child.as_ref().and_then(Child::id) {
            Some(pid) => send(pid, signal),
            None => Ok(()),
        }
    }

    /// Loses for so long what Postgres answers to a service process, and then cuts all its connections.
    pub(crate) async fn lose_answers(&self, service: usize, time: Duration) {
        self.services[service].proxy.lose_answers(time).await;
    }

    /// Sends the postmaster a signal, once there is one.
    pub(crate) async fn signal_postgres(&self, signal: Signal) -> Result<(), Error> {
        let pid = async {
            loop {
                match self.postgres.pid() {
                    0 => tokio::time::sleep(Duration::from_millis(10)).await,
                    pid => return pid,
                }
            }
        };
        send(in_time("Postgres", pid).await?, signal)
    }

    /// A connection for what is done behind the log's back, as soon as there is one to be had.
    pub(crate) async fn admin(&self, database: &str) -> Result<PgConnection, Error> {
        let connect = self.connect.clone().database(database).application_name("campaign");
        let connection = async {
            loop {
                match connect.connect().await {
                    Ok(connection) => return connection,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        in_time("a connection", connection).await
    }

    /// Kills all services and waits until nothing of them is left in Postgres; then starts them again. What then
    /// happens was asked for after this.
    pub(crate) async fn clean_slate(&mut self) -> Result<(), Error> {
        for service in 0..self.services.len() {
            self.kill(service).await?;
        }
        let mut admin = self.admin("postgres").await?;
        let gone = async {
            let left = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'eventlog writer'";
            while sqlx::query_scalar::<_, i64>(left).fetch_one(&mut admin).await? > 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok::<_, Error>(())
        };
        in_time("the end of the writers", gone).await??;
        (0..self.services.len()).try_for_each(|service| self.revive(service))
    }

    /// Ends everything.
    pub(crate) async fn end(mut self) -> Result<(), Error> {
        for service in 0..self.services.len() {
            self.kill(service).await?;
        }
        let Self { postgres, disk, folder, .. } = self;
        tokio::task::spawn_blocking(move || {
            drop(postgres); // waits for its end
            drop(disk);
            folder.close().map_err(Error::io("remove the folder"))
        })
        .await?
    }
}

/// The tables of the log, and what has nothing to do with them.
async fn prepare(connect: &PgConnectOptions) -> Result<(), Error> {
    let pool = sample::pool(connect);
    sample::MIGRATIONS.run(&pool).await?;
    sqlx::raw_sql(UNRELATED).execute(&pool).await?;
    sqlx::raw_sql("CREATE DATABASE other").execute(&pool).await?;
    pool.close().await;
    let mut other = connect.clone().database(OTHER).connect().await?;
    sqlx::raw_sql(UNRELATED).execute(&mut other).await?;
    Ok(())
}

/// Sends a process of ours a signal.
pub(crate) fn send(pid: u32, signal: Signal) -> Result<(), Error> {
    match i32::try_from(pid).map(|pid| kill(Pid::from_raw(pid), signal)) {
        // It may have ended by itself in between.
        Ok(Ok(()) | Err(nix::Error::ESRCH)) | Err(_) => Ok(()),
        Ok(Err(error)) => Err(Error::Io { what: "send a signal", source: error.into() }),
    }
}
