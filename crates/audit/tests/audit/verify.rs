//! Whatever somebody does to a log behind its back is found, and placed.

use audit::{Against, Export, Filter, Format, Report, Wrong, verify_database, verify_export};
use eventlog::{
    Append, CanonicalJson, Expected, KeyEncryptionKey, Log, LogSigner, LogVerifier, NewEvent, Position, StreamId, Tree,
    TreeHead,
};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use testdb::TestDb;
use uuid::Uuid;

use crate::world::time;

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("../../migrations");

/// Events in the log.
const SIZE: Position = 600;

/// A copy of a log of 600 events, to do things to.
struct Victim {
    log: Log,
    pool: PgPool,
    signer: LogSigner,
    _database: TestDb,
}

/// The key does not matter, but it must be the same for all copies.
const KEY: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";

async fn open(pool: PgPool, url: &str) -> Log {
    let connect = url.parse().expect("an address");
    Log::open(pool, connect, KeyEncryptionKey::new([7; 32]), &eventlog::Options::default()).await.expect("opens")
}

/// Twenty streams in turns, some events caused by others.
async fn fill(log: &Log) {
    let mut random = StdRng::seed_from_u64(20);
    let mut id = move || Uuid::from_u128(random.random());
    let streams: Vec<StreamId> = (0..20).map(|_| StreamId::new("project", id())).collect();
    for number in 0..SIZE {
        let stream = &streams[usize::try_from(number % 20).expect("small")];
        let event = NewEvent {
            id: id(),
            event_type: "UpdatePosted".into(),
            schema_version: 1,
            data: CanonicalJson::new(&json!({ "number": number, "text": "abc" })).expect("canonical"),
            concerns: vec![stream.id, id()],
        };
        let append = Append {
            stream: stream.clone(),
            expected: Expected::Any,
            events: vec![event],
            actor: "member:00000000-0000-0000-0000-000000000001".into(),
            correlation: id(),
            causation: (number % 2 == 0).then(&mut id),
            at: time("2026-01-01T12:00:00Z") + chrono::TimeDelta::seconds(number),
            key: None,
            new_keys: Vec::new(),
        };
        log.append(append).await.expect("appended");
    }
}

impl Victim {
    async fn new() -> Self {
        let template = testdb::fingerprint("a log of 600 events", &MIGRATIONS);
        let database = testdb::fresh(&template, async |pool| {
            MIGRATIONS.run(&pool).await.expect("migrates");
            let name: String = sqlx::query_scalar("SELECT current_database()").fetch_one(&pool).await.expect("a name");
            let connect = (*pool.connect_options()).clone().database(&name);
            let kek = KeyEncryptionKey::new([7; 32]);
            let log = Log::open(pool, connect, kek, &eventlog::Options::default()).await.expect("opens");
            fill(&log).await;
        })
        .await;
        let pool = database.pool().await;
        let log = open(pool.clone(), &database.url).await;
        Self { log, pool, signer: LogSigner::parse(KEY).expect("a key"), _database: database }
    }

    /// Does something that only a superuser can, who first switches the triggers off.
    async fn suffer(&self, sql: &str) {
        let sql = format!("SET session_replication_role = replica; {sql}; RESET session_replication_role");
        sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(&self.pool).await.expect(&sql);
    }

    /// The checkpoint of the first `size` events, as it was signed then.
    async fn checkpoint(&self, size: Position) -> (String, String) {
        let head = self.log.tree_head_at(size).await.expect("a head");
        (format!("kept-{size}"), self.signer.sign(&head).expect("signed"))
    }

    fn against(&self, checkpoints: Vec<(String, String)>) -> Against {
        let keys = self.signer.verifier_keys().join("\n");
        Against { verifier: Some(LogVerifier::parse(&keys).expect("keys")), checkpoints, earlier: None }
    }

    async fn check(&self, against: &Against) -> Report {
        verify_database(&self.log, against, |_, _| {}).await.expect("checked")
    }

