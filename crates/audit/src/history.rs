//! The history of one thing: everything that concerns it, in order, in words.

use std::collections::HashMap;

use domain::{
    Actor, Aggregate as _, Event,
    actor::NotAnActor,
    id::MemberId,
    member::{Member, MemberEvent},
    sentence::{self, Sentence},
};
use eventlog::{Log, Position, Recorded, StreamId};
use uuid::Uuid;

use crate::error::HistoryError;

/// Events read at once, at most.
const PAGE: i64 = 1_000;

/// An event as recorded, as understood, and in words.
#[derive(Clone, Debug)]
pub struct Happened {
    /// As recorded, texts sealed: what may be shown to whoever may read the log.
    pub recorded: Recorded,
    /// As understood, texts opened or erased. It can hold what nobody may see, such as who asked an anonymous
    /// question.
    pub event: Event,
    /// In words; people stand in it by their ids (see [`names`]).
    pub sentence: Sentence,
}

/// Everything that concerns a thing, its own events and others', up to and including a position.
pub async fn history(log: &Log, subject: Uuid, until: Position) -> Result<Vec<Happened>, HistoryError> {
    let mut happened = Vec::new();
    let mut after = 0;
    while after < until {
        let mut page = log.concerning(subject, after, PAGE).await?;
        let Some(last) = page.last().map(|event| event.position) else { break };
        after = last;
        page.retain(|event| event.position <= until);
        let opened = log.keys().open(&page).await?;
        for (recorded, opened) in page.into_iter().zip(opened) {
            happened.push(understand(recorded, &opened)?);
        }
    }
    Ok(happened)
}

fn understand(recorded: Recorded, opened: &str) -> Result<Happened, HistoryError> {
    let event = decode(&recorded, opened)?;
    let actor: Actor = recorded.actor.parse().map_err(|error: NotAnActor| unreadable(recorded.position, error))?;
    let sentence = sentence::tell(&event, actor);
    Ok(Happened { recorded, event, sentence })
}

fn decode(recorded: &Recorded, opened: &str) -> Result<Event, HistoryError> {
    let Recorded { stream, event_type, position, .. } = recorded;
    let schema_version = u16::try_from(recorded.schema_version).map_err(|error| unreadable(*position, error))?;
    Event::decode(&stream.kind, event_type, schema_version, opened).map_err(|error| unreadable(*position, error))
}

fn unreadable(position: Position, source: impl std::error::Error + Send + Sync + 'static) -> HistoryError {
    HistoryError::Event { position, source: Box::new(source) }
}

/// The names of some members as they were at a position. Who was erased since has none.
pub async fn names(
    log: &Log,
    members: impl IntoIterator<Item = MemberId>,
    until: Position,
) -> Result<HashMap<MemberId, String>, HistoryError> {
    let mut names = HashMap::new();
    let mut asked: Vec<MemberId> = members.into_iter().collect();
    asked.sort_unstable();
    asked.dedup();
    for member in asked {
        let mut events = log.stream(&StreamId::new(Member::KIND, member), 0).await?;
        events.retain(|event| event.position <= until);
        let opened = log.keys().open(&events).await?;
        for (recorded, opened) in events.iter().zip(opened) {
            if let Event::Member(
                MemberEvent::MemberInvited { name, .. }
                | MemberEvent::AccessRequested { name, .. }
                | MemberEvent::ProfileRevised { name, .. },
            ) = decode(recorded, &opened)?
            {
                match name.open() {
                    Some(name) => names.insert(member, name.as_str().to_owned()),
                    None => names.remove(&member),
                };
            }
        }
    }
    Ok(names)
}
