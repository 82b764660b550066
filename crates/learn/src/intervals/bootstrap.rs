//! The interval of a statistic of rows, by resampling whole groups.

use gauntlet_core::{Estimate, Seed};
use rayon::prelude::*;

use super::interval::check_level;
use super::resample::units;
use super::{Interval, IntervalError, Method, bca_interval, resample};

/// Groups from which the BCa interval is used.
pub const BCA_GROUPS: usize = 20;

/// Most blocks of the jackknife. The acceleration of blocks estimates that of single groups, so thousands
/// of groups need not be left out one by one.
const BLOCKS: usize = 500;

/// The interval of `statistic`, which takes how often each row counts.
///
/// `group` holds each row's unit of independence. From [`BCA_GROUPS`] groups on the interval is BCa, else,
/// or where BCa is not defined, the percentile one; the result names which. Replicates where the statistic
/// is not finite are left out. The same seed gives the same bounds, whatever the number of threads.
///
/// # Errors
/// No rows, no replicates, or a level that is not strictly between 0 and 1.
pub fn bootstrap_interval(
    group: &[u32],
    replicates: usize,
    level: f64,
    seed: Seed,
    statistic: impl Fn(&[u32]) -> f64 + Sync,
) -> Result<Interval, IntervalError> {
    let all = bootstrap_intervals(group, replicates, level, seed, |weights| [statistic(weights)])?;
    let [interval] = all;
    Ok(interval)
}

/// [`bootstrap_interval`] of several statistics on the same resamples.
///
/// # Errors
/// As there.
pub fn bootstrap_intervals<const N: usize>(
    group: &[u32],
    replicates: usize,
    level: f64,
    seed: Seed,
    statistics: impl Fn(&[u32]) -> [f64; N] + Sync,
) -> Result<[Interval; N], IntervalError> {
    check_level(level)?;
    if group.is_empty() || replicates == 0 {
        return Err(IntervalError::Empty(if group.is_empty() { "rows" } else { "replicates" }));
    }
    Ok(intervals_of(group, replicates, level, seed, statistics))
}

/// [`bootstrap_intervals`] unchecked: without rows or replicates the bounds are NaN.
pub(crate) fn intervals_of<const N: usize>(
    group: &[u32],
    replicates: usize,
    level: f64,
    seed: Seed,
    statistics: impl Fn(&[u32]) -> [f64; N] + Sync,
) -> [Interval; N] {
    let values = statistics(&vec![1; group.len()]);
    let drawn = resample(group, replicates, seed, &statistics);
    let (_, units) = units(group);
    let left_out = if units >= BCA_GROUPS { jackknife(group, &statistics) } else { Vec::new() };
    std::array::from_fn(|i| {
        let column =
            |lines: &[[f64; N]]| -> Vec<f64> { lines.iter().map(|line| line[i]).collect() };
        let (value, drawn) = (values[i], column(&drawn));
        let bca = match left_out.is_empty() {
            true => None,
            false => bca_interval(value, &drawn, &column(&left_out), level),
        };
        let (estimate, method) = match bca {
            Some(estimate) => (estimate, Method::Bca),
            None => (Estimate::from_replicates(value, &drawn, level), Method::Percentile),
        };
        Interval { estimate, method, level, units }
    })
}

/// The statistic without each group in turn, or without each of [`BLOCKS`] blocks of groups.
fn jackknife<T: Send>(group: &[u32], statistic: impl Fn(&[u32]) -> T + Sync) -> Vec<T> {
    let (unit_of, units) = units(group);
    let blocks = units.min(BLOCKS);
    (0..blocks)
        .into_par_iter()
        .map(|block| {
            let weights: Vec<u32> =
                unit_of.iter().map(|unit| u32::from(unit * blocks / units != block)).collect();
            statistic(&weights)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    fn mean(values: &[f64]) -> impl Fn(&[u32]) -> f64 + Sync + '_ {
        |weights| {
            let sum: f64 = values.iter().zip(weights).map(|(v, w)| v * f64::from(*w)).sum();
            sum / f64::from(weights.iter().sum::<u32>())
        }
    }

    #[test]
    fn the_method_depends_on_the_number_of_groups_and_is_named() {
        let values: Vec<f64> = (0..40).map(|i| f64::from(i * 7 % 13)).collect();
        let many: Vec<u32> = (0..40).collect();
        let few: Vec<u32> = (0..40).map(|i| i / 3).collect();
        let interval =
            |group: &[u32]| bootstrap_interval(group, 500, 0.95, Seed(1), mean(&values)).unwrap();
        assert_eq!((interval(&many).method, interval(&many).units), (Method::Bca, 40));
        assert_eq!((interval(&few).method, interval(&few).units), (Method::Percentile, 14));
        for group in [many, few] {
            let estimate = interval(&group).estimate;
            assert!(estimate.low < estimate.value && estimate.value < estimate.high);
        }
    }

    #[test]
    fn the_interval_of_a_skewed_mean_holds_it_as_often_as_it_says() {
        // Means of 30 exponential values, true mean 1: 300 intervals at 90 %, so 2 sd are 3.5 %.
        let group: Vec<u32> = (0..30).collect();
        let held = (0..300)
            .filter(|&trial| {
                let mut rng = Seed(trial).rng();
                let values: Vec<f64> = (0..30).map(|_| -rng.random::<f64>().ln()).collect();
                let seed = Seed(trial).derive("resamples", 0);
                let interval = bootstrap_interval(&group, 400, 0.9, seed, mean(&values)).unwrap();
                (interval.estimate.low..=interval.estimate.high).contains(&1.0)
            })
            .count();
        assert!((250..=284).contains(&held), "{held} of 300");
    }

    #[test]
    fn threads_do_not_change_a_bound() {
        let values: Vec<f64> = (0..700).map(|i| f64::from(i * 31 % 97)).collect();
        let group: Vec<u32> = (0..700).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| bootstrap_interval(&group, 200, 0.95, Seed(3), mean(&values)))
        };
        assert_eq!(run(1), run(4));
        assert_eq!(run(1).unwrap().method, Method::Bca);
    }

    #[test]
    fn a_statistic_beyond_its_replicates_falls_back_and_says_so() {
        let group: Vec<u32> = (0..30).collect();
        let largest = |weights: &[u32]| if weights.iter().all(|w| *w == 1) { 9.0 } else { 1.0 };
        let interval = bootstrap_interval(&group, 50, 0.95, Seed(0), largest).unwrap();
        assert_eq!(interval.method, Method::Percentile);
    }

    #[test]
    fn what_cannot_be_resampled_is_refused() {
        let one = |_: &[u32]| 1.0;
        assert_eq!(
            bootstrap_interval(&[], 9, 0.9, Seed(0), one),
            Err(IntervalError::Empty("rows"))
        );
        assert!(bootstrap_interval(&[1], 0, 0.9, Seed(0), one).is_err());
        let level = bootstrap_interval(&[1], 9, 1.0, Seed(0), one);
        assert_eq!(level, Err(IntervalError::Level(1.0)));
    }
}
