//! Global ids: `kind-uuid`, as streams are named. Opaque to clients.

use async_graphql::ID;
use eventlog::StreamId;
use uuid::Uuid;

use super::error::Failed;

/// The id of a thing as clients see it.
pub(crate) fn global(kind: &str, id: impl Into<Uuid>) -> ID {
    ID(format!("{kind}-{}", id.into()))
}

/// The thing behind an id, if it has the kind; nothing when it is anything else.
pub(crate) fn local<T: From<Uuid>>(kind: &str, id: &ID) -> Option<T> {
    let stream: StreamId = id.parse().ok()?;
    (stream.kind == kind).then(|| stream.id.into())
}

/// As [`local`], for filters: an id of another kind is the client's mistake.
pub(crate) fn filter<T: From<Uuid>>(kind: &str, id: Option<&ID>) -> Result<Option<T>, Failed> {
    id.map(|id| local(kind, id).ok_or_else(|| Failed::BadInput(format!("{:?} is not the id of a {kind}", id.0))))
        .transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_only_taken_for_its_own_kind() {
        let id = global("question", Uuid::from_u128(7));
        assert_eq!(local::<Uuid>("question", &id), Some(Uuid::from_u128(7)));
        assert_eq!(local::<Uuid>("project", &id), None);
        assert_eq!(local::<Uuid>("question", &ID("question-7".into())), None);
    }
}
