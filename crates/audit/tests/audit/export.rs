//! What an export promises to whoever reads it without the platform.

use std::fs;

use app::By;
use audit::{ExportError, Filter, Format, Manifest};
use domain::question::{AcceptAnswer, MarkHelpful, RevealAsker};
use eventlog::Position;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::world::{World, lines};

fn range(from: &str, until: &str) -> Filter {
    let moment = |text: &str| (!text.is_empty()).then(|| text.parse().expect("a moment"));
    Filter { from: moment(from), until: moment(until), concerns: Vec::new() }
}

#[tokio::test]
async fn every_line_is_canonical_and_its_hash_can_be_recomputed() {
    let world = World::new().await;
    let question = world.ask(world.sanne, false).await;
    world.answer(world.joost, question).await;
    let directory = tempfile::tempdir().expect("a directory");
    world.export(directory.path(), Format::Ndjson, Filter::default()).await.expect("exports");
    let text = fs::read_to_string(directory.path().join("events.ndjson")).expect("a file");
    for line in text.lines() {
        let mut event: Value = serde_json::from_str(line).expect("json");
        assert_eq!(serde_json_canonicalizer::to_string(&event).expect("canonical"), line);
        let hash = event.as_object_mut().expect("an object").remove("leafHash").expect("a hash");
        let leaf = serde_json_canonicalizer::to_vec(&event).expect("canonical");
        assert_eq!(hash, hex::encode(Sha256::new().chain_update([0]).chain_update(leaf).finalize()));
    }
    assert_eq!(text.lines().count(), 7);
    for typed in ["Sanne", "naam@zorg.example", "huisarts", "verpleegkundige"] {
        assert!(!text.contains(typed), "{typed} left the platform unsealed");
    }
}

#[tokio::test]
async fn the_manifest_tells_what_the_files_hold() {
    let world = World::new().await;
    world.ask(world.sanne, false).await;
    let directory = tempfile::tempdir().expect("a directory");
    let exported = world.export(directory.path(), Format::Csv, range("2", "2026-01-01")).await.expect("exports");
    let read = |name: &str| fs::read(directory.path().join(name)).expect("a file");
    let manifest: Manifest = serde_json::from_slice(&read("manifest.json")).expect("a manifest");
    assert_eq!(manifest, exported.manifest);
    let filters = &manifest.filters;
    assert_eq!((filters.from.as_deref(), filters.until.as_deref()), (Some("2"), Some("2026-01-01")));
    assert_eq!((filters.from_position, filters.until_position), (2, 6));
    assert_eq!((manifest.first_position, manifest.last_position, manifest.head_position), (Some(2), Some(6), 6));
    assert_eq!(manifest.made_at, "2026-02-01T00:00:00.000000Z");
    for file in manifest.files.iter().chain([&exported.manifest_file]) {
        let bytes = read(&file.name);
        assert_eq!(file.bytes, bytes.len() as u64, "{}", file.name);
        assert_eq!(file.sha256, hex::encode(Sha256::digest(&bytes)), "{}", file.name);
    }
    let mut table = csv::Reader::from_path(directory.path().join("events.csv")).expect("a table");
    let types: Vec<String> = table.records().map(|row| row.expect("a row")[4].to_owned()).collect();
    assert_eq!(types.len() as u64, manifest.counts.total);
    for (event_type, count) in &manifest.counts.per_type {
        assert_eq!(types.iter().filter(|other| *other == event_type).count() as u64, *count, "{event_type}");
    }
}

#[tokio::test]
async fn a_table_holds_the_same_as_the_lines() {
    let world = World::new().await;
    world.ask(world.sanne, true).await;
    let (one, other) = (tempfile::tempdir().expect("a directory"), tempfile::tempdir().expect("a directory"));
    world.export(one.path(), Format::Ndjson, Filter::default()).await.expect("exports");
    world.export(other.path(), Format::Csv, Filter::default()).await.expect("exports");
    let mut table = csv::Reader::from_path(other.path().join("events.csv")).expect("a table");
    let header = table.headers().expect("a header").clone();
    let rows: Vec<csv::StringRecord> = table.records().collect::<Result<_, _>>().expect("rows");
    let lines = lines(one.path());
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        assert_eq!(header.len(), line.as_object().expect("an object").len());
        for (name, cell) in header.iter().zip(row) {
            let expected = match &line[name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(ids) => ids.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
                number_or_object => serde_json_canonicalizer::to_string(number_or_object).expect("canonical"),
            };
            assert_eq!(cell, expected, "{name}");
        }
    }
}

