//! What an answer rests on, so that it can be given again until that changes.
//!
//! Fields get at rows and permissions through [`super::context::Viewing`], which puts down here what they are of. A field
//! that takes the platform itself makes the whole answer one that is not kept; so nobody can forget to put something down.

use std::sync::{Mutex, PoisonError};

use app::Grounds;
use uuid::Uuid;

/// What the answer to one request rests on; nothing when that cannot be told.
#[derive(Debug)]
pub(crate) struct Basis(Mutex<Option<Grounds>>);

impl Default for Basis {
    fn default() -> Self {
        Self(Mutex::new(Some(Grounds::default())))
    }
}

impl Basis {
    /// It rests on these things: on every event that concerns them.
    pub(crate) fn on(&self, things: impl IntoIterator<Item = Uuid>) {
        self.and(&Grounds { things: things.into_iter().collect(), until: None });
    }

    /// It rests on these grounds as well.
    pub(crate) fn and(&self, grounds: &Grounds) {
        if let Some(all) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            for id in &grounds.things {
                if !all.things.contains(id) {
                    all.things.push(*id);
                }
            }
            all.until = all.until.into_iter().chain(grounds.until).min();
        }
    }

    /// It rests on something whose changes nobody tells of.
    pub(crate) fn unknown(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// What it rests on, once the answer is complete.
    pub(crate) fn grounds(&self) -> Option<Grounds> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeDelta, Utc};

    use super::*;

    #[test]
    fn all_grounds_count_and_the_first_end() {
        let basis = Basis::default();
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let early = chrono::DateTime::<Utc>::UNIX_EPOCH;
        basis.on([one, other]);
        basis.and(&Grounds { things: vec![one], until: Some(early + TimeDelta::hours(1)) });
        basis.and(&Grounds { things: vec![], until: Some(early) });
        basis.on([other]);
        assert_eq!(basis.grounds(), Some(Grounds { things: vec![one, other], until: Some(early) }));
    }

    #[test]
    fn what_is_unknown_once_stays_unknown() {
        let basis = Basis::default();
        basis.unknown();
        basis.on([Uuid::from_u128(1)]);
        assert_eq!(basis.grounds(), None);
    }
}
