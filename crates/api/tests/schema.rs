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
