//! What tells what an export holds.

use std::collections::BTreeMap;

use eventlog::Position;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Filter, Format, Selection};

/// `manifest.json`: written last, so that an export with a manifest is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The version of what an export looks like; raised when a reader must change.
    pub export_version: u32,
    /// How the events are written.
    pub format: Format,
    /// What was asked for.
    pub filters: Filters,
    /// How many events there are.
    pub counts: Counts,
    /// The position of the first event; nothing when there is none.
    pub first_position: Option<Position>,
    /// The position of the last event; nothing when there is none.
    pub last_position: Option<Position>,
    /// The end of the log when the export was begun.
    pub head_position: Position,
    /// When the export was begun: RFC 3339, UTC, six decimals.
    pub made_at: String,
    /// The files beside the manifest.
    pub files: Vec<WrittenFile>,
}

/// What was asked for, and how it was understood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filters {
    /// The first moment as asked for.
    pub from: Option<String>,
    /// The last moment as asked for.
    pub until: Option<String>,
    /// The first position that was looked at.
    pub from_position: Position,
    /// The last position that was looked at.
    pub until_position: Position,
    /// Only events that concern one of these, unless there are none.
    pub concerns: Vec<Uuid>,
}

/// How many events there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// In all.
    pub total: u64,
    /// Of each type.
    pub per_type: BTreeMap<String, u64>,
}

/// A file of an export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenFile {
    /// Its name.
    pub name: String,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256 of its content, hex.
    pub sha256: String,
}

impl Manifest {
    /// The name of its file.
    pub const FILE_NAME: &'static str = "manifest.json";
    /// The present version of what an export looks like.
    pub const VERSION: u32 = 1;
}

impl Filters {
    pub(crate) fn new(filter: &Filter, selection: &Selection) -> Self {
        Self {
            from: filter.from.map(|moment| moment.to_string()),
            until: filter.until.map(|moment| moment.to_string()),
            from_position: selection.first,
            until_position: selection.last,
            concerns: selection.concerns.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_what_the_export_holds() {
        let filter = Filter {
            from: "2026-01-31".parse().ok(),
            until: "90".parse().ok(),
            concerns: vec![Uuid::from_u128(2), Uuid::from_u128(1)],
        };
        let selection =
            Selection { first: 7, last: 90, head: 100, concerns: vec![Uuid::from_u128(1), Uuid::from_u128(2)] };
        let manifest = Manifest {
            export_version: Manifest::VERSION,
            format: Format::Ndjson,
            filters: Filters::new(&filter, &selection),
            counts: Counts { total: 3, per_type: [("AnswerGiven".into(), 1), ("QuestionAsked".into(), 2)].into() },
            first_position: Some(8),
            last_position: Some(12),
            head_position: 100,
            made_at: "2026-02-01T00:00:00.000000Z".into(),
            files: vec![WrittenFile { name: "events.ndjson".into(), bytes: 0, sha256: "e3b0".into() }],
        };
        insta::assert_json_snapshot!(manifest);
        let text = serde_json::to_string(&manifest).expect("serialises");
        assert_eq!(serde_json::from_str::<Manifest>(&text).expect("parses"), manifest);
    }
}
