//! What is normal for one machine: a centre and a spread that outliers do not move.

/// Centre and spread of values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robust {
    /// The median.
    pub median: f64,
    /// 1.4826 times the median absolute deviation: the standard deviation if values were normal.
    pub spread: f64,
}

/// Makes the median absolute deviation of normal values their standard deviation.
const NORMAL: f64 = 1.4826;

/// Median and spread of `values`, in any order; `None` if there are none or one is not finite.
///
/// The median of an even number of values is the mean of the middle two, here and for the deviations.
/// The spread is 0 if more than half of the values are equal.
#[must_use]
pub fn robust(values: &[f64]) -> Option<Robust> {
    if values.is_empty() || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mut work = values.to_vec();
    let median = median(&mut work);
    for value in &mut work {
        *value = (*value - median).abs();
    }
    Some(Robust { median, spread: NORMAL * self::median(&mut work) })
}

/// The median of `values`, which are reordered; of an even number, the mean of the middle two.
///
/// 0 for no values.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return 0.0;
    }
    let odd = values.len() % 2 == 1;
    let (below, &mut upper, _) = values.select_nth_unstable_by(values.len() / 2, f64::total_cmp);
    if odd {
        return upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    lower + (upper - lower) / 2.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn odd_and_even_numbers_of_values() {
        let odd = robust(&[9.0, 1.0, 3.0]).unwrap();
        assert_eq!(odd, Robust { median: 3.0, spread: 1.4826 * 2.0 });
        let even = robust(&[4.0, 1.0, 100.0, 2.0]).unwrap();
        assert_eq!(even, Robust { median: 3.0, spread: 1.4826 * 1.5 });
        assert_eq!(robust(&[7.0]), Some(Robust { median: 7.0, spread: 0.0 }));
    }

    #[test]
    fn nothing_and_no_numbers_have_no_baseline() {
        assert_eq!(robust(&[]), None);
        assert_eq!(robust(&[1.0, f64::NAN]), None);
        assert_eq!(robust(&[1.0, f64::INFINITY]), None);
    }

    proptest! {
        #[test]
        fn order_does_not_matter_and_shift_and_scale_do_what_they_should(
            values in proptest::collection::vec(-1e3..1e3, 1..50),
        ) {
            let plain = robust(&values).unwrap();
            let reversed: Vec<f64> = values.iter().rev().copied().collect();
            prop_assert_eq!(robust(&reversed), Some(plain));
            let moved: Vec<f64> = values.iter().map(|value| 5.0 - 2.0 * value).collect();
            let moved = robust(&moved).unwrap();
            prop_assert!((moved.median - (5.0 - 2.0 * plain.median)).abs() < 1e-9);
            prop_assert!((moved.spread - 2.0 * plain.spread).abs() < 1e-9);
        }
    }
}
