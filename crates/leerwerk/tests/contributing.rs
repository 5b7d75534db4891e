//! The checklist "Add a new kind of event" in CONTRIBUTING.md is complete: it names every place that an event which
//! exists touches, and no place that it does not.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The event that stands for all: a project went to the next phase. The checklist tells of one that does not exist yet.
const EXAMPLE: [(&str, &str); 3] =
    [("set_milestone", "advance_phase"), ("MilestoneSet", "PhaseAdvanced"), ("SetMilestone", "AdvancePhase")];

/// How the example is written in code, schemas and the web client.
const FORMS: [&str; 4] = ["PhaseAdvanced", "AdvancePhase", "advance_phase", "advancePhase"];

/// Places that speak of the example for a reason of their own and not because every event must be there.
const OF_THEIR_OWN: [&str; 9] = [
    "crates/domain/src/command.rs",
    "crates/domain/src/project/return_phase.rs",
    "crates/domain/tests/laws.rs",
    "crates/leerwerk/tests/contributing.rs",
    "crates/api/tests/http/past.rs",
    "crates/audit/",
    "crates/demo/tests/",
    "crates/eventlog/src/canonical.rs",
    "crates/leerwerk/tests/cli_audit.rs",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the repository")
}

/// The places in the column "Where", with the example put in.
fn places() -> Vec<String> {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).expect("is there");
    let (_, section) = text.split_once("## Add a new kind of event").expect("a section");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with('|')).skip(2);
    let mut places = Vec::new();
    for row in rows {
        let place = row.split('|').nth(2).expect("a column").trim().trim_matches('`').to_owned();
        places.push(EXAMPLE.iter().fold(place, |place, (from, to)| place.replace(from, to)));
    }
    places
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if path.is_dir() {
            if !["node_modules", "build", ".svelte-kit", "paraglide"].contains(&&*name) {
                files(&path, into);
            }
        } else {
            into.push(path);
        }
    }
}

#[test]
fn every_place_on_the_checklist_is_one_that_the_example_touches() {
    let places = places();
    assert!(places.len() >= 15, "{places:?}");
    for place in places {
        // A folder or several files: `web/src/routes/…`, `…/models/*.rs`.
        if place.contains('…') || place.contains('*') || place == "CHANGELOG.md" {
            continue;
        }
        let text = fs::read_to_string(root().join(&place)).unwrap_or_else(|error| panic!("{place}: {error}"));
        // A golden file is named after the event; generated types are named after GraphQL types.
        let there = FORMS.iter().any(|form| text.contains(form) || place.contains(form));
        assert!(there, "{place} is on the checklist but has nothing of the example");
    }
}

#[test]
fn every_place_that_the_example_touches_is_on_the_checklist() {
    let named = places();
    let mut all = Vec::new();
    for folder in ["crates", "schema", "web/src"] {
        files(&root().join(folder), &mut all);
    }
    let mut unnamed = BTreeSet::new();
    for file in all {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        let place = file.strip_prefix(root()).expect("below").display().to_string();
        let known = named.iter().any(|name| {
            let folder = name.strip_suffix('…').unwrap_or(name);
            place == *name || (name.ends_with('…') && place.starts_with(folder))
        });
        // Comments may take anything as an example.
        let mut code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        let touched = code.any(|line| FORMS.iter().any(|form| line.contains(form)));
        if touched && !known && !OF_THEIR_OWN.iter().any(|own| place.starts_with(own)) {
            unnamed.insert(place);
        }
    }
    assert_eq!(unnamed, BTreeSet::new(), "name these places in CONTRIBUTING.md, or say here why they are not on it");
}
