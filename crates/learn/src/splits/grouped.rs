//! Folds that keep groups (tools, bearings, recordings) whole.

use std::collections::BTreeMap;

use gauntlet_core::Seed;
use rand::seq::SliceRandom;

use super::{Fold, FoldError, check_folds, folds_of};

/// `k` folds of whole groups with about the same number of rows in each.
///
/// Every position is scored exactly once, and every fold scores at least one group. The largest groups
/// are placed first, each into the fold with the fewest rows; `seed` decides among groups of one size.
///
/// # Errors
/// Fewer than two folds, or fewer groups than folds.
pub fn grouped(group: &[u32], k: usize, seed: Seed) -> Result<Vec<Fold>, FoldError> {
    place(&vec![(); group.len()], group, k, seed)
}

/// `k` folds of whole groups with about the same share of every class in each.
///
/// Every position is scored exactly once, every fold scores at least one group, and the class that stands
/// in the fewest groups is scored in every fold. Groups with the largest shares of their classes are
/// placed first, each where its classes are least crowded.
///
/// # Errors
/// Fewer than two folds, fewer groups than folds, labels of another length, or a class that occurs in
/// fewer groups than folds.
pub fn stratified_grouped<C: Ord + Copy + std::fmt::Debug>(
    labels: &[C],
    group: &[u32],
    k: usize,
    seed: Seed,
) -> Result<Vec<Fold>, FoldError> {
    if labels.len() != group.len() {
        let (found, expected) = (labels.len(), group.len());
        return Err(FoldError::Length { what: "labels", found, expected });
    }
    place(labels, group, k, seed)
}

/// One fold per group, by rising group: all of its rows are scored, all others fitted on.
///
/// # Errors
/// Fewer than two groups.
pub fn leave_one_group_out(group: &[u32]) -> Result<Vec<Fold>, FoldError> {
    let (unit_of, units) = units(group);
    if units < 2 {
        return Err(FoldError::Groups { groups: units, folds: 2 });
    }
    Ok(folds_of(&unit_of, units))
}

/// The position of each row's group among the sorted groups, and the number of groups.
fn units(group: &[u32]) -> (Vec<usize>, usize) {
    let mut units: Vec<u32> = group.to_vec();
    units.sort_unstable();
    units.dedup();
    let unit_of = group.iter().map(|g| units.partition_point(|unit| unit < g)).collect();
    (unit_of, units.len())
}

/// What is to be spread evenly: per group the rows of each class, of which there are `total`.
struct Load {
    /// Rows per group and class.
    counts: Vec<Vec<f64>>,
    total: Vec<f64>,
    /// The class in the fewest groups.
    scarce: usize,
}

impl Load {
    fn new<C: Ord + Copy + std::fmt::Debug>(
        labels: &[C],
        unit_of: &[usize],
        units: usize,
        k: usize,
    ) -> Result<Self, FoldError> {
        let mut index: BTreeMap<C, usize> = labels.iter().map(|&label| (label, 0)).collect();
        index.values_mut().enumerate().for_each(|(at, class)| *class = at);
        let mut counts = vec![vec![0.0; index.len()]; units];
        let mut total = vec![0.0; index.len()];
        for (label, &unit) in labels.iter().zip(unit_of) {
            counts[unit][index[label]] += 1.0;
            total[index[label]] += 1.0;
        }
        let mut scarce = (usize::MAX, 0);
        for (label, &class) in &index {
            let groups = counts.iter().filter(|count| count[class] > 0.0).count();
            if groups < k {
                let class = format!("{label:?}");
                return Err(FoldError::ClassGroups { class, groups, folds: k });
            }
            scarce = scarce.min((groups, class));
        }
        Ok(Self { counts, total, scarce: scarce.1 })
    }

    /// How much of all rows of its classes a group holds.
    fn weight(&self, unit: usize) -> f64 {
        let shares = self.counts[unit].iter().zip(&self.total).map(|(n, all)| n / all);
        shares.map(|share| share * share).sum()
    }

    /// How crowded a fold is with the classes of a group: what the sum of squared shares would gain.
    fn crowd(&self, fold: &[f64], unit: usize) -> f64 {
        let classes = self.counts[unit].iter().zip(fold).zip(&self.total);
        classes.map(|((n, load), all)| n * load / (all * all)).sum()
    }
}

