//! How long what is kept: options of whatever lets it go or lists it. Reasons and grounds: `docs/retention.md`.

use api::{Periods, SessionLimits};
use chrono::TimeDelta;
use clap::Args;
use eventlog::Retention;

/// The longest that anything may be kept, in days: a century.
const MOST: i64 = 36_500;

/// Options on how long things are kept.
#[derive(Clone, Debug, Args)]
pub(crate) struct RetentionConfig {
    /// How long one stays signed in without doing anything, in days or hours.
    #[arg(long, env = "LEERWERK_SESSION_IDLE", default_value = "12h", value_parser = parse_time)]
    session_idle: TimeDelta,

    /// How long one stays signed in at most, in days or hours.
    #[arg(long, env = "LEERWERK_SESSION_ABSOLUTE", default_value = "7d", value_parser = parse_time)]
    session_absolute: TimeDelta,

    /// How long a repeated command is recognised by its idempotency key, in days or hours; at least a day.
    #[arg(long, env = "LEERWERK_RECEIPT_RETENTION", default_value = "30d", value_parser = parse_retention)]
    receipt_retention: Retention,

    /// How long it is kept who looked at what of whom, in days; at least a year.
    #[arg(long, env = "LEERWERK_ACCESS_LOG_RETENTION", default_value = "1826d", value_parser = parse_time)]
    access_log_retention: TimeDelta,

    /// How long it is kept to whom mail was written about what, in days; at least 35, so that nobody is written to twice.
    #[arg(long, env = "LEERWERK_MAIL_RETENTION", default_value = "90d", value_parser = parse_time)]
    mail_retention: TimeDelta,

    /// How long somebody is known who asked for access and does not have it, in days since the refusal or, where nobody
    /// decided, since the request; at least 30.
    #[arg(long, env = "LEERWERK_REQUEST_RETENTION", default_value = "365d", value_parser = parse_time)]
    request_retention: TimeDelta,

    /// How long a member is known whose access ended, in days since then; at least 90. What they contributed stays.
    #[arg(long, env = "LEERWERK_FORMER_MEMBER_RETENTION", default_value = "1826d", value_parser = parse_time)]
    former_member_retention: TimeDelta,
}

impl RetentionConfig {
    /// How long one stays signed in.
    pub(crate) fn session_limits(&self) -> SessionLimits {
        SessionLimits { idle: self.session_idle, absolute: self.session_absolute }
    }

    /// All of them.
    pub(crate) fn periods(&self) -> Periods {
        Periods {
            former_members: self.former_member_retention,
            requests: self.request_retention,
            access_log: self.access_log_retention,
            sessions: self.session_limits(),
            letters: self.mail_retention,
            receipts: self.receipt_retention,
        }
    }

    /// Everything that is wrong, in words.
    pub(super) fn wrong(&self) -> Vec<String> {
        let least = [
            ("LEERWERK_ACCESS_LOG_RETENTION", self.access_log_retention, 366),
            ("LEERWERK_MAIL_RETENTION", self.mail_retention, 35),
            ("LEERWERK_REQUEST_RETENTION", self.request_retention, 30),
            ("LEERWERK_FORMER_MEMBER_RETENTION", self.former_member_retention, 90),
        ];
        let short = least.into_iter().filter(|(_, time, days)| *time < TimeDelta::days(*days));
        let mut wrong: Vec<String> = short.map(|(name, _, days)| format!("{name} must be at least {days}d")).collect();
        if self.session_idle > self.session_absolute {
            wrong.push("LEERWERK_SESSION_IDLE must not be longer than LEERWERK_SESSION_ABSOLUTE".into());
        }
        wrong
    }
}

/// A time such as `30d` or `36h`, long enough for clients that were away.
fn parse_retention(text: &str) -> Result<Retention, String> {
    Retention::new(parse_time(text)?).ok_or_else(|| format!("it must be at least {}h", Retention::LEAST.num_hours()))
}

/// A time such as `30d` or `36h`.
fn parse_time(text: &str) -> Result<TimeDelta, String> {
    let (number, hours) = match (text.strip_suffix('d'), text.strip_suffix('h')) {
        (Some(days), _) => (days, 24),
        (_, Some(hours)) => (hours, 1),
        (None, None) => (text, 0),
    };
    let time = number.parse::<i64>().ok().filter(|_| hours > 0).and_then(|number| number.checked_mul(hours));
    let time = time.and_then(TimeDelta::try_hours).filter(|time| *time > TimeDelta::zero());
    let time = time.ok_or("it must be a number of days or hours, such as 30d or 36h")?;
    if time > TimeDelta::days(MOST) { Err(format!("it must be at most {MOST}d")) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Only {
        #[command(flatten)]
        retention: RetentionConfig,
    }

    fn retention(args: &[&str]) -> RetentionConfig {
        Only::parse_from([&["leerwerk"], args].concat()).retention
    }

    #[test]
    fn a_retention_is_a_number_of_days_or_hours_and_no_less_than_one_day() {
        assert_eq!(parse_retention("30d"), Retention::new(TimeDelta::days(30)).ok_or(String::new()));
        assert_eq!(parse_retention("24h"), Retention::new(Retention::LEAST).ok_or(String::new()));
        for text in ["", "30", "d", "0d", "23h", "-3d", "1.5d", "30m", "36501d", "9223372036854775807d"] {
            assert!(parse_retention(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_periods_are_those_that_the_platform_has_by_itself() {
        assert_eq!((retention(&[]).periods(), retention(&[]).wrong()), (Periods::default(), vec![]));
    }

    #[test]
    fn every_period_that_is_too_short_is_named() {
        let short = ["access-log", "mail", "request", "former-member"].map(|kind| format!("--{kind}-retention=3d"));
        let wrong = retention(&short.each_ref().map(String::as_str)).wrong();
        assert_eq!(
            wrong,
            [
                "LEERWERK_ACCESS_LOG_RETENTION must be at least 366d",
                "LEERWERK_MAIL_RETENTION must be at least 35d",
                "LEERWERK_REQUEST_RETENTION must be at least 30d",
                "LEERWERK_FORMER_MEMBER_RETENTION must be at least 90d",
            ]
        );
        let idle = retention(&["--session-idle=8d"]).wrong();
        assert_eq!(idle, ["LEERWERK_SESSION_IDLE must not be longer than LEERWERK_SESSION_ABSOLUTE"]);
    }
}
