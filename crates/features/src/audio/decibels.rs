//! Decibels.

/// Powers below this count as this: -100 dB.
const LEAST_POWER: f64 = 1e-10;

/// The bits of a double's fraction.
const FRACTION: u64 = (1 << 52) - 1;

/// The bits of 1.0: those of its exponent.
const ONE: u64 = 1023 << 52;

/// The bits of 2^52, whose fraction counts by ones.
const COUNTER: u64 = (1023 + 52) << 52;

/// `10 log10(power)` of a power that is finite, but at least -100 dB.
///
/// Within 1e-8 dB, and several times as fast as a logarithm of full precision: there is no branch and no call,
/// so that neighbours are computed side by side. Only arithmetic, so equal on every processor.
pub(super) fn decibels(power: f64) -> f64 {
    // power = m 2^e with m from 1 to 2, and ln m = ln sqrt(2) + 2 atanh((m - sqrt 2) / (m + sqrt 2)).
    let bits = power.max(LEAST_POWER).to_bits();
    let exponent = f64::from_bits(bits >> 52 | COUNTER) - f64::from_bits(COUNTER) - 1023.0;
    let m = f64::from_bits(bits & FRACTION | ONE);
    let s = (m - std::f64::consts::SQRT_2) / (m + std::f64::consts::SQRT_2);
    let square = s * s;
    let series = 1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square * (1.0 / 9.0)));
    let atanh = s + s * square * series;
    let log2 = exponent + 0.5 + 2.0 * std::f64::consts::LOG2_E * atanh;
    10.0 * std::f64::consts::LOG10_2 * log2
}

/// Raises what lies more than `top_db` decibels below the largest value to there, as `librosa.power_to_db` does.
pub fn limit_range(decibels: &mut [f32], top_db: f32) {
    let least = decibels.iter().copied().fold(f32::NEG_INFINITY, f32::max) - top_db;
    for value in decibels {
        *value = value.max(least);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn silence_and_powers_of_ten() {
        for (power, expected) in
            [(0.0, -100.0), (1e-11, -100.0), (1e-10, -100.0), (1.0, 0.0), (100.0, 20.0)]
        {
            assert!((decibels(power) - expected).abs() < 1e-8, "{power}: {}", decibels(power));
        }
    }

    #[test]
    fn the_range_is_limited_from_below() {
        let mut decibels = [-90.0, 10.0, -30.0];
        limit_range(&mut decibels, 80.0);
        assert_eq!(decibels, [-70.0, 10.0, -30.0]);
    }

    proptest! {
        #[test]
        fn what_the_logarithm_says(exponent in -10.0..15.0) {
            let power = 10_f64.powf(exponent);
            prop_assert!((decibels(power) - 10.0 * exponent).abs() < 1e-8);
        }
    }
}
