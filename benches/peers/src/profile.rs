//! Where the time of an append goes: processor time here and in Postgres, waiting for the disk, and the rest, which is
//! waking up and being scheduled.

use std::{collections::HashMap, fs, time::Duration};

use sqlx09::Row as _;

use crate::{
    measure::closed_loop,
    peer::{Home, Peer},
    place::Place,
};

const LENGTH: Duration = Duration::from_secs(5);
/// Within this time a backend that has nothing more to do has told of its WAL.
const TELL: Duration = Duration::from_millis(10_500);

/// What was used up to now, in microseconds (but for `wal_bytes`).
struct Used {
    here: f64,
    postgres: f64,
    sync: f64,
    wal_bytes: f64,
}

/// Appends for a while and prints what one append took, in microseconds.
pub(crate) async fn profile(peer: &dyn Peer, callers: usize, batch: usize) -> anyhow::Result<()> {
    let Home::Database(place) = peer.home() else { return Ok(()) };
    let mut ready = Vec::new();
    for _ in 0..callers {
        ready.push(peer.caller().await?);
    }
    let before = Used::until_now(place).await?;
    let round = closed_loop(ready, batch, LENGTH).await?;
    let after = Used::until_now(place).await?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let appends = round.rate * LENGTH.as_secs_f64() / batch as f64;
    let each = |of: fn(&Used) -> f64| (of(&after) - of(&before)) / appends;
    println!(
        "| {}, {callers} × {batch} | {:.0} | {:.0} | {:.0} | {:.0} | {:.0} |",
        peer.name(),
        LENGTH.as_secs_f64() * 1e6 / appends,
        each(|used| used.here),
        each(|used| used.postgres),
        each(|used| used.sync),
        each(|used| used.wal_bytes),
    );
    Ok(())
}

/// The heading of the table.
pub(crate) fn print_heading() {
    println!("\n### Where the time goes: µs per append\n");
    println!(
        "| callers × events | between two appends | CPU here | CPU of Postgres | waiting for fdatasync | WAL bytes |"
    );
    println!("|---|---|---|---|---|---|");
}

impl Used {
    async fn until_now(place: &Place) -> anyhow::Result<Self> {
        let mut connection = place.connect().await?;
        tokio::time::sleep(TELL).await;
        let wal = sqlx09::query("SELECT wal_bytes::float8, 1e3 * (wal_sync_time + wal_write_time) FROM pg_stat_wal");
        let wal = wal.fetch_one(&mut connection).await?;
        let processes = processes()?;
        let here = i64::from(std::process::id());
        let postgres: i32 = sqlx09::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut connection).await?;
        let postmaster = processes.get(&i64::from(postgres)).map_or(0, |process| process.parent);
        let children: f64 = processes.values().filter(|other| other.parent == postmaster).map(|other| other.own).sum();
        // Of backends that have ended the postmaster keeps count.
        let ended = processes.get(&postmaster).map_or(0.0, |postmaster| postmaster.ended_children);
        Ok(Self {
            here: processes.get(&here).map_or(0.0, |here| here.own),
            postgres: children + ended,
            sync: wal.get(1),
            wal_bytes: wal.get(0),
        })
    }
}

struct Process {
    parent: i64,
    own: f64,
    ended_children: f64,
}

/// Each process with its parent and the processor time it has used, in microseconds.
fn processes() -> anyhow::Result<HashMap<i64, Process>> {
    let mut processes = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue }; // it has just ended
        // After the name, which may hold anything: state, parent, …; ticks of 10 ms from the twelfth on.
        let Some((_, rest)) = stat.rsplit_once(") ") else { continue };
        let fields: Vec<&str> = rest.split(' ').collect();
        let ticks = |nth: usize| fields.get(nth).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default() * 1e4;
        let parent = fields.get(1).and_then(|field| field.parse().ok()).unwrap_or_default();
        processes.insert(pid, Process { parent, own: ticks(11) + ticks(12), ended_children: ticks(13) + ticks(14) });
    }
    Ok(processes)
}
