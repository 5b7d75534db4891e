//! Our log beside other event stores, on one machine, on one Postgres, in one run.
//!
//! `make bench-peers` installs message-db, builds this and prints tables in Markdown; the figures we quote stand in
//! docs/benchmarks/peers.md. Parts can be named: `peers <message-db> singles batches`. See `peer.rs` for what is
//! asked of a peer, `peers/` for how each does it.

mod bulk;
mod event;
mod measure;
mod peer;
mod peers;
mod place;
mod profile;
mod report;
mod tail;

use std::{
    os::unix::fs::PermissionsExt as _,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures::StreamExt as _;
use private_postgres::PrivatePostgres;
use sqlx09::postgres::PgPoolCopyExt as _;

use bulk::{Form, Table};
use measure::{Round, closed_loop, median, rate};
use peer::{Home, Peer};
use peers::{
    cqrs_es::CqrsEs,
    disintegrate::Disintegrate,
    es_entity::EsEntities,
    message_db::MessageDb,
    ours::Ours,
    raw::{Raw, Way},
    umadb::UmaDb,
};
use place::Place;
use report::Report;

/// How long each round takes, and how often each way is measured, in turns with the others.
const THOROUGH: (Duration, usize) = (Duration::from_millis(1_500), 5);
/// The same with `--quick`, which only shows that all works.
const QUICK: (Duration, usize) = (Duration::from_millis(100), 1);
/// Events that are read, or copied in, at once.
const MANY: usize = 200_000;
const BULK: usize = 50_000;

fn main() -> anyhow::Result<()> {
    let package = std::env::args().nth(1).context("the folder of the npm package @eventide/message-db is missing")?;
    let folder = tempfile::tempdir()?;
    // As root, Postgres runs as another user, who must get in.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    let mut options = private_postgres::Options::durable(folder.path());
    options.settings.push(("max_connections".into(), "300".into()));
    options.settings.push(("track_wal_io_timing".into(), "on".into())); // the profile tells how long syncing takes
    let postgres = private_postgres::start(&options)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(run(&postgres, folder.path(), Path::new(&package)))?;
    drop(runtime);
    postgres.stop()?;
    Ok(())
}

fn lengths() -> (Duration, usize) {
    if std::env::args().any(|argument| argument == "--quick") { QUICK } else { THOROUGH }
}

/// Whether a part is to be measured: all, unless some are named.
fn wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(2).filter(|argument| argument != "--quick").peekable();
    named.peek().is_none() || named.any(|argument| argument == part)
}

async fn run(postgres: &PrivatePostgres, folder: &Path, package: &Path) -> anyhow::Result<()> {
    let place = |name| Place::create(postgres, name);
    let copied = place("copied").await?;
    println!("{}\n", measure::describe_machine(&copied, folder).await?);
    let raw = Raw::create(place("raw").await?, Way::Single).await?;
    let unnest = Raw::create(place("unnest").await?, Way::Unnest).await?;
    let ours = Ours::create(place("ours").await?).await?;
    let message_db = MessageDb::create(place("message_db").await?, package).await?;
    let cqrs_es = CqrsEs::create(place("cqrs_es").await?).await?;
    let disintegrate = Disintegrate::create(place("disintegrate").await?).await?;
    let es_entity = EsEntities::create(place("es_entity").await?).await?;
    let umadb = UmaDb::start(folder.join("uma.db"))?;
    let single: [&dyn Peer; 7] = [&raw, &ours, &message_db, &cqrs_es, &disintegrate, &es_entity, &umadb];
    // The first of them is the limit for batches.
    let batch: [&dyn Peer; 8] = [&unnest, &raw, &ours, &message_db, &cqrs_es, &disintegrate, &es_entity, &umadb];

    let mut report = Report::default();
    let outcome = measure_parts(&mut report, &single, &batch, Table::create(copied).await?, &ours).await;
    // What was measured before something failed is worth seeing.
    report.print();
    outcome?;
    if wanted("profile") {
        profile::print_heading();
        for (peer, callers, batch) in [(&raw as &dyn Peer, 1, 1), (&ours, 1, 1), (&unnest, 4, 100), (&ours, 4, 100)] {
            profile::profile(peer, callers, batch).await?;
        }
    }
    Ok(())
}

