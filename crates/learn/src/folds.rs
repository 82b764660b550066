//! Cross-validation folds over training rows: stratified, or by group.

use gauntlet_core::Seed;
use rand::seq::SliceRandom;

/// Positions to fit on and positions to score, of one fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Positions to fit on, ascending.
    pub fit: Vec<usize>,
    /// Positions to score, ascending.
    pub valid: Vec<usize>,
}

/// `k` folds with the same share of positives in each, to within one row.
///
/// Every position is scored exactly once. Fewer positives than `k` leave some folds without any.
#[must_use]
pub fn stratified(labels: &[bool], k: usize, seed: Seed) -> Vec<Fold> {
    let mut rng = seed.rng();
    let mut fold_of = vec![0; labels.len()];
    let mut next = 0;
    for class in [true, false] {
        let mut rows: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == class).collect();
        rows.shuffle(&mut rng);
        for row in rows {
            fold_of[row] = next % k;
            next += 1;
        }
    }
    folds_of(&fold_of, k)
}

/// `k` folds in which no group is on both sides, filled greedily so that positives spread evenly.
///
/// Groups are placed by falling number of positives, each into the fold with the fewest positives, then
/// the fewest rows, so far.
#[must_use]
pub fn grouped(labels: &[bool], group: &[u32], k: usize, seed: Seed) -> Vec<Fold> {
    let mut units: Vec<u32> = group.to_vec();
    units.sort_unstable();
    units.dedup();
    let unit_of: Vec<usize> =
        group.iter().map(|g| units.partition_point(|unit| unit < g)).collect();
    let mut size = vec![(0_usize, 0_usize); units.len()];
    for (&unit, &label) in unit_of.iter().zip(labels) {
        size[unit].0 += usize::from(label);
        size[unit].1 += 1;
    }
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.shuffle(&mut seed.rng());
    order.sort_by_key(|&unit| std::cmp::Reverse(size[unit]));
    let mut load = vec![(0, 0); k];
    let mut fold_of_unit = vec![0; units.len()];
    for unit in order {
        let fold = (0..k).min_by_key(|&f| load[f]).unwrap_or(0);
        load[fold].0 += size[unit].0;
        load[fold].1 += size[unit].1;
        fold_of_unit[unit] = fold;
    }
    let fold_of: Vec<usize> = unit_of.iter().map(|&unit| fold_of_unit[unit]).collect();
    folds_of(&fold_of, k)
}

fn folds_of(fold_of: &[usize], k: usize) -> Vec<Fold> {
    (0..k)
        .map(|fold| {
            let (valid, fit) = (0..fold_of.len()).partition(|&i| fold_of[i] == fold);
            Fold { fit, valid }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_is_scored_once_and_classes_are_spread(
            labels in prop::collection::vec(any::<bool>(), 10..200),
            k in 2_usize..6,
            seed in any::<u64>(),
        ) {
            let folds = stratified(&labels, k, Seed(seed));
            let mut scored: Vec<usize> = folds.iter().flat_map(|f| f.valid.clone()).collect();
            scored.sort_unstable();
            prop_assert_eq!(scored, (0..labels.len()).collect::<Vec<_>>());
            let positives: Vec<usize> =
                folds.iter().map(|f| f.valid.iter().filter(|&&i| labels[i]).count()).collect();
            let spread = positives.iter().max().unwrap() - positives.iter().min().unwrap();
            prop_assert!(spread <= 1);
        }

        #[test]
        fn no_group_is_on_both_sides(
            rows in prop::collection::vec((any::<bool>(), 0_u32..20), 20..200),
            seed in any::<u64>(),
        ) {
            let (labels, group): (Vec<bool>, Vec<u32>) = rows.into_iter().unzip();
            for fold in grouped(&labels, &group, 4, Seed(seed)) {
                prop_assert_eq!(fold.fit.len() + fold.valid.len(), labels.len());
                for &v in &fold.valid {
                    prop_assert!(fold.fit.iter().all(|&f| group[f] != group[v]));
                }
            }
        }
    }
}
