//! The laws that every splitter keeps, as checks that the splitters' tests call.

use super::{Fold, Span};

/// No row on both sides, none twice, both sides ascend and have rows.
pub(super) fn sides_are_apart(folds: &[Fold]) {
    for fold in folds {
        assert!(fold.fit.is_sorted_by(|a, b| a < b) && fold.valid.is_sorted_by(|a, b| a < b));
        assert!(!fold.fit.is_empty() && !fold.valid.is_empty());
        assert!(fold.valid.iter().all(|row| fold.fit.binary_search(row).is_err()));
    }
}

/// Every one of `rows` rows is scored exactly once.
pub(super) fn every_row_is_scored_once(folds: &[Fold], rows: usize) {
    let mut scored: Vec<usize> = folds.iter().flat_map(|fold| fold.valid.clone()).collect();
    scored.sort_unstable();
    assert_eq!(scored, (0..rows).collect::<Vec<_>>());
}

/// No row is left out of a fold.
pub(super) fn every_row_stands_somewhere(folds: &[Fold], rows: usize) {
    assert!(folds.iter().all(|fold| fold.fit.len() + fold.valid.len() == rows));
}

/// No group is fitted on and scored.
pub(super) fn no_group_is_on_both_sides(folds: &[Fold], group: &[u32]) {
    for fold in folds {
        let fitted: std::collections::BTreeSet<u32> = fold.fit.iter().map(|&r| group[r]).collect();
        assert!(fold.valid.iter().all(|&row| !fitted.contains(&group[row])));
    }
}

/// Whatever is fitted on ended more than `embargo` before whatever is scored began.
pub(super) fn time_order_and_embargo_hold(folds: &[Fold], spans: &[Span], embargo: i64) {
    for fold in folds {
        let last = fold.fit.iter().map(|&row| spans[row].end).max().unwrap();
        let first = fold.valid.iter().map(|&row| spans[row].start).min().unwrap();
        assert!(last + embargo < first, "fitted until {last}, scored from {first}");
    }
}
