//! What read models cost: built from the whole log, and kept up to date.
//!
//! `cargo bench -p leerwerk --bench readmodels` starts a durable private Postgres, loads a demo world of a million events
//! (`LEERWERK_BENCH_EVENTS` for another number; `LEERWERK_BENCH_DATA` for a data folder that `leerwerk demo` has filled) and
//! measures, beside the alternative in the same run: building the project
//! model against a raw COPY of the same events, and against one upsert an event; building all models, with much memory
//! and with little; each model alone; and the time from a commit to when it can be seen, at 500 events a second, in one
//! process and in two, and what it costs while nothing happens. Words after `--` name the parts wanted: project, all, each,
//! live, idle. Bounded: some minutes, most of which go into loading.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::{App, By, Policies, Request, Source};
use domain::{Sealed, id::UpdateId, project::PostUpdate, sealed::KeyScope, text::Prose};
use eventlog::{KeyEncryptionKey, Log};
use futures::TryStreamExt as _;
use readmodel::{
    BuildOptions, Model, Options, ReadModels, Rows,
    models::project::{ProjectFilter, Projects},
};
use sqlx::{
    AssertSqlSafe, PgPool,
    postgres::{PgConnectOptions, PgPoolCopyExt as _, PgPoolOptions},
};

/// As in the service.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 5;
/// Events folded by the alternative; it does the same for each.
const UPSERTED: usize = 20_000;
const PER_SECOND: u32 = 500;
const LIVE: Duration = Duration::from_secs(20);

struct World {
    /// For what the service may not do.
    owner: PgPool,
    pool: PgPool,
    log: Arc<Log>,
    events: i64,
    _postgres: private_postgres::PrivatePostgres,
    _data: tempfile::TempDir,
}

#[tokio::main]
async fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|part| !part.starts_with('-')).collect();
    let wanted = |part: &str| asked.is_empty() || asked.iter().any(|asked| asked == part);
    let world = world().await;
    drop(ReadModels::open(world.pool.clone(), world.log.clone(), &Options::default()).await.expect("opens"));
    if wanted("project") {
        world.project().await;
    }
    if wanted("all") {
        world.all().await;
    }
    if wanted("each") {
        world.each().await;
    }
    if wanted("live") {
        world.live().await;
    }
    if wanted("idle") {
        world.idle().await;
    }
}