async fn measure_parts(
    report: &mut Report,
    single: &[&dyn Peer],
    batch: &[&dyn Peer],
    table: Table,
    ours: &Ours,
) -> anyhow::Result<()> {
    let names = |peers: &[&dyn Peer]| peers.iter().map(|peer| peer.name()).collect::<Vec<_>>();
    let before = sizes(batch).await?;
    if wanted("following") {
        for peer in single {
            report.followed(peer.name(), tail::check(*peer).await.with_context(|| peer.name())?);
        }
    }
    if wanted("singles") {
        for callers in report::CALLERS {
            let rounds = rounds(single, callers, 1).await?;
            report.single(callers, &names(single), rounds);
        }
    }
    if wanted("limits") {
        for size in report::LIMITS {
            let rounds = rounds(&batch[..1], 1, size).await?;
            report.limit(size, rounds);
        }
    }
    if wanted("batches") {
        let rounds = rounds(batch, 4, 100).await?;
        report.batch(&names(batch), rounds);
    }
    if wanted("bulk") {
        importing(report, table, ours).await?;
    }
    report.sizes(&names(batch), &before, &sizes(batch).await?);
    if wanted("reading") {
        reading(report, ours, single).await?;
    }
    Ok(())
}

/// Bytes and events of each.
async fn sizes(peers: &[&dyn Peer]) -> anyhow::Result<Vec<(u64, u64)>> {
    let mut sizes = Vec::new();
    for peer in peers {
        sizes.push((peer.home().bytes().await?, peer.count().await?));
    }
    Ok(sizes)
}

/// Rounds in turns, so that what else the machine does meets all alike: for each peer its rounds. A short one before
/// them fills caches and connections' plans.
async fn rounds(peers: &[&dyn Peer], callers: usize, batch: usize) -> anyhow::Result<Vec<Vec<Round>>> {
    let (whole, times) = lengths();
    let mut rounds: Vec<Vec<Round>> = peers.iter().map(|_| Vec::new()).collect();
    for nth in 0..=times {
        for (peer, rounds) in peers.iter().zip(&mut rounds) {
            let mut ready = Vec::new();
            for _ in 0..callers {
                ready.push(peer.caller().await?);
            }
            let length = if nth == 0 { whole / 10 } else { whole };
            let round = closed_loop(ready, batch, length).await.with_context(|| peer.name())?;
            if nth > 0 {
                rounds.push(round);
            }
        }
    }
    Ok(rounds)
}

/// Bringing many events in.
async fn importing(report: &mut Report, mut table: Table, ours: &Ours) -> anyhow::Result<()> {
    let (mut text, mut binary, mut import) = (vec![], vec![], vec![]);
    for _ in 0..lengths().1 {
        text.push(rate(BULK, table.copy(Form::Text, BULK).await?));
        binary.push(rate(BULK, table.copy(Form::Binary, BULK).await?));
        import.push(rate(BULK, ours.import(BULK).await?));
    }
    report.bulk([median(text), median(binary), median(import)]);
    Ok(())
}

/// Reading all that was stored, decoded as far as to know which event it is.
async fn reading(report: &mut Report, ours: &Ours, peers: &[&dyn Peer]) -> anyhow::Result<()> {
    // As autovacuum does when it comes round: hint bits and visibility are set.
    for peer in peers {
        if let Home::Database(place) = peer.home() {
            place.run("VACUUM ANALYZE").await?;
        }
    }
    let Home::Database(place) = ours.home() else { anyhow::bail!("the log is in a database") };
    let pool = sqlx09::PgPool::connect_with(place.options()?).await?;
    let (mut copies, mut rates): (Vec<f64>, Vec<Vec<f64>>) = (Vec::new(), peers.iter().map(|_| vec![]).collect());
    for _ in 0..3 {
        let began = Instant::now();
        let mut bytes = pool.copy_out_raw("COPY log.event TO STDOUT").await?;
        while let Some(chunk) = bytes.next().await {
            std::hint::black_box(chunk?);
        }
        copies.push(rate(usize::try_from(ours.count().await?)?, began.elapsed()));
        for (peer, rates) in peers.iter().zip(&mut rates) {
            let began = Instant::now();
            if let Some(events) = peer.read(MANY).await? {
                rates.push(rate(events.len(), began.elapsed()));
            }
        }
    }
    report.reading(median(copies), peers.iter().map(|peer| peer.name()).zip(rates));
    Ok(())
}
