//! Asks once about texts that may tell who a patient is, before anything is done with them (ADR 0019).

use chrono::NaiveDate;
use domain::patient_details::likely;
use serde::Serialize;
use serde_json::Value;

use super::{error::Failed, mutation::Refusal};
use crate::language::Language;

/// Fields in which people write who somebody is who is no patient: a command, and the field. Every other text is looked at,
/// so that nobody needs to remember it for a new field.
const NAMES_OF_MEMBERS: [(&str, &str); 3] =
    [("invite_member", "name"), ("request_access", "name"), ("revise_profile", "name")];

/// What refuses an input until whoever sends it says that they looked: the first field in which a patient may be
/// recognisable. Nothing of the text is kept.
pub(crate) fn warning(command: &str, input: &impl Serialize, language: Language) -> Result<Option<Refusal>, Failed> {
    let input = serde_json::to_value(input).map_err(|error| Failed::internal(&error))?;
    Ok(in_value(command, "", &input, language))
}

/// The same for one text.
pub(crate) fn in_text(field: &str, text: &str, language: Language) -> Option<Refusal> {
    let fragment = likely(text).first()?.fragment;
    let message = if language.is_dutch() {
        format!(
            "“{fragment}” kan een patiënt herkenbaar maken. Haal het weg of maak het algemener. Of bevestig dat niemand \
             hierdoor herkenbaar is."
        )
    } else {
        format!(
            "“{fragment}” may make a patient recognisable. Take it out or make it more general. Or confirm that nobody can \
             be recognised by it."
        )
    };
    Some(Refusal { code: "TEXT_MAY_IDENTIFY_PATIENT".into(), message, field: Some(field.into()) })
}

fn in_value(command: &str, field: &str, value: &Value, language: Language) -> Option<Refusal> {
    match value {
        Value::String(text) if is_text(command, field, text) => in_text(&camel_case(field), text, language),
        Value::Array(values) => values.iter().find_map(|value| in_value(command, field, value, language)),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| in_value(command, name, value, language)),
        _ => None,
    }
}

/// Whether people type it as a text. Ids and words of a list never hold what the rule looks for, but a day may.
fn is_text(command: &str, field: &str, text: &str) -> bool {
    field != "idempotency_key" && !NAMES_OF_MEMBERS.contains(&(command, field)) && text.parse::<NaiveDate>().is_err()
}

/// As clients name a field, which `serde` names as the code does.
fn camel_case(field: &str) -> String {
    let mut words = field.split('_');
    let first = words.next().unwrap_or_default();
    let (start, rest) = first.split_at(first.len().min(1));
    let named = start.to_lowercase() + rest;
    words.fold(named, |named, word| {
        let (start, rest) = word.split_at(word.len().min(1));
        named + &start.to_uppercase() + rest
    })
}
