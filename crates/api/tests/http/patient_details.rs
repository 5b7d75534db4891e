//! Texts that may tell who a patient is: asked about once, in every field in which people type.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use domain::{
    Period,
    basis::{AwardGrant, GrantNumber, Terms},
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::support::{Visitor, World};

const CODE: &str = "TEXT_MAY_IDENTIFY_PATIENT";
const QUESTION: &str = "... on QuestionChanged { position question { id body { text } } } \
    ... on Refusal { code message field }";

async fn asked(visitor: &Visitor<'_>, input: Value) -> Value {
    let query = format!("mutation($input: AskQuestionInput!) {{ askQuestion(input: $input) {{ {QUESTION} }} }}");
    visitor.ask(&query, json!({ "input": input })).await["askQuestion"].take()
}

fn with(input: &Value, field: &str, value: impl Into<Value>) -> Value {
    let mut input = input.clone();
    input[field] = value.into();
    input
}

#[tokio::test]
async fn a_text_that_may_name_a_patient_is_refused_until_somebody_looked_and_is_then_posted_once() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let question = json!({
        "title": "Wie belt er na?", "body": "Ik was bij mevrouw Kwikstaartje.", "themeIds": [world.theme],
        "idempotencyKey": "een-keer",
    });
    let head = async || world.app.log().head().await.expect("a head").position;
    let before = head().await;
    let refused = asked(&sanne, question.clone()).await;
    assert_eq!((&refused["code"], &refused["field"]), (&json!(CODE), &json!("body")));
    let message = refused["message"].as_str().expect("a sentence");
    assert!(message.contains("“mevrouw Kwikstaartje” kan een patiënt herkenbaar maken"), "{message}");
    assert_eq!(head().await, before, "nothing happened");

    let looked = with(&question, "patientDetailsChecked", true);
    let done = asked(&sanne, looked.clone()).await;
    assert_eq!(done["question"]["body"]["text"], "Ik was bij mevrouw Kwikstaartje.");
    assert_eq!(asked(&sanne, looked.clone()).await, done, "the same key, once");
    let other = with(&looked, "body", "Ik was bij meneer Kwikstaartje.");
    assert_eq!(asked(&sanne, other).await["code"], "IDEMPOTENCY_KEY_REUSED");
}

#[tokio::test]
async fn having_looked_lets_no_citizen_service_number_through() {
    let world = World::new().await;
    let sanne = world.visitor("sanne").await;
    let question = json!({
        "title": "Wie belt er na?", "body": "Mevrouw Kwikstaartje, bsn 111222333.", "themeIds": [world.theme],
        "patientDetailsChecked": true,
    });
    assert_eq!(asked(&sanne, question).await["code"], "TEXT_HOLDS_BSN");
}

/// The input types of the schema: their fields with their types, and whether one of them is to be chosen.
struct Schema {
    inputs: BTreeMap<String, (bool, Vec<(String, String)>)>,
    enums: BTreeMap<String, String>,
    mutations: Vec<String>,
}

fn schema() -> Schema {
    let sdl = api::sdl();
    let mut found = Schema { inputs: BTreeMap::new(), enums: BTreeMap::new(), mutations: Vec::new() };
    let fields = |block: &str| -> Vec<(String, String)> {
        let fields = block.lines().filter_map(|line| line.strip_prefix('\t')?.split_once(": "));
        let typed =
            fields.map(|(name, kind)| (name.to_owned(), kind.split(" =").next().unwrap_or_default().to_owned()));
        // Lines of a description may have a colon too.
        let is_field = |(name, kind): &(String, String)| {
            name.starts_with(char::is_lowercase)
                && name.chars().all(char::is_alphanumeric)
                && bare(kind).chars().all(char::is_alphanumeric)
        };
        typed.filter(is_field).collect()
    };
    for block in sdl.split("\n}\n") {
        let Some(opening) = block.lines().rfind(|line| line.ends_with('{')) else { continue };
        let name = opening.split([' ', '{', '@']).nth(1).unwrap_or_default().to_owned();
        let body = block.split_once(opening).map_or("", |(_, body)| body);
        if opening.starts_with("input ") {
            found.inputs.insert(name, (opening.contains("@oneOf"), fields(body)));
        } else if opening.starts_with("enum ") {
            let values = body.lines().map(str::trim);
            let first = values
                .filter(|line| !line.is_empty())
                .find(|line| line.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_'));
            found.enums.insert(name, first.expect("a value").to_owned());
        } else if opening == "type Mutation {" {
            let mutations = body.lines().filter_map(|line| line.trim().split_once("(input: "));
            found.mutations = mutations.map(|(name, _)| name.to_owned()).collect();
        }
    }
    found
}

/// The name of a type without its `!` and brackets.
fn bare(kind: &str) -> &str {
    kind.trim_matches(['[', ']', '!'])
}

impl Schema {
    fn of_mutation(mutation: &str) -> String {
        format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..])
    }

    /// Where in an input there is a text, as names of fields.
    fn texts(&self, input: &str) -> Vec<Vec<String>> {
        let mut paths = Vec::new();
        for (name, kind) in &self.inputs[input].1 {
            if bare(kind) == "String" {
                paths.push(vec![name.clone()]);
            } else if self.inputs.contains_key(bare(kind)) {
                let deeper = self.texts(bare(kind)).into_iter();
                paths.extend(deeper.map(|path| [vec![name.clone()], path].concat()));
            }
        }
        paths
    }

    /// An input that can be read, with a text at a place.
    fn sample(&self, world: &World, input: &str, path: &[String], text: &str) -> Value {
        let (one_of, fields) = &self.inputs[input];
        let chosen = path.first().or(fields.first().map(|(name, _)| name));
        let mut sample = Map::new();
        for (name, kind) in fields {
            let here = path.first() == Some(name);
            let left_out = if *one_of { chosen != Some(name) } else { !kind.ends_with('!') && !here };
            if left_out || name == "patientDetailsChecked" {
                continue;
            }
            let one = match bare(kind) {
                "String" if here => json!(text),
                "String" if name == "email" => json!("noor@leerwerk.example"),
                "String" if name.to_lowercase().ends_with("number") => json!("10.06.123"),
                "String" => json!("Zo gaat het hier"),
                "ID" => json!(id(world, name)),
                "Date" => json!("2027-03-01"),
                "DateTime" => json!("2027-03-01T12:00:00Z"),
                "Boolean" => json!(true),
                "Int" => json!(1),
                nested if self.inputs.contains_key(nested) => {
                    self.sample(world, nested, if here { &path[1..] } else { &[] }, text)
                }
                other => json!(self.enums[other]),
            };
            sample.insert(name.clone(), if kind.starts_with('[') { json!([one]) } else { one });
        }
        Value::Object(sample)
    }
}

