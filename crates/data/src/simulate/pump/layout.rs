//! The published layout: a row number without a header, the minute, 52 sensors, the status.

use std::io::Write as _;

use super::ROWS;
use super::schedule::{START_MS, status};
use super::sensors::COUNT;
use crate::events::Clock;

/// Bytes of a row, about.
const ROW_BYTES: usize = 600;

/// The table's bytes.
pub(super) fn write(columns: &[Vec<f32>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(ROWS * ROW_BYTES);
    bytes.extend_from_slice(b",timestamp");
    for sensor in 0..COUNT {
        // Writing into memory cannot fail.
        let _ = write!(bytes, ",sensor_{sensor:02}");
    }
    bytes.extend_from_slice(b",machine_status\n");
    for row in 0..ROWS {
        let time = Clock::show(START_MS + row as i64 * 60_000);
        let _ = write!(bytes, "{row},{time}");
        for column in columns {
            let value = column[row];
            bytes.push(b',');
            if !value.is_nan() {
                number(&mut bytes, value);
            }
        }
        let _ = writeln!(bytes, ",{}", status(row));
    }
    bytes
}

/// Seven significant digits, as the published file has.
fn number(bytes: &mut Vec<u8>, value: f32) {
    let decimals = match value {
        v if v < 10.0 => 6,
        v if v < 100.0 => 5,
        v if v < 1000.0 => 4,
        _ => 3,
    };
    let scale = 10_u64.pow(decimals);
    let whole = (f64::from(value) * scale as f64).round() as u64;
    let _ = write!(bytes, "{}", whole / scale);
    let mut fraction = whole % scale;
    if fraction == 0 {
        return bytes.extend_from_slice(b".0");
    }
    let mut width = decimals as usize;
    while fraction.is_multiple_of(10) {
        (fraction, width) = (fraction / 10, width - 1);
    }
    let _ = write!(bytes, ".{fraction:0width$}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_seven_digits_and_no_trailing_zeros() {
        let text = |value: f32| {
            let mut bytes = Vec::new();
            number(&mut bytes, value);
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(text(47.092_01), "47.09201");
        assert_eq!(text(634.375), "634.375");
        assert_eq!(text(2.005), "2.005");
        assert_eq!(text(0.0), "0.0");
        assert_eq!(text(1100.085), "1100.085");
    }
}
