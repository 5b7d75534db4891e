//! What people see is what the log says: live read models, rebuilt ones and those of an earlier moment agree.

mod folded;

use std::collections::BTreeSet;

use domain::id::ProjectId;
use eventlog::Position;
use folded::{all_agree, world};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng, seq::IndexedRandom as _};
use readmodel::{
    BuildOptions, Model, ReadModels, Rows, Seen,
    models::{
        catalogue::Catalogue,
        cycle::{CycleRow, Cycles},
        experience::Experiences,
        knowledge_page::KnowledgePages,
        member::Members,
        project::Projects,
        question::Questions,
        similar::Similar,
        timeline::Timeline,
    },
};
use uuid::Uuid;

#[tokio::test]
async fn live_equals_rebuilt_also_after_a_rebuild_in_place() {
    let world = world().await;
    all_agree(&world.models).await;
    let sql = format!("UPDATE {} SET doc = doc || '{{\"version\": 99}}'", readmodel::table("question"));
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&world.pool).await.expect("updates");
    readmodel::rebuild(&world.pool, &world.log, &[], &BuildOptions::default()).await.expect("rebuilds");
    all_agree(&world.models).await;
    // A model that is built alone is written over several connections, also when rows go to the database and come back.
    for memory in [BuildOptions::default().memory, 20_000] {
        for model in readmodel::models::names() {
            let options = BuildOptions { memory, ..BuildOptions::default() };
            readmodel::rebuild(&world.pool, &world.log, &[model.to_owned()], &options).await.expect("rebuilds");
        }
        all_agree(&world.models).await;
    }
}

#[tokio::test]
async fn a_row_that_was_tampered_with_is_named() {
    let world = world().await;
    let table = readmodel::table("project");
    let sql = format!(
        "UPDATE {table} SET doc = jsonb_set(doc, '{{phase}}', '\"scale_up\"')
         WHERE key = (SELECT min(key) FROM {table} WHERE doc ->> 'phase' <> 'scale_up') RETURNING key"
    );
    let key: String = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(&world.pool).await.expect("updates");
    let comparisons = world.models.check(&[]).await.expect("checks");
    let differing: Vec<_> = comparisons.iter().filter(|comparison| comparison.live != comparison.rebuilt).collect();
    assert_eq!(differing.iter().map(|comparison| comparison.model).collect::<Vec<_>>(), ["project"]);
    assert_eq!(differing[0].difference.as_ref().map(|difference| &difference.key), Some(&key));
}

/// All rows of a model, folded one event after the other as the live tables are.
struct Live<M: Model>(Rows<M::Row>);

impl<M: Model<Row: PartialEq + std::fmt::Debug>> Live<M> {
    /// Compares some rows that are there, and some that are not yet, with what is folded for this moment alone.
    async fn is_what_is_said_of_it(&self, models: &ReadModels, ids: &[Uuid], at: Position) {
        let said = models.rows_at::<M>(ids, at).await.expect("folds");
        for id in ids {
            let key = id.to_string();
            assert_eq!(said.get(&key), self.0.get(&key), "{} {key} at {at}", M::NAME);
        }
    }
}

/// At random positions, everything that can be asked for as it was is what the live model showed then.
#[tokio::test]
async fn what_is_said_of_a_moment_is_what_was_shown_at_that_moment() {
    let world = world().await;
    let head = world.log.head().await.expect("reads").position;
    let mut random = StdRng::seed_from_u64(4);
    let moments: BTreeSet<Position> = (0..25).map(|_| random.random_range(1..=head)).chain([1, head]).collect();
    let ids: Vec<Uuid> = {
        let all = world.log.page(0, head).await.expect("reads");
        all.iter().filter(|event| event.version == 1).map(|event| event.stream.id).collect()
    };
    let mut projects = Live::<Projects>(Rows::default());
    let mut questions = Live::<Questions>(Rows::default());
    let mut experiences = Live::<Experiences>(Rows::default());
    let mut cycles = Live::<Cycles>(Rows::default());
    let mut pages = Live::<KnowledgePages>(Rows::default());
    let mut members = Live::<Members>(Rows::default());
    let mut catalogue = Live::<Catalogue>(Rows::default());
    let mut after = 0;
    for at in moments {
        while after < at {
            let (page, last) = world.models.seen_after(after, (at - after).min(1_000)).await.expect("reads");
            for event in &page {
                Projects::fold(&mut projects.0, event);
                Questions::fold(&mut questions.0, event);
                Experiences::fold(&mut experiences.0, event);
                Cycles::fold(&mut cycles.0, event);
                KnowledgePages::fold(&mut pages.0, event);
                Members::fold(&mut members.0, event);
                Catalogue::fold(&mut catalogue.0, event);
            }
            after = last;
        }
        // Whatever an id names: a model has no row for what is not its own.
        let some: Vec<Uuid> = ids.choose_multiple(&mut random, 30).copied().collect();
        projects.is_what_is_said_of_it(&world.models, &some, at).await;
        questions.is_what_is_said_of_it(&world.models, &some, at).await;
        experiences.is_what_is_said_of_it(&world.models, &some, at).await;
        cycles.is_what_is_said_of_it(&world.models, &some, at).await;
        pages.is_what_is_said_of_it(&world.models, &some, at).await;
        members.is_what_is_said_of_it(&world.models, &some, at).await;
        catalogue.is_what_is_said_of_it(&world.models, &some, at).await;
        let of: Vec<ProjectId> = projects.0.iter().map(|(_, row)| row.id).take(5).collect();
        for project in of {
            let mut shown: Vec<&CycleRow> =
                cycles.0.iter().map(|(_, row)| row).filter(|row| row.project == project).collect();
            shown.sort_unstable_by_key(|row| row.planned_position);
            let said = world.models.cycles_at(project, at).await.expect("folds");
            assert_eq!(said.iter().collect::<Vec<_>>(), shown, "the cycles of {project} at {at}");
        }
    }
}

