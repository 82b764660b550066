//! Times, numbers and addresses, for people.

use std::fmt::Write as _;

use maud::{Markup, html};

/// Milliseconds since 1970 as a date and time in UTC.
pub(super) fn time(at_ms: Option<i64>) -> Markup {
    let Some(at_ms) = at_ms.filter(|at| *at > 0) else { return html! { "–" } };
    let text = utc(at_ms);
    html! { time datetime={ (text.replace(' ', "T")) "Z" } { (text) } }
}

fn utc(at_ms: i64) -> String {
    let seconds = at_ms.div_euclid(1000);
    let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// The date of a day counted from 1970-01-01 (H. Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// How long something took.
pub(super) fn duration(from_ms: Option<i64>, to_ms: Option<i64>) -> String {
    let (Some(from), Some(to)) = (from_ms, to_ms) else { return "–".to_owned() };
    let ms = to.saturating_sub(from).max(0);
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..60_000 => format!("{}.{} s", ms / 1000, ms / 100 % 10),
        60_000..3_600_000 => format!("{} min {} s", ms / 60_000, ms / 1000 % 60),
        _ => format!("{} h {} min", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// A number with as many digits as say something.
pub(super) fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || (1e-3..1e6).contains(&size) {
        let text = format!("{value:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.3e}")
    }
}

/// A text as one segment of a path, or a value in a query.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(utc(0), "1970-01-01 00:00:00");
        assert_eq!(utc(951_782_400_000), "2000-02-29 00:00:00");
        assert_eq!(utc(1_700_000_000_999), "2023-11-14 22:13:20");
        assert_eq!(utc(-1), "1969-12-31 23:59:59");
    }

    #[test]
    fn numbers_and_durations_are_short() {
        assert_eq!(number(0.910_84), "0.9108");
        assert_eq!(number(3.0), "3");
        assert_eq!(number(-1.5e-9), "-1.500e-9");
        assert_eq!(number(0.0), "0");
        assert_eq!(duration(Some(0), Some(2_345)), "2.3 s");
        assert_eq!(duration(Some(0), Some(3_600_000)), "1 h 0 min");
        assert_eq!(duration(Some(0), None), "–");
    }

    #[test]
    fn nothing_leaves_its_segment() {
        assert_eq!(segment("a/../b?c#d e\"ü"), "a%2F..%2Fb%3Fc%23d%20e%22%C3%BC");
    }
}
