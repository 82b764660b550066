//! Who is fitted on and who is scored: folds of rows, by class, by group, by time.
//!
//! Splitters work on plain columns (labels, groups, windows) and return positions, so that any table can be
//! cut with them. Their laws are tested for each: no row stands on both sides, every row is scored once
//! where that is promised, no group and no window of time reaches across, the embargo is kept, and the
//! same seed gives the same folds. What they lack they name, instead of returning a fold without rows.

mod error;
mod grouped;
mod repeated;
mod stratified;
mod time;
mod walk_forward;

#[cfg(test)]
mod laws;

pub use error::FoldError;
pub use grouped::{grouped, leave_one_group_out, stratified_grouped};
pub use repeated::repeated;
pub use stratified::stratified;
pub use time::{Span, boundaries, time_ordered};
pub use walk_forward::{History, walk_forward};

/// Positions to fit on and positions to score, of one fold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    /// Positions to fit on, ascending.
    pub fit: Vec<usize>,
    /// Positions to score, ascending.
    pub valid: Vec<usize>,
}

/// The folds in which row `i` is scored in fold `fold_of[i]` and fitted on in the others.
fn folds_of(fold_of: &[usize], k: usize) -> Vec<Fold> {
    (0..k)
        .map(|fold| {
            let (valid, fit) = (0..fold_of.len()).partition(|&i| fold_of[i] == fold);
            Fold { fit, valid }
        })
        .collect()
}

/// Refuses fewer than two folds, or fewer rows than folds.
fn check_folds(rows: usize, folds: usize) -> Result<(), FoldError> {
    if folds < 2 {
        Err(FoldError::Folds(folds))
    } else if rows < folds {
        Err(FoldError::Rows { rows, folds })
    } else {
        Ok(())
    }
}
