//! Where the bins of one feature lie, and the thresholds between them.

/// The smallest and largest value in each bin of a feature, in rising order.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::trees) struct Edges {
    low: Vec<f32>,
    high: Vec<f32>,
    limit: Option<f32>,
    has_missing: bool,
}

impl Edges {
    /// Bins of a feature with the given runs of equal values, rising, `(value, rows)`.
    ///
    /// A value has a bin of its own if there are no more values than `max_bins` (at least 2). Otherwise each
    /// bin takes its share of the rows that are left, so that a frequent value cannot use up the bins of
    /// the others. A physical limit inside the range is always an edge.
    pub(super) fn new(
        runs: impl Iterator<Item = (f32, usize)> + Clone,
        limit: Option<f32>,
        has_missing: bool,
        max_bins: usize,
    ) -> Self {
        let (mut low, mut high): (Vec<f32>, Vec<f32>) = (Vec::new(), Vec::new());
        let crosses = |a: f32, b: f32| limit.is_some_and(|l| a < l && b >= l);
        let (mut distinct, mut rows_left, mut inside, mut last) = (0, 0, false, None);
        for (value, rows) in runs.clone() {
            distinct += 1;
            rows_left += rows;
            inside |= last.replace(value).is_some_and(|last| crosses(last, value));
        }
        let every = distinct <= max_bins;
        let mut bins_left = max_bins - usize::from(inside);
        let (mut held, mut open) = (0, false);
        let mut runs = runs.peekable();
        while let Some((value, rows)) = runs.next() {
            match high.last_mut() {
                Some(last) if open => *last = value,
                _ => {
                    low.push(value);
                    high.push(value);
                }
            }
            held += rows;
            let Some(&(next, next_rows)) = runs.peek() else { break };
            let share = rows_left.div_ceil(bins_left.max(1));
            let full = held >= share || 2 * held >= share && next_rows >= share;
            let limited = crosses(value, next);
            let close = every || limited || full && bins_left > 1;
            open = !close;
            if close {
                rows_left -= held;
                held = 0;
                bins_left -= usize::from(!limited && bins_left > 1);
            }
        }
        Self { low, high, limit, has_missing }
    }

    /// Number of bins that hold values; the code of a missing value.
    pub(in crate::trees) fn bins(&self) -> usize {
        self.low.len()
    }

    /// The code of a missing value.
    pub(in crate::trees) fn missing(&self) -> u8 {
        self.low.len() as u8
    }

    /// Whether any row misses the feature.
    pub(in crate::trees) fn has_missing(&self) -> bool {
        self.has_missing
    }

    /// The largest value of each bin.
    pub(super) fn high(&self) -> &[f32] {
        &self.high
    }

    /// The bins that `[from, to]` spans as a range of values.
    pub(in crate::trees) fn range(&self, from: usize, to: usize) -> (f32, f32) {
        (self.low[from], self.high[to])
    }

    /// The last of the bins `from..=to` all of whose values are at most `value`, or `from` if none is.
    pub(in crate::trees) fn last_not_above(&self, value: f32, from: usize, to: usize) -> usize {
        let below = self.high[from..=to].partition_point(|high| *high <= value);
        from + below.saturating_sub(1)
    }

    /// The threshold of a split between two bins that hold rows, `left` and the next, `right`; `right` may
    /// be the code of missing values.
    ///
    /// `wanted` if it lies between the values on both sides, else just below the physical limit where that
    /// lies between them, else half-way: always a number `t` with every left value `<= t` and every right
    /// value `> t`.
    pub(in crate::trees) fn threshold(&self, left: u8, right: u8, wanted: Option<f32>) -> f32 {
        let below = self.high[usize::from(left)];
        let Some(&above) = self.low.get(usize::from(right)) else { return f32::MAX };
        match (wanted, self.limit) {
            (Some(wanted), _) if below <= wanted && wanted < above => wanted,
            (_, Some(limit)) if below < limit && limit <= above => just_below(limit).max(below),
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

    fn edges(values: &[f32], limit: Option<f32>, max_bins: usize) -> Edges {
        let mut sorted = values.to_vec();
        sorted.sort_by(f32::total_cmp);
        let runs = sorted.chunk_by(|a, b| a == b).map(|run| (run[0], run.len()));
        Edges::new(runs, limit, false, max_bins)
    }

    #[test]
    fn few_distinct_values_get_a_bin_each() {
        let edges = edges(&[3.0, 1.0, 3.0, 2.0], None, 255);
        assert_eq!(edges.high, [1.0, 2.0, 3.0]);
        assert_eq!(edges.low, edges.high);
    }

    #[test]
    fn a_frequent_value_gets_a_bin_and_leaves_the_others_to_the_rest() {
        let mut values = vec![0.0; 10_000];
        values.extend((1..=500).map(|i| i as f32));
        let edges = edges(&values, None, 255);
        assert!(edges.bins() >= 250, "{}", edges.bins());
        assert_eq!((edges.low[0], edges.high[0]), (0.0, 0.0));
    }

    #[test]
    fn a_physical_limit_is_an_edge_even_between_two_bins() {
        let values: Vec<f32> = (-500..1500).map(|i| i as f32 + 0.5).collect();
        for max_bins in [2, 3, 4, 255] {
            let edges = edges(&values, Some(0.0), max_bins);
            assert!(edges.bins() <= max_bins);
            assert!(edges.low.iter().zip(&edges.high).all(|(l, h)| !(*l < 0.0 && *h > 0.0)));
        }
    }

    #[test]
    fn a_split_across_the_limit_is_placed_at_the_limit() {
        let threshold = edges(&[-3.0, 8.0], Some(0.0), 255).threshold(0, 1, None);
        assert!(threshold < 0.0 && threshold > -1e-30);
        assert_eq!(edges(&[-3.0, 8.0], None, 255).threshold(0, 1, None), 2.5);
        assert_eq!(edges(&[-3.0, 8.0], None, 255).threshold(0, 1, Some(7.0)), 7.0);
        assert_eq!(edges(&[-3.0, 8.0], None, 255).threshold(0, 1, Some(8.0)), 2.5);
    }

    proptest! {
        #[test]
        fn bins_are_few_cover_all_values_and_thresholds_separate_them(
            values in prop::collection::vec(-1000_i16..1000, 2..600),
            max_bins in 2_usize..64,
            limit in prop::option::of(-900.0_f32..900.0),
        ) {
            let values: Vec<f32> = values.iter().map(|v| f32::from(v / 3) / 7.0).collect();
            let edges = edges(&values, limit, max_bins);
            prop_assert!(edges.bins() <= max_bins);
            for code in 1..edges.bins() as u8 {
                let threshold = edges.threshold(code - 1, code, None);
                for value in &values {
                    let at = edges.high.partition_point(|high| high < value);
                    prop_assert!(edges.low[at] <= *value);
                    prop_assert_eq!(*value <= threshold, at < usize::from(code));
                }
            }
        }

        #[test]
        fn rounding_a_threshold_down_keeps_every_comparison(t in -1e6_f64..1e6, x in -1e6_f32..1e6) {
            prop_assert_eq!(f64::from(x) <= t, x <= floor_to_f32(t));
        }
    }
}
