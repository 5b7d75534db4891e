//! Simulated time: the clock that commands are run by, and when in two years people do things.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use chrono::{Datelike as _, NaiveDate, NaiveTime, TimeDelta, Weekday};
use domain::Timestamp;
use rand::Rng;

/// How long the world lasts.
const DAYS: i64 = 730;

/// The moment it is in the simulation; all who hold a clone see the same.
#[derive(Clone, Debug)]
pub(crate) struct Clock(Arc<AtomicI64>);

impl Clock {
    pub(crate) fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.timestamp_micros())))
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_timestamp_micros(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// Time never runs back: an earlier moment leaves it as it is.
    pub(crate) fn forward(&self, to: Timestamp) {
        self.0.fetch_max(to.timestamp_micros(), Ordering::Relaxed);
    }
}

/// The two years of the world, and the hours people keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    pub(crate) begin: Timestamp,
    pub(crate) until: Timestamp,
}

impl Calendar {
    pub(crate) fn ending(until: Timestamp) -> Self {
        Self { begin: until - TimeDelta::days(DAYS), until }
    }

    /// So long before the end.
    pub(crate) fn before_end(&self, delta: TimeDelta) -> Timestamp {
        self.until - delta
    }

    /// A moment between two, any as likely as the other.
    pub(crate) fn between(rng: &mut impl Rng, from: Timestamp, to: Timestamp) -> Timestamp {
        let span = (to - from).num_seconds().max(1);
        from + TimeDelta::seconds(rng.random_range(0..span))
    }

    /// A moment between two, later ones more likely: the platform grows.
    pub(crate) fn growing(rng: &mut impl Rng, from: Timestamp, to: Timestamp) -> Timestamp {
        let fraction = rng.random::<f64>().powf(0.62);
        from + scale(to - from, fraction)
    }

    /// The first moment from here on at which people are at work: weekdays by day as a rule, some evenings and
    /// weekends. Never past the end.
    pub(crate) fn at_work(&self, rng: &mut impl Rng, raw: Timestamp) -> Timestamp {
        let mut day = raw.date_naive();
        if rng.random_bool(0.93) && weekday(day) != day {
            // What waits for the week is not all done on Monday.
            day = weekday(weekday(day) + TimeDelta::days(rng.random_range(0..4)));
        }
        let mut moment = if rng.random_bool(0.1) { at(day, clock(rng, 18, 21)) } else { at(day, clock(rng, 7, 16)) };
        if day == raw.date_naive() && is_working_hour(raw) {
            moment = raw;
        }
        if moment < raw {
            let next = weekday(day + TimeDelta::days(1));
            moment = at(next, clock(rng, 7, 16));
        }
        if moment > self.until { raw } else { moment }
    }

    /// The first moment from here on at which people are awake. Never past the end.
    pub(crate) fn awake(&self, rng: &mut impl Rng, raw: Timestamp) -> Timestamp {
        let hour = raw.time();
        let late = NaiveTime::from_hms_opt(21, 30, 0).unwrap_or_default();
        let early = NaiveTime::from_hms_opt(5, 30, 0).unwrap_or_default();
        let day = if hour > late { raw.date_naive() + TimeDelta::days(1) } else { raw.date_naive() };
        let moment = if hour > late || hour < early { at(day, clock(rng, 6, 9)) } else { raw };
        if moment > self.until { raw } else { moment }
    }
}

/// A part of a span.
pub(crate) fn scale(span: TimeDelta, fraction: f64) -> TimeDelta {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "two years in milliseconds fit")]
    TimeDelta::milliseconds((span.num_milliseconds() as f64 * fraction) as i64)
}

fn at(day: NaiveDate, time: NaiveTime) -> Timestamp {
    day.and_time(time).and_utc()
}

/// Some time from one full hour to just before the end of another, UTC: in the Netherlands one or two hours later.
fn clock(rng: &mut impl Rng, from: u32, to: u32) -> NaiveTime {
    let seconds = rng.random_range(from * 3600..(to + 1) * 3600);
    NaiveTime::from_num_seconds_from_midnight_opt(seconds, rng.random_range(0..1_000_000) * 1_000).unwrap_or_default()
}

/// The first day from here on on which most people work.
fn weekday(mut day: NaiveDate) -> NaiveDate {
    while matches!(day.weekday(), Weekday::Sat | Weekday::Sun) || is_holiday(day) {
        day += TimeDelta::days(1);
    }
    day
}

/// Christmas and New Year's Day; the holidays that move with Easter are left out.
fn is_holiday(day: NaiveDate) -> bool {
    matches!((day.month(), day.day()), (12, 25 | 26) | (1, 1))
}

fn is_working_hour(moment: Timestamp) -> bool {
    (7..17).contains(&chrono::Timelike::hour(&moment))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    fn calendar() -> Calendar {
        Calendar::ending("2026-03-02T09:00:00Z".parse().expect("a moment"))
    }

    #[test]
    fn work_is_never_done_before_it_was_thought_of_nor_after_the_end() {
        let (calendar, mut rng) = (calendar(), ChaCha8Rng::seed_from_u64(1));
        for _ in 0..2_000 {
            let raw = Calendar::growing(&mut rng, calendar.begin, calendar.until);
            for moment in [calendar.at_work(&mut rng, raw), calendar.awake(&mut rng, raw)] {
                assert!(moment >= raw && moment <= calendar.until, "{raw} {moment}");
            }
        }
    }

    #[test]
    fn most_work_is_done_on_weekdays_by_day() {
        let (calendar, mut rng) = (calendar(), ChaCha8Rng::seed_from_u64(1));
        let moments: Vec<_> = (0..1_000)
            .map(|_| {
                let raw = Calendar::growing(&mut rng, calendar.begin, calendar.until);
                calendar.at_work(&mut rng, raw)
            })
            .collect();
        let by_day = moments.iter().filter(|moment| is_working_hour(**moment)).count();
        let weekend = moments.iter().filter(|moment| weekday(moment.date_naive()) != moment.date_naive()).count();
        assert!((700..1_000).contains(&by_day) && (1..150).contains(&weekend), "{by_day} {weekend}");
    }
}
