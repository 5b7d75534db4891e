//! A point in the log as people name it: a position, a time or a day.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Days, NaiveDate, NaiveTime, SecondsFormat, TimeDelta};
use eventlog::{Log, Position, ReadError, Timestamp};

/// Where a range of events begins or ends, itself included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A position: 1-based, 0 before the first event. As text: digits.
    Position(Position),
    /// A moment. As text: RFC 3339, with its offset from UTC.
    Time(Timestamp),
    /// A whole day, from midnight to midnight UTC. As text: `2026-01-31`.
    Day(NaiveDate),
}

/// The text is neither a position nor a time nor a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is neither a position (1234) nor a time with its offset (2026-01-31T12:00:00+01:00) nor a day (2026-01-31)"
)]
pub struct NotAMoment(String);

impl FromStr for Moment {
    type Err = NotAMoment;

    fn from_str(text: &str) -> Result<Self, NotAMoment> {
        let wrong = || NotAMoment(text.to_owned());
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return text.parse().map(Self::Position).map_err(|_| wrong());
        }
        if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
            return Ok(Self::Day(day));
        }
        DateTime::parse_from_rfc3339(text).map(|time| Self::Time(time.to_utc())).map_err(|_| wrong())
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Position(position) => position.fmt(f),
            Self::Time(time) => f.write_str(&time.to_rfc3339_opts(SecondsFormat::AutoSi, true)),
            Self::Day(day) => day.fmt(f),
        }
    }
}

impl Moment {
    /// The position of the first event at or after it; one past the head when there is none.
    pub async fn first(self, log: &Log) -> Result<Position, ReadError> {
        match self {
            Self::Position(position) => Ok(position.max(1)),
            Self::Time(time) => Ok(log.position_at(before(time)).await? + 1),
            Self::Day(day) => Ok(log.position_at(before(start(day))).await? + 1),
        }
    }

    /// The position of the last event at or before it; 0 when there is none.
    pub async fn last(self, log: &Log) -> Result<Position, ReadError> {
        match self {
            Self::Position(position) => Ok(position),
            Self::Time(time) => log.position_at(time).await,
            Self::Day(day) => log.position_at(end(day)).await,
        }
    }
}

/// The last moment before another; recorded moments are whole microseconds, so none lies in between.
fn before(time: Timestamp) -> Timestamp {
    time.checked_sub_signed(TimeDelta::nanoseconds(1)).unwrap_or(Timestamp::MIN_UTC)
}

fn start(day: NaiveDate) -> Timestamp {
    day.and_time(NaiveTime::MIN).and_utc()
}

fn end(day: NaiveDate) -> Timestamp {
    start(day).checked_add_days(Days::new(1)).map_or(Timestamp::MAX_UTC, before)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Option<Moment> {
        text.parse().ok()
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn a_moment_is_a_position_a_time_or_a_day() {
        assert_eq!(moment("0"), Some(Moment::Position(0)));
        assert_eq!(moment("1234"), Some(Moment::Position(1234)));
        let noon = Some(Moment::Time(time("2026-01-31T11:00:00Z")));
        assert_eq!(moment("2026-01-31T12:00:00+01:00"), noon);
        assert_eq!(moment("2026-01-31T11:00:00.000000Z"), noon);
        assert_eq!(moment("2026-01-31"), NaiveDate::from_ymd_opt(2026, 1, 31).map(Moment::Day));
    }

    #[test]
    fn what_may_mean_two_things_is_not_guessed() {
        for text in
            ["", " 1", "-1", "1.5", "99999999999999999999", "2026-01-31T12:00:00", "2026-02-30", "31-01-2026", "now"]
        {
            assert_eq!(moment(text), None, "{text}");
        }
        let told = "yesterday".parse::<Moment>().expect_err("refused").to_string();
        insta::assert_snapshot!(told, @r#""yesterday" is neither a position (1234) nor a time with its offset (2026-01-31T12:00:00+01:00) nor a day (2026-01-31)"#);
    }

    #[test]
    fn a_moment_reads_back_as_written() {
        for text in ["7", "2026-01-31", "2026-01-31T11:00:00Z", "2026-01-31T11:00:00.000120Z"] {
            assert_eq!(moment(text).map(|moment| moment.to_string()).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_day_reaches_from_midnight_to_the_last_microsecond_before_the_next() {
        let day = NaiveDate::from_ymd_opt(2026, 1, 31).expect("a day");
        assert_eq!(start(day), time("2026-01-31T00:00:00Z"));
        assert!(end(day) >= time("2026-01-31T23:59:59.999999Z"));
        assert!(end(day) < time("2026-02-01T00:00:00Z"));
        assert_eq!(end(NaiveDate::MAX), Timestamp::MAX_UTC);
    }
}
