//! Simulated time: the clock that commands are run by, and when in two years people do things.

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use chrono::{Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Timelike as _, Weekday};
use chrono_tz::Europe::Amsterdam;
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

/// The two years of the world, and the hours people keep, in the Netherlands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calendar {
    pub(crate) begin: Timestamp,
    pub(crate) until: Timestamp,
}

impl Calendar {
    /// The two years up to then. When that is at night, nothing happens after the evening before.
    pub(crate) fn ending(until: Timestamp) -> Self {
        Self { begin: until - TimeDelta::days(DAYS), until: last_awake(until) }
    }

    /// So long before the end; the evening before, when that is at night.
    pub(crate) fn before_end(&self, delta: TimeDelta) -> Timestamp {
        last_awake(self.until - delta)
    }

    /// The first morning on which people are at work, early enough to do much on that day.
    pub(crate) fn first_morning(&self) -> Timestamp {
        let begin = local(self.begin);
        let today = weekday(begin.date());
        let morning = |day: NaiveDate| day.and_time(NaiveTime::MIN) + TimeDelta::hours(9);
        moment(if morning(today) >= begin { morning(today) } else { morning(weekday(today + TimeDelta::days(1))) })
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
        let wanted = local(raw);
        let mut day = wanted.date();
        if rng.random_bool(0.93) && weekday(day) != day {
            // What waits for the week is not all done on Monday.
            day = weekday(weekday(day) + TimeDelta::days(rng.random_range(0..4)));
        }
        let evening = rng.random_bool(0.1);
        let mut at = day.and_time(if evening { time(rng, EVENING) } else { time(rng, WORK) });
        if day == wanted.date() && WORK.contains(&wanted.hour()) {
            at = wanted;
        }
        if at < wanted {
            at = weekday(day + TimeDelta::days(1)).and_time(time(rng, WORK));
        }
        self.or_awake(moment(at), raw)
    }

    /// The first moment from here on at which people look at their phone: by day or in the evening, seldom in the
    /// weekend. Never past the end.
    pub(crate) fn awake(&self, rng: &mut impl Rng, raw: Timestamp) -> Timestamp {
        let wanted = local(raw);
        let mut day = wanted.date();
        if wanted.hour() >= AWAKE.end {
            day += TimeDelta::days(1);
        }
        if weekday(day) != day && rng.random_bool(0.7) {
            day = weekday(day);
        }
        let stays = day == wanted.date() && AWAKE.contains(&wanted.hour());
        self.or_awake(if stays { raw } else { moment(day.and_time(time(rng, MORNING))) }, raw)
    }

    /// This moment, or when it is past the end the first from `raw` on at which people are awake.
    fn or_awake(&self, at: Timestamp, raw: Timestamp) -> Timestamp {
        if at > self.until { first_awake(raw) } else { at }
    }
}

/// The hours of the day at which people work, do something in the evening, begin, and are awake.
const WORK: Range<u32> = 8..18;
const EVENING: Range<u32> = 19..21;
const MORNING: Range<u32> = 7..11;
const AWAKE: Range<u32> = 7..22;

/// What clocks in the Netherlands say.
fn local(moment: Timestamp) -> NaiveDateTime {
    moment.with_timezone(&Amsterdam).naive_local()
}

/// When clocks in the Netherlands say so. They change at night, when nobody acts.
fn moment(local: NaiveDateTime) -> Timestamp {
    Amsterdam.from_local_datetime(&local).earliest().map_or(local.and_utc(), |moment| moment.to_utc())
}

/// The moment itself by day and in the evening, or the morning after.
fn first_awake(raw: Timestamp) -> Timestamp {
    let wanted = local(raw);
    let morning = wanted.date().and_time(NaiveTime::MIN) + TimeDelta::hours(AWAKE.start.into());
    match wanted.hour() {
        hour if hour < AWAKE.start => moment(morning),
        hour if hour >= AWAKE.end => moment(morning + TimeDelta::days(1)),
        _ => raw,
    }
}

/// The moment itself by day and in the evening, or the evening before.
fn last_awake(raw: Timestamp) -> Timestamp {
    let wanted = local(raw);
    let bedtime = wanted.date().and_time(NaiveTime::MIN) + TimeDelta::hours(AWAKE.end.into()) - TimeDelta::seconds(1);
    match wanted.hour() {
        hour if hour < AWAKE.start => moment(bedtime - TimeDelta::days(1)),
        hour if hour >= AWAKE.end => moment(bedtime),
        _ => raw,
    }
}

/// A part of a span.
pub(crate) fn scale(span: TimeDelta, fraction: f64) -> TimeDelta {
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "two years in milliseconds fit")]
    TimeDelta::milliseconds((span.num_milliseconds() as f64 * fraction) as i64)
}

/// Some time within these hours.
fn time(rng: &mut impl Rng, hours: Range<u32>) -> NaiveTime {
    let seconds = rng.random_range(hours.start * 3600..hours.end * 3600);
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
                assert!(AWAKE.contains(&local(moment).hour()), "{moment} is at night");
            }
        }
    }

    #[test]
    fn a_world_that_ends_at_night_ends_the_evening_before() {
        for (until, end) in [
            ("2026-03-02T02:00:00Z", "2026-03-01T20:59:59Z"),
            ("2026-07-01T21:30:00Z", "2026-07-01T19:59:59Z"),
            ("2026-07-01T19:30:00Z", "2026-07-01T19:30:00Z"),
        ] {
            let calendar = Calendar::ending(until.parse().expect("a moment"));
            assert_eq!(calendar.until, end.parse::<Timestamp>().expect("a moment"));
            let late = calendar.until - TimeDelta::minutes(1);
            for moment in
                [calendar.before_end(TimeDelta::hours(8)), calendar.at_work(&mut ChaCha8Rng::seed_from_u64(1), late)]
            {
                assert!(moment <= calendar.until && AWAKE.contains(&local(moment).hour()), "{moment}");
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
        let by_day = moments.iter().filter(|moment| WORK.contains(&local(**moment).hour())).count();
        let weekend = moments.iter().map(|moment| local(*moment).date()).filter(|day| weekday(*day) != *day).count();
        assert!((700..1_000).contains(&by_day) && (1..150).contains(&weekend), "{by_day} {weekend}");
    }
}
