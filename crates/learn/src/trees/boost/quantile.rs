//! Weighted quantiles of residuals.

/// The smallest value with at least a share `alpha` of the weight at or below it; 0 without weight.
pub(super) fn weighted_quantile(mut pairs: Vec<(f64, f64)>, alpha: f64) -> f64 {
    pairs.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let total: f64 = pairs.iter().map(|pair| pair.1).sum();
    let mut sum = 0.0;
    let found = pairs.iter().find(|(_, weight)| {
        sum += weight;
        sum >= alpha * total && sum > 0.0
    });
    found.or(pairs.last()).map_or(0.0, |pair| pair.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_count_as_repeats() {
        let once: Vec<(f64, f64)> = (1..=9).map(|v| (f64::from(v), 1.0)).collect();
        assert_eq!(weighted_quantile(once.clone(), 0.5), 5.0);
        assert_eq!(weighted_quantile(once, 0.9), 9.0);
        assert_eq!(weighted_quantile(vec![(1.0, 3.0), (2.0, 1.0), (0.0, 0.0)], 0.5), 1.0);
        assert_eq!(weighted_quantile(vec![], 0.5), 0.0);
    }
}
