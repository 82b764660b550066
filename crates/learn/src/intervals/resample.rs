//! The bootstrap at the unit of independence: whole tools, bearings or recordings are drawn.

use gauntlet_core::Seed;
use rand::RngExt;
use rayon::prelude::*;

/// Draws groups with replacement and hands each resample to `statistic` as a weight per row.
///
/// `group` holds the unit of each row. Replicate `i` depends on `seed` and `i` alone, so two callers
/// with the same seed and groups see the same resamples: that is what makes differences paired. The
/// result has `replicates` entries in order, whatever the number of threads.
pub fn resample<T: Send>(
    group: &[u32],
    replicates: usize,
    seed: Seed,
    statistic: impl Fn(&[u32]) -> T + Sync,
) -> Vec<T> {
    let (unit_of, units) = units(group);
    (0..replicates)
        .into_par_iter()
        .map(|replicate| {
            let mut rng = seed.derive("bootstrap", replicate as u64).rng();
            let mut drawn = vec![0_u32; units];
            for _ in 0..units {
                drawn[rng.random_range(0..units)] += 1;
            }
            let weights: Vec<u32> = unit_of.iter().map(|&unit| drawn[unit]).collect();
            statistic(&weights)
        })
        .collect()
}

/// The position of each row's group among the sorted groups, and the number of groups.
pub(super) fn units(group: &[u32]) -> (Vec<usize>, usize) {
    let mut units: Vec<u32> = group.to_vec();
    units.sort_unstable();
    units.dedup();
    let unit_of = group.iter().map(|g| units.partition_point(|unit| unit < g)).collect();
    (unit_of, units.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_group_are_drawn_together_and_as_many_groups_as_there_are() {
        let group = [5, 5, 9, 9, 9, 2];
        for weights in resample(&group, 50, Seed(1), <[u32]>::to_vec) {
            assert_eq!(weights[0], weights[1]);
            assert!(weights[2] == weights[3] && weights[3] == weights[4]);
            assert_eq!(weights[0] + weights[2] + weights[5], 3);
        }
    }

    #[test]
    fn resamples_do_not_depend_on_the_number_of_threads() {
        let group: Vec<u32> = (0..40).collect();
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| resample(&group, 30, Seed(3), <[u32]>::to_vec))
        };
        assert_eq!(run(1), run(4));
    }
}
