//! How fast the log appends and is followed, beside plain INSERTs of the same row into the same Postgres.
//!
//! `cargo bench -p eventlog` starts a durable Postgres of its own (fsync on) in the temporary folder, takes about three
//! minutes and prints tables in Markdown. The figures we quote stand in docs/benchmarks/eventlog.md.

#[path = "append/callers.rs"]
mod callers;
#[path = "append/import.rs"]
mod import;
#[path = "append/measure.rs"]
mod measure;

use std::{
    collections::HashMap,
    os::unix::fs::PermissionsExt as _,
    pin::pin,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use eventlog::{KeyEncryptionKey, Log, Options, Position};
use futures::StreamExt as _;
use sqlx::{
    ConnectOptions as _, PgPool,
    postgres::{PgConnectOptions, PgPoolCopyExt as _, PgPoolOptions},
};

use callers::{Caller, Ours, Plain, Unnest};
use measure::{Distribution, Round, closed_loop, median};

/// How long each round takes.
const ROUND: Duration = Duration::from_millis(1_500);
/// Each way is measured so often, in turns with the others.
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `cargo test --all-targets` runs benches too, without this.
    if !std::env::args().any(|argument| argument == "--bench") {
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    // As root, Postgres runs as another user, who must get in.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    let mut options = private_postgres::Options::durable(folder.path());
    options.settings.push(("max_connections".into(), "200".into()));
    let postgres = private_postgres::start(&options)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        measure::describe_machine(&postgres.url("postgres").parse()?, folder.path()).await;
        let place = Place::create(&postgres.url("postgres"), "bench").await;
        if wanted("appends") {
            appends(&place).await;
        }
        if wanted("batches") {
            batches(&place).await;
        }
        if wanted("limit") {
            limit(&place).await;
        }
        if wanted("following") {
            following(&place).await;
        }
        if wanted("reading") {
            reading(&place).await;
        }
        if wanted("import") {
            let imported = Place::create(&postgres.url("postgres"), "imported").await;
            import::import(&imported).await;
            import::sizes(&imported).await;
        }
        if wanted("index") {
            let bare = Place::create(&postgres.url("postgres"), "bare").await;
            bare.run("DROP INDEX log.event_concerns; DROP INDEX bench.event_concerns_idx").await;
            index_on_concerns(&place, &bare).await;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    })?;
    drop(runtime);
    postgres.stop()?;
    Ok(())
}

/// `cargo bench -p eventlog -- appends index` measures only these.
fn wanted(part: &str) -> bool {
    let mut named = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    named.peek().is_none() || named.any(|argument| argument == part)
}

/// A database with a log, and with a table beside it that looks the same but has nothing of a log.
struct Place {
    connect: PgConnectOptions,
    pool: PgPool,
    log: Arc<Log>,
}

impl Place {
    async fn create(admin: &str, name: &str) -> Self {
        let admin: PgConnectOptions = admin.parse().expect("an address");
        let mut first = admin.clone().connect().await.expect("a connection");
        let sql = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(sql).execute(&mut first).await.expect("a database");
        let connect = admin.database(name).disable_statement_logging();
        let pool = PgPoolOptions::new()
            .test_before_acquire(false)
            .max_connections(4)
            .connect_with(connect.clone())
            .await
            .expect("a pool");
        sqlx::migrate!("../../migrations").run(&pool).await.expect("migrated");
        let log = Self::open(&pool, &connect).await;
        let place = Self { connect, pool, log };
        place
            .run(
                "CREATE SCHEMA bench;
                 CREATE TABLE bench.event (LIKE log.event INCLUDING ALL);
                 ALTER INDEX bench.event_concerns_idx RESET (gin_pending_list_limit);
                 ALTER TABLE bench.event ALTER position ADD GENERATED ALWAYS AS IDENTITY;",
            )
            .await;
        place
    }

    /// The log as another process would have it.
    async fn open(pool: &PgPool, connect: &PgConnectOptions) -> Arc<Log> {
        let kek = KeyEncryptionKey::new([7; 32]);
        Arc::new(Log::open(pool.clone(), connect.clone(), kek, &Options::default()).await.expect("a log"))
    }

