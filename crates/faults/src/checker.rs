//! Decides whether a history is right: what every client was told and what every follower saw, against the log.

use std::{
    collections::{HashMap, HashSet},
    time::Instant,
};

use eventlog::{
    AppendError, Expected, IdempotencyKey, Position, Receipt, Recorded, StreamId, Tree, TreeHead, envelope, leaf_hash,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One try of a client.
#[derive(Debug)]
pub struct Try {
    /// The stream it was for.
    pub stream: StreamId,
    /// What it expected of the stream.
    pub expected: Expected,
    /// The ids of its events; no other try has them.
    pub ids: Vec<Uuid>,
    /// The intention that it and its retries share.
    pub key: Option<IdempotencyKey>,
    /// When it was asked for.
    pub asked: Instant,
    /// When it was answered.
    pub answered: Instant,
    /// What the client was told.
    pub told: Result<Receipt, Unstored>,
}

/// Why an append was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unstored {
    /// The stream was at this version.
    Conflict(i32),
    /// Its key was used before for something else.
    KeyReused,
    /// Too much was waiting.
    Busy,
    /// The database was away.
    Unavailable,
    /// No answer, or that nobody knows: it may be stored all the same.
    Unknown,
    /// Anything else, in words; nothing else should ever be said.
    Other(String),
}

impl From<&AppendError> for Unstored {
    fn from(error: &AppendError) -> Self {
        match error {
            AppendError::Conflict { actual, .. } => Self::Conflict(*actual),
            AppendError::KeyReused => Self::KeyReused,
            AppendError::Busy => Self::Busy,
            AppendError::Unavailable(_) => Self::Unavailable,
            AppendError::OutcomeUnknown => Self::Unknown,
            other => Self::Other(format!("{other:?}")),
        }
    }
}

/// What a follower saw, from the first event on.
pub type Seen = Vec<(Position, Uuid)>;

/// What a client read back that had been told of an append, anywhere, right after.
#[derive(Debug)]
pub struct ReadBack {
    /// What it had been told.
    pub receipt: Receipt,
    /// The version and position of the event found where the append's last event should be.
    pub found: Option<(i32, Position)>,
}

/// All that was recorded, beside the log itself.
#[derive(Debug, Default)]
pub struct History {
    /// What clients asked for and were told.
    pub tries: Vec<Try>,
    /// What they read back.
    pub reads: Vec<ReadBack>,
    /// What each follower saw.
    pub followers: Vec<Seen>,
}

/// Everything that is not right, in words; empty when all is.
pub fn wrong(log: &[Recorded], head: &TreeHead, history: &History) -> Vec<String> {
    let History { tries, reads, followers } = history;
    let mut wrong = the_log_by_itself(log, head);
    let place: HashMap<Uuid, &Recorded> = log.iter().map(|event| (event.id, event)).collect();
    wrong.extend(tries.iter().filter_map(|one| one_try(one, &place)));
    wrong.extend(intentions(tries, &place));
    wrong.extend(real_time(tries));
    let known: HashSet<Uuid> = tries.iter().flat_map(|one| &one.ids).copied().collect();
    wrong.extend(
        log.iter().filter(|event| !known.contains(&event.id)).map(|event| format!("nobody appended {event:?}")),
    );
    wrong.extend(reads.iter().filter_map(own_write));
    let all: Seen = log.iter().map(|event| (event.position, event.id)).collect();
    for (n, seen) in followers.iter().enumerate() {
        if *seen != all {
            let same = seen.iter().zip(&all).take_while(|(seen, stands)| seen == stands).count();
            wrong.push(format!(
                "follower {n} saw {} events of {}; the first {same} are as they should be, then it saw {:?}",
                seen.len(),
                all.len(),
                seen.get(same)
            ));
        }
    }
    wrong
}

/// Dense positions, dense versions, moments that never decrease, hashes, no id twice.
fn the_log_by_itself(log: &[Recorded], head: &TreeHead) -> Vec<String> {
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
    let mut tree = Tree::default();
    for event in log {
        tree.push(event.leaf_hash, drop);
    }
    if tree.head() != *head {
        wrong.push(format!("the head is {head:?} and the events make {:?}", tree.head()));
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
            let as_expected = match one.expected {
                Expected::Any => true,
                Expected::NoStream => receipt.first_version == 1,
                Expected::Exists => receipt.first_version > 1,
                Expected::Exact(version) => receipt.first_version == version + 1,
            };
            as_expected && stands(one, receipt, &found)
        }
        // A try may be found to have been stored by a later one with the same key.
        Err(Unstored::Unknown) => found.is_empty() || found.len() == one.ids.len(),
        Err(_) => found.is_empty(),
    };
    (!right).then(|| format!("{one:?}, and stored is {found:?}"))
}

/// Whether all its events stand where the receipt says.
fn stands(one: &Try, receipt: &Receipt, found: &[&Recorded]) -> bool {
    let count = i32::try_from(one.ids.len()).unwrap_or(i32::MAX);
    let first = receipt.position - i64::from(count) + 1;
    let in_place = (first..).zip(receipt.first_version..).zip(found).all(|((position, version), event)| {
        (event.position, event.version, &event.stream) == (position, version, &one.stream)
    });
    in_place && found.len() == one.ids.len() && receipt.last_version - receipt.first_version + 1 == count
}

/// Of all tries with one key at most one is stored; all that were acknowledged were told of that one and asked for the
/// same; and those who asked for the same were not told that the key is used for something else.
fn intentions(tries: &[Try], place: &HashMap<Uuid, &Recorded>) -> Vec<String> {
    let mut by_key: HashMap<[u8; 32], Vec<&Try>> = HashMap::new();
    for one in tries {
        if let Some(key) = one.key {
            by_key.entry(key.key).or_default().push(one);
        }
    }
    let position = |one: &Try| one.ids.last().and_then(|id| place.get(id)).map(|event| event.position);
    let content = |one: &Try| one.key.map(|key| key.fingerprint);
    let mut wrong = Vec::new();
    for tries in by_key.values() {
        let stored: Vec<&Try> = tries.iter().copied().filter(|one| position(one).is_some()).collect();
        let right = match stored[..] {
            [] => tries.iter().all(|one| one.told.is_err() && one.told != Err(Unstored::KeyReused)),
            [only] => tries.iter().all(|one| match &one.told {
                Ok(receipt) => Some(receipt.position) == position(only) && content(one) == content(only),
                Err(Unstored::KeyReused) => content(one) != content(only),
                Err(_) => true,
            }),
            _ => false,
        };
        if !right {
            wrong.push(format!("one intention is stored {} times: {tries:?}", stored.len()));
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

/// One reads one's own writes.
fn own_write(read: &ReadBack) -> Option<String> {
    let due = (read.receipt.last_version, read.receipt.position);
    (read.found != Some(due)).then(|| format!("what was acknowledged could not be read back: {read:?}"))
}