    async fn export(&self, filter: Filter, format: Format) -> tempfile::TempDir {
        let directory = tempfile::tempdir().expect("a directory");
        let made_at = time("2026-02-01T00:00:00Z");
        let export = Export { directory: directory.path().into(), format, filter, made_at };
        audit::export(&self.log, &self.signer, &export, |_| {}).await.expect("exported");
        directory
    }

    /// Whoever can do everything makes hashes, tree and head fit what stands in the table.
    async fn cover_up(&self) {
        let (mut tree, mut sql) = (Tree::default(), vec!["DELETE FROM log.tree_node".to_owned()]);
        for event in self.log.page(0, SIZE).await.expect("a page") {
            let leaf = eventlog::leaf_hash(eventlog::envelope(&event).as_bytes());
            if leaf != event.leaf_hash {
                let (hash, position) = (hex::encode(leaf), event.position);
                sql.push(format!("UPDATE log.event SET leaf_hash = '\\x{hash}' WHERE position = {position}"));
            }
            tree.push(leaf, |node| {
                let hash = hex::encode(node.hash);
                sql.push(format!("INSERT INTO log.tree_node VALUES ({}, {}, '\\x{hash}')", node.level, node.index));
            });
        }
        let (size, peaks) = (tree.size(), hex::encode(tree.peaks()));
        sql.push(format!("UPDATE log.head SET position = {size}, tree_size = {size}, peaks = '\\x{peaks}'"));
        self.suffer(&sql.join(";")).await;
    }
}

/// Another value that differs in one bit, by column.
fn flipped(column: &str, bit: u32) -> String {
    let uuid = |value: &str| {
        let bytes = format!("uuid_send({value})");
        let bit = bit * 7 % 128;
        format!("encode(set_bit({bytes}, {bit}, 1 - get_bit({bytes}, {bit})), 'hex')::uuid")
    };
    match column {
        "position" => format!("position | {}", 1_u64 << (20 + bit)),
        "version" | "schema_version" => {
            format!("{column} # (1 << {})::{}", 5 + bit % 8, if column == "version" { "int" } else { "smallint" })
        }
        "at" => format!("at + make_interval(secs => {} * 0.000001)", 1_u64 << bit),
        "concerns" => format!("array[{}] || concerns[2:]", uuid("concerns[1]")),
        "leaf_hash" => format!("set_bit(leaf_hash, {bit}, 1 - get_bit(leaf_hash, {bit}))"),
        "data" => "replace(data::text, 'abc', 'abb')::json".into(),
        "stream_kind" | "type" | "actor" => {
            let bytes = format!("convert_to({column}, 'UTF8')");
            let bit = bit % 4 * 8;
            format!("convert_from(set_bit({bytes}, {bit}, 1 - get_bit({bytes}, {bit})), 'UTF8')")
        }
        // A bit of nothing: there is a value where there was none.
        "causation" => format!("coalesce({}, correlation)", uuid("causation")),
        id => uuid(id),
    }
}

#[tokio::test]
async fn one_flipped_bit_in_any_column_of_any_row_is_found_where_it_is() {
    let mut random = StdRng::seed_from_u64(1);
    let columns: Vec<String> = {
        let victim = Victim::new().await;
        let sql = "SELECT column_name::text FROM information_schema.columns
                   WHERE table_schema = 'log' AND table_name = 'event'";
        sqlx::query_scalar(sql).fetch_all(&victim.pool).await.expect("columns")
    };
    assert_eq!(columns.len(), 14);
    for column in &columns {
        for _ in 0..2 {
            let (position, bit) = (random.random_range(1..=SIZE), random.random_range(0..16));
            let victim = Victim::new().await;
            let to = flipped(column, bit);
            victim.suffer(&format!("UPDATE log.event SET {column} = {to} WHERE position = {position}")).await;
            let report = victim.check(&Against::default()).await;
            let expected = match column.as_str() {
                "position" => Wrong::Missing { first: position, last: position },
                _ => Wrong::Changed { position },
            };
            assert!(report.wrong.contains(&expected), "{column} at {position}, bit {bit}: {:?}", report.wrong);
        }
    }
}

