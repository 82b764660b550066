//! Times as tables write them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a column writes times. All are read without a time zone, or with the one that they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Clock {
    /// Year, month, day, and a time of day, such as `2018-04-01 00:05:00`, `2018/4/1T0:05Z` or `20180401 000500`.
    Ymd,
    /// Day, month, year, and a time of day, such as `01.04.2018 00:05` or `1-Apr-18 00:05`.
    Dmy,
    /// Month, day, year, and a time of day, such as `4/1/2018 12:05 AM`.
    Mdy,
    /// A number of seconds since some start.
    Seconds,
    /// A number of milliseconds since some start.
    Milliseconds,
    /// A number of microseconds since some start.
    Microseconds,
    /// A number of nanoseconds since some start.
    Nanoseconds,
    /// A number of minutes since some start.
    Minutes,
    /// A number of hours since some start.
    Hours,
}

impl Clock {
    /// Every way, in the order in which inspection tries them.
    pub const ALL: [Self; 9] = [
        Self::Ymd,
        Self::Dmy,
        Self::Mdy,
        Self::Seconds,
        Self::Milliseconds,
        Self::Microseconds,
        Self::Nanoseconds,
        Self::Minutes,
        Self::Hours,
    ];

    /// Whether times are plain numbers.
    #[must_use]
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Ymd | Self::Dmy | Self::Mdy)
    }

    /// A time as a date, written as the year comes first.
    pub(crate) fn show(ms: i64) -> impl fmt::Display {
        Shown(ms)
    }

    /// The time in milliseconds since 1970, or since the start of a plain number; nothing if `text` is no such time.
    #[must_use]
    pub fn parse(self, text: &str) -> Option<i64> {
        let text = text.trim();
        let scale = match self {
            Self::Ymd | Self::Dmy | Self::Mdy => return self.date_time(text),
            Self::Milliseconds => 1.0,
            Self::Microseconds => 1e-3,
            Self::Nanoseconds => 1e-6,
            Self::Seconds => 1e3,
            Self::Minutes => 6e4,
            Self::Hours => 3.6e6,
        };
        let value: f64 = text.replace(',', ".").parse().ok()?;
        let ms = (value * scale).round();
        (ms.abs() < 9e15).then_some(ms as i64)
    }

    /// As [`Clock::parse`], of a time that a person wrote: it may be a date with the year first, whatever the table does;
    /// then plain numbers count from 1970.
    #[must_use]
    pub fn parse_given(self, text: &str) -> Option<i64> {
        self.parse(text).or_else(|| Self::Ymd.parse(text))
    }

    fn date_time(self, text: &str) -> Option<i64> {
        let mut numbers = Numbers { rest: text };
        let (y, m, d) = match self {
            Self::Ymd => numbers.year_first()?,
            Self::Dmy => numbers.day_first()?,
            _ => {
                let (m, d, y) =
                    (numbers.take(2)?, numbers.after_separator(2)?, numbers.after_separator(4)?);
                (full_year(y), m, d)
            }
        };
        let holds = (1..=12).contains(&m) && (1..=31).contains(&d) && (1600..10_000).contains(&y);
        let days = holds.then(|| days_from_civil(y, m, d))?;
        Some(days * 86_400_000 + numbers.time_of_day()?)
    }
}

fn full_year(y: i64) -> i64 {
    if y < 100 { 2000 + y } else { y }
}

/// Reads numbers off the front of a text.
struct Numbers<'a> {
    rest: &'a str,
}

