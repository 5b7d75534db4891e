//! The log outlives the code: every event that was ever written can still be read, its JSON Schema is
//! checked in and equal to the code, and no free text is left unsealed.
//!
//! Schemas stand in `schema/events/<kind>/<Type>.v<n>.json` and describe the payload as stored; golden
//! files stand in `tests/golden/<kind>/<Type>.v<n>.json` and hold one payload as opened. Golden files are
//! written by hand, once, and never change.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use domain::{Event, event::Encoded};
use serde_json::{Map, Value, json};

const REGENERATE: &str = "run `UPDATE=1 cargo nextest run -p domain --test events` and review the difference";

/// One version of one type of event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct EventVersion {
    kind: String,
    r#type: String,
    version: u16,
}

impl EventVersion {
    fn path(&self, folder: &Path) -> PathBuf {
        folder.join(&self.kind).join(format!("{}.v{}.json", self.r#type, self.version))
    }

    /// Reads the golden payload as the log would.
    fn decode(&self) -> Event {
        let golden = read(&self.path(&goldens()));
        Event::decode(&self.kind, &self.r#type, self.version, &golden.to_string())
            .unwrap_or_else(|error| panic!("{self:?} can no longer be read: {error}: {:?}", source(&error)))
    }
}

fn source(error: &dyn std::error::Error) -> Option<String> {
    error.source().map(ToString::to_string)
}

fn goldens() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn schemas() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/events")
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands in a folder of the shape `<kind>/<Type>.v<n>.json`.
fn checked_in(folder: &Path) -> BTreeSet<EventVersion> {
    let list = |folder: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        entries.map(|entry| entry.expect("an entry").path()).collect()
    };
    let name = |path: &Path| path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
    let mut found = BTreeSet::new();
    for kind in list(folder) {
        for file in list(&kind) {
            let stem = name(&file).strip_suffix(".json").map(str::to_owned);
            let parts = stem.as_deref().and_then(|stem| stem.rsplit_once(".v"));
            let (r#type, version) = parts.unwrap_or_else(|| panic!("{} is no <Type>.v<n>.json", file.display()));
            let version = version.parse().expect("a version");
            found.insert(EventVersion { kind: name(&kind), r#type: r#type.to_owned(), version });
        }
    }
    found
}

/// The latest version of each type of event for which there is a golden file.
fn latest_versions() -> BTreeMap<(String, String), u16> {
    // In order, so that the last of each type is its latest.
    checked_in(&goldens()).into_iter().map(|found| ((found.kind, found.r#type), found.version)).collect()
}

/// The schema of each type's payload, by kind and type: one self-contained schema per variant of each
/// kind's enum.
fn payload_schemas() -> BTreeMap<(String, String), Value> {
    let mut found = BTreeMap::new();
    for (kind, schema) in Event::schemas() {
        let whole = schema.to_value();
        for variant in whole["oneOf"].as_array().expect("an enum") {
            let r#type = variant["properties"]["type"]["const"].as_str().expect("a type");
            let mut payload = variant["properties"]["data"].as_object().expect("a payload").clone();
            payload.insert("$schema".into(), whole["$schema"].clone());
            payload.insert("title".into(), r#type.into());
            payload.insert("description".into(), variant["description"].clone());
            let definitions = needed_definitions(&Value::Object(payload.clone()), &whole["$defs"]);
            if !definitions.is_empty() {
                payload.insert("$defs".into(), Value::Object(definitions));
            }
            found.insert((kind.to_owned(), r#type.to_owned()), Value::Object(payload));
        }
    }
    found
}

/// The definitions that a schema refers to, directly or through others.
fn needed_definitions(schema: &Value, definitions: &Value) -> Map<String, Value> {
    let mut needed = BTreeMap::new();
    let mut open = references(schema);
    while let Some(name) = open.pop() {
        if !needed.contains_key(&name) {
            open.extend(references(&definitions[&name]));
            needed.insert(name.clone(), definitions[&name].clone());
        }
    }
    needed.into_iter().collect()
}

fn references(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str).map(definition_name);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

fn definition_name(reference: &str) -> String {
    reference.strip_prefix("#/$defs/").expect("a definition of the schema itself").to_owned()
}

/// Pretty, with sorted keys: the same bytes whatever features other crates switch on in `serde_json`.
fn pretty(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields: BTreeMap<_, _> = fields.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
                Value::Object(fields.into_iter().collect())
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    serde_json::to_string_pretty(&sorted(value)).expect("serialises") + "\n"
}

#[test]
fn every_event_type_has_a_golden_file() {
    let latest = latest_versions();
    for (kind, r#type) in payload_schemas().into_keys() {
        assert!(
            latest.contains_key(&(kind.clone(), r#type.clone())),
            "write tests/golden/{kind}/{type}.v1.json: one payload of {type}, with every field filled in"
        );
    }
}

#[test]
fn checked_in_schemas_equal_the_code() {
    let latest = latest_versions();
    for ((kind, r#type), generated) in payload_schemas() {
        let version = latest.get(&(kind.clone(), r#type.clone())).copied().unwrap_or(1);
        let path = EventVersion { kind, r#type, version }.path(&schemas());
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder to write in");
            fs::write(&path, pretty(&generated)).expect("a file to write");
        }
        assert!(path.exists(), "{} is missing: {REGENERATE}", path.display());
        assert_eq!(read(&path), generated, "{} differs from the code: {REGENERATE}", path.display());
    }
}

/// Whoever drops an event from the code leaves its schema and its golden file behind, and lands here.
#[test]
fn no_event_that_was_ever_written_disappears() {
    let (golden, schema) = (checked_in(&goldens()), checked_in(&schemas()));
    assert_eq!(golden, schema, "every version has a schema and a golden file");
    let known = payload_schemas();
    for found in &golden {
        let key = (found.kind.clone(), found.r#type.clone());
        assert!(known.contains_key(&key), "{found:?} is in the log for good, but not in the code");
        let before = EventVersion { version: found.version - 1, ..found.clone() };
        assert!(found.version == 1 || golden.contains(&before), "{before:?} is missing");
    }
}

#[test]
fn every_golden_payload_can_be_read_and_written_back() {
    let latest = latest_versions();
    for golden in checked_in(&goldens()) {
        let Encoded { r#type, schema_version, data } = golden.decode().encode();
        let present = latest[&(golden.kind.clone(), golden.r#type.clone())];
        assert_eq!((&r#type, schema_version), (&golden.r#type, present), "{golden:?}");
        if golden.version == present {
            assert_eq!(data, read(&golden.path(&goldens())), "{golden:?}");
        }
    }
}

#[test]
fn every_golden_payload_fits_its_schema_once_sealed() {
    for golden in checked_in(&goldens()) {
        let schema = read(&golden.path(&schemas()));
        let validator = jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
        let stored = seal(read(&golden.path(&goldens())));
        if let Err(error) = validator.validate(&stored) {
            panic!("{golden:?} at {}: {error}", error.instance_path());
        }
    }
}

/// A payload in the form the log stores: boxes instead of open values.
fn seal(payload: Value) -> Value {
    match payload {
        Value::Object(fields) if fields.contains_key("open") && fields.contains_key("$sealed") => {
            json!({ "$sealed": fields["$sealed"], "box": "AAAA" })
        }
        Value::Object(fields) => fields.into_iter().map(|(key, value)| (key, seal(value))).collect(),
        Value::Array(items) => items.into_iter().map(seal).collect(),
        other => other,
    }
}

/// Optional fields count too: otherwise a golden file would not notice that one was renamed.
#[test]
fn a_golden_payload_fills_in_every_field() {
    for ((kind, r#type), schema) in payload_schemas() {
        let version = latest_versions()[&(kind.clone(), r#type.clone())];
        let golden = read(&EventVersion { kind, r#type: r#type.clone(), version }.path(&goldens()));
        let fields = schema["properties"].as_object().into_iter().flat_map(Map::keys);
        let missing: Vec<_> = fields.filter(|field| golden.get(field.as_str()).is_none()).collect();
        assert!(missing.is_empty(), "the golden file of {type} leaves out {missing:?}");
    }
}

#[test]
fn no_free_text_is_stored_unsealed() {
    for ((kind, r#type), schema) in payload_schemas() {
        let found = unsealed(&schema, &schema["$defs"], &r#type, &mut BTreeSet::new());
        assert!(
            found.is_empty(),
            "{kind}: {found:?} could hold personal data or free text: make it `Sealed<…>`, or mark it \
             `#[schemars(extend(\"x-public\" = \"why everybody may read it for ever\"))]`"
        );
    }
}

/// The places in a schema where text could stand that is neither sealed, nor bound to a form that holds no
/// prose (an id, a date, one of a list, a pattern), nor marked as public.
fn unsealed(schema: &Value, definitions: &Value, at: &str, seen: &mut BTreeSet<String>) -> Vec<String> {
    let Some(fields) = schema.as_object() else {
        // `true` takes anything, `false` nothing.
        return if schema == &Value::Bool(false) { Vec::new() } else { vec![at.to_owned()] };
    };
    if fields.contains_key("x-public") || fields.contains_key("const") || fields.contains_key("enum") {
        return Vec::new();
    }
    if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
        let name = definition_name(reference);
        if name == "Sealed" || !seen.insert(name.clone()) {
            return Vec::new();
        }
        let found = unsealed(&definitions[&name], definitions, at, seen);
        seen.remove(&name);
        return found;
    }
    for choice in ["oneOf", "anyOf", "allOf"] {
        if let Some(schemas) = fields.get(choice).and_then(Value::as_array) {
            return schemas.iter().flat_map(|schema| unsealed(schema, definitions, at, seen)).collect();
        }
    }
    let types: Vec<_> = match fields.get("type") {
        Some(Value::String(name)) => vec![name.as_str()],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => return vec![at.to_owned()],
    };
    let mut found = Vec::new();
    for name in types {
        match name {
            "null" | "boolean" | "integer" | "number" => {}
            "object" => {
                let properties = fields.get("properties").and_then(Value::as_object);
                for (property, schema) in properties.into_iter().flatten() {
                    found.extend(unsealed(schema, definitions, &format!("{at}.{property}"), seen));
                }
                if let Some(others) = fields.get("additionalProperties") {
                    found.extend(unsealed(others, definitions, &format!("{at}.*"), seen));
                }
            }
            "array" => {
                let items = fields.get("items").unwrap_or(&Value::Bool(true));
                found.extend(unsealed(items, definitions, &format!("{at}[]"), seen));
            }
            "string" => {
                let format = fields.get("format").and_then(Value::as_str).unwrap_or_default();
                if !fields.contains_key("pattern") && !matches!(format, "uuid" | "date" | "date-time") {
                    found.push(at.to_owned());
                }
            }
            other => panic!("{at} has the unknown type {other}"),
        }
    }
    found
}

#[test]
fn an_unsealed_text_would_be_found_wherever_it_hides() {
    let definitions = json!({
        "Sealed": { "type": "object", "properties": { "box": { "type": "string" } } },
        "Name": { "type": "string" },
        "MemberId": { "type": "string", "format": "uuid" }
    });
    let schema = json!({
        "type": "object",
        "properties": {
            "title": { "$ref": "#/$defs/Sealed" },
            "member": { "anyOf": [{ "$ref": "#/$defs/MemberId" }, { "type": "null" }] },
            "phase": { "oneOf": [{ "type": "string", "const": "embedding" }] },
            "label": { "type": "string", "x-public": "a name in the catalogue" },
            "name": { "$ref": "#/$defs/Name" },
            "note": { "type": ["string", "null"] },
            "tags": { "type": "array", "items": { "type": "string" } },
            "nested": { "type": "object", "properties": { "email": { "type": "string", "format": "email" } } },
            "map": { "type": "object", "additionalProperties": { "type": "string" } },
            "anything": true
        }
    });
    let mut found = unsealed(&schema, &definitions, "E", &mut BTreeSet::new());
    found.sort();
    assert_eq!(found, ["E.anything", "E.map.*", "E.name", "E.nested.email", "E.note", "E.tags[]"]);
}