#[tokio::test]
async fn a_bit_of_the_tree_or_of_the_head_is_found() {
    for (sql, expected) in [
        (
            "UPDATE log.tree_node SET hash = set_bit(hash, 9, 1 - get_bit(hash, 9)) WHERE index = 1",
            Wrong::Node { first: 257, last: 512 },
        ),
        ("DELETE FROM log.tree_node WHERE index = 0", Wrong::Node { first: 1, last: 256 }),
        ("INSERT INTO log.tree_node VALUES (1, 2, repeat('x', 32)::bytea)", Wrong::Node { first: 513, last: 768 }),
        ("UPDATE log.head SET peaks = set_bit(peaks, 100, 1 - get_bit(peaks, 100))", Wrong::Head { head: SIZE }),
        ("UPDATE log.head SET peaks = ''", Wrong::Head { head: SIZE }),
        ("UPDATE log.head SET position = 601", Wrong::Missing { first: 601, last: 601 }),
        ("UPDATE log.head SET position = 599", Wrong::Unexpected { position: 600 }),
    ] {
        let victim = Victim::new().await;
        assert_eq!(victim.check(&Against::default()).await.wrongs, 0);
        victim.suffer(sql).await;
        let report = victim.check(&Against::default()).await;
        // (Nodes beyond the end may be of events that were appended during the check.)
        assert!(report.wrong.contains(&expected) || sql.contains("(1, 2,"), "{sql}: {:?}", report.wrong);
    }
}

#[tokio::test]
async fn deleted_swapped_and_inserted_rows_are_found_where_they_are() {
    let mut random = StdRng::seed_from_u64(2);
    for _ in 0..3 {
        let (a, b) = (random.random_range(1..300), random.random_range(300..=SIZE));
        let victim = Victim::new().await;
        victim.suffer(&format!("DELETE FROM log.event WHERE position = {a}")).await;
        let report = victim.check(&Against::default()).await;
        assert!(report.wrong.contains(&Wrong::Missing { first: a, last: a }), "{:?}", report.wrong);

        let victim = Victim::new().await;
        victim
            .suffer(&format!(
                "UPDATE log.event SET position = -1 WHERE position = {a};
                 UPDATE log.event SET position = {a} WHERE position = {b};
                 UPDATE log.event SET position = {b} WHERE position = -1"
            ))
            .await;
        let report = victim.check(&Against::default()).await;
        for position in [a, b] {
            assert!(report.wrong.contains(&Wrong::Changed { position }), "{:?}", report.wrong);
        }

        let victim = Victim::new().await;
        victim
            .suffer(
                "INSERT INTO log.event SELECT (jsonb_populate_record(e, jsonb_build_object('position', 601,
                 'version', e.version + 1))).* FROM log.event e WHERE position = 600",
            )
            .await;
        let report = victim.check(&Against::default()).await;
        assert!(report.wrong.contains(&Wrong::Unexpected { position: 601 }), "{:?}", report.wrong);
    }
}

/// Nothing in the database tells, but a checkpoint that was kept does.
#[tokio::test]
async fn a_cut_tail_is_found_by_a_kept_checkpoint() {
    let victim = Victim::new().await;
    let kept = vec![victim.checkpoint(400).await, victim.checkpoint(SIZE).await];
    victim.suffer("DELETE FROM log.event WHERE position > 550; UPDATE log.head SET position = 550").await;
    victim.cover_up().await;
    assert_eq!(victim.check(&Against::default()).await.wrongs, 0);
    let report = victim.check(&victim.against(kept)).await;
    assert_eq!(report.agreed, [("kept-400".to_owned(), 400)]);
    assert_eq!(report.wrong, [Wrong::Truncated { end: 550, signed: SIZE, checkpoint: "kept-600".into() }]);
}

