//! The arrows between the crates, as ARCHITECTURE.md draws them.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use serde_json::Value;

/// Which of our crates each crate may use. Adding an arrow is a decision: write it down in an ADR.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("eventlog", &[]),
    ("private-postgres", &[]),
    ("app", &["domain", "eventlog"]),
    ("readmodel", &["domain", "eventlog"]),
    ("audit", &["domain", "eventlog"]),
    ("mail", &["domain", "eventlog", "readmodel"]),
    ("api", &["app", "domain", "eventlog", "readmodel", "audit", "mail"]),
    ("demo", &["app", "domain", "eventlog"]),
    ("testdb", &["private-postgres"]),
    ("faults", &["eventlog", "private-postgres", "readmodel"]),
    ("leerwerk", &["api", "app", "audit", "demo", "domain", "eventlog", "mail", "private-postgres", "readmodel"]),
];

/// What `domain` must never depend on, itself or through others: it does no I/O and no async.
const IMPURE: &[&str] = &["tokio", "sqlx", "reqwest", "hyper", "axum", "rand", "mio"];

fn metadata() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("json")
}

/// The packages of the workspace with their dependencies that are not for tests only.
fn dependencies(metadata: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let members: Vec<&Value> = metadata["workspace_members"].as_array().expect("members").iter().collect();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .filter(|package| members.contains(&&package["id"]))
        .map(|package| {
            let used = package["dependencies"].as_array().expect("dependencies").iter();
            let used = used.filter(|dependency| dependency["kind"].is_null()).map(name);
            (name(package), used.collect())
        })
        .collect()
}

fn name(value: &Value) -> String {
    value["name"].as_str().expect("a name").to_owned()
}

#[test]
fn crates_use_only_what_the_architecture_allows() {
    let used = dependencies(&metadata());
    let ours: BTreeSet<&String> = used.keys().collect();
    assert_eq!(ours, ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect::<BTreeSet<_>>().iter().collect());
    for (package, allowed) in ARROWS {
        for dependency in used[*package].iter().filter(|dependency| ours.contains(dependency)) {
            assert!(allowed.contains(&dependency.as_str()), "{package} must not use {dependency}");
        }
    }
}

#[test]
fn the_domain_is_pure() {
    let metadata = metadata();
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    let id_of = |package: &str| {
        let packages = metadata["packages"].as_array().expect("packages");
        packages.iter().find(|other| name(other) == package).map(|other| other["id"].clone()).expect("is there")
    };
    let mut reached = BTreeSet::new();
    let mut open = vec![id_of("domain")];
    while let Some(id) = open.pop() {
        if !reached.insert(id.to_string()) {
            continue;
        }
        let node = nodes.iter().find(|node| node["id"] == id).expect("a node");
        for dependency in node["deps"].as_array().expect("deps") {
            let normal = dependency["dep_kinds"].as_array().expect("kinds").iter().any(|kind| kind["kind"].is_null());
            if normal {
                open.push(dependency["pkg"].clone());
            }
        }
    }
    for package in metadata["packages"].as_array().expect("packages") {
        if reached.contains(&package["id"].to_string()) {
            assert!(!IMPURE.contains(&&*name(package)), "domain must not depend on {}", name(package));
        }
    }
}

/// Every source file, below a folder.
fn sources(folder: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn every_source_file_says_what_it_is_for_and_fits_in_a_head() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut files);
    assert!(files.len() > 100);
    for file in files {
        let text = fs::read_to_string(&file).expect("text");
        assert!(text.starts_with("//! "), "{} does not begin with `//!`", file.display());
        assert!(text.lines().count() <= 520, "{} is too long", file.display());
    }
}

#[test]
fn only_the_log_writes_its_tables_and_only_read_models_write_theirs() {
    let mut files = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut files);
    for file in files {
        let path = file.display().to_string();
        if path.contains("/tests/") || path.contains("/benches/") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("text");
        for verb in ["INSERT INTO", "UPDATE", "DELETE FROM", "TRUNCATE", "COPY"] {
            let writes = |schema: &str| text.contains(&format!("{verb} {schema}."));
            assert!(!writes("log") || path.contains("/eventlog/"), "{path} writes to the log's tables");
            assert!(!writes("readmodel") || path.contains("/readmodel/"), "{path} writes read models");
        }
        assert!(
            !text.contains("UPDATE log.event") && !text.contains("DELETE FROM log.event"),
            "{path} changes history"
        );
    }
}