/// A text with every run of 64 hexadecimal digits left out: tags of hidden askers, made with keys that are random.
fn without_tags(text: &str) -> String {
    let mut parts = text.split('"');
    let mut kept = String::with_capacity(text.len());
    for part in parts.by_ref() {
        if part.len() != 64 || !part.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            kept.push_str(part);
        }
        kept.push('"');
    }
    kept
}

fn digest(lines: impl IntoIterator<Item = String>) -> String {
    let mut all = String::new();
    for line in lines {
        all.push_str(&without_tags(&line));
        all.push('\n');
    }
    hex::encode(eventlog::leaf_hash(all.as_bytes()))
}

/// Events of other kinds than a model names change none of its rows: when it is built, they are not even read.
#[tokio::test]
async fn a_model_folds_the_kinds_that_it_names_and_no_others() {
    fn check<M: Model>(events: &[Seen]) {
        let mut rows = Rows::default();
        let mut others = 0;
        for event in events {
            rows.settle(M::is_final);
            M::fold(&mut rows, event);
            if !M::KINDS.contains(&&*event.stream.kind) {
                others += 1;
                assert_eq!(rows.written().next(), None, "{} folds {}", M::NAME, event.stream.kind);
                assert!(M::touches(event).is_empty(), "{} touches {}", M::NAME, event.stream.kind);
            }
        }
        assert!(others > 0, "{}", M::NAME);
    }
    let world = world().await;
    let (events, _) = world.models.seen_after(0, i64::MAX).await.expect("reads");
    check::<Projects>(&events);
    check::<Questions>(&events);
    check::<Experiences>(&events);
    check::<Cycles>(&events);
    check::<KnowledgePages>(&events);
    check::<Members>(&events);
    check::<Catalogue>(&events);
    check::<Timeline>(&events);
    check::<Similar>(&events);
}

/// A model whose rows come out otherwise from the same events has another version, so that it is rebuilt on start. That
/// its own file changed is seen by itself; when something elsewhere changed, this tells to raise its `VERSION`.
#[tokio::test]
async fn the_schema_knows_of_each_read_model_which_version_folds_what() {
    let world = world().await;
    let head = world.log.head().await.expect("reads").position;
    let events = world.log.page(0, head).await.expect("reads");
    let opened = world.log.keys().open(&events).await.expect("opens");
    let lived = events.iter().zip(opened).map(|(event, payload)| format!("{} {} {payload}", event.position, event.id));
    let mut lines = vec![format!("events {head} {}", digest(lived))];
    let checkpoints: Vec<(String, String)> =
        sqlx::query_as("SELECT model, version FROM readmodel.build WHERE role = 'live' ORDER BY model")
            .fetch_all(&world.pool)
            .await
            .expect("reads");
    for (model, version) in checkpoints {
        let sql =
            format!("SELECT key || ' ' || doc::text FROM {} ORDER BY key COLLATE \"C\"", readmodel::table(&model));
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&world.pool).await.expect("reads");
        lines.push(format!("{model} {version} {}", digest(rows)));
    }
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/readmodels.txt");
    let known = std::fs::read_to_string(&file).unwrap_or_default();
    let known: Vec<&str> = known.lines().filter(|line| !line.starts_with('#')).collect();
    if known.first() == lines.first().map(String::as_str).as_ref() {
        for line in &lines[1..] {
            let (named, folded) = line.rsplit_once(' ').expect("a digest");
            let before = known.iter().find_map(|line| line.strip_prefix(named)?.strip_prefix(' '));
            assert!(
                before.is_none_or(|before| before == folded),
                "{named} folds the same otherwise: raise its VERSION"
            );
        }
    }
    if std::env::var_os("UPDATE").is_some() {
        let about = "# Which version of each read model folds the demo world into what. `make schema` writes it.";
        std::fs::write(&file, format!("{about}\n{}\n", lines.join("\n"))).expect("writes");
    } else {
        assert_eq!(known, lines, "schema/readmodels.txt is out of date: run `make schema` and read the difference");
    }
}
