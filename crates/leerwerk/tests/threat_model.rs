//! The threat model points at tests that exist, has the six kinds of threat for each arrow, and says what is open.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Spoofing, tampering, repudiation, information disclosure, denial of service, elevation of privilege.
const KINDS: [&str; 6] = ["S", "T", "R", "I", "D", "E"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/threat-model.md")).expect("the page")
}

/// The arrows: each a heading with its rows.
fn arrows(page: &str) -> Vec<(&str, Vec<Vec<&str>>)> {
    let numbered = |section: &&str| section.starts_with(|first: char| first.is_ascii_digit());
    let sections = page.split("\n## ").filter(numbered);
    sections
        .map(|section| {
            let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
            let cells = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect());
            (section.lines().next().unwrap_or_default(), cells.collect())
        })
        .collect()
}

/// Whether a file has a test of this name: a function in Rust, a title in JavaScript.
fn exists(named: &str) -> bool {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap_or_default();
    if let Some((path, function)) = named.split_once("::") {
        let text = read(path);
        let Some((before, _)) = text.split_once(&format!("fn {function}()")) else { return false };
        // The attribute stands right above, but for others.
        let above = before.rsplit('\n').skip(1).take_while(|line| line.trim_start().starts_with("#["));
        return above.map(str::trim).any(|line| line == "#[test]" || line.starts_with("#[tokio::test"));
    }
    let Some((path, title)) = named.split_once(" › ") else { return false };
    let title = title.trim_matches('"');
    let text = read(path);
    ["test", "step"].iter().any(|call| text.contains(&format!("{call}('{title}'")))
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let page = page();
    let mut named = 0;
    for (arrow, rows) in arrows(&page) {
        for row in rows {
            let [kind, threat, against, tests] = &row[..] else { panic!("{arrow}: {row:?} has another form") };
            // Between backticks, with commas in between.
            let tests: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
            named += tests.len();
            assert!(
                !tests.is_empty() || against.contains("*Open") || against.contains("*open"),
                "{arrow} {kind}: {threat}"
            );
            for test in tests {
                assert!(exists(test), "{arrow} {kind} names {test}, which does not exist");
            }
        }
    }
    assert!(named > 100, "{named}");
}

#[test]
fn every_arrow_has_all_kinds_of_threats_and_what_is_open_has_a_reason() {
    let page = page();
    let (_, open) = page.split_once("\n## Accepted or open").expect("a list");
    let arrows = arrows(&page);
    assert!(arrows.len() >= 15, "{}", arrows.len());
    for (arrow, rows) in arrows {
        let kinds: BTreeSet<&str> = rows.iter().map(|row| row[0]).collect();
        assert_eq!(kinds, BTreeSet::from(KINDS), "{arrow}");
        let number = arrow.split('.').next().unwrap_or_default();
        for row in rows.iter().filter(|row| row[2].to_lowercase().contains("*open")) {
            assert!(open.contains(&format!("{number} {}", row[0])), "{arrow}: why is {} open?", row[0]);
        }
    }
}

#[test]
fn a_test_that_is_gone_would_be_noticed() {
    assert!(exists("crates/leerwerk/tests/threat_model.rs::a_test_that_is_gone_would_be_noticed"));
    assert!(!exists("crates/leerwerk/tests/threat_model.rs::exists"), "no test");
    assert!(!exists("crates/leerwerk/tests/threat_model.rs::a_test_that_is_gone"), "half a name");
    assert!(exists("tests/signin.test.js › \"who is no member\""));
    assert!(!exists("tests/signin.test.js › \"who is no\""));
    assert!(!exists("tests/elsewhere.test.js › \"who is no member\""));
}
