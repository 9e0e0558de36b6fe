//! Times as people read them, in the zone of whoever looks.

use jiff::{Timestamp, Zoned, tz::TimeZone};

/// The present moment and the zone in which times are shown. The screen is given both, so that it draws the same
/// for the same state.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// Milliseconds since 1970.
    pub(crate) now_ms: i64,
    /// Where the reader is.
    pub(crate) zone: TimeZone,
}

impl Clock {
    /// The reader's own zone.
    pub(crate) fn system() -> Self {
        Self { now_ms: Timestamp::now().as_millisecond(), zone: TimeZone::system() }
    }

    /// `14:03`.
    pub(crate) fn time(&self, at_ms: u64) -> String {
        self.zoned(at_ms).map_or_else(|| "--:--".to_owned(), |at| at.strftime("%H:%M").to_string())
    }

    /// `Today`, `Yesterday`, or the date.
    pub(crate) fn day(&self, at_ms: u64) -> String {
        let (Some(at), Some(now)) = (self.zoned(at_ms), self.zoned(self.now_ms.unsigned_abs())) else {
            return "an impossible date".to_owned();
        };
        if at.date() == now.date() {
            return "Today".to_owned();
        }
        if now.date().yesterday().is_ok_and(|yesterday| yesterday == at.date()) {
            return "Yesterday".to_owned();
        }
        at.strftime("%A, %-d %B %Y").to_string()
    }

    /// None when a peer sent a time that no calendar has.
    fn zoned(&self, at_ms: u64) -> Option<Zoned> {
        let at = Timestamp::from_millisecond(i64::try_from(at_ms).ok()?).ok()?;
        Some(at.to_zoned(self.zone.clone()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Sunday, 22 November 2026, 14:30 UTC, read two hours east of it.
    pub(crate) fn fixed() -> Clock {
        Clock { now_ms: NOW_MS as i64, zone: TimeZone::fixed(jiff::tz::offset(2)) }
    }

    pub(crate) const NOW_MS: u64 = 1_795_357_800_000;

    #[test]
    fn times_and_days_are_those_of_the_readers_zone() {
        let clock = fixed();
        assert_eq!(clock.time(NOW_MS), "16:30");
        assert_eq!(clock.day(NOW_MS), "Today");
        assert_eq!(clock.day(NOW_MS - 86_400_000), "Yesterday");
        assert_eq!(clock.day(NOW_MS - 3 * 86_400_000), "Thursday, 19 November 2026");
    }

    #[test]
    fn an_impossible_time_of_a_peer_is_shown_as_such() {
        assert_eq!(fixed().time(u64::MAX), "--:--");
        assert_eq!(fixed().day(u64::MAX), "an impossible date");
    }
}