impl Numbers<'_> {
    /// Up to `most` digits.
    fn take(&mut self, most: usize) -> Option<i64> {
        let digits = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        number.parse().ok()
    }

    fn skip(&mut self, allowed: &str) -> bool {
        match self.rest.chars().next() {
            Some(c) if allowed.contains(c) => {
                self.rest = &self.rest[c.len_utf8()..];
                true
            }
            _ => false,
        }
    }

    fn after_separator(&mut self, most: usize) -> Option<i64> {
        if self.skip("-/.") { self.take(most) } else { None }
    }

    /// The month may be the first letters of its English name.
    fn day_first(&mut self) -> Option<(i64, i64, i64)> {
        const MONTHS: [&str; 12] =
            ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        let d = self.take(2)?;
        let name = self.rest.get(1..4).unwrap_or_default().to_ascii_lowercase();
        let (m, y) = match MONTHS.iter().position(|month| *month == name) {
            Some(month) => {
                let before = self.skip("-/. ");
                self.rest = self.rest.trim_start_matches(|c: char| c.is_ascii_alphabetic());
                let between = before && self.skip("-/. ");
                (month as i64 + 1, if between { self.take(4)? } else { return None })
            }
            None => (self.after_separator(2)?, self.after_separator(4)?),
        };
        Some((full_year(y), m, d))
    }

    fn year_first(&mut self) -> Option<(i64, i64, i64)> {
        let y = self.take(4)?;
        let separated = self.skip("-/.");
        let m = self.take(2)?;
        if separated && !self.skip("-/.") {
            return None;
        }
        let d = self.take(2)?;
        (y >= 1000).then_some((y, m, d))
    }

    /// Milliseconds of the day, with a zone taken off; 0 if the text ends here.
    fn time_of_day(&mut self) -> Option<i64> {
        while self.skip(" T_-") {}
        if self.rest.is_empty() {
            return Some(0);
        }
        let mut h = self.take(2)?;
        let separated = self.skip(":.");
        let m = if self.rest.is_empty() { 0 } else { self.take(2)? };
        let s = if (separated && self.skip(":.")) || (!separated && !self.rest.is_empty()) {
            self.take(2).unwrap_or(0)
        } else {
            0
        };
        let mut ms = 0;
        if self.skip(".,") {
            let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
            let (fraction, rest) = self.rest.split_at(digits);
            self.rest = rest;
            ms = format!("{fraction:0<3.3}").parse().ok()?;
        }
        while self.skip(" ") {}
        let upper = self.rest.to_ascii_uppercase();
        if let Some(half) = ["AM", "PM"].iter().position(|half| upper.starts_with(half)) {
            h = h % 12 + 12 * half as i64;
            self.rest = &self.rest[2..];
        }
        let zone = self.zone()?;
        let holds = h <= 24 && m < 60 && s <= 60 && self.rest.is_empty();
        holds.then_some(((h * 60 + m) * 60 + s) * 1000 + ms - zone)
    }

    /// Milliseconds that the zone is ahead.
    fn zone(&mut self) -> Option<i64> {
        if matches!(self.rest, "" | "Z" | "z" | "UTC" | "GMT") {
            self.rest = "";
            return Some(0);
        }
        let sign = if self.rest.starts_with('-') { -1 } else { 1 };
        if !self.skip("+-") {
            return None;
        }
        let h = self.take(2)?;
        self.skip(":");
        let m = if self.rest.is_empty() { 0 } else { self.take(2)? };
        Some(sign * (h * 60 + m) * 60_000)
    }
}

/// Days from 1970-01-01 in the Gregorian calendar (Hinnant, chrono-compatible date algorithms).
fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let year = y - era * 400;
    let day = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    era * 146_097 + year * 365 + year / 4 - year / 100 + day - 719_468
}

/// A time for people: `2018-04-01 00:05:00`, or seconds if it lies in the first year after 1970 and is hence hardly
/// a date.
#[must_use]
pub fn show_time(ms: i64) -> String {
    if (0..31_536_000_000).contains(&ms) {
        return format!("{} s", ms as f64 / 1000.0);
    }
    Shown(ms).to_string()
}

/// A time as a date.
struct Shown(i64);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, ms) = (self.0.div_euclid(86_400_000), self.0.rem_euclid(86_400_000));
        let days = days + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year + era * 400 + i64::from(month <= 2);
        let s = ms / 1000;
        write!(f, "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_minute_in_many_hands() {
        for (clock, text) in [
            (Clock::Ymd, "2018-04-01 00:05:00"),
            (Clock::Ymd, "2018-04-01T00:05:00.000Z"),
            (Clock::Ymd, "2018/4/1 0:05"),
            (Clock::Ymd, "2018-04-01 02:05:00+02:00"),
            (Clock::Ymd, "20180401 000500"),
            (Clock::Ymd, "2018-04-01-00.05.00"),
            (Clock::Dmy, "01.04.2018 00:05"),
            (Clock::Dmy, "1/4/18 00.05.00"),
            (Clock::Dmy, "1-Apr-18 0:05"),
            (Clock::Dmy, "01 April 2018 00:05:00 UTC"),
            (Clock::Mdy, "4/1/2018 12:05 AM"),
            (Clock::Seconds, "1522541100"),
            (Clock::Seconds, "1522541100,0"),
            (Clock::Milliseconds, "1522541100000"),
            (Clock::Microseconds, "1522541100000000"),
            (Clock::Nanoseconds, "1.5225411e18"),
        ] {
            let ms = clock.parse(text);
            assert_eq!(ms, Some(1_522_541_100_000), "{text}");
            assert_eq!(ms.map(show_time).unwrap(), "2018-04-01 00:05:00");
        }
        assert_eq!(Clock::Ymd.parse("2018-04-01 13:00:00.5"), Some(1_522_587_600_500));
        assert_eq!(Clock::Mdy.parse("4/1/2018 1:00 PM"), Clock::Ymd.parse("2018-04-01 13:00"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in ["", "pump", "2018-13-01", "12.5", "2018-04-01 25:00", "2018-04-01 10:00 x"] {
            assert_eq!(Clock::Ymd.parse(text), None, "{text}");
        }
        assert_eq!(Clock::Dmy.parse("2018-04-01"), None);
        assert_eq!(Clock::Dmy.parse("1.Apr"), None);
        assert_eq!(Clock::Seconds.parse("1e300"), None);
    }

    #[test]
    fn dates_are_shown_as_they_are_read() {
        for text in ["1969-12-31 23:59:59", "2000-02-29 12:00:00", "2100-03-01 00:00:00"] {
            assert_eq!(Clock::Ymd.parse(text).map(|ms| Shown(ms).to_string()).unwrap(), text);
        }
    }
}
