//! Decimal numbers out of bytes, correctly rounded, for the many short ones that snapshots consist of.
//!
//! A number of at most 15 significant digits and a small power of ten needs one multiplication or
//! division of two doubles that are both exact, so its result is the correctly rounded one (Clinger's
//! fast path). Everything else goes to the standard library, which is correct for all numbers.

/// The powers of ten that a double holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Integers of up to this many digits are exact as a double.
const EXACT_DIGITS: usize = 15;

/// Parses the number at the start of `bytes`, and tells how many bytes it takes.
///
/// `None` if there is no plain decimal number of a few digits: see [`slow`] for what that may be. What follows
/// the number is not looked at.
#[inline]
pub(super) fn fast(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    let mut at = start;
    let mut mantissa = 0_u64;
    while let Some(digit) = digit(bytes, at) {
        mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
        at += 1;
    }
    let mut digits = at - start;
    let mut decimals = 0;
    if bytes.get(at) == Some(&b'.') {
        at += 1;
        let point = at;
        while let Some(digit) = digit(bytes, at) {
            mantissa = mantissa.wrapping_mul(10).wrapping_add(digit);
            at += 1;
        }
        decimals = at - point;
        digits += decimals;
    }
    let exponent = matches!(bytes.get(at), Some(b'e' | b'E'));
    if digits == 0 || digits > EXACT_DIGITS || exponent {
        return None;
    }
    // Up to 15 digits, leading zeros counted, so neither the mantissa nor the power is rounded.
    let value = mantissa as f64 / POWERS[decimals];
    Some((if negative { -value } else { value }, at))
}

#[inline]
fn digit(bytes: &[u8], at: usize) -> Option<u64> {
    let digit = bytes.get(at)?.wrapping_sub(b'0');
    (digit < 10).then_some(u64::from(digit))
}

/// Parses the whole of `text` as any number the standard library reads, in scientific notation, with many
/// digits or a plus sign; also `NaN` and `inf`. `None` if it is no number.
pub(super) fn slow(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) {
        if let Some((value, length)) = fast(text.as_bytes()) {
            assert_eq!(length, text.len(), "{text}");
            assert_eq!(value.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
        }
    }

    #[test]
    fn short_decimals_take_the_fast_path_and_keep_their_sign() {
        for text in ["-0.049", "0", "-0.000", "5.", ".5", "999999999999999", "0.00000000000001"] {
            assert!(fast(text.as_bytes()).is_some(), "{text}");
            check(text);
        }
        assert_eq!(fast(b"1.5\t2").unwrap(), (1.5, 3));
    }

    #[test]
    fn long_scientific_and_foreign_text_is_left_to_the_slow_path() {
        for text in
            ["1.5004e+05", "-0.39639469236135483", "nan", "-", ".", "", "+1", "9007199254740993"]
        {
            assert_eq!(fast(text.as_bytes()), None, "{text}");
        }
        assert_eq!(slow(b"1.5004e+05"), Some(150_040.0));
        assert_eq!(slow(b"+1"), Some(1.0));
        assert!(slow(b"NaN").unwrap().is_nan());
        assert_eq!(slow(b"\xff"), None);
        assert_eq!(slow(b"1o1"), None);
    }

    proptest! {
        #[test]
        fn every_fast_number_is_the_standard_librarys(digits in 0_u64..1_000_000_000_000_000, decimals in 0_usize..14, negative: bool) {
            let text = format!("{digits:0width$}", width = decimals + 1);
            let (whole, part) = text.split_at(text.len() - decimals);
            let sign = if negative { "-" } else { "" };
            check(&format!("{sign}{whole}.{part}"));
            check(&format!("{sign}{whole}{part}"));
        }

        #[test]
        fn shortest_doubles_are_read_back(value in proptest::num::f64::NORMAL) {
            let text = format!("{value}");
            check(&text);
            prop_assert_eq!(slow(text.as_bytes()), Some(value));
        }
    }
}
