//! How a table is written.

use crate::events::descriptor::Decimal;
use crate::events::table::{Dialect, headers, split};

/// Lines that are looked at.
const LINES: usize = 60;

fn lines(bytes: &[u8]) -> Vec<String> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines = bytes.split(|b| *b == b'\n').take(LINES);
    lines.map(|line| String::from_utf8_lossy(line).trim_end_matches('\r').to_owned()).collect()
}

/// The delimiter that divides most lines into as many cells as the header, and more than one; and the sign before
/// decimals.
pub(super) fn dialect(bytes: &[u8]) -> Dialect {
    let lines = lines(bytes);
    let full: Vec<&String> = lines.iter().filter(|line| !line.trim().is_empty()).collect();
    let score = |delimiter: char| {
        let cells = full.first().map_or(0, |line| split(line, delimiter).len());
        let alike = full.iter().filter(|line| split(line, delimiter).len() == cells).count();
        if cells < 2 { (0, 0) } else { (100 * alike / full.len().max(1), cells) }
    };
    let delimiter =
        [';', '\t', '|', ','].into_iter().rev().max_by_key(|d| score(*d)).unwrap_or(',');
    let cells = full.iter().skip(1).flat_map(|line| split(line, delimiter));
    let (mut commas, mut points) = (0, 0);
    for cell in cells {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let number = |sign: char| {
            let cell = cell.trim().trim_start_matches('-');
            cell.split_once(sign).is_some_and(|(whole, rest)| {
                let rest = rest.split(['e', 'E']).next().unwrap_or_default();
                (whole.is_empty() || digits(whole)) && digits(rest)
            })
        };
        commas += usize::from(number(','));
        points += usize::from(number('.'));
    }
    let decimal = if delimiter != ',' && commas > points { Decimal::Comma } else { Decimal::Point };
    Dialect { delimiter, decimal }
}

/// The cells of the first line.
pub(super) fn header(bytes: &[u8], delimiter: char) -> Vec<String> {
    lines(bytes).first().map(|line| headers(line, delimiter)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_and_decimal_signs_are_told_apart() {
        let of = |text: &str| {
            let dialect = dialect(text.as_bytes());
            (dialect.delimiter, dialect.decimal)
        };
        assert_eq!(of("t;a;b\n2020-01-01;1,5;2\n2020-01-02;1,6;3\n"), (';', Decimal::Comma));
        assert_eq!(of("t,a,b\n2020-01-01,1.5,2\n2020-01-02,1.6,3\n"), (',', Decimal::Point));
        assert_eq!(of("t\ta\n1\t1.5\n2\t1.6\n"), ('\t', Decimal::Point));
        assert_eq!(of("datetime;p;anomaly\n2020-03-09 10:14:33;0.02;0.0\n"), (';', Decimal::Point));
    }
}
