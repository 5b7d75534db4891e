//! The checked-in GraphQL schema is what the code serves, and keeps its conventions.

use std::{fs, path::Path};

#[test]
fn the_schema_that_is_checked_in_is_the_one_that_is_served() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/schema.graphql");
    let served = api::sdl();
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &served).expect("writes");
    }
    let known = fs::read_to_string(&path).expect("is there");
    assert!(known == served, "schema/schema.graphql is out of date: run `make schema` and read the difference");
}

/// Lines of a block of the SDL, e.g. of `type Mutation`.
fn block<'a>(sdl: &'a str, opening: &str) -> Vec<&'a str> {
    sdl.lines().skip_while(|line| *line != opening).skip(1).take_while(|line| *line != "}").collect()
}

#[test]
fn every_mutation_takes_one_input_and_gives_a_payload() {
    let sdl = api::sdl();
    let fields: Vec<&str> = block(&sdl, "type Mutation {").into_iter().filter(|line| line.contains('(')).collect();
    assert!(fields.len() >= 30, "{fields:?}");
    for field in fields {
        let name = field.trim().split('(').next().expect("a name");
        let input = format!("(input: {}{}Input!): ", name[..1].to_uppercase(), &name[1..]);
        assert!(field.contains(&input), "{field}");
        assert!(field.ends_with("Payload!"), "{field}");
    }
}

#[test]
fn every_type_and_every_query_says_what_it_is() {
    let sdl = api::sdl();
    let lines: Vec<&str> = sdl.lines().collect();
    for (i, line) in lines.iter().enumerate() {
        let type_name = line.strip_prefix("type ").or_else(|| line.strip_prefix("enum "));
        let Some(name) = type_name.and_then(|rest| rest.split([' ', '@']).next()) else { continue };
        let generated = name.ends_with("Connection") || name.ends_with("Edge") || name == "PageInfo";
        let root = ["Query", "Mutation", "Subscription"].contains(&name);
        assert!(generated || root || lines[i - 1].ends_with("\"\"\""), "{name} has no description");
    }
    for root in ["type Query {", "type Mutation {", "type Subscription {"] {
        let mut described = false;
        for line in block(&sdl, root).iter().filter(|line| !line.trim().is_empty()) {
            let is_quote = line.trim() == "\"\"\"";
            if line.contains(": ") && line.starts_with('\t') && !line.starts_with("\t\t") && line.contains('!') {
                assert!(described, "{line} has no description");
                described = false;
            }
            described |= is_quote;
        }
    }
}

/// Commands without a mutation: the catalogue has no screens yet.
const WITHOUT_MUTATION: [&str; 2] = ["add_intervention", "add_theme"];

#[test]
fn every_command_has_a_mutation_of_its_name() {
    let mut commands = Vec::new();
    names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../domain/src"), &mut commands);
    assert!(commands.len() >= 35, "{commands:?}");
    let sdl = api::sdl();
    let mutations = block(&sdl, "type Mutation {");
    for command in commands {
        let mutation: String = command
            .split('_')
            .enumerate()
            .map(|(i, word)| if i == 0 { word.to_owned() } else { word[..1].to_uppercase() + &word[1..] })
            .collect();
        let there = mutations.iter().any(|line| line.trim().starts_with(&format!("{mutation}(")));
        assert_eq!(there, !WITHOUT_MUTATION.contains(&&*command), "{command}");
    }
}

fn names(folder: &Path, into: &mut Vec<String>) {
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
