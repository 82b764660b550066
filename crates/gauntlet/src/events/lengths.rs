//! Lengths of time as a pipeline file writes them, and as rows of one dataset.

use std::fmt;

use gauntlet_core::AlarmPolicy;
use gauntlet_features::windows::Windows;
use serde::{Deserialize, Serialize};

/// Fewest readings in a middle window: a median of less says nothing.
const FEWEST: usize = 3;

/// Units, the longest first: how many milliseconds, and how they are written.
const UNITS: [(i64, &str); 5] =
    [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s"), (1, "ms")];

/// A length of time: `90 s`, `15 min`, `3 h`, `2 d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Span {
    ms: i64,
}

impl Span {
    /// The span of so many seconds, to the millisecond and at least one.
    pub(crate) fn of_seconds(seconds: f64) -> Self {
        Self { ms: ((seconds * 1000.0).round() as i64).max(1) }
    }

    pub(crate) fn seconds(self) -> f64 {
        self.ms as f64 / 1000.0
    }

    /// How often `step_s` fits, at least once.
    fn steps(self, step_s: f64) -> usize {
        ((self.seconds() / step_s).round() as usize).max(1)
    }
}

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong =
            || format!("`{text}` is no length of time: write `90 s`, `15 min`, `3 h` or `2 d`");
        let digits = text.trim().find(|c: char| !c.is_ascii_digit() && c != '.');
        let (number, unit) = text.trim().split_at(digits.ok_or_else(wrong)?);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let unit = UNITS.iter().find(|(_, name)| *name == unit.trim()).ok_or_else(wrong)?;
        let ms = (number * unit.0 as f64).round();
        if (1.0..1e15).contains(&ms) { Ok(Self { ms: ms as i64 }) } else { Err(wrong()) }
    }
}

impl From<Span> for String {
    fn from(span: Span) -> Self {
        span.to_string()
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(size, _)| self.ms % size == 0);
        let (size, unit) = whole.copied().unwrap_or((1, "ms"));
        write!(f, "{} {unit}", self.ms / size)
    }
}

/// `[windows]`: how long is now, lately and usual, and how often a decision is made.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WindowSpec {
    pub(crate) short: Span,
    pub(crate) middle: Span,
    pub(crate) long: Span,
    pub(crate) every: Span,
}

/// `[alarm]`: persistence in decisions, then a rest.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlarmSpec {
    pub(crate) needed: u32,
    pub(crate) window: u32,
    /// How long no other alarm is raised; without it the first one stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refractory: Option<Span>,
}

/// Both in rows and decisions of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lengths {
    pub(crate) windows: Windows,
    pub(crate) alarm: AlarmPolicy,
}

impl Lengths {
    /// The lengths where a row follows another after `step_s` seconds.
    ///
    /// # Errors
    /// Windows that do not contain one another, or that hold too few rows: a sentence.
    pub(crate) fn at(windows: &WindowSpec, alarm: &AlarmSpec, step_s: f64) -> Result<Self, String> {
        let WindowSpec { short, middle, long, every } = windows;
        if !(every <= short && short <= middle && middle <= long) {
            return Err(format!(
                "[windows]: they must satisfy every <= short <= middle <= long, not every = {every}, short = {short}, \
                 middle = {middle}, long = {long}"
            ));
        }
        let rows = Windows {
            every: every.steps(step_s),
            short: short.steps(step_s),
            middle: middle.steps(step_s),
            long: long.steps(step_s),
        };
        rows.check().map_err(|e| format!("[windows]: {e}"))?;
        if rows.middle < FEWEST {
            return Err(format!(
                "[windows]: `middle` is {middle} and holds {} of rows that are {} apart: it takes at least {FEWEST}",
                rows.middle,
                Span::of_seconds(step_s)
            ));
        }
        let apart = rows.every as f64 * step_s;
        let alarm = AlarmPolicy {
            needed: alarm.needed,
            window: alarm.window,
            refractory: alarm.refractory.map(|rest| rest.steps(apart) as u32),
        };
        alarm.check().map_err(|e| format!("[alarm]: {e}"))?;
        Ok(Self { windows: rows, alarm })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        Span::try_from(text.to_owned()).unwrap()
    }

    fn lengths(step_s: f64) -> Result<Lengths, String> {
        let windows = WindowSpec {
            short: span("15 min"),
            middle: span("3 h"),
            long: span("2 d"),
            every: span("5 min"),
        };
        let alarm = AlarmSpec { needed: 3, window: 4, refractory: Some(span("12h")) };
        Lengths::at(&windows, &alarm, step_s)
    }

    #[test]
    fn spans_are_written_as_they_are_read() {
        for (text, shown) in [
            ("90 s", "90 s"),
            ("15min", "15 min"),
            ("1.5 h", "90 min"),
            ("48 h", "2 d"),
            ("250 ms", "250 ms"),
        ] {
            assert_eq!(span(text).to_string(), shown);
            assert_eq!(span(shown), span(text));
        }
        for text in ["15", "min", "0 s", "-3 h", "3 weeks", "", "1e300 d"] {
            let error = Span::try_from(text.to_owned()).unwrap_err();
            assert!(error.contains("is no length of time"), "{error}");
        }
    }

    #[test]
    fn the_same_lengths_are_other_numbers_of_rows_at_another_cadence() {
        let of = |step_s| {
            let Lengths { windows, alarm } = lengths(step_s).unwrap();
            let Windows { short, middle, long, every } = windows;
            (every, short, middle, long, alarm.refractory.unwrap())
        };
        assert_eq!(of(60.0), (5, 15, 180, 2880, 144));
        assert_eq!(of(10.0), (30, 90, 1080, 17_280, 144));
        // No decision between two rows.
        assert_eq!(of(600.0), (1, 2, 18, 288, 72));
        assert!(lengths(7200.0).unwrap_err().contains("2 h apart"));
    }
}
