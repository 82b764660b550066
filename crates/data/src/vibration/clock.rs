//! Time stamps, in the many ways that rigs write them.

use std::str::FromStr;

use serde::Deserialize;

/// How a time stamp is written: `%Y`, `%m`, `%d`, `%H`, `%M` stand for a year of four digits, and month, day, hour
/// and minute of two, `%S` for seconds of two digits that may have decimals, `*` for any text, and all else for
/// itself.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct TimePattern {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Anything,
    Literal(char),
}

/// Why a text is no pattern of time stamps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no pattern of time stamps: it needs each of %Y, %m, %d, %H, %M and %S once")]
pub struct TimePatternError(String);

impl FromStr for TimePattern {
    type Err = TimePatternError;

    fn from_str(text: &str) -> Result<Self, TimePatternError> {
        let error = || TimePatternError(text.to_owned());
        let mut parts = Vec::new();
        let mut chars = text.chars();
        while let Some(next) = chars.next() {
            parts.push(match next {
                '%' => match chars.next() {
                    Some('Y') => Part::Year,
                    Some('m') => Part::Month,
                    Some('d') => Part::Day,
                    Some('H') => Part::Hour,
                    Some('M') => Part::Minute,
                    Some('S') => Part::Second,
                    _ => return Err(error()),
                },
                '*' => Part::Anything,
                literal => Part::Literal(literal),
            });
        }
        let once = |part| parts.iter().filter(|&&p| p == part).count() == 1;
        let needed = [Part::Year, Part::Month, Part::Day, Part::Hour, Part::Minute, Part::Second];
        if needed.into_iter().all(once) {
            Ok(Self { text: text.to_owned(), parts })
        } else {
            Err(error())
        }
    }
}

impl TryFrom<String> for TimePattern {
    type Error = TimePatternError;

    fn try_from(text: String) -> Result<Self, TimePatternError> {
        text.parse()
    }
}

impl std::fmt::Display for TimePattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Fields of a time stamp as they are found.
#[derive(Clone, Copy, Default)]
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: f64,
}

impl TimePattern {
    /// `%Y.%m.%d.%H.%M.%S`, the names of NASA's files.
    pub(super) fn dots() -> Self {
        let dot = Part::Literal('.');
        let fields = [Part::Year, Part::Month, Part::Day, Part::Hour, Part::Minute, Part::Second];
        let parts = fields.into_iter().flat_map(|field| [dot, field]).skip(1).collect();
        Self { text: "%Y.%m.%d.%H.%M.%S".to_owned(), parts }
    }

    /// Seconds from 1970-01-01 00:00 to the time stamp `text`, both on the rig's clock; `None` if it does not fit.
    #[must_use]
    pub fn seconds(&self, text: &str) -> Option<f64> {
        matched(&self.parts, text, Fields::default())?.seconds()
    }
}

fn matched(parts: &[Part], text: &str, mut fields: Fields) -> Option<Fields> {
    let Some((part, rest)) = parts.split_first() else {
        return text.is_empty().then_some(fields);
    };
    let mut take = |digits: usize, into: fn(&mut Fields) -> &mut i64| {
        let field = text.get(..digits)?;
        let plain = field.bytes().all(|byte| byte.is_ascii_digit());
        *into(&mut fields) = plain.then(|| field.parse().ok())??;
        Some(digits)
    };
    let taken = match part {
        Part::Anything => {
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            return ends.find_map(|at| matched(rest, &text[at..], fields));
        }
        Part::Literal(literal) => text.strip_prefix(*literal).map(|_| literal.len_utf8())?,
        Part::Year => take(4, |f| &mut f.year)?,
        Part::Month => take(2, |f| &mut f.month)?,
        Part::Day => take(2, |f| &mut f.day)?,
        Part::Hour => take(2, |f| &mut f.hour)?,
        Part::Minute => take(2, |f| &mut f.minute)?,
        Part::Second => {
            let whole = text.bytes().take_while(u8::is_ascii_digit).count();
            if whole != 2 {
                return None;
            }
            let decimals = text[whole..]
                .strip_prefix('.')
                .map_or(0, |after| after.bytes().take_while(u8::is_ascii_digit).count());
            let length = if decimals == 0 { whole } else { whole + 1 + decimals };
            fields.second = text[..length].parse().ok()?;
            length
        }
    };
    matched(rest, &text[taken..], fields)
}

impl Fields {
    fn seconds(self) -> Option<f64> {
        let Self { year, month, day, hour, minute, second } = self;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = [31, 28 + i64::from(leap), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let month = usize::try_from(month - 1).ok().filter(|&month| month < 12)?;
        let sound = (1..=days[month]).contains(&day) && hour < 24 && minute < 60 && second < 60.0;
        // Leap years before this one since year 0, which the count at 1970 cancels.
        let leaps = |year: i64| {
            (year - 1).div_euclid(4) - (year - 1).div_euclid(100) + (year - 1).div_euclid(400)
        };
        let before: i64 = days[..month].iter().sum();
        let all = (year - 1970) * 365 + leaps(year) - leaps(1970) + before + day - 1;
        sound.then(|| ((all * 24 + hour) * 60 + minute) as f64 * 60.0 + second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(pattern: &str, text: &str) -> Option<f64> {
        pattern.parse::<TimePattern>().unwrap().seconds(text)
    }

    #[test]
    fn published_forms_are_read() {
        let dots = seconds("%Y.%m.%d.%H.%M.%S", "2004.02.12.10.32.39").unwrap();
        assert_eq!(dots, 1_076_581_959.0);
        assert_eq!(TimePattern::dots(), "%Y.%m.%d.%H.%M.%S".parse().unwrap());
        assert_eq!(seconds("%Y-%m-%d %H:%M:%S", "2004-02-12 10:32:39"), Some(dots));
        assert_eq!(seconds("%Y-%m-%dT%H:%M:%S*", "2004-02-12T10:32:39.5Z"), Some(dots + 0.5));
        assert_eq!(seconds("*_%Y%m%d_%H%M%S.csv", "rig_7_20040212_103239.csv"), Some(dots));
        assert_eq!(seconds("%Y-%m-%d %H:%M:%S", "1970-01-01 00:00:00"), Some(0.0));
    }

    #[test]
    fn leap_days_and_centuries_count() {
        let day = |text: &str| seconds("%Y-%m-%d %H:%M:%S", &format!("{text} 00:00:00"));
        assert_eq!(day("2004-03-01").unwrap() - day("2004-02-28").unwrap(), 2.0 * 86_400.0);
        assert_eq!(day("2100-03-01").unwrap() - day("2100-02-28").unwrap(), 86_400.0);
        assert_eq!(day("2000-02-29").unwrap() - day("1999-02-28").unwrap(), 366.0 * 86_400.0);
        assert_eq!(day("2003-02-29"), None);
    }

    #[test]
    fn what_does_not_fit_is_no_time() {
        for text in [
            "2004.02.12.10.32",
            "2004.13.12.10.32.39",
            "2004.02.12.24.32.39",
            "2004.2.12.10.32.39",
            "readme.txt",
            "2004.02.12.10.32.39.bak",
        ] {
            assert_eq!(seconds("%Y.%m.%d.%H.%M.%S", text), None, "{text}");
        }
        assert!("%Y-%m-%d".parse::<TimePattern>().is_err());
        assert!("%Y-%m-%d %H:%M:%S %S".parse::<TimePattern>().is_err());
        assert!("%Y-%m-%d %H:%M:%Q".parse::<TimePattern>().is_err());
    }
}
