//! Features as small integers: sorted once, compared as codes ever after.

use gauntlet_features::Matrix;

/// The features of all rows as bin codes.
#[derive(Debug, Clone)]
pub struct Binned {
    features: Vec<BinnedFeature>,
    rows: usize,
}

/// One feature: a code per row and the smallest and largest value of each bin.
#[derive(Debug, Clone)]
pub(super) struct BinnedFeature {
    codes: Vec<u16>,
    low: Vec<f32>,
    high: Vec<f32>,
    limit: Option<f32>,
}

/// The most bins a feature can have; the code above them all marks a missing value.
const MOST_BINS: usize = u16::MAX as usize;

impl Binned {
    /// Bins every feature into at most `max_bins` (2 to 65,535) bins.
    ///
    /// A feature with no more distinct values than bins gets one bin per value, so its splits are exact.
    /// Otherwise bins hold about equally many rows, equal values share a bin, and a physical limit is
    /// always an edge.
    #[must_use]
    pub fn new(x: &Matrix, max_bins: usize) -> Self {
        let max_bins = max_bins.clamp(2, MOST_BINS);
        let features = x
            .columns
            .iter()
            .zip(&x.limits)
            .map(|(column, limit)| BinnedFeature::new(column, *limit, max_bins))
            .collect();
        Self { features, rows: x.rows() }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    #[must_use]
    pub fn width(&self) -> usize {
        self.features.len()
    }

    pub(super) fn feature(&self, index: usize) -> &BinnedFeature {
        &self.features[index]
    }
}

impl BinnedFeature {
    fn new(column: &[f32], limit: Option<f32>, max_bins: usize) -> Self {
        let mut sorted: Vec<f32> = column.iter().copied().filter(|v| !v.is_nan()).collect();
        sorted.sort_by(f32::total_cmp);
        let mut runs: Vec<(f32, usize)> = Vec::new();
        for &value in &sorted {
            match runs.last_mut() {
                Some((last, count)) if *last == value => *count += 1,
                _ => runs.push((value, 1)),
            }
        }
        let (mut low, mut high) = (Vec::new(), Vec::new());
        let per_bin = if runs.len() <= max_bins { 0 } else { sorted.len().div_ceil(max_bins) };
        let mut held = usize::MAX;
        for &(value, count) in &runs {
            let crosses = |last: f32| limit.is_some_and(|l| last < l && value >= l);
            let full = held.saturating_add(count) > per_bin;
            match high.last_mut() {
                Some(last) if !full && !crosses(*last) => {
                    *last = value;
                    held += count;
                }
                _ => {
                    low.push(value);
                    high.push(value);
                    held = count;
                }
            }
        }
        let missing = low.len() as u16;
        let codes =
            column
                .iter()
                .map(|value| {
                    if value.is_nan() {
                        missing
                    } else {
                        high.partition_point(|h| h < value) as u16
                    }
                })
                .collect();
        Self { codes, low, high, limit }
    }

    /// Number of codes, the one for missing values included.
    pub(super) fn codes_len(&self) -> usize {
        self.low.len() + 1
    }

    pub(super) fn code(&self, row: u32) -> u16 {
        self.codes[row as usize]
    }

    /// Whether a split can lie after bin `left`: not if only missing values are beyond it and none to
    /// compare with.
    pub(super) fn is_missing(&self, code: u16) -> bool {
        usize::from(code) == self.low.len()
    }

    /// The threshold of a split between two bins that hold rows, `left` and the next, `right`.
    ///
    /// Half-way between the values on both sides, or just below the physical limit where that lies
    /// between them; always a number `t` with every left value `<= t` and every right value `> t`.
    pub(super) fn threshold(&self, left: u16, right: u16) -> f32 {
        let below = self.high[usize::from(left)];
        if self.is_missing(right) {
            return f32::MAX;
        }
        let above = self.low[usize::from(right)];
        match self.limit {
            Some(limit) if below < limit && limit <= above => just_below(limit).max(below),
            _ => halfway(below, above),
        }
    }
}

/// The largest `f32` not above the middle of `below < above`, so that `above` stays on the right.
pub(crate) fn halfway(below: f32, above: f32) -> f32 {
    let middle = f64::midpoint(f64::from(below), f64::from(above));
    floor_to_f32(middle).clamp(below, above.next_down())
}

/// The largest `f32` that is not above `value`: `x <= value` and `x <= floor_to_f32(value)` agree for
/// every `f32` x.
pub(crate) fn floor_to_f32(value: f64) -> f32 {
    let rounded = value as f32;
    if f64::from(rounded) > value { rounded.next_down() } else { rounded }
}

/// Below zero the next number is subnormal, which some engines flush to zero: take a normal one.
fn just_below(limit: f32) -> f32 {
    if limit == 0.0 { -f32::MIN_POSITIVE } else { limit.next_down() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn binned(values: &[f32], limit: Option<f32>, max_bins: usize) -> BinnedFeature {
        BinnedFeature::new(values, limit, max_bins)
    }

    #[test]
    fn few_distinct_values_get_a_bin_each_and_missing_ones_the_last_code() {
        let feature = binned(&[3.0, 1.0, f32::NAN, 3.0, 2.0], None, 255);
        assert_eq!(feature.codes, [2, 0, 3, 2, 1]);
        assert_eq!(feature.low, feature.high);
    }

    #[test]
    fn a_physical_limit_is_an_edge_even_among_few_bins() {
        let values: Vec<f32> = (-500..500).map(|i| i as f32 + 0.5).collect();
        let feature = binned(&values, Some(0.0), 4);
        assert!(feature.low.iter().zip(&feature.high).all(|(l, h)| !(*l < 0.0 && *h > 0.0)));
    }

    #[test]
    fn a_split_across_the_limit_is_placed_at_the_limit() {
        let feature = binned(&[-3.0, 8.0], Some(0.0), 255);
        let threshold = feature.threshold(0, 1);
        assert!(threshold < 0.0 && threshold > -1e-30);
        assert_eq!(binned(&[-3.0, 8.0], None, 255).threshold(0, 1), 2.5);
    }

    #[test]
    fn negative_zero_and_zero_share_a_bin() {
        let feature = binned(&[-0.0, 0.0, 1.0], None, 255);
        assert_eq!(feature.codes, [0, 0, 1]);
    }

    proptest! {
        #[test]
        fn thresholds_separate_the_bins_they_lie_between(
            values in prop::collection::vec(-1000_i16..1000, 2..300),
            max_bins in 2_usize..64,
            limit in prop::option::of(-900.0_f32..900.0),
        ) {
            let values: Vec<f32> = values.iter().map(|v| f32::from(*v) / 7.0).collect();
            let feature = binned(&values, limit, max_bins);
            for code in 1..feature.low.len() as u16 {
                let threshold = feature.threshold(code - 1, code);
                for (row, value) in values.iter().enumerate() {
                    prop_assert_eq!(*value <= threshold, feature.code(row as u32) < code);
                }
            }
        }

        #[test]
        fn rounding_a_threshold_down_keeps_every_comparison(t in -1e6_f64..1e6, x in -1e6_f32..1e6) {
            prop_assert_eq!(f64::from(x) <= t, x <= floor_to_f32(t));
        }
    }
}