/// Of a grant in the world.
fn number() -> GrantNumber {
    GrantNumber::parse("10.06.0001").expect("a number")
}

async fn award(world: &World) {
    let uuid = |id: &str| id.split_once('-').expect("an id").1.parse::<Uuid>().expect("an id");
    let day = |year| NaiveDate::from_ymd_opt(year, 1, 1).expect("a day");
    let terms = Terms {
        organisations: vec![uuid(&world.organisation).into()],
        interventions: vec![uuid(&world.intervention).into()],
        period: Period::new(day(2024), day(2034)).expect("a period"),
    };
    world.platform(AwardGrant { number: number(), round: None, terms }).await;
}

/// An id for a field: of what there is in the world, or of something that might be.
fn id(world: &World, field: &str) -> String {
    let kind = field.trim_end_matches("Ids").trim_end_matches("Id");
    match kind {
        "theme" => world.theme.clone(),
        "intervention" => world.intervention.clone(),
        "organisation" => world.organisation.clone(),
        "region" => world.region.clone(),
        "accessBasis" => format!("basis-{}", number().basis()),
        "cycle" => format!("pdsa-{}", Uuid::from_u128(50)),
        "fundingRound" => format!("round-{}", Uuid::from_u128(50)),
        "knowledgePage" => format!("page-{}", Uuid::from_u128(50)),
        kind => format!("{kind}-{}", Uuid::from_u128(50)),
    }
}

/// Texts in which no patient is looked for: who a member is, keys, numbers, and lists of the register.
const NOT_LOOKED_AT: [&str; 9] = [
    "awardGrant.number",
    "confirmAccessRequest.token",
    "importRegister.csv",
    "inviteMember.email",
    "inviteMember.name",
    "requestAccess.basis.grantNumber",
    "requestAccess.email",
    "requestAccess.name",
    "reviseProfile.name",
];

#[tokio::test]
async fn every_text_of_every_mutation_is_looked_at() {
    let world = World::new().await.writing().await;
    award(&world).await;
    // Nobody does so much so soon: three take turns.
    let (sanne, joost, emma) =
        (world.visitor("sanne").await, world.visitor("joost").await, world.visitor("emma").await);
    let schema = schema();
    assert!(schema.mutations.len() >= 30, "{:?}", schema.mutations);
    let (mut looked_at, mut not) = (0, Vec::new());
    for mutation in &schema.mutations {
        let input = Schema::of_mutation(mutation);
        let query = format!(
            "mutation($input: {input}!) {{ {mutation}(input: $input) {{ __typename ... on Refusal {{ code message field }} }} }}"
        );
        let code = async |visitor: &Visitor<'_>, input: &Value| {
            let answer = visitor.answer(&query, json!({ "input": input })).await;
            let told = &answer["data"][mutation];
            (told["code"].as_str().unwrap_or_default().to_owned(), told["field"].clone(), answer)
        };
        for path in schema.texts(&input).into_iter().filter(|path| path[0] != "idempotencyKey") {
            let place = format!("{mutation}.{}", path.join("."));
            let named = schema.sample(&world, &input, &path, "Mevrouw Kwikstaartje, 12 maart 1941");
            let (told, field, answer) = code(&sanne, &named).await;
            if told != CODE {
                assert!(NOT_LOOKED_AT.contains(&&*place), "{place}: {answer:#}");
                not.push(place);
                continue;
            }
            assert_eq!(field, *path.last().expect("a field"), "{place}");
            let flag = schema.inputs[&input].1.iter().find(|(name, _)| name == "patientDetailsChecked");
            assert!(flag.is_some(), "{input}");
            assert_ne!(code(&joost, &with(&named, "patientDetailsChecked", true)).await.0, CODE, "{place}");
            let number = schema.sample(&world, &input, &path, "Zij heeft 111.222.333.");
            let (told, field, answer) = code(&emma, &number).await;
            assert_eq!(told, "TEXT_HOLDS_BSN", "{place}: {answer:#}");
            assert_eq!(field, *path.last().expect("a field"), "{place}");
            looked_at += 1;
        }
    }
    not.sort();
    assert_eq!(not, NOT_LOOKED_AT, "these are not looked at");
    assert!(looked_at >= 25, "{looked_at}");
}