    async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&self.pool).await.expect("done");
    }

    async fn ours(&self, callers: usize, batch: usize, keyed: bool) -> Round {
        closed_loop((0..callers).map(|_| Ours::new(self.log.clone(), batch, keyed)).collect(), ROUND).await
    }

    async fn plain(&self, callers: usize) -> Round {
        let mut connected = Vec::new();
        for _ in 0..callers {
            connected.push(Plain::new(self.connect.connect().await.expect("a connection")));
        }
        closed_loop(connected, ROUND).await
    }

    async fn unnest(&self, callers: usize, batch: usize) -> Round {
        let mut connected = Vec::new();
        for _ in 0..callers {
            connected.push(Unnest::new(self.connect.connect().await.expect("a connection"), batch));
        }
        closed_loop(connected, ROUND).await
    }
}

/// Single appends against single INSERTs.
async fn appends(place: &Place) {
    warm_up(place).await;
    println!("\n### Single appends\n");
    println!("| Callers | Way | events/s | p50 ms | p99 ms | ratio |\n|---|---|---|---|---|---|");
    for callers in [1, 8, 32] {
        let (mut ours, mut keyed, mut plain) = (vec![], vec![], vec![]);
        for _ in 0..ROUNDS {
            plain.push(place.plain(callers).await);
            ours.push(place.ours(callers, 1, false).await);
            keyed.push(place.ours(callers, 1, true).await);
        }
        let base = median(plain.iter().map(|round| round.rate));
        for (way, rounds) in
            [("INSERT, one row per transaction", plain), ("append", ours), ("append with an idempotency key", keyed)]
        {
            print_line(&format!("{callers} | {way}"), &rounds, base);
        }
    }
}

/// Appends of 100 events against one UNNEST of 100 rows.
async fn batches(place: &Place) {
    println!("\n### Appends of 100 events, 4 callers\n");
    println!("| Way | events/s | p50 ms | p99 ms | ratio |\n|---|---|---|---|---|");
    let (mut ours, mut unnest) = (vec![], vec![]);
    for _ in 0..ROUNDS {
        unnest.push(place.unnest(4, 100).await);
        ours.push(place.ours(4, 100, false).await);
    }
    let base = median(unnest.iter().map(|round| round.rate));
    print_line("INSERT … SELECT unnest, one per transaction", &unnest, base);
    print_line("append", &ours, base);
}

/// Many single appends against single INSERTs, and against what one connection takes in statements of as many rows as
/// there are callers: what group commit could reach at best.
async fn limit(place: &Place) {
    println!("\n### 128 callers\n");
    println!("| Way | events/s | p50 ms | p99 ms | ratio |\n|---|---|---|---|---|");
    let (mut ours, mut plain, mut unnest) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        plain.push(place.plain(128).await);
        unnest.push(place.unnest(1, 128).await);
        ours.push(place.ours(128, 1, false).await);
    }
    let base = median(unnest.iter().map(|round| round.rate));
    print_line("INSERT … SELECT unnest of 128 rows, one connection", &unnest, base);
    print_line("INSERT, one row per transaction", &plain, base);
    print_line("append", &ours, base);
}

/// What the index on `concerns` costs, in the log and in the plain table.
async fn index_on_concerns(with: &Place, without: &Place) {
    warm_up(without).await;
    println!("\n### The GIN index on `concerns` (4 ids per event), 32 callers\n");
    println!("| Way | events/s | p50 ms | p99 ms | ratio |\n|---|---|---|---|---|");
    let [mut ours, mut ours_bare, mut plain, mut plain_bare, mut many, mut many_bare] = [const { vec![] }; 6];
    for _ in 0..ROUNDS {
        plain_bare.push(without.plain(32).await);
        plain.push(with.plain(32).await);
        ours_bare.push(without.ours(32, 1, false).await);
        ours.push(with.ours(32, 1, false).await);
        many_bare.push(without.ours(4, 100, false).await);
        many.push(with.ours(4, 100, false).await);
    }
    for (way, bare, indexed) in [
        ("INSERT", plain_bare, plain),
        ("append", ours_bare, ours),
        ("append of 100 events, 4 callers", many_bare, many),
    ] {
        let base = median(bare.iter().map(|round| round.rate));
        print_line(&format!("{way}, without"), &bare, base);
        print_line(&format!("{way}, with"), &indexed, base);
    }
}