/// A checkpoint tells between which positions; an earlier export tells which one.
#[tokio::test]
async fn a_rewritten_history_is_found_by_what_was_kept() {
    let mut random = StdRng::seed_from_u64(3);
    for _ in 0..2 {
        let position = random.random_range(201..=400);
        let victim = Victim::new().await;
        let mut kept = Vec::new();
        for size in [1, 200, 400, SIZE] {
            kept.push(victim.checkpoint(size).await);
        }
        let earlier = victim.export(Filter::default(), Format::Ndjson).await;
        victim.suffer(&format!("UPDATE log.event SET actor = 'member:x' WHERE position = {position}")).await;
        victim.cover_up().await;
        assert_eq!(victim.check(&Against::default()).await.wrongs, 0, "by itself it fits together");

        let against = victim.against(kept);
        let forked = Wrong::Forked { agreed: 200, signed: 400, checkpoint: "kept-400".into() };
        assert_eq!(victim.check(&against).await.wrong, std::slice::from_ref(&forked));
        let rewritten = Wrong::Rewritten { position };
        let against = Against { earlier: Some(earlier.path().into()), ..against };
        assert_eq!(victim.check(&against).await.wrong, [rewritten.clone(), forked.clone()]);
        // An export made of the forged log is no better.
        for format in [Format::Ndjson, Format::Csv] {
            let export = victim.export(Filter::default(), format).await;
            let report = verify_export(export.path(), &against).expect("checked");
            assert_eq!(report.wrong, [rewritten.clone(), forked.clone()]);
        }
        let part = Filter { from: "390".parse().ok(), ..Filter::default() };
        let export = victim.export(part, Format::Ndjson).await;
        assert_eq!(verify_export(export.path(), &against).expect("checked").wrong, [rewritten, forked]);
    }
}

#[tokio::test]
async fn a_sound_log_and_its_exports_agree_with_every_checkpoint() {
    let victim = Victim::new().await;
    let mut kept = Vec::new();
    for size in [0, 1, 255, 256, 257, SIZE] {
        kept.push(victim.checkpoint(size).await);
    }
    let against = victim.against(kept);
    let report = victim.check(&against).await;
    assert_eq!((report.wrongs, report.agreed.len(), report.events), (0, 6, 600), "{:?}", report.wrong);
    assert_eq!(report.tree, victim.log.tree_head().await.expect("a head"));
    for format in [Format::Ndjson, Format::Csv] {
        for filter in [
            Filter::default(),
            Filter { from: "100".parse().ok(), until: "300".parse().ok(), ..Filter::default() },
            Filter { until: "300".parse().ok(), ..Filter::default() },
        ] {
            let export = victim.export(filter, format).await;
            let report = verify_export(export.path(), &against).expect("checked");
            assert_eq!((report.wrongs, report.agreed.len()), (0, 7), "{:?}", report.wrong);
        }
    }
}

#[tokio::test]
async fn a_checkpoint_of_somebody_else_counts_for_nothing() {
    let victim = Victim::new().await;
    let stranger = LogSigner::parse(&eventlog::generate_log_key("PeterNeumann").expect("a key")).expect("a key");
    let head = TreeHead { size: 10, root: [1; 32] };
    let forged = stranger.sign(&head).expect("signed");
    let against = victim.against(vec![("forged".into(), forged), ("nonsense".into(), "nonsense".into())]);
    let report = victim.check(&against).await;
    assert_eq!((report.wrongs, report.agreed.len()), (2, 0));
    assert!(matches!(&report.wrong[0], Wrong::Checkpoint { checkpoint, .. } if checkpoint == "forged"));
    let without = Against { verifier: None, ..against };
    let refused = verify_database(&victim.log, &without, |_, _| {}).await.expect_err("no key");
    assert!(matches!(refused, audit::VerifyError::NoKey));
}
