//! The faults, and how each is done.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;
use rand::{Rng as _, rngs::StdRng};
use sqlx::Connection as _;

use crate::{
    Error,
    stage::{Stage, in_time},
    wire::{Line, Request},
    world::{OTHER, World, send},
};

/// Something that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// SIGKILL to one service process; it is started again a moment later.
    ServiceKilled,
    /// SIGKILL to all service processes at once.
    AllServicesKilled,
    /// SIGSTOP to one service process for some seconds, whatever it holds.
    ServiceFrozen,
    /// SIGKILL to the postmaster; Postgres is started again on the same files.
    PostgresKilled,
    /// SIGQUIT to the postmaster: an immediate stop, then started again.
    PostgresStopped,
    /// SIGKILL to the server process of a log's writer: Postgres throws everybody out and recovers.
    BackendKilled,
    /// About half of all connections are cut by `pg_terminate_backend`.
    ConnectionsCut,
    /// What Postgres answers to one service process is lost for some ms, then its connections are cut: much is stored
    /// that nobody was told of.
    AnswersLost,
    /// Somebody holds the head row for a while and then lets go.
    HeadHeldSlowly,
    /// A session as the log's own takes the head row and does nothing more, until its timeout cuts it off.
    HeadHeldIdle,
    /// The clock of one service process jumps by hours, forth or back.
    ClockJumped,
    /// A transaction in the log's database that wrote something else stays open.
    LongTransaction,
    /// The same in another database of the cluster.
    LongTransactionElsewhere,
    /// Not a byte is left on Postgres' disk, for a while.
    DiskFull,
}

impl Fault {
    /// What was done, for the report.
    pub fn describe(self) -> &'static str {
        match self {
            Self::ServiceKilled => "`kill -9` of a service process",
            Self::AllServicesKilled => "`kill -9` of all service processes at once",
            Self::ServiceFrozen => "a service process frozen for seconds (SIGSTOP)",
            Self::PostgresKilled => "`kill -9` of Postgres",
            Self::PostgresStopped => "immediate stop of Postgres (SIGQUIT)",
            Self::BackendKilled => "`kill -9` of the server process of a writer",
            Self::ConnectionsCut => "about half of all connections cut",
            Self::AnswersLost => "answers of Postgres lost on their way, then all connections of a service cut",
            Self::HeadHeldSlowly => "a slow session holding the head row",
            Self::HeadHeldIdle => "a session idle in a transaction holding the head row",
            Self::ClockJumped => "a clock that jumps by hours",
            Self::LongTransaction => "a long writing transaction in the same database",
            Self::LongTransactionElsewhere => "a long writing transaction in another database",
            Self::DiskFull => "a full disk (measured from when there is room again)",
        }
    }

    /// Whether another fault may follow before anything has recovered from this one.
    pub(crate) fn overlaps(self) -> bool {
        let sudden = [
            Self::ServiceKilled,
            Self::AllServicesKilled,
            Self::PostgresKilled,
            Self::PostgresStopped,
            Self::BackendKilled,
            Self::ConnectionsCut,
            Self::AnswersLost,
            Self::ClockJumped,
        ];
        sudden.contains(&self)
    }
}

/// What is left to be done after a fault.
pub(crate) enum Struck {
    /// Wait for the next append that is acknowledged (by a certain service) and was asked for after a moment.
    Wait { whose: Option<usize>, since: Instant },
    /// Nothing: it was waited for, and took so long.
    Recovered(Duration),
}

impl World {
    /// Does it.
    pub(crate) async fn strike(
        &mut self,
        fault: Fault,
        stage: &Arc<Stage>,
        random: &mut StdRng,
    ) -> Result<Struck, Error> {
        let since = Instant::now();
        let service = random.random_range(0..stage.sockets.len());
        let any = Struck::Wait { whose: None, since };
        match fault {
            Fault::ServiceKilled => {
                self.kill(service).await?;
                pause(random, 0, 150).await;
                self.revive(service)?;
                return Ok(Struck::Wait { whose: Some(service), since });
            }
            Fault::AllServicesKilled => {
                for service in 0..stage.sockets.len() {
                    self.kill(service).await?;
                }
                (0..stage.sockets.len()).try_for_each(|service| self.revive(service))?;
            }
            Fault::ServiceFrozen => {
                self.signal(service, Signal::SIGSTOP)?;
                let recovered = stage.recovered(None, since).await;
                pause(random, 0, 6_000).await;
                self.signal(service, Signal::SIGCONT)?;
                return Ok(Struck::Recovered(recovered?));
            }
            Fault::PostgresKilled => self.signal_postgres(Signal::SIGKILL).await?,
            Fault::PostgresStopped => self.signal_postgres(Signal::SIGQUIT).await?,
            Fault::BackendKilled => self.kill_backend().await?,
            Fault::ConnectionsCut => self.cut_connections().await?,
            Fault::AnswersLost => {
                self.lose_answers(service, Duration::from_millis(random.random_range(1..=30))).await;
                return Ok(Struck::Wait { whose: Some(service), since });
            }
            Fault::HeadHeldSlowly => return self.hold_head(random).await,
            Fault::HeadHeldIdle => return self.hold_head_idle(stage).await,
            Fault::ClockJumped => {
                jump(stage, service, random.random_range(-12 * 3_600..=12 * 3_600)).await?;
                return Ok(Struck::Wait { whose: Some(service), since });
            }
            Fault::LongTransaction => return self.long_transaction("postgres", stage, random).await,
            Fault::LongTransactionElsewhere => return self.long_transaction(OTHER, stage, random).await,
            Fault::DiskFull => return self.fill_disk(stage, random).await,
        }
        Ok(any)
    }