#[tokio::test]
async fn both_ends_of_a_range_are_included_whether_a_position_a_time_or_a_day() {
    let world = World::new().await;
    let mut at = Vec::new();
    for now in ["2026-01-02T00:00:00Z", "2026-01-02T23:59:59.999999Z", "2026-01-03T00:00:00Z"] {
        world.it_is(now);
        world.ask(world.sanne, false).await;
        at.push(world.head().await);
    }
    for (from, until, expected) in [
        ("6", "7", vec![at[0], at[1]]),
        ("7", "", vec![at[1], at[2]]),
        ("", "2", vec![1, 2]),
        ("0", "1", vec![1]),
        ("2026-01-02", "2026-01-02", vec![at[0], at[1]]),
        ("2026-01-02T00:00:00.000001Z", "2026-01-03T01:00:00+01:00", vec![at[1], at[2]]),
        ("2026-01-02T23:59:59.999999Z", "2026-01-02T23:59:59.999999Z", vec![at[1]]),
        ("2026-01-04", "", vec![]),
        ("2025-01-01", "2025-12-31", vec![]),
        ("8", "999999", vec![at[2]]),
    ] {
        assert_eq!(world.positions(range(from, until)).await, expected, "from {from:?} until {until:?}");
    }
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_is_refused() {
    let world = World::new().await;
    let directory = tempfile::tempdir().expect("a directory");
    let refused = world.export(directory.path(), Format::Csv, range("4", "2")).await;
    assert!(matches!(refused, Err(ExportError::Backwards { first: 4, last: 2 })), "{refused:?}");
}

#[tokio::test]
async fn what_concerns_several_things_is_exported_once_in_order() {
    let world = World::new().await;
    let mut about_first: Vec<Position> = Vec::new();
    let mut questions = Vec::new();
    for _ in 0..3 {
        let question = world.ask(world.sanne, false).await;
        questions.push(question);
        about_first.push(world.head().await);
    }
    world.answer(world.joost, questions[0]).await;
    let concerns = |ids: Vec<uuid::Uuid>| Filter { concerns: ids, ..Filter::default() };
    let [first, second, _] = [questions[0].0, questions[1].0, questions[2].0];
    assert_eq!(world.positions(concerns(vec![first])).await, [6, 9]);
    assert_eq!(world.positions(concerns(vec![second, first, second])).await, [6, 7, 9]);
    // Each question concerns the theme and Sanne as well.
    assert_eq!(world.positions(concerns(vec![world.theme.0, first, world.sanne.0])).await, [1, 4, 6, 7, 8, 9]);
    let until = Filter { concerns: vec![world.theme.0], ..range("2", "8") };
    assert_eq!(world.positions(until).await, [6, 7, 8]);
    assert_eq!(world.positions(concerns(vec![uuid::Uuid::nil()])).await, [0; 0]);
}

#[tokio::test]
async fn an_export_of_many_pages_is_whole_and_in_order() {
    let world = World::new().await;
    let question = world.ask(world.sanne, false).await;
    let begun = world.head().await;
    world.fill(question, 2_500).await;
    let head = world.head().await;
    assert_eq!(world.positions(Filter::default()).await, (1..=head).collect::<Vec<_>>());
    let about = Filter { concerns: vec![question.0, world.theme.0], ..range("2", "") };
    assert_eq!(world.positions(about).await, (begun..=head).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_running_platform_does_not_change_what_an_export_holds() {
    let world = World::new().await;
    let question = world.ask(world.sanne, false).await;
    world.fill(question, 2_500).await;
    let head = world.head().await;
    let directory = tempfile::tempdir().expect("a directory");
    let (exported, ()) =
        tokio::join!(world.export(directory.path(), Format::Ndjson, Filter::default()), world.fill(question, 500));
    let manifest = exported.expect("exports").manifest;
    let end = manifest.head_position;
    assert!(end >= head && end < world.head().await + 1);
    assert_eq!((manifest.counts.total.cast_signed(), manifest.last_position), (end, Some(end)));
    assert_eq!(lines(directory.path()).len().cast_signed() as Position, end);
}

/// Rule 3: peers never see who asked anonymously; nor does whoever reads an export.
#[tokio::test]
async fn before_she_reveals_herself_no_line_names_both_an_anonymous_question_and_its_asker() {
    let world = World::new().await;
    let question = world.ask(world.sanne, true).await;
    let answer = world.answer(world.joost, question).await;
    world.run(By::Member(world.sanne), AcceptAnswer { question, answer }).await;
    world.run(By::Member(world.sanne), MarkHelpful { question, answer }).await;
    let open = world.ask(world.sanne, false).await;
    let before = world.head().await;
    let revealed = world.run(By::Member(world.sanne), RevealAsker { question, member: world.sanne }).await;

    let naming = async |format: Format, until: Position, question: domain::id::QuestionId| {
        let directory = tempfile::tempdir().expect("a directory");
        let exported = world.export(directory.path(), format, range("", &until.to_string())).await.expect("exports");
        let text = fs::read_to_string(directory.path().join(&exported.manifest.files[0].name)).expect("a file");
        let (asker, question) = (world.sanne.to_string(), question.to_string());
        text.lines().filter(|line| line.contains(&asker) && line.contains(&question)).count()
    };
    for format in [Format::Ndjson, Format::Csv] {
        assert_eq!(naming(format, before, question).await, 0, "before, as {format:?}");
        assert_eq!(naming(format, revealed, question).await, 1, "after, as {format:?}");
        // That the search finds what there is to find:
        assert_eq!(naming(format, before, open).await, 1, "an open question, as {format:?}");
    }
    let of_hers = Filter { concerns: vec![world.sanne.0], ..range("", &before.to_string()) };
    let directory = tempfile::tempdir().expect("a directory");
    world.export(directory.path(), Format::Ndjson, of_hers).await.expect("exports");
    assert!(lines(directory.path()).iter().all(|line| line["stream"] != format!("question-{question}")));
}