/// Reading the whole log, decoded, against COPY of the same columns.
async fn reading(place: &Place) {
    println!("\n### Reading all\n\n| Way | events/s | ratio |\n|---|---|---|");
    // As autovacuum does when it comes round: hint bits and visibility are set.
    place.run("VACUUM ANALYZE log.event").await;
    let (mut pages, mut read, mut copy) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mut bytes = place.pool.copy_out_raw("COPY log.event TO STDOUT").await.expect("copied");
        while let Some(chunk) = bytes.next().await {
            std::hint::black_box(chunk.expect("copied"));
        }
        let head = place.log.head().await.expect("a head").position;
        copy.push(rate(head, began.elapsed()));
        let (began, mut after) = (Instant::now(), 0);
        while let Some(last) = place.log.page(after, 1_000).await.expect("a page").last() {
            after = last.position;
        }
        pages.push(rate(after, began.elapsed()));
        let began = Instant::now();
        let count = place.log.read(0).map(|event| event.expect("read")).count().await;
        assert_eq!(Ok(head), Position::try_from(count));
        read.push(rate(head, began.elapsed()));
    }
    let (pages, read, copy) = (median(pages), median(read), median(copy));
    println!("| COPY log.event TO STDOUT, not decoded | {copy:.0} | 1.00 |");
    println!("| `page(…, 1000)` from first to last, decoded | {pages:.0} | {:.2} |", pages / copy);
    println!("| `read(0)`, a stream, decoded | {read:.0} | {:.2} |", read / copy);
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn rate(events: Position, time: Duration) -> f64 {
    events as f64 / time.as_secs_f64()
}

/// From the append to the answer and to a follower, in this process and in another, at 500 events a second.
async fn following(place: &Place) {
    let other = Place::open(&place.pool, &place.connect).await;
    let after = place.log.head().await.expect("a head").position;
    let count = 2_500;
    let follow = |log: Arc<Log>| {
        tokio::spawn(async move {
            let mut seen = HashMap::new();
            let mut pages = pin!(log.follow(after, 1_000));
            while seen.len() < count {
                let page = pages.next().await.expect("it goes on").expect("a page");
                let now = Instant::now();
                seen.extend(page.iter().map(|event| (event.position, now)));
            }
            seen
        })
    };
    let (here, there) = (follow(place.log.clone()), follow(other.clone()));
    let told = Arc::new(Mutex::new(Vec::new()));
    let mut tick = tokio::time::interval(Duration::from_millis(2));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..count {
        tick.tick().await;
        let mut caller = Ours::new(place.log.clone(), 1, false);
        let told = told.clone();
        tasks.spawn(async move {
            let asked = Instant::now();
            let position = caller.append().await;
            told.lock().expect("not poisoned").push((position, asked, Instant::now()));
        });
    }
    tasks.join_all().await;
    let (here, there) = (here.await.expect("followed"), there.await.expect("followed"));
    let told = told.lock().expect("not poisoned");
    println!("\n### Latency at 500 events a second, ms\n\n| From … to | p50 | p99 | most |\n|---|---|---|---|");
    let line = |what: &str, times: Vec<Duration>| {
        let d = Distribution::of(times);
        println!("| {what} | {:.2} | {:.2} | {:.2} |", d.p50, d.p99, d.most);
    };
    line("append to its answer", told.iter().map(|(_, asked, answered)| *answered - *asked).collect());
    for (what, seen) in [("a follower in the same process", &here), ("a follower in another process", &there)] {
        let since = |moment: fn(&(Position, Instant, Instant)) -> Instant| {
            told.iter().map(|one| seen[&one.0].saturating_duration_since(moment(one))).collect()
        };
        line(&format!("the answer to {what}"), since(|told| told.2));
        line(&format!("append to {what}"), since(|told| told.1));
    }
}

async fn warm_up(place: &Place) {
    place.plain(8).await;
    place.ours(8, 1, false).await;
}

fn print_line(what: &str, rounds: &[Round], base: f64) {
    let rate = median(rounds.iter().map(|round| round.rate));
    let p50 = median(rounds.iter().map(|round| round.latency.p50));
    let p99 = median(rounds.iter().map(|round| round.latency.p99));
    println!("| {what} | {rate:.0} | {p50:.2} | {p99:.2} | {:.2} |", rate / base);
}
