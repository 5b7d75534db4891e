//! A thing as people name it: by its id, alone or after its kind.

use std::str::FromStr;

use eventlog::StreamId;
use uuid::Uuid;

/// A thing that events concern. As text a UUID, or the name of its stream: `project-<uuid>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// Its kind, where that was said.
    pub kind: Option<String>,
    /// Its id.
    pub id: Uuid,
}

/// The text names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither an id (a UUID) nor a kind and an id (project-<uuid>)")]
pub struct NotASubject(String);

impl FromStr for Subject {
    type Err = NotASubject;

    fn from_str(text: &str) -> Result<Self, NotASubject> {
        if let Ok(id) = Uuid::try_parse(text) {
            return Ok(Self { kind: None, id });
        }
        let StreamId { kind, id } = text.parse().map_err(|_| NotASubject(text.to_owned()))?;
        Ok(Self { kind: Some(kind), id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thing_is_named_by_its_id_alone_or_after_its_kind() {
        let id = Uuid::from_u128(7);
        assert_eq!(id.to_string().parse(), Ok(Subject { kind: None, id }));
        assert_eq!(format!("project-{id}").parse(), Ok(Subject { kind: Some("project".into()), id }));
        for text in ["", "project", "project-7", "Project-00000000-0000-0000-0000-000000000007"] {
            assert_eq!(text.parse::<Subject>(), Err(NotASubject(text.into())), "{text}");
        }
    }
}