async fn world() -> World {
    let events = std::env::var("LEERWERK_BENCH_EVENTS").map_or(1_000_000, |text| text.parse().expect("a number"));
    let fresh = tempfile::Builder::new().prefix("leerwerk-bench").tempdir().expect("a folder");
    std::fs::set_permissions(fresh.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("opens");
    let data = std::env::var("LEERWERK_BENCH_DATA").map_or(fresh.path().to_owned(), std::path::PathBuf::from);
    let options = private_postgres::Options::durable(&data);
    let postgres =
        tokio::task::spawn_blocking(move || private_postgres::start(&options).expect("starts")).await.expect("starts");
    let kept = std::fs::read_to_string(data.join("key-encryption-key"));
    let database = if kept.is_ok() { "leerwerk" } else { "postgres" };
    let connect: PgConnectOptions = postgres.url(database).parse().expect("an address");
    let open = |connect| PgPoolOptions::new().max_connections(16).test_before_acquire(false).connect_with(connect);
    let owner = open(connect.clone()).await.expect("connects");
    sqlx::migrate!("../../migrations").run(&owner).await.expect("migrates");
    // As the service works, so that it can take the tables over.
    let connect = connect.options([("role", "leerwerk_service")]);
    let pool = open(connect.clone()).await.expect("connects");
    let mut key = [7; 32];
    if let Ok(hex) = kept {
        hex::decode_to_slice(hex.trim(), &mut key).expect("a key");
    }
    let kek = KeyEncryptionKey::new(key);
    let log = Log::open(pool.clone(), connect, kek, &eventlog::Options::default()).await.expect("opens");
    let log = Arc::new(log);
    let began = Instant::now();
    if log.head().await.expect("reads").position == 0 {
        let world = demo::Options { seed: 1, until: Source::system().now(), events: Some(events) };
        demo::load(log.clone(), &world, |_| {}).await.expect("loads");
    }
    let events = log.head().await.expect("reads").position;
    for sql in ["VACUUM ANALYZE", "CHECKPOINT"] {
        sqlx::raw_sql(sql).execute(&owner).await.expect("done");
    }
    println!("{events} events, loaded in {:.0} s\n", began.elapsed().as_secs_f64());
    World { owner, pool, log, events, _postgres: postgres, _data: fresh }
}

impl World {
    async fn build(&self, models: &[String], memory: usize) -> f64 {
        let options = BuildOptions { memory, ..BuildOptions::default() };
        let began = Instant::now();
        readmodel::rebuild(&self.pool, &self.log, models, &options).await.expect("builds");
        began.elapsed().as_secs_f64()
    }

    async fn count(&self, sql: String) -> i64 {
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(&self.pool).await.expect("counted")
    }

    /// The project model, a raw COPY of its events, and one upsert an event: rounds by turns.
    async fn project(&self) {
        let of_projects = "FROM log.event WHERE stream_kind = 'project'";
        let events = self.count(format!("SELECT count(*) {of_projects}")).await;
        let (mut copies, mut builds, mut upserts) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let sql = format!("COPY (SELECT * {of_projects} ORDER BY position) TO STDOUT (FORMAT binary)");
            let mut pieces = self.pool.copy_out_raw(&sql).await.expect("copies");
            while pieces.try_next().await.expect("bytes").is_some() {}
            copies.push(began.elapsed().as_secs_f64());
            builds.push(self.build(&["project".to_owned()], BuildOptions::default().memory).await);
            upserts.push(self.upsert_each().await);
        }
        let rate = |times: &mut Vec<f64>, events: i64| per_second(events, median(times));
        let (copy, build) = (rate(&mut copies, events), rate(&mut builds, events));
        let upsert = rate(&mut upserts, i64::try_from(UPSERTED).expect("few"));
        println!("| project model, {events} events | events/s | × COPY |\n|---|---|---|");
        println!("| raw COPY out of the same events | {copy:.0} | 1 |");
        println!("| built | {build:.0} | {:.2} |", build / copy);
        println!("| one upsert an event | {upsert:.0} | {:.3} |\n", upsert / copy);
    }

    /// What one would write first: read an event's row, fold, write it back.
    async fn upsert_each(&self) -> f64 {
        sqlx::raw_sql(
            "DROP TABLE IF EXISTS public.upserted; CREATE TABLE public.upserted (key text PRIMARY KEY, doc jsonb)",
        )
        .execute(&self.owner)
        .await
        .expect("made");
        let pages = self.log.copy_out(0, i64::MAX, Projects::KINDS).await.expect("reads");
        let pages: Vec<_> = pages.try_collect().await.expect("reads");
        let events: Vec<_> = pages.iter().flat_map(|page| page.read().expect("reads")).take(UPSERTED).collect();
        let mut connection = self.owner.acquire().await.expect("a connection");
        sqlx::raw_sql("SET synchronous_commit = off").execute(&mut *connection).await.expect("set");
        let began = Instant::now();
        for recorded in &events {
            let payload = self.log.keys().open(std::slice::from_ref(recorded)).await.expect("opens").remove(0);
            let event = readmodel::Seen::new(recorded, &payload).expect("reads");
            let mut rows = Rows::default();
            for key in Projects::touches(&event) {
                let found: Option<String> = sqlx::query_scalar("SELECT doc::text FROM public.upserted WHERE key = $1")
                    .bind(&key)
                    .fetch_optional(&mut *connection)
                    .await
                    .expect("reads");
                if let Some(doc) = found {
                    rows.put(key, serde_json::from_str(&doc).expect("a row"));
                }
            }
            Projects::fold(&mut rows, &event);
            for (key, row) in rows.into_map() {
                sqlx::query(
                    "INSERT INTO public.upserted VALUES ($1, $2::jsonb) ON CONFLICT (key) DO UPDATE SET doc = excluded.doc",
                )
                .bind(key)
                .bind(serde_json::to_string(&row).expect("json"))
                .execute(&mut *connection)
                .await
                .expect("writes");
            }
        }
        let took = began.elapsed().as_secs_f64();
        sqlx::raw_sql("RESET synchronous_commit").execute(&mut *connection).await.expect("set");
        took
    }

    /// All models at once.
    async fn all(&self) {
        println!("| all models, {} events | s | events/s | memory at most, MiB |\n|---|---|---|---|", self.events);
        for memory in [512, 64] {
            let mut times = Vec::new();
            let mut peak = 0;
            for _ in 0..ROUNDS {
                reset_peak();
                times.push(self.build(&[], memory << 20).await);
                peak = peak.max(peak_mib());
            }
            let took = median(&mut times);
            println!("| {memory} MiB for rows | {took:.1} | {:.0} | {peak} |", per_second(self.events, took));
        }
        println!();
    }

    /// Each model alone.
    async fn each(&self) {
        println!("| model | events | rows | MiB | s | events/s |\n|---|---|---|---|---|---|");
        for model in readmodel::models::names() {
            let took = self.build(&[model.to_owned()], BuildOptions::default().memory).await;
            let table = readmodel::table(model);
            let kinds = readmodel::models::kinds(model).join("', '");
            let events = self.count(format!("SELECT count(*) FROM log.event WHERE stream_kind IN ('{kinds}')")).await;
            let rows = self.count(format!("SELECT count(*) FROM {table}")).await;
            let mib = self.count(format!("SELECT pg_total_relation_size('{table}') >> 20")).await;
            println!("| {model} | {events} | {rows} | {mib} | {took:.1} | {:.0} |", per_second(events, took));
        }
        println!();
    }

    /// From a commit to when it can be seen.
    async fn live(&self) {
        println!("| at {PER_SECOND} events/s | p50 ms | p99 ms |\n|---|---|---|");
        let here = self.open().await;
        let [p50, p99] = self.appended_to_seen(&here).await;
        println!("| in the process that folds all | {p50:.2} | {p99:.2} |");
        let other = self.open().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        let [p50, p99] = self.appended_to_seen(&here).await;
        println!("| two processes, each folds a part | {p50:.2} | {p99:.2} |\n");
        drop((here, other));
    }

    async fn open(&self) -> Arc<ReadModels> {
        let models = ReadModels::open(self.pool.clone(), self.log.clone(), &Options::default()).await.expect("opens");
        models.catch_up().await.expect("caught up");
        Arc::new(models)
    }

    async fn appended_to_seen(&self, models: &Arc<ReadModels>) -> [f64; 2] {
        let app = Arc::new(App::new(self.log.clone(), Policies::embedded().expect("policies"), Source::system()));
        let filter = ProjectFilter::default();
        let projects = models.projects(&filter, i64::MAX, 100).await.expect("reads");
        let mut tick = tokio::time::interval(Duration::from_secs(1) / PER_SECOND);
        let mut running = tokio::task::JoinSet::new();
        let began = Instant::now();
        let mut n = 0;
        while began.elapsed() < LIVE {
            tick.tick().await;
            let project = &projects[n % projects.len()];
            n += 1;
            let (app, models, id, lead) = (app.clone(), models.clone(), project.id, project.lead);
            running.spawn(async move {
                let update: UpdateId = app.source().id();
                let text = Sealed::new(KeyScope::of("update", update), Prose::parse("Er is nieuws.").expect("prose"));
                let request = Request::new(By::Member(lead), app.source().id());
                let done = app.run(PostUpdate { project: id, update, text }, &request).await.ok()?;
                let committed = Instant::now();
                models.reach(done.position).await.expect("seen");
                Some(committed.elapsed().as_secs_f64() * 1e3)
            });
        }
        let mut taken: Vec<f64> = running.join_all().await.into_iter().flatten().collect();
        taken.sort_by(f64::total_cmp);
        [taken[taken.len() / 2], taken[taken.len() * 99 / 100]]
    }

    /// What keeping up costs while nothing happens.
    async fn idle(&self) {
        let models = self.open().await;
        // What was done before is counted late: a connection tells of it when it does something again.
        tokio::time::sleep(Duration::from_secs(20)).await;
        let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        let (before, ticks) = (self.count(sql.into()).await, cpu_ms());
        tokio::time::sleep(Duration::from_secs(20)).await;
        let (after, spent) = (self.count(sql.into()).await, cpu_ms() - ticks);
        println!("idle: {:.1} transactions/s, {:.2} % of a core", per_second(after - before, 20.0), spent / 200.0);
        drop(models);
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 events")]
fn per_second(events: i64, seconds: f64) -> f64 {
    events as f64 / seconds
}

/// Lets the kernel forget how much memory this process had at most (Linux, proc(5)).
fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("reset");
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    kib.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") >> 10
}

/// What this process has used, in ms; a tick is 10.
fn cpu_ms() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("a stat");
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
    let ticks = |n: usize| fields[n].parse::<f64>().expect("ticks");
    (ticks(11) + ticks(12)) * 10.0
}
