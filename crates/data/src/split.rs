//! The one cut that seals the test set away. Folds inside the training rows are the learner's business.

use gauntlet_core::{Seed, Split};
use rand::seq::SliceRandom;

use crate::error::DataError;

/// Seals `fraction` of the rows of each class, drawn by `seed`; both sides ascend.
///
/// Each class gives its share rounded to the nearest row, but a class of two rows or more is never left
/// off either side.
///
/// # Errors
/// A fraction that is not strictly between 0 and 1, or too few rows for two sides.
pub fn stratified_split(label: &[bool], fraction: f64, seed: Seed) -> Result<Split, DataError> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(DataError::Fraction(fraction));
    }
    let mut split = Split { train: Vec::new(), test: Vec::new() };
    for class in [false, true] {
        let mut rows: Vec<u32> =
            (0..label.len() as u32).filter(|&row| label[row as usize] == class).collect();
        rows.shuffle(&mut seed.derive("split.test", u64::from(class)).rng());
        let share = (rows.len() as f64 * fraction).round() as usize;
        let share = if rows.len() > 1 { share.clamp(1, rows.len() - 1) } else { share };
        split.test.extend(&rows[..share]);
        split.train.extend(&rows[share..]);
    }
    split.train.sort_unstable();
    split.test.sort_unstable();
    split.prove(label.len())?;
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn positives(label: &[bool], rows: &[u32]) -> usize {
        rows.iter().filter(|&&r| label[r as usize]).count()
    }

    proptest! {
        #[test]
        fn every_row_stands_once_sides_ascend_and_classes_keep_their_share(
            label in proptest::collection::vec(proptest::bool::weighted(0.2), 10..400),
            fraction in 0.1_f64..0.9,
            seed in any::<u64>(),
        ) {
            let split = stratified_split(&label, fraction, Seed(seed)).unwrap();
            prop_assert!(split.prove(label.len()).is_ok());
            prop_assert!(split.train.is_sorted() && split.test.is_sorted());
            let all = label.iter().filter(|l| **l).count();
            if all > 1 {
                let exact = all as f64 * fraction;
                let found = positives(&label, &split.test);
                prop_assert!((found as f64 - exact).abs() <= 0.5 || found == 1 || found == all - 1);
                prop_assert!(found >= 1 && found < all);
            }
        }
    }

    #[test]
    fn the_same_seed_seals_the_same_rows_and_another_seed_does_not() {
        let label: Vec<bool> = (0..1000).map(|i| i % 30 == 0).collect();
        let digest = |seed| stratified_split(&label, 0.2, Seed(seed)).unwrap().digest();
        assert_eq!(digest(1), digest(1));
        assert_ne!(digest(1), digest(2));
    }

    #[test]
    fn the_published_class_counts_are_cut_exactly() {
        let label: Vec<bool> = (0..10_000).map(|i| i < 339).collect();
        let split = stratified_split(&label, 0.2, Seed(0)).unwrap();
        assert_eq!(positives(&label, &split.test), 68);
        assert_eq!(split.test.len(), 68 + 1932);
    }

    #[test]
    fn shares_that_are_no_shares_and_sides_without_rows_are_refused() {
        for fraction in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(matches!(
                stratified_split(&[true, false], fraction, Seed(0)),
                Err(DataError::Fraction(_))
            ));
        }
        assert!(matches!(stratified_split(&[true], 0.2, Seed(0)), Err(DataError::Split(_))));
        assert!(stratified_split(&[], 0.2, Seed(0)).is_err());
    }
}
