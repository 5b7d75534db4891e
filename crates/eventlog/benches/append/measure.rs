//! Rounds of a fixed length, their rates and latencies; the machine they ran on.

use std::{
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{ConnectOptions as _, postgres::PgConnectOptions};
use tokio::task::JoinSet;

use crate::callers::Caller;

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
    pub(crate) most: f64,
}

impl Distribution {
    pub(crate) fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |part: usize| {
            let index = (times.len() * part / 100).min(times.len().saturating_sub(1));
            times.get(index).map_or(f64::NAN, |time| time.as_secs_f64() * 1e3)
        };
        Self { p50: at(50), p99: at(99), most: at(100) }
    }
}

/// Every caller appends, waits for the answer and appends again, until the time is up.
pub(crate) async fn closed_loop<C: Caller>(callers: Vec<C>, length: Duration) -> Round {
    let (mut tasks, began) = (JoinSet::new(), Instant::now());
    let events_each = callers.first().map_or(1, Caller::events);
    for mut caller in callers {
        tasks.spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < length {
                let asked = Instant::now();
                caller.append().await;
                times.push(asked.elapsed());
            }
            times
        });
    }
    let times = tasks.join_all().await.concat();
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let rate = (times.len() * events_each) as f64 / began.elapsed().as_secs_f64();
    Round { rate, latency: Distribution::of(times) }
}

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Processor, cores, Postgres, and what the disk takes for a small durable write.
pub(crate) async fn describe_machine(connect: &PgConnectOptions, folder: &Path) {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown");
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let mut connection = connect.connect().await.expect("a connection");
    let (version, durable): (String, String) = sqlx::query_as(
        "SELECT current_setting('server_version'),
                format('fsync %s, synchronous_commit %s', current_setting('fsync'), current_setting('synchronous_commit'))",
    )
    .fetch_one(&mut connection)
    .await
    .expect("settings");
    let mut file = std::fs::File::create(folder.join("probe")).expect("a file");
    let writes = (0..200).map(|_| {
        let began = Instant::now();
        file.write_all(&[0; 8192]).and_then(|()| file.sync_data()).expect("written");
        began.elapsed()
    });
    let disk = Distribution::of(writes.collect());
    println!(
        "{} × {}; Postgres {version}, {durable}; write and fdatasync of 8 KiB p50 {:.2} ms, p99 {:.2} ms; load before {}",
        std::thread::available_parallelism().map_or(0, usize::from),
        model.trim_start_matches(['\t', ' ', ':']),
        disk.p50,
        disk.p99,
        load.split(' ').next().unwrap_or_default(),
    );
}
