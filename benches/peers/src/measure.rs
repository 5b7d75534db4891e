//! Rounds of a fixed length, their rates and latencies; the machine they ran on.

use std::{
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use tokio::task::JoinSet;

use crate::{event::Raised, peer::Caller, place::Place};

/// What one round gave.
pub(crate) struct Round {
    /// Events per second.
    pub(crate) rate: f64,
    /// Of each append.
    pub(crate) latency: Distribution,
}

/// Percentiles in milliseconds.
pub(crate) struct Distribution {
    pub(crate) p50: f64,
    pub(crate) p99: f64,
}

impl Distribution {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: usize| {
            let index = (times.len() * part / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        Self { p50: at(50), p99: at(99) }
    }
}

/// Every caller appends `batch` events, waits for the answer and appends again, until the time is up. What an event
/// holds is made within the time: everybody needs it, and each puts it into its own form.
pub(crate) async fn closed_loop(
    callers: Vec<Box<dyn Caller>>,
    batch: usize,
    length: Duration,
) -> anyhow::Result<Round> {
    let (mut tasks, began) = (JoinSet::new(), Instant::now());
    for mut caller in callers {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < length {
                let asked = Instant::now();
                caller.append((0..batch).map(|_| Raised::new()).collect()).await?;
                times.push(asked.elapsed());
            }
            anyhow::Ok(times)
        });
    }
    let times = tasks.join_all().await.into_iter().collect::<anyhow::Result<Vec<_>>>()?.concat();
    let rate = rate(times.len() * batch, began.elapsed());
    Ok(Round { rate, latency: Distribution::of(times) })
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn rate(events: usize, time: Duration) -> f64 {
    events as f64 / time.as_secs_f64()
}

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Processor, cores, Postgres, and what the disk takes for a small durable write.
pub(crate) async fn describe_machine(place: &Place, folder: &Path) -> anyhow::Result<String> {
    let cpu = std::fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let load = std::fs::read_to_string("/proc/loadavg")?;
    let settings: String = sqlx09::query_scalar(
        "SELECT format('Postgres %s, fsync %s, synchronous_commit %s, shared_buffers %s',
                       current_setting('server_version'), current_setting('fsync'),
                       current_setting('synchronous_commit'), current_setting('shared_buffers'))",
    )
    .fetch_one(&mut place.connect().await?)
    .await?;
    let mut file = std::fs::File::create(folder.join("probe"))?;
    let mut times = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        file.write_all(&[0; 8192])?;
        file.sync_data()?;
        times.push(began.elapsed());
    }
    let disk = Distribution::of(times);
    Ok(format!(
        "{} × {}; {settings}; write and fdatasync of 8 KiB p50 {:.2} ms, p99 {:.2} ms; load before {}",
        std::thread::available_parallelism()?,
        model.trim_start_matches(['\t', ' ', ':']),
        disk.p50,
        disk.p99,
        load.split(' ').next().unwrap_or_default(),
    ))
}
