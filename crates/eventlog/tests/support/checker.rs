//! Decides whether a history is right: what every client was told and what every follower saw, against the log.

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use eventlog::{AppendError, Expected, Position, Receipt, Recorded, StreamId, envelope, leaf_hash};
use uuid::Uuid;

/// One try of a client.
#[derive(Debug)]
pub(crate) struct Try {
    pub(crate) stream: StreamId,
    pub(crate) expected: Expected,
    /// The ids of its events; no other try has them.
    pub(crate) ids: Vec<Uuid>,
    /// The intention that it and its retries share.
    pub(crate) key: Option<[u8; 32]>,
    pub(crate) asked: Instant,
    pub(crate) answered: Instant,
    pub(crate) told: Result<Receipt, AppendError>,
}

/// What a follower saw, from the first event on.
pub(crate) type Seen = Vec<(Position, Uuid)>;

/// Everything that is not right, in words; empty when all is.
pub(crate) fn wrong(log: &[Recorded], head: Position, tries: &[Try], followers: &[Seen]) -> Vec<String> {
    let mut wrong = the_log_by_itself(log, head);
    let place: HashMap<Uuid, &Recorded> = log.iter().map(|event| (event.id, event)).collect();
    for one in tries {
        wrong.extend(one_try(one, &place));
    }
    wrong.extend(intentions(tries, &place));
    wrong.extend(real_time(tries));
    let known: HashSet<Uuid> = tries.iter().flat_map(|one| &one.ids).copied().collect();
    wrong.extend(
        log.iter().filter(|event| !known.contains(&event.id)).map(|event| format!("nobody appended {event:?}")),
    );
    let all: Seen = log.iter().map(|event| (event.position, event.id)).collect();
    for (n, seen) in followers.iter().enumerate() {
        if *seen != all {
            wrong.push(format!(
                "follower {n} saw {} events of {}, or others, or in another order",
                seen.len(),
                all.len()
            ));
        }
    }
    wrong
}

/// Dense positions, dense versions, moments that never decrease, hashes, no id twice.
fn the_log_by_itself(log: &[Recorded], head: Position) -> Vec<String> {
    let mut wrong = Vec::new();
    let (mut versions, mut ids) = (HashMap::<&StreamId, i32>::new(), HashSet::new());
    for (position, event) in (1..).zip(log) {
        let version = versions.entry(&event.stream).or_default();
        *version += 1;
        if event.position != position {
            wrong.push(format!("at {} stands {}", position, event.position));
        }
        if event.version != *version {
            wrong.push(format!("{} has version {} where {version} is due", event.stream, event.version));
        }
        if !ids.insert(event.id) {
            wrong.push(format!("{} is stored twice", event.id));
        }
        if leaf_hash(envelope(event).as_bytes()) != event.leaf_hash {
            wrong.push(format!("{position} has another hash"));
        }
    }
    if log.windows(2).any(|pair| pair[1].at < pair[0].at) {
        wrong.push("time goes back".into());
    }
    if log.last().map_or(0, |event| event.position) != head {
        wrong.push(format!("the head is at {head} and the log ends at {:?}", log.last().map(|event| event.position)));
    }
    wrong
}

/// What is acknowledged is there, all of it, where the receipt says; what was refused is not; what is unknown is
/// there as a whole or not at all.
fn one_try(one: &Try, place: &HashMap<Uuid, &Recorded>) -> Option<String> {
    let found: Vec<&Recorded> = one.ids.iter().filter_map(|id| place.get(id).copied()).collect();
    let right = match &one.told {
        Ok(receipt) if receipt.repeated => found.is_empty(),
        Ok(receipt) => {
            let count = i32::try_from(one.ids.len()).unwrap_or(i32::MAX);
            let as_expected = match one.expected {
                Expected::Any => true,
                Expected::NoStream => receipt.first_version == 1,
                Expected::Exists => receipt.first_version > 1,
                Expected::Exact(version) => receipt.first_version == version + 1,
            };
            let first = receipt.position - i64::from(count) + 1;
            let stands = (first..).zip(receipt.first_version..).zip(&found).all(|((position, version), event)| {
                (event.position, event.version, &event.stream) == (position, version, &one.stream)
            });
            as_expected
                && stands
                && found.len() == one.ids.len()
                && receipt.last_version - receipt.first_version + 1 == count
        }
        // A try may be found to have been stored by a later one with the same key.
        Err(AppendError::OutcomeUnknown) => found.is_empty() || found.len() == one.ids.len(),
        Err(_) => found.is_empty(),
    };
    (!right).then(|| format!("{one:?}, and stored is {found:?}"))
}

/// Of all tries with one key at most one is stored, and all that were acknowledged were told of that one.
fn intentions(tries: &[Try], place: &HashMap<Uuid, &Recorded>) -> Vec<String> {
    let mut by_key: HashMap<[u8; 32], Vec<&Try>> = HashMap::new();
    for one in tries {
        if let Some(key) = one.key {
            by_key.entry(key).or_default().push(one);
        }
    }
    let mut wrong = Vec::new();
    for tries in by_key.values() {
        let stored: Vec<Position> = tries
            .iter()
            .filter_map(|one| one.ids.last().and_then(|id| place.get(id)))
            .map(|event| event.position)
            .collect();
        let told: HashSet<Position> =
            tries.iter().filter_map(|one| one.told.as_ref().ok()).map(|receipt| receipt.position).collect();
        if stored.len() > 1 || told.iter().any(|position| !stored.contains(position)) {
            wrong.push(format!("one intention is stored at {stored:?} and was told to be at {told:?}: {tries:?}"));
        }
    }
    wrong
}

/// What was acknowledged before another append was even asked for, stands before it.
fn real_time(tries: &[Try]) -> Option<String> {
    let mut done: Vec<(&Try, Position)> = tries
        .iter()
        .filter_map(|one| {
            one.told.as_ref().ok().filter(|receipt| !receipt.repeated).map(|receipt| (one, receipt.position))
        })
        .collect();
    let mut asked = done.clone();
    done.sort_by_key(|(one, _)| one.answered);
    asked.sort_by_key(|(one, _)| one.asked);
    let (mut answered, mut highest) = (done.into_iter().peekable(), 0);
    for (one, position) in asked {
        while let Some((_, earlier)) = answered.next_if(|(other, _)| other.answered < one.asked) {
            highest = highest.max(earlier);
        }
        if position < highest {
            return Some(format!("{one:?} stands before one that was acknowledged before it was asked for: {highest}"));
        }
    }
    None
}
