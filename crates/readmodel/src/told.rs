//! Events as they come from the log: typed and opened, or not to be read.

use eventlog::{KeyError, Keys, Log, Position, Recorded};

use crate::{error::ReadModelError, model::Seen};

/// An event, or that it does not read.
pub(crate) type Told = Result<Seen, Unreadable>;

/// An event that does not read.
#[derive(Clone, Debug)]
pub(crate) struct Unreadable {
    pub(crate) position: Position,
    /// The kind of its stream.
    pub(crate) kind: String,
    pub(crate) why: String,
}

/// A fold cannot go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stopped {
    /// The event before which it stands.
    pub(crate) position: Position,
    pub(crate) why: String,
}

/// Types and opens recorded events, each for itself.
pub(crate) async fn tell(keys: &Keys, events: &[Recorded]) -> Result<Vec<Told>, KeyError> {
    let opened = keys.open_each(events).await?;
    let told = events.iter().zip(opened).map(|(event, opened)| {
        let unreadable = |why| Unreadable { position: event.position, kind: event.stream.kind.clone(), why };
        let opened = opened.map_err(|error| unreadable(chain(&error)))?;
        Seen::new(event, &opened).map_err(|error| unreadable(chain(&error)))
    });
    Ok(told.collect())
}

/// Types and opens recorded events, all of them.
pub(crate) async fn see(log: &Log, events: &[Recorded]) -> Result<Vec<Seen>, ReadModelError> {
    let opened = log.keys().open(events).await?;
    events.iter().zip(opened).map(|(event, opened)| Seen::new(event, &opened)).collect()
}

/// The events of some kinds, up to the first of these that does not read.
pub(crate) fn readable<'a>(events: &'a [Told], kinds: &[&str]) -> (Vec<&'a Seen>, Option<Stopped>) {
    let mut seen = Vec::new();
    for event in events {
        match event {
            Ok(event) if kinds.contains(&&*event.stream.kind) => seen.push(event),
            Err(Unreadable { position, kind, why }) if kinds.contains(&&**kind) => {
                return (seen, Some(Stopped { position: *position, why: why.clone() }));
            }
            Ok(_) | Err(_) => {}
        }
    }
    (seen, None)
}

/// The position of an event.
pub(crate) fn position(event: &Told) -> Position {
    match event {
        Ok(event) => event.position,
        Err(event) => event.position,
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