    async fn kill_backend(&self) -> Result<(), Error> {
        let mut admin = self.admin("postgres").await?;
        let writers = "SELECT pid FROM pg_stat_activity WHERE application_name = 'eventlog writer' LIMIT 1";
        let pid: Option<i32> = sqlx::query_scalar(writers).fetch_optional(&mut admin).await?;
        // None while they all connect anew; then one is sure to come.
        let pid = pid.ok_or(sqlx::Error::RowNotFound)?;
        send(pid.unsigned_abs(), Signal::SIGKILL)
    }

    async fn cut_connections(&self) -> Result<(), Error> {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5";
        sqlx::raw_sql(cut).execute(&mut self.admin("postgres").await?).await?;
        Ok(())
    }

    async fn hold_head(&self, random: &mut StdRng) -> Result<Struck, Error> {
        let mut admin = self.admin("postgres").await?;
        let mut holder = admin.begin().await?;
        sqlx::raw_sql("SELECT FROM log.head FOR UPDATE").execute(&mut *holder).await?;
        let since = Instant::now();
        pause(random, 200, 2_500).await;
        holder.commit().await?;
        Ok(Struck::Wait { whose: None, since })
    }

    /// The holder is never told to let go: the timeout that every writer sets for itself must do it.
    async fn hold_head_idle(&self, stage: &Stage) -> Result<Struck, Error> {
        let mut hung = self.admin("postgres").await?;
        let hold = "SET idle_in_transaction_session_timeout = '5s'; BEGIN; SELECT FROM log.head FOR NO KEY UPDATE";
        sqlx::raw_sql(hold).execute(&mut hung).await?;
        Ok(Struck::Recovered(stage.recovered(None, Instant::now()).await?))
    }

    /// While it is open, appends are acknowledged, and followers see them; the longest wait for an acknowledgement is
    /// what counts.
    async fn long_transaction(&self, database: &str, stage: &Stage, random: &mut StdRng) -> Result<Struck, Error> {
        let mut admin = self.admin(database).await?;
        let mut open = admin.begin().await?;
        sqlx::raw_sql("INSERT INTO unrelated VALUES (1)").execute(&mut *open).await?;
        let mut log = self.admin("postgres").await?;
        let (began, length) = (Instant::now(), Duration::from_millis(random.random_range(1_000..4_000)));
        let mut longest = Duration::ZERO;
        while began.elapsed() < length {
            longest = longest.max(stage.recovered(None, Instant::now()).await?);
            let head: i64 = sqlx::query_scalar("SELECT position FROM log.head").fetch_one(&mut log).await?;
            stage.all_followed(head).await?;
        }
        open.commit().await?;
        Ok(Struck::Recovered(longest))
    }

    async fn fill_disk(&self, stage: &Stage, random: &mut StdRng) -> Result<Struck, Error> {
        let disk = self.disk.clone().ok_or_else(|| Error::Stalled("a disk that can be filled".into()))?;
        let filled = disk.clone();
        tokio::task::spawn_blocking(move || filled.fill()).await?.map_err(Error::io("fill the disk"))?;
        stage.somebody_put_off().await?;
        pause(random, 500, 3_000).await;
        disk.free().map_err(Error::io("free the disk"))?;
        Ok(Struck::Wait { whose: None, since: Instant::now() })
    }
}

/// Tells a service process, as soon as it answers, by how much its clock is wrong from now on.
async fn jump(stage: &Stage, service: usize, seconds: i64) -> Result<(), Error> {
    let told = async {
        loop {
            let answer = match Line::open(&stage.sockets[service]).await {
                Ok(mut line) => line.ask(&Request::Jump { seconds }).await.map(drop),
                Err(error) => Err(error),
            };
            match answer {
                Ok(()) => return,
                Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    in_time("a service that listens", told).await
}

/// So long, in ms.
pub(crate) async fn pause(random: &mut StdRng, least: u64, most: u64) {
    tokio::time::sleep(Duration::from_millis(random.random_range(least..=most))).await;
}
