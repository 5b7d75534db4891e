//! Where time and ids come from. Injected, so that the demo world can be told in simulated time and tests
//! are the same in every run.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
};

use domain::Timestamp;
use rand::{RngCore, SeedableRng, rngs::StdRng};
use uuid::Uuid;

type Clock = Box<dyn Fn() -> Timestamp + Send + Sync>;

/// A clock and a source of time-ordered ids (UUIDv7, RFC 9562).
pub struct Source {
    clock: Clock,
    random: Mutex<StdRng>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Source")
    }
}

impl Source {
    /// The machine's clock and randomness of the operating system.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that owns the clock")]
        let clock = || chrono::Utc::now();
        Self { clock: Box::new(clock), random: Mutex::new(StdRng::from_os_rng()) }
    }

    /// A clock of one's own and ids that follow from a seed.
    pub fn simulated(clock: impl Fn() -> Timestamp + Send + Sync + 'static, seed: u64) -> Self {
        Self { clock: Box::new(clock), random: Mutex::new(StdRng::seed_from_u64(seed)) }
    }

    /// Now, in whole microseconds: the precision of the log.
    pub fn now(&self) -> Timestamp {
        let now = (self.clock)();
        Timestamp::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now)
    }

    /// A fresh id.
    pub fn id<T: From<Uuid>>(&self) -> T {
        let now = self.now();
        let mut bytes = [0; 16];
        self.random.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        let millis = now.timestamp_millis().to_be_bytes();
        bytes[..6].copy_from_slice(&millis[2..]);
        bytes[6] = bytes[6] & 0x0f | 0x70;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        Uuid::from_bytes(bytes).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_in_the_order_of_time_and_follow_from_the_seed() {
        let at = |millis: i64| move || Timestamp::from_timestamp_millis(millis).expect("a moment");
        let (early, late) = (Source::simulated(at(1_000), 1), Source::simulated(at(2_000), 1));
        let (first, second): (Uuid, Uuid) = (early.id(), late.id());
        assert_eq!((first.get_version_num(), first.get_variant()), (7, uuid::Variant::RFC4122));
        assert!(first < second);
        assert_eq!(first, Source::simulated(at(1_000), 1).id::<Uuid>());
        assert_ne!(first, Source::simulated(at(1_000), 2).id::<Uuid>());
    }
}
