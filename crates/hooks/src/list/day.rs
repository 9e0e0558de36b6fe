//! Days: the grain in which lists are dated, all in UTC.

use std::{fmt, str::FromStr};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Serialize, Serializer};

/// A day in UTC, written `2026-11-22`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(Date);

/// Why a text is not a day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day like 2026-11-22")]
pub struct DayError(String);

impl Day {
    /// The day on which `ms`, milliseconds since 1970, lies. A time after the year 9999 is its last day.
    #[must_use]
    pub fn of_ms(ms: u64) -> Self {
        let timestamp = i64::try_from(ms).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        Self(timestamp.map_or(Date::MAX, |timestamp| timestamp.to_zoned(TimeZone::UTC).date()))
    }

    /// So many days later, at most the last day of the year 9999.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        // A span holds fewer days than an i64, and panics beyond.
        let days = days.clamp(-DAYS_MAX, DAYS_MAX);
        Self(self.0.saturating_add(days.days()))
    }

    /// Its first millisecond since 1970; 0 for earlier days.
    #[must_use]
    pub fn start_ms(self) -> u64 {
        let start = TimeZone::UTC.to_timestamp(self.0.at(0, 0, 0, 0));
        start.ok().and_then(|start| u64::try_from(start.as_millisecond()).ok()).unwrap_or_default()
    }
}

/// More days than there are between any two dates.
const DAYS_MAX: i64 = 4_000_000;

impl FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        let date = text.parse::<Date>().ok().map(Self);
        // One form only: what is signed is what is shown.
        date.filter(|date| date.to_string() == text).ok_or_else(|| DayError(text.into()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_at_midnight_utc() {
        let day: Day = "2026-11-22".parse().unwrap();
        assert_eq!(Day::of_ms(day.start_ms()), day);
        assert_eq!(Day::of_ms(day.start_ms() + 86_399_999), day);
        assert_eq!(Day::of_ms(day.start_ms() + 86_400_000).to_string(), "2026-11-23");
        assert_eq!(day.plus_days(9).to_string(), "2026-12-01");
    }

    #[test]
    fn extreme_times_do_not_panic() {
        assert_eq!(Day::of_ms(u64::MAX).plus_days(i64::MAX).to_string(), "9999-12-31");
        assert_eq!(Day::of_ms(0).plus_days(i64::MIN).start_ms(), 0);
    }

    #[test]
    fn only_one_way_of_writing_a_day_is_accepted() {
        for text in ["2026-11-22T00:00", "20261122", "2026-13-01", "tomorrow", ""] {
            assert_eq!(text.parse::<Day>(), Err(DayError(text.into())));
        }
    }
}
