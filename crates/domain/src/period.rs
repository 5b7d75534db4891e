//! Periods in days, as people agree on them: both days count, in Dutch time.

use chrono::{NaiveDate, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Europe::Amsterdam;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Days from one to another, both inclusive, Europe/Amsterdam (rule 8, **P**, for every day on which something ends).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Period {
    /// The first day.
    from: NaiveDate,
    /// The last day.
    until: NaiveDate,
}

impl Period {
    /// From a day to another; nothing when it would end before it begins.
    pub fn new(from: NaiveDate, until: NaiveDate) -> Option<Self> {
        (from <= until).then_some(Self { from, until })
    }

    /// The first day.
    pub fn from(self) -> NaiveDate {
        self.from
    }

    /// The last day.
    pub fn until(self) -> NaiveDate {
        self.until
    }

    /// When it begins.
    pub fn begins(self) -> Timestamp {
        start_of(self.from)
    }

    /// When it ends, exclusive.
    pub fn ends(self) -> Timestamp {
        end_of(self.until)
    }

    /// Whether a moment lies in it.
    pub fn holds(self, at: Timestamp) -> bool {
        self.begins() <= at && at < self.ends()
    }
}

/// When a day begins in the Netherlands.
pub fn start_of(day: NaiveDate) -> Timestamp {
    // Clocks change at two or three in the night, so midnight is there, once.
    let midnight = Amsterdam.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
    midnight.map_or_else(|| Utc.from_utc_datetime(&day.and_time(NaiveTime::MIN)), |at| at.with_timezone(&Utc))
}

/// When a day is over in the Netherlands: the first moment of the next.
pub fn end_of(day: NaiveDate) -> Timestamp {
    start_of(day.succ_opt().unwrap_or(day))
}

/// Which day it is in the Netherlands.
pub fn day_of(at: Timestamp) -> NaiveDate {
    at.with_timezone(&Amsterdam).date_naive()
}

/// A moment as people write it, by the clock in the Netherlands: 31-12-2026 23:59.
pub fn written(at: Timestamp) -> String {
    at.with_timezone(&Amsterdam).format("%d-%m-%Y %H:%M").to_string()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).expect("a day")
    }

    #[test]
    fn both_days_count_in_dutch_time() {
        let period = Period::new(day(3, 28), day(3, 29)).expect("a period");
        // Summer time begins in the night to the 29th.
        assert_eq!(period.begins().to_rfc3339(), "2026-03-27T23:00:00+00:00");
        assert_eq!(period.ends().to_rfc3339(), "2026-03-29T22:00:00+00:00");
        let last = period.ends() - TimeDelta::microseconds(1);
        assert!(period.holds(period.begins()) && period.holds(last) && !period.holds(period.ends()));
        assert_eq!((day_of(last), day_of(period.ends())), (day(3, 29), day(3, 30)));
    }

    #[test]
    fn a_period_does_not_end_before_it_begins() {
        assert_eq!(Period::new(day(3, 29), day(3, 28)), None);
        assert!(Period::new(day(3, 29), day(3, 29)).is_some());
    }
}
