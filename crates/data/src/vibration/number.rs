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
/// the number is not looked at, except that an exponent belongs to it.
#[inline(always)]
pub(super) fn fast(bytes: &[u8]) -> Option<(f64, usize)> {
    let negative = bytes.first() == Some(&b'-');
    let start = usize::from(negative);
    // Signs of vibration are as good as random, so no branch should guess them.
    let signed = |size: f64| f64::from_bits(size.to_bits() | (u64::from(negative) << 63));
    if let Some(word) = word(bytes, 0)
        && let Some(size) = thousandths(word >> (8 * start))
    {
        return Some((signed(size), start + 5));
    }
    let (size, length) = other(bytes, start)?;
    Some((signed(size), start + length))
}

/// A number from `start` that is not like most.
#[inline(never)]
fn other(bytes: &[u8], start: usize) -> Option<(f64, usize)> {
    short(bytes, start).or_else(|| long(bytes, start))
}

/// Eight bytes, the first one lowest.
#[inline]
fn word(bytes: &[u8], start: usize) -> Option<u64> {
    let word: [u8; 8] = bytes.get(start..start + 8)?.try_into().ok()?;
    Some(u64::from_le_bytes(word))
}

/// A number like 0.123, as nearly all of NASA's are, at the start of `word`.
///
/// That it is one is a branch that the processor can foresee, and then it begins the next number before it knows
/// this one.
#[inline(always)]
fn thousandths(word: u64) -> Option<f64> {
    let form = not_digits(word) & 0x8080_8080_8080 == 0x8000_0000_8000;
    if !form || word & 0xff00 != 0x2e00 || !is_end((word >> 40) as u8) {
        return None;
    }
    let digit = |byte: u32| (word >> (8 * byte)) & 0x0f;
    let size = digit(0) * 1000 + digit(2) * 100 + digit(3) * 10 + digit(4);
    Some(size as f64 / 1000.0)
}

/// A number that ends within eight bytes from `start`, digits on both sides of a point: all of them at once.
#[inline]
fn short(bytes: &[u8], start: usize) -> Option<(f64, usize)> {
    let word = word(bytes, start)?;
    let foreign = not_digits(word);
    let point = (foreign.trailing_zeros() / 8) as usize;
    let after = foreign & foreign.wrapping_sub(1);
    let end = (after.trailing_zeros() / 8) as usize;
    if end >= 8 || point == 0 || end == point + 1 {
        return None;
    }
    if bytes[start + point] != b'.' || !is_end(bytes[start + end]) {
        return None;
    }
    // The digits before the point, those after it moved into its place, and zeros in front of all.
    let digits = word & 0x0f0f_0f0f_0f0f_0f0f;
    let before = (1_u64 << (8 * point)) - 1;
    let joined = (digits & before) | ((digits >> 8) & !before);
    let aligned = joined << (8 * (9 - end));
    Some((eight(aligned) as f64 / POWERS[end - point - 1], end))
}

/// Whether a number can end before `byte`.
#[inline]
fn is_end(byte: u8) -> bool {
    !matches!(byte, b'e' | b'E' | b'.')
}

/// The high bit of every byte of `word` that is no decimal digit.
#[inline]
fn not_digits(word: u64) -> u64 {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    // With the high bit out of the way no byte carries into the next.
    let low = (word ^ 0x3030_3030_3030_3030) & !HIGH;
    ((low + 0x7676_7676_7676_7676) | word) & HIGH
}

/// The number whose eight decimal digits are the bytes of `word`, the first one lowest.
#[inline]
fn eight(word: u64) -> u64 {
    // Neighbours are joined to pairs, pairs to fours, fours to eight.
    let pairs = (word.wrapping_mul(10) + (word >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff
}

/// Any plain decimal number of at most 15 digits, one by one.
fn long(bytes: &[u8], start: usize) -> Option<(f64, usize)> {
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
    Some((mantissa as f64 / POWERS[decimals], at - start))
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

    #[test]
    fn all_bytes_after_short_numbers_are_told_from_digits() {
        for byte in 0..=u8::MAX {
            let mut text = b"-12.034".to_vec();
            text.extend([byte; 9]);
            let ours = fast(&text).map(|(value, length)| (value.to_bits(), length));
            let plain = long(&text, 1).map(|(size, length)| ((-size).to_bits(), length + 1));
            assert_eq!(ours, plain, "{byte}");
        }
    }

    proptest! {
        #[test]
        fn eight_bytes_at_once_are_as_good_as_one_by_one(text in "-?[0-9]{0,5}[.]?[0-9]{0,5}[\\t,.e\r]?[0-9]{0,6}.{0,3}") {
            let negative = text.starts_with('-');
            let expected = long(text.as_bytes(), usize::from(negative));
            let found = fast(text.as_bytes());
            prop_assert_eq!(found.map(|f| f.0.abs().to_bits()), expected.map(|e| e.0.to_bits()), "{}", text);
            prop_assert_eq!(found.map(|f| f.1), expected.map(|e| e.1 + usize::from(negative)));
        }

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
