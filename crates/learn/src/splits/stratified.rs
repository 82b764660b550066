//! Folds with the same share of every class.

use gauntlet_core::Seed;
use rand::seq::SliceRandom;

use super::{Fold, FoldError, check_folds, folds_of};

/// `k` folds with the same share of each class in each, to within one row.
///
/// Every position is scored exactly once. Labels may be `bool`, class indices or anything with an order.
///
/// # Errors
/// Fewer than two folds, fewer rows than folds, or a class with fewer rows than folds.
pub fn stratified<C: Ord + Copy + std::fmt::Debug>(
    labels: &[C],
    k: usize,
    seed: Seed,
) -> Result<Vec<Fold>, FoldError> {
    check_folds(labels.len(), k)?;
    let mut classes = labels.to_vec();
    classes.sort_unstable_by(|a, b| b.cmp(a));
    classes.dedup();
    let mut rng = seed.rng();
    let mut fold_of = vec![0; labels.len()];
    let mut next = 0;
    for class in classes {
        let mut rows: Vec<usize> = (0..labels.len()).filter(|&i| labels[i] == class).collect();
        if rows.len() < k {
            let class = format!("{class:?}");
            return Err(FoldError::Class { class, rows: rows.len(), folds: k });
        }
        rows.shuffle(&mut rng);
        for row in rows {
            fold_of[row] = next % k;
            next += 1;
        }
    }
    Ok(folds_of(&fold_of, k))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::laws::{
        every_row_is_scored_once, every_row_stands_somewhere, sides_are_apart,
    };
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_row_is_scored_once_and_classes_are_spread(
            labels in prop::collection::vec(0_u32..4, 24..200),
            k in 2_usize..6,
            seed in any::<u64>(),
        ) {
            let count = |rows: &[usize], class| rows.iter().filter(|&&i| labels[i] == class).count();
            let all: Vec<usize> = (0..labels.len()).collect();
            let rare = labels.iter().any(|&class| count(&all, class) < k);
            let folds = stratified(&labels, k, Seed(seed));
            prop_assert_eq!(folds.is_err(), rare);
            if let Ok(folds) = folds {
                sides_are_apart(&folds);
                every_row_stands_somewhere(&folds, labels.len());
                every_row_is_scored_once(&folds, labels.len());
                for class in 0..4 {
                    let counts = folds.iter().map(|fold| count(&fold.valid, class));
                    let spread = counts.clone().max().unwrap() - counts.min().unwrap();
                    prop_assert!(spread <= 1);
                }
                prop_assert_eq!(&folds, &stratified(&labels, k, Seed(seed)).unwrap());
            }
        }
    }

    #[test]
    fn another_seed_gives_other_folds() {
        let labels: Vec<bool> = (0..60).map(|i| i % 3 == 0).collect();
        assert_ne!(stratified(&labels, 4, Seed(1)), stratified(&labels, 4, Seed(2)));
    }

    #[test]
    fn what_is_missing_is_named() {
        let few = stratified(&[true, false, false, false], 3, Seed(0)).unwrap_err();
        assert_eq!(few.to_string(), "class `true` has 1 rows, too few to stand in each of 3 folds");
        assert_eq!(stratified(&[true, false], 1, Seed(0)), Err(FoldError::Folds(1)));
        let rows = stratified(&[true, false], 3, Seed(0));
        assert_eq!(rows, Err(FoldError::Rows { rows: 2, folds: 3 }));
    }
}
