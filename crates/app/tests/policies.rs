//! Every command has a rule in the policies, and every rule speaks of a command, or of an act without an event, that
//! exists.

use std::{collections::BTreeSet, fs, path::Path};

fn names(folder: &Path, into: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            names(&path, into);
        } else {
            let source = fs::read_to_string(&path).expect("a source file");
            let named = source.split("const NAME: &'static str = \"").skip(1);
            into.extend(named.filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned())));
        }
    }
}

/// The fields of a root type of the GraphQL schema as the policies name them.
fn operations(schema: &str, root: &str, prefix: &str) -> Vec<String> {
    let (_, after) = schema.split_once(&format!("\ntype {root} {{\n")).expect("a root type");
    let (fields, _) = after.split_once("\n}").expect("its end");
    let is_field =
        |line: &&str| line.starts_with('\t') && line.contains(':') && line.trim_start().starts_with(char::is_lowercase);
    let name = |line: &str| line.trim().split(['(', ':']).next().unwrap_or_default().to_owned();
    let snake = |name: String| {
        name.chars().fold(prefix.to_owned(), |mut snake, letter| {
            if letter.is_uppercase() {
                snake.push('_');
            }
            snake.extend(letter.to_lowercase());
            snake
        })
    };
    let described = fields.split("\"\"\"").step_by(2).flat_map(str::lines);
    described.filter(is_field).map(name).map(snake).collect()
}

#[test]
fn the_policies_speak_of_every_command_and_query_and_of_nothing_else() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut commands = BTreeSet::new();
    names(&root.join("crates/domain/src"), &mut commands);
    let acts = fs::read_to_string(root.join("crates/app/src/policy.rs")).expect("a source file");
    let acts = acts.split("Act = Act { name: \"").skip(1);
    commands.extend(acts.filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned())));
    let schema = fs::read_to_string(root.join("schema/schema.graphql")).expect("the schema");
    commands.extend(operations(&schema, "Query", "query_"));
    commands.extend(operations(&schema, "Subscription", "subscribe_"));
    let policies = fs::read_to_string(root.join("schema/policies/leerwerk.cedar")).expect("policies");
    let ruled: BTreeSet<String> = policies
        .split("Action::\"")
        .skip(1)
        .filter_map(|rest| rest.split_once('"').map(|(name, _)| name.to_owned()))
        .collect();
    assert!(commands.len() >= 35, "{commands:?}");
    assert_eq!(commands, ruled);
}
