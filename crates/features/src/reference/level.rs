//! Median and spread that a few outliers do not move.

/// Makes the median absolute deviation of normal values their standard deviation.
const MAD_TO_SIGMA: f64 = 1.482_602_218_505_602;

/// Centre and spread of some numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Robust {
    /// The median; of an even number of values the mean of the middle two.
    pub median: f64,
    /// 1.4826 times the median absolute deviation from the median.
    pub spread: f64,
}

/// Median and spread of `values`; `None` if there are none, or one is NaN.
#[must_use]
pub fn robust(values: &[f64]) -> Option<Robust> {
    let median = median(&mut values.to_vec())?;
    let mut distances: Vec<f64> = values.iter().map(|v| (v - median).abs()).collect();
    let spread = MAD_TO_SIGMA * self::median(&mut distances)?;
    Some(Robust { median, spread })
}

/// The median; `None` of nothing, or if a value is NaN. Leaves `values` in another order.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let (middle, odd) = (values.len() / 2, values.len() % 2 == 1);
    let (below, at, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let at = *at;
    if odd {
        return Some(at);
    }
    let under = below.iter().copied().max_by(f64::total_cmp)?;
    Some(0.5 * (under + at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outlier_moves_neither_median_nor_spread() {
        let calm = robust(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        let wild = robust(&[1.0, 2.0, 3.0, 4.0, 5000.0]).unwrap();
        assert_eq!(calm, wild);
        assert_eq!(calm.median, 3.0);
        assert!((calm.spread - 1.4826).abs() < 1e-4);
    }

    #[test]
    fn an_even_number_of_values_has_the_mean_of_the_middle_two() {
        assert_eq!(robust(&[4.0, 1.0, 3.0, 2.0]).unwrap().median, 2.5);
    }

    #[test]
    fn nothing_and_nan_have_no_median() {
        assert_eq!(robust(&[]), None);
        assert_eq!(robust(&[1.0, f64::NAN]), None);
    }
}
