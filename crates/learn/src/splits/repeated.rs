//! The same kind of folds over and over, with other seeds.

use gauntlet_core::Seed;

use super::{Fold, FoldError};

/// The folds of `split` under `repeats` seeds derived from `seed`, one list per repeat.
///
/// # Errors
/// What `split` refuses.
pub fn repeated(
    repeats: usize,
    seed: Seed,
    split: impl Fn(Seed) -> Result<Vec<Fold>, FoldError>,
) -> Result<Vec<Vec<Fold>>, FoldError> {
    (0..repeats).map(|repeat| split(seed.derive("folds", repeat as u64))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::laws::{every_row_is_scored_once, sides_are_apart};
    use crate::splits::stratified;

    #[test]
    fn every_repeat_scores_every_row_once_in_folds_of_its_own() {
        let labels: Vec<bool> = (0..50).map(|i| i % 4 == 0).collect();
        let repeats = repeated(3, Seed(5), |seed| stratified(&labels, 4, seed)).unwrap();
        assert_eq!(repeats.len(), 3);
        for folds in &repeats {
            sides_are_apart(folds);
            every_row_is_scored_once(folds, 50);
        }
        assert!(repeats[0] != repeats[1] && repeats[1] != repeats[2]);
        let again = repeated(3, Seed(5), |seed| stratified(&labels, 4, seed)).unwrap();
        assert_eq!(repeats, again);
    }

    #[test]
    fn what_the_splitter_refuses_is_passed_on() {
        let refused = repeated(2, Seed(0), |seed| stratified(&[true, false], 9, seed));
        assert_eq!(refused, Err(FoldError::Rows { rows: 2, folds: 9 }));
    }
}
