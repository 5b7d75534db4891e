//! What changed of late: whether something read earlier is still how things are, without asking the database.

use std::{
    hash::{BuildHasher as _, RandomState},
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
};

use tokio::sync::watch;
use uuid::Uuid;

use crate::record::{Position, Recorded};

/// Ids share this many places; two that meet in one are taken to change together.
const PLACES: usize = 1 << 16;

/// The position at which each thing was last touched, by the hash of its id: 512 KiB, however many things there are.
///
/// Whoever follows the log tells of each page of events ([`Self::note`]) before others hear that it can be seen.
/// Whoever keeps what it read remembers the [`Moment`] before it read, and asks whether that is still
/// [fresh](Self::is_fresh).
#[derive(Debug)]
pub struct Changes {
    places: Box<[AtomicI64]>,
    hash: RandomState,
    /// Every event up to here was told of.
    until: AtomicI64,
    /// Rises when everything that was kept is to be forgotten.
    era: AtomicU64,
    /// Tells of that.
    forgotten: watch::Sender<()>,
}

/// When something was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    position: Position,
    era: u64,
}

impl Default for Changes {
    fn default() -> Self {
        Self {
            places: (0..PLACES).map(|_| AtomicI64::new(0)).collect(),
            hash: RandomState::new(),
            until: AtomicI64::new(0),
            era: AtomicU64::new(0),
            forgotten: watch::Sender::new(()),
        }
    }
}

impl Changes {
    /// Tells of a page of events, which follows the page told of before.
    pub fn note(&self, events: &[Recorded]) {
        for event in events {
            for id in event.concerns.iter().chain([&event.stream.id]) {
                self.place(*id).fetch_max(event.position, Ordering::AcqRel);
            }
        }
        if let Some(last) = events.last() {
            self.until.fetch_max(last.position, Ordering::AcqRel);
        }
    }

    /// What was told up to a position need not be told; everything kept so far is forgotten.
    pub fn begin(&self, position: Position) {
        self.forget();
        self.until.store(position, Ordering::Release);
    }

    /// Everything that was kept is to be forgotten, e.g. as texts were erased.
    pub fn forget(&self) {
        self.era.fetch_add(1, Ordering::AcqRel);
        self.forgotten.send_replace(());
    }

    /// Changes when everything that was kept is to be forgotten: it is not fresh any more, and should leave memory.
    pub fn forgotten(&self) -> watch::Receiver<()> {
        self.forgotten.subscribe()
    }

    /// Whether everything was forgotten since a moment. Whoever keeps what was read asks once it is kept: what is kept too
    /// late to leave memory with the rest leaves it by itself.
    pub fn forgot_since(&self, moment: Moment) -> bool {
        moment.era != self.era.load(Ordering::Acquire)
    }

    /// Now, for what is read from the log itself; ask before reading.
    pub fn moment(&self) -> Moment {
        let era = self.era.load(Ordering::Acquire);
        Moment { position: self.until.load(Ordering::Acquire), era }
    }

    /// For what is read from a place that holds every event up to a position; ask before reading.
    pub fn as_of(&self, position: Position) -> Moment {
        Moment { position, era: self.era.load(Ordering::Acquire) }
    }

    /// Every event up to here was told of.
    pub fn until(&self) -> Position {
        self.until.load(Ordering::Acquire)
    }

    /// Whether no event told of so far has touched a thing since a moment.
    pub fn is_fresh(&self, id: Uuid, since: Moment) -> bool {
        since.position > 0
            && since.era == self.era.load(Ordering::Acquire)
            && self.place(id).load(Ordering::Acquire) <= since.position
    }

    fn place(&self, id: Uuid) -> &AtomicI64 {
        #[expect(clippy::cast_possible_truncation, reason = "only the lowest bits count")]
        let hash = self.hash.hash_one(id) as usize;
        &self.places[hash % PLACES]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::*;
    use crate::StreamId;

    fn event(position: Position, stream: u128, concerns: &[u128]) -> Recorded {
        Recorded {
            position,
            stream: StreamId::new("project", Uuid::from_u128(stream)),
            version: 1,
            id: Uuid::nil(),
            event_type: "Done".into(),
            schema_version: 1,
            at: crate::Timestamp::UNIX_EPOCH,
            actor: "platform".into(),
            correlation: Uuid::nil(),
            causation: None,
            concerns: concerns.iter().copied().map(Uuid::from_u128).collect(),
            data: RawValue::from_string("{}".into()).expect("json"),
            leaf_hash: [0; 32],
        }
    }

    #[test]
    fn what_was_read_is_fresh_until_an_event_touches_it_or_all_is_forgotten() {
        let changes = Changes::default();
        let [one, other] = [1, 2].map(Uuid::from_u128);
        assert!(!changes.is_fresh(one, changes.moment()), "nobody follows the log yet");
        changes.begin(10);
        let read = changes.moment();
        changes.note(&[event(11, 3, &[3])]);
        assert!(changes.is_fresh(one, read) && changes.is_fresh(other, read));
        changes.note(&[event(12, 2, &[1, 2])]);
        assert!(!changes.is_fresh(one, read) && !changes.is_fresh(other, read));
        let again = changes.moment();
        assert!(changes.is_fresh(one, again));
        let mut forgotten = changes.forgotten();
        assert!(!forgotten.has_changed().expect("it is there"));
        changes.forget();
        assert!(forgotten.has_changed().expect("it is there"));
        forgotten.mark_unchanged();
        assert!(!changes.is_fresh(one, again) && changes.forgot_since(again));
        assert!(changes.is_fresh(one, changes.moment()) && !changes.forgot_since(changes.moment()));
    }
}
