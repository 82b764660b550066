//! Features as logarithmic growth over a bearing's own normal.

use gauntlet_core::quantile;

use super::{Life, Setup};

/// The largest growth that is told apart, as a logarithm: a thousandfold, either way. A normal of almost
/// nothing would have any.
const LARGEST: f64 = 6.907_755_278_982_137;

/// The logarithm of each value over the median of the first minutes.
///
/// Within those minutes the median is that of the snapshots so far, so a value depends on the past alone.
pub(super) fn log_growth(life: &Life, feature: usize, setup: &Setup) -> Vec<f64> {
    let values = &life.features[feature];
    let first = life.minutes[0];
    let baseline = life.minutes.partition_point(|t| t - first < setup.baseline_minutes);
    let mut normal: Vec<f64> = Vec::with_capacity(baseline);
    let mut median = 0.0;
    values
        .iter()
        .enumerate()
        .map(|(snapshot, &value)| {
            if snapshot < baseline {
                let at = normal.partition_point(|v| *v < value);
                normal.insert(at, value);
                median = quantile(&normal, 0.5);
            }
            let ratio = value / median.abs().max(f64::MIN_POSITIVE);
            // Of a value at or below 0 all that is known is that it is small.
            ratio.max(f64::MIN_POSITIVE).ln().clamp(-LARGEST, LARGEST)
        })
        .collect()
}

/// The snapshots of the last `minutes` at each snapshot, as the first one of them.
pub(super) fn window_starts(times: &[f64], minutes: f64) -> Vec<usize> {
    let mut start = 0;
    let first_within = |(now, &time): (usize, &f64)| {
        while start < now && time - times[start] >= minutes {
            start += 1;
        }
        start
    };
    times.iter().enumerate().map(first_within).collect()
}

/// Means over windows that end at each snapshot.
pub(super) fn trailing_means(values: &[f64], starts: &[usize]) -> Vec<f64> {
    let mean = |(now, &start): (usize, &usize)| {
        let window = &values[start..=now];
        window.iter().sum::<f64>() / window.len() as f64
    };
    starts.iter().enumerate().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(values: Vec<f64>) -> Life {
        Life {
            bearing: "b".into(),
            condition: String::new(),
            minutes: (0..values.len()).map(|i| i as f64).collect(),
            end_minutes: values.len() as f64,
            features: vec![values],
            onset: None,
            common_start: None,
        }
    }

    #[test]
    fn growth_is_over_the_median_of_the_first_minutes_only() {
        let setup = Setup { baseline_minutes: 3.0, ..Setup::new(vec!["rms".into()]) };
        let growth = log_growth(&life(vec![2.0, 8.0, 4.0, 40.0, 1e9]), 0, &setup);
        let expected = [1.0, 8.0 / 5.0, 1.0, 10.0, 1000.0].map(f64::ln);
        for (growth, expected) in growth.iter().zip(expected) {
            assert!((growth - expected).abs() < 1e-12, "{growth} {expected}");
        }
    }

    #[test]
    fn a_value_below_0_and_a_normal_of_0_are_bounded() {
        let setup = Setup::new(vec!["kurtosis".into()]);
        assert_eq!(log_growth(&life(vec![0.0, -1.0]), 0, &setup), [-LARGEST, -LARGEST]);
    }

    #[test]
    fn windows_hold_the_minutes_that_passed() {
        let starts = window_starts(&[0.0, 1.0, 2.0, 10.0], 2.0);
        assert_eq!(starts, [0, 0, 1, 3]);
        assert_eq!(trailing_means(&[1.0, 3.0, 5.0, 7.0], &starts), [1.0, 2.0, 4.0, 7.0]);
    }
}