fn place<C: Ord + Copy + std::fmt::Debug>(
    labels: &[C],
    group: &[u32],
    k: usize,
    seed: Seed,
) -> Result<Vec<Fold>, FoldError> {
    check_folds(group.len(), k)?;
    let (unit_of, units) = units(group);
    if units < k {
        return Err(FoldError::Groups { groups: units, folds: k });
    }
    let load = Load::new(labels, &unit_of, units, k)?;
    let mut order: Vec<usize> = (0..units).collect();
    order.shuffle(&mut seed.rng());
    order.sort_by(|&a, &b| load.weight(b).total_cmp(&load.weight(a)));
    let mut folds = vec![vec![0.0; load.total.len()]; k];
    let mut fold_of_unit = vec![0; units];
    for unit in order {
        let scarce = load.counts[unit][load.scarce] > 0.0;
        let has = |fold: &[f64]| u8::from(scarce && fold[load.scarce] > 0.0);
        let rows = |fold: &[f64]| fold.iter().sum::<f64>();
        let best = (0..k).min_by(|&a, &b| {
            let (a, b) = (&folds[a], &folds[b]);
            has(a)
                .cmp(&has(b))
                .then(load.crowd(a, unit).total_cmp(&load.crowd(b, unit)))
                .then(rows(a).total_cmp(&rows(b)))
        });
        let fold = best.unwrap_or(0);
        folds[fold].iter_mut().zip(&load.counts[unit]).for_each(|(sum, n)| *sum += n);
        fold_of_unit[unit] = fold;
    }
    let fold_of: Vec<usize> = unit_of.iter().map(|&unit| fold_of_unit[unit]).collect();
    Ok(folds_of(&fold_of, k))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::laws::{
        every_row_is_scored_once, every_row_stands_somewhere, no_group_is_on_both_sides,
        sides_are_apart,
    };
    use proptest::prelude::*;

    fn laws_hold(folds: &[Fold], group: &[u32]) {
        sides_are_apart(folds);
        every_row_stands_somewhere(folds, group.len());
        every_row_is_scored_once(folds, group.len());
        no_group_is_on_both_sides(folds, group);
    }

    fn distinct(values: impl Iterator<Item = u32>) -> usize {
        values.collect::<std::collections::BTreeSet<_>>().len()
    }

    proptest! {
        #[test]
        fn groups_stay_whole_and_rows_are_spread(
            group in prop::collection::vec(0_u32..20, 20..200),
            k in 2_usize..8,
            seed in any::<u64>(),
        ) {
            let folds = grouped(&group, k, Seed(seed));
            prop_assert_eq!(folds.is_err(), distinct(group.iter().copied()) < k);
            if let Ok(folds) = folds {
                laws_hold(&folds, &group);
                let largest = (0..20).map(|g| group.iter().filter(|x| **x == g).count()).max().unwrap();
                let sizes = folds.iter().map(|fold| fold.valid.len());
                prop_assert!(sizes.clone().max().unwrap() - sizes.min().unwrap() <= largest);
                prop_assert_eq!(&folds, &grouped(&group, k, Seed(seed)).unwrap());
            }
        }

        #[test]
        fn groups_stay_whole_and_the_class_in_the_fewest_groups_is_in_every_fold(
            rows in prop::collection::vec((0_u32..3, 0_u32..20), 30..200),
            k in 2_usize..6,
            seed in any::<u64>(),
        ) {
            let (labels, group): (Vec<u32>, Vec<u32>) = rows.into_iter().unzip();
            let groups_of = |class| distinct(
                labels.iter().zip(&group).filter(|(l, _)| **l == class).map(|(_, g)| *g),
            );
            let present: Vec<u32> = (0..3).filter(|class| labels.contains(class)).collect();
            let enough = present.iter().all(|&class| groups_of(class) >= k);
            let folds = stratified_grouped(&labels, &group, k, Seed(seed));
            prop_assert_eq!(folds.is_ok(), enough);
            if let Ok(folds) = folds {
                laws_hold(&folds, &group);
                let scarce = present.iter().copied().min_by_key(|&class| groups_of(class)).unwrap();
                for fold in &folds {
                    prop_assert!(fold.valid.iter().any(|&row| labels[row] == scarce));
                }
            }
        }

        #[test]
        fn leaving_one_group_out_scores_each_group_in_its_own_fold(
            group in prop::collection::vec(0_u32..6, 10..60),
        ) {
            prop_assume!(distinct(group.iter().copied()) > 1);
            let folds = leave_one_group_out(&group).unwrap();
            laws_hold(&folds, &group);
            prop_assert_eq!(folds.len(), distinct(group.iter().copied()));
            for fold in &folds {
                prop_assert_eq!(distinct(fold.valid.iter().map(|&row| group[row])), 1);
            }
        }
    }

    #[test]
    fn rare_positives_are_spread_and_the_other_rows_with_them() {
        // 40 tools of 10 rows, 11 of which fail once: 11 failures in 5 folds leave 2 or 3 in each, and
        // folds with one failure less must not collect all other rows.
        let group: Vec<u32> = (0..400).map(|i| i / 10).collect();
        let labels: Vec<bool> = (0..400).map(|i| i % 10 == 0 && i / 10 < 11).collect();
        for fold in stratified_grouped(&labels, &group, 5, Seed(1)).unwrap() {
            let positives = fold.valid.iter().filter(|&&row| labels[row]).count();
            assert!((2..=3).contains(&positives), "{positives}");
            assert_eq!(fold.valid.len(), 80);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let few = grouped(&[1, 1, 2, 2], 3, Seed(0)).unwrap_err();
        assert_eq!(few, FoldError::Groups { groups: 2, folds: 3 });
        let group = [1, 1, 2, 2, 3, 3];
        let labels = [true, false, false, false, true, false];
        let class = stratified_grouped(&labels, &group, 3, Seed(0)).unwrap_err();
        assert!(class.to_string().contains("class `true` occurs in 2 groups"), "{class}");
        assert!(stratified_grouped(&labels[1..], &group, 2, Seed(0)).is_err());
        assert!(leave_one_group_out(&[4, 4]).is_err());
    }
}
