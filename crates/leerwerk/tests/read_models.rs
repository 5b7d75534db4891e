//! Read models while things go on: built anew under load, shared by several processes, stopped by an event, holding what
//! is erased.

#[path = "folded/mod.rs"]
mod folded;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI32, AtomicI64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use app::{App, By, Policies, Request, Source};
use domain::{
    Aggregate as _, Sealed,
    id::{MemberId, ProjectId, UpdateId},
    project::{PostUpdate, Project},
    sealed::KeyScope,
    text::Prose,
};
use eventlog::{Append, CanonicalJson, Expected, NewEvent, StreamId};
use folded::{World, all_agree, open, world};
use readmodel::{
    BuildOptions, Options, ReadModels,
    models::project::{ProjectFilter, ProjectRow, Projects},
};
use serde_json::json;
use sqlx::AssertSqlSafe;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How long anything may take that is waited for.
const DEADLINE: Duration = Duration::from_secs(30);

/// A fresh id.
fn id() -> Uuid {
    Source::system().id()
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < DEADLINE, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn some_project(models: &ReadModels) -> ProjectRow {
    models.projects(&ProjectFilter::default(), i64::MAX, 1).await.expect("reads").pop().expect("a project")
}

fn post(project: ProjectId, text: &str) -> PostUpdate {
    let update: UpdateId = Source::system().id();
    let text = Sealed::new(KeyScope::of("update", update), Prose::parse(text).expect("prose"));
    PostUpdate { project, update, text }
}

/// Writes as fast as it can; readers look at one project, and each sees it only go forward.
struct Load {
    app: App,
    project: ProjectId,
    by: MemberId,
    stop: AtomicBool,
    /// The version of the project that was acknowledged last.
    written: AtomicI32,
    reads: AtomicUsize,
}

impl Load {
    async fn write(self: Arc<Self>, models: Arc<ReadModels>) {
        let mut n = 0;
        while !self.stop.load(Ordering::Acquire) {
            n += 1;
            let request = Request::new(By::Member(self.by), id());
            let done = self.app.run(post(self.project, &format!("Nieuws {n}")), &request).await.expect("written");
            models.reach(done.position).await.expect("reached");
            self.written.store(done.version, Ordering::Release);
        }
    }

    /// Reads one project by its key and in a list.
    async fn read(self: Arc<Self>, models: Arc<ReadModels>) {
        while !self.stop.load(Ordering::Acquire) {
            self.read_once(&models).await;
        }
    }

    async fn read_once(&self, models: &ReadModels) {
        let written = self.written.load(Ordering::Acquire);
        let row = models.row::<Projects>(self.project.to_string()).await.expect("a read").expect("the project");
        assert!(row.version >= written, "version {} was acknowledged and {} is shown", written, row.version);
        assert!(row.updates.len() >= usize::try_from(row.version).expect("small") / 2, "all of it is there");
        let listed = models.projects(&ProjectFilter::default(), i64::MAX, 100).await.expect("a read");
        let first = listed.iter().find(|listed| listed.id == self.project).expect("in the list");
        assert!(first.version >= row.version, "the list went back to {} from {}", first.version, row.version);
        self.reads.fetch_add(1, Ordering::AcqRel);
    }
}

/// The load upon a project that has much news already. It comes when the demo world ends: later, access in it has ended.
async fn load(world: &World) -> Arc<Load> {
    let now = world.log.head().await.expect("reads").at;
    let source = Source::simulated(move || now, 99);
    let app = App::new(world.log.clone(), Policies::embedded().expect("policies"), source);
    let row = some_project(&world.models).await;
    let mut written = row.version;
    for n in 0..row.version.max(20) * 2 {
        let request = Request::new(By::Member(row.lead), id());
        let done = app.run(post(row.id, &format!("Eerder {n}")), &request).await.expect("written");
        world.models.reach(done.position).await.expect("reached");
        written = done.version;
    }
    Arc::new(Load {
        app,
        project: row.id,
        by: row.lead,
        stop: AtomicBool::new(false),
        written: AtomicI32::new(written),
        reads: AtomicUsize::new(0),
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn models_are_built_anew_under_load_and_nobody_notices() {
    let world = world().await;
    let (pool, log) = (&world.pool, &world.log);
    let models = Arc::new(open(pool).await.1);
    let load = load(&world).await;
    let mut running = JoinSet::new();
    running.spawn(load.clone().write(models.clone()));
    for _ in 0..3 {
        running.spawn(load.clone().read(models.clone()));
    }
    let build = BuildOptions::default();
    let reads = || load.reads.load(Ordering::Acquire);

    // In place; and with so little memory that rows go to the database and come back.
    for memory in [build.memory, 20_000] {
        let before = reads();
        let little = BuildOptions { memory, ..BuildOptions::default() };
        readmodel::rebuild(pool, log, &[], &little).await.expect("rebuilt");
        assert!(reads() > before, "readers went on");
        all_agree(&models).await;
    }
    readmodel::go_back(pool, log, &["project".to_owned()]).await.expect("gone back");
    readmodel::renew(pool, log).await.expect("renewed");
    let refused = readmodel::go_back(pool, log, &[]).await.expect_err("nothing of before is kept");
    assert!(matches!(refused, readmodel::ReadModelError::NoPrevious { .. }), "{refused}");

    // Another definition, beside the one that runs: it has what was acknowledged before.
    let written = load.written.load(Ordering::Acquire);
    let newer = Options { edition: "newer".into(), ..Options::default() };
    let newer = Arc::new(ReadModels::open(pool.clone(), log.clone(), &newer).await.expect("opens"));
    newer.catch_up().await.expect("caught up");
    let shown = newer.row::<Projects>(load.project.to_string()).await.expect("a read").expect("the project").version;
    assert!(shown >= written, "{shown} of {written}");
    let before = reads();
    until("both read", async || reads() > before + 20).await;
    let in_use = readmodel::renew(pool, log).await.expect_err("a newer one runs");
    assert!(matches!(in_use, readmodel::ReadModelError::InUse { .. }), "{in_use}");

    // The older one is stopped, the newer one serves, and then the older one again.
    load.stop.store(true, Ordering::Release);
    while let Some(done) = running.join_next().await {
        done.expect("no read and no write failed");
    }
    drop(models);
    drop(world.models);
    let request = Request::new(By::Member(load.by), id());
    let done = load.app.run(post(load.project, "Met de nieuwe"), &request).await.expect("written");
    newer.reach(done.position).await.expect("reached");
    load.written.store(done.version, Ordering::Release);
    load.read_once(&newer).await;
    all_agree(&newer).await;
    drop(newer);
    let began = Instant::now();
    let older = ReadModels::open(pool.clone(), log.clone(), &Options::default()).await.expect("opens");
    older.catch_up().await.expect("caught up");
    load.read_once(&older).await;
    assert!(began.elapsed() < DEADLINE);
    all_agree(&older).await;
    let listed = readmodel::built(pool).await.expect("listed");
    let of_project: Vec<&str> =
        listed.iter().filter(|built| built.model == "project").map(|built| &*built.role).collect();
    assert_eq!(of_project, ["live", "live"], "the other definition is kept as the one of before: {listed:?}");
}

/// Of what was being built when its process died nothing is left that holds texts; what a process has just opened is its
/// own, even if it has folded nothing yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_drops_what_was_never_finished_and_nothing_that_somebody_has_opened() {
    let world = world().await;
    let orphan = "readmodel_project_1_0123456789ab";
    sqlx::raw_sql(AssertSqlSafe(format!(
        "SELECT readmodel.make_schema('{orphan}'); CREATE TABLE {orphan}.project_new AS SELECT 'een tekst' AS doc"
    )))
    .execute(&world.pool)
    .await
    .expect("made");
    let schemas = async || {
        let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname ~ '^readmodel_'";
        sqlx::query_scalar::<_, String>(sql).fetch_all(&world.pool).await.expect("read")
    };
    assert!(schemas().await.iter().any(|schema| schema == orphan));
    readmodel::renew(&world.pool, &world.log).await.expect("renewed");
    assert_eq!(schemas().await.len(), 9, "those of this program, and no others");

    let newer = Options { edition: "newer".into(), ..Options::default() };
    let newer = ReadModels::open(world.pool.clone(), world.log.clone(), &newer).await.expect("opens");
    let in_use = readmodel::renew(&world.pool, &world.log).await.expect_err("somebody opened it");
    assert!(matches!(in_use, readmodel::ReadModelError::InUse { .. }), "{in_use}");
    newer.catch_up().await.expect("its tables are there");
    all_agree(&newer).await;
}

/// How many models each holder has, by their builds.
async fn holders(world: &World) -> BTreeMap<Option<i32>, i64> {
    let sql = "SELECT holder, count(*) FROM readmodel.build WHERE role = 'live' GROUP BY holder";
    sqlx::query_as(sql).fetch_all(&world.pool).await.expect("read").into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_share_the_models_and_one_takes_over_from_another() {
    let world = world().await;
    let (_, second) = open(&world.pool).await;
    until("both hold some", async || {
        let held = holders(&world).await;
        held.len() == 2 && held.values().all(|models| *models >= 4)
    })
    .await;
    let load = load(&world).await;
    let mut running = JoinSet::new();
    running.spawn(load.clone().write(Arc::new(open(&world.pool).await.1)));
    // What any process folds, each shows: own writes were waited for in another one.
    for _ in 0..200 {
        load.read_once(&world.models).await;
        let written = load.written.load(Ordering::Acquire);
        until("the second shows it", async || {
            let row = second.row::<Projects>(load.project.to_string()).await.expect("a read").expect("there");
            row.version >= written
        })
        .await;
    }
    // One ends without a word.
    drop(second);
    let began = Instant::now();
    until("the others hold all", async || {
        let held = holders(&world).await;
        held.len() == 2 && !held.contains_key(&None) && held.values().sum::<i64>() == 9
    })
    .await;
    assert!(began.elapsed() < Duration::from_secs(5), "taken over within seconds: {:?}", began.elapsed());
    load.stop.store(true, Ordering::Release);
    while let Some(done) = running.join_next().await {
        done.expect("no write failed");
    }
    world.models.catch_up().await.expect("caught up");
    let row = world.models.row::<Projects>(load.project.to_string()).await.expect("a read").expect("there");
    let ids: BTreeSet<UpdateId> = row.updates.iter().map(|update| update.id).collect();
    assert_eq!(ids.len(), row.updates.len(), "nothing is folded twice");
    all_agree(&world.models).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_a_model_cannot_take_stops_only_that_model_until_it_is_mended() {
    let world = world().await;
    let project = some_project(&world.models).await;
    let data = json!({ "member": id() });
    let append = Append {
        stream: StreamId::new(Project::KIND, project.id),
        expected: Expected::Exact(project.version),
        events: vec![NewEvent {
            id: id(),
            event_type: "FromTheFuture".into(),
            schema_version: 1,
            data: CanonicalJson::new(&data).expect("json"),
            concerns: vec![project.id.0],
        }],
        actor: "platform".into(),
        correlation: id(),
        causation: None,
        at: Source::system().now(),
        key: None,
        new_keys: Vec::new(),
    };
    let poison = world.log.append(append).await.expect("appended").position;
    let stale = || {
        let stale = world.models.health().stale;
        stale.into_iter().map(|stale| (stale.model, stale.position, stale.stopped_at)).collect::<Vec<_>>()
    };
    until("those that fold projects stop", async || stale().len() == 3).await;
    let stopped = |model| (model, poison - 1, Some(poison));
    assert_eq!(stale(), [stopped("experience"), stopped("project"), stopped("timeline")]);
    let why = world.models.health().stale[0].trouble.clone().expect("a reason");
    assert!(why.contains("FromTheFuture"), "{why}");
    assert_eq!(world.models.health().trouble, None, "the others go on");

    // The others go on, and what stopped shows its last good state.
    let load = load_on_members(&world).await;
    world.models.reach(load).await.expect("the others go on");
    let shown = world.models.row::<Projects>(project.id.to_string()).await.expect("reads").expect("there");
    assert_eq!(shown, project);
    // Also a process that starts now, and one whose definition is built now.
    let (_, second) = open(&world.pool).await;
    second.catch_up().await.expect("the others are there");
    assert_eq!(second.health().stale.len(), 3);
    let newer = Options { edition: "newer".into(), ..Options::default() };
    let newer = ReadModels::open(world.pool.clone(), world.log.clone(), &newer).await.expect("opens");
    newer.catch_up().await.expect("the others are there");
    assert_eq!(newer.health().stale.iter().map(|stale| stale.position).collect::<Vec<_>>(), [poison - 1; 3]);

    // Mended: as if the program had learned to read it.
    sqlx::raw_sql(AssertSqlSafe(format!(
        "BEGIN; SET LOCAL session_replication_role = replica;
         UPDATE log.event SET type = 'ParticipantJoined' WHERE position = {poison}; COMMIT"
    )))
    .execute(&world.pool)
    .await
    .expect("changed");
    until("all go on", async || stale().is_empty() && newer.health().stale.is_empty()).await;
    let shown = world.models.row::<Projects>(project.id.to_string()).await.expect("reads").expect("there");
    assert_eq!((shown.version, shown.participants.len()), (project.version + 1, project.participants.len() + 1));
    world.models.catch_up().await.expect("caught up");
    all_agree(&world.models).await;
}

/// Something that has nothing to do with projects; returns its position.
async fn load_on_members(world: &World) -> i64 {
    let app = App::new(world.log.clone(), Policies::embedded().expect("policies"), Source::system());
    let theme = app.source().id();
    let named = |name| domain::text::Line::parse(name).expect("a line");
    let command = domain::theme::AddTheme { theme, name: named("Rouw"), name_in_english: named("Grief") };
    let request = Request::new(By::Platform, id());
    app.run(command, &request).await.expect("written").position
}

/// Every row of every model: where it is on disk, and what it holds.
async fn all_rows(world: &World) -> BTreeMap<(&'static str, String), (String, String)> {
    let mut all = BTreeMap::new();
    for model in readmodel::models::names() {
        let sql = format!("SELECT key, xmin::text || ctid::text, doc::text FROM {}", readmodel::table(model));
        let rows: Vec<(String, String, String)> =
            sqlx::query_as(AssertSqlSafe(sql)).fetch_all(&world.pool).await.expect("read");
        all.extend(rows.into_iter().map(|(key, place, doc)| ((model, key), (place, doc))));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_folds_exactly_the_rows_anew_that_held_the_text() {
    let world = world().await;
    let before = all_rows(&world).await;
    // A member's name, a question's text, an answer's and an update's.
    let mut scopes = Vec::new();
    let events = world.log.page(0, i64::MAX).await.expect("read");
    for kind in ["member", "question", "answer", "update", "experience"] {
        let mark = format!("\"$sealed\":\"{kind}:");
        let of_kind = events.iter().filter_map(|event| event.data.get().split_once(&mark));
        let ids: Vec<&str> = of_kind.filter_map(|(_, rest)| rest.split('"').next()).collect();
        scopes.push(format!("{kind}:{}", ids[ids.len() / 2]));
    }
    for scope in &scopes {
        world.log.keys().destroy(scope, Source::system().now()).await.expect("destroyed");
    }
    until("all have seen to it", async || {
        let sql = "SELECT bool_and(erasures = (SELECT destroyed FROM log.erasure)) FROM readmodel.build";
        sqlx::query_scalar::<_, bool>(sql).fetch_one(&world.pool).await.expect("read")
    })
    .await;
    all_agree(&world.models).await;
    let after = all_rows(&world).await;
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let written: Vec<_> = before.iter().filter(|(key, row)| after[*key].0 != row.0).map(|(key, _)| key).collect();
    let changed: Vec<_> = before.iter().filter(|(key, row)| after[*key].1 != row.1).map(|(key, _)| key).collect();
    assert_eq!(written, changed, "no row was written that did not hold any of it");
    let models: BTreeSet<&str> = changed.iter().map(|(model, _)| *model).collect();
    assert!(models.contains("member") && models.contains("question") && models.contains("project"), "{models:?}");
    assert!(changed.len() < 40, "{} of {} rows", changed.len(), before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn while_nothing_happens_next_to_nothing_is_asked_of_the_database() {
    let world = world().await;
    world.models.catch_up().await.expect("caught up");
    let transactions = async || {
        let sql = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()";
        sqlx::query_scalar::<_, i64>(sql).fetch_one(&world.pool).await.expect("read")
    };
    let asked = AtomicI64::new(0);
    // Statistics come with a delay.
    until("statistics settle", async || {
        let before = transactions().await;
        tokio::time::sleep(Duration::from_secs(3)).await;
        asked.store(transactions().await - before, Ordering::Release);
        asked.load(Ordering::Acquire) < 60
    })
    .await;
}
