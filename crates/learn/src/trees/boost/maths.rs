//! The exponential in plain arithmetic: the compiler vectorises it, and every machine gives the same bits.

/// `e^x` to about 2e-7, relative; `x` is clamped to where the result is a normal number.
#[inline]
pub(super) fn exp(x: f32) -> f32 {
    // Adding this rounds to an integer, in the low bits of the sum.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let whole = shifted - ROUND;
    // ln 2 in two parts, the first with few digits, so that the product is exact (Cody and Waite 1980).
    let rest = x - whole * 0.693_359_4 + whole * 2.121_944_4e-4;
    let mut sum = 1.987_569_1e-4;
    for coefficient in [1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 0.5] {
        sum = sum * rest + coefficient;
    }
    let mantissa = sum * rest * rest + rest + 1.0;
    let exponent = shifted.to_bits().wrapping_sub(ROUND.to_bits()) << 23;
    f32::from_bits(mantissa.to_bits().wrapping_add(exponent))
}

/// The logistic function.
#[inline]
pub(super) fn logistic(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_exponential_is_close(x in -87.0_f32..88.0) {
            let exact = f64::from(x).exp();
            prop_assert!((f64::from(exp(x)) / exact - 1.0).abs() < 3e-7, "{} {}", exp(x), exact);
        }
    }

    #[test]
    fn extremes_stay_finite() {
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(1e9).is_finite() && exp(-1e9) > 0.0);
        assert!(logistic(-1e9) < 1e-30);
        assert_eq!(logistic(1e9), 1.0);
    }
}
