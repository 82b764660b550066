//! Windows in time, and one cut between past and future.

use super::{Fold, FoldError, walk_forward};
use crate::splits::History;

/// The stretch of time that a row was computed from, label included: from its first reading to the last
/// moment that it knows of. In any whole unit, such as seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// First moment.
    pub start: i64,
    /// Last moment, not before the first.
    pub end: i64,
}

impl Span {
    /// A row of one moment.
    #[must_use]
    pub fn at(moment: i64) -> Self {
        Self { start: moment, end: moment }
    }
}

/// Fits on the past of `cut` and scores what starts at it or later.
///
/// Rows are fitted on if they end more than `embargo` before `cut`. Those between, and windows that reach
/// across, stand on neither side.
///
/// # Errors
/// A window that ends before it starts, a negative embargo, no row left to fit on, no row to score.
pub fn time_ordered(spans: &[Span], cut: i64, embargo: i64) -> Result<Fold, FoldError> {
    let mut folds = walk_forward(spans, &[cut, i64::MAX], History::Expanding, embargo)?;
    folds.pop().ok_or(FoldError::NoRows { from: cut, until: i64::MAX })
}

/// Boundaries that cut the rows, by the start of their windows, into `parts` parts of about the same
/// size: `parts - 1` starts of parts, the first part left out, and a last boundary past all rows.
///
/// The surplus of an uneven division falls to the first part. Rows that start at the same time are never
/// parted. Handed to [`walk_forward`], `k + 1` parts make `k` folds.
///
/// # Errors
/// Fewer than two parts, or too few different start times for them.
pub fn boundaries(spans: &[Span], parts: usize) -> Result<Vec<i64>, FoldError> {
    let mut starts: Vec<i64> = spans.iter().map(|span| span.start).collect();
    starts.sort_unstable();
    let mut distinct = starts.clone();
    distinct.dedup();
    let refused = FoldError::Times { distinct: distinct.len(), parts };
    if parts < 2 || distinct.len() < parts {
        return Err(refused);
    }
    let size = starts.len() / parts;
    let first = starts.len() - size * (parts - 1);
    let mut cuts: Vec<i64> = (0..parts - 1).map(|part| starts[first + part * size]).collect();
    cuts.dedup();
    if cuts.len() < parts - 1 || cuts[0] == starts[0] {
        return Err(refused);
    }
    cuts.push(i64::MAX);
    Ok(cuts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::laws::{sides_are_apart, time_order_and_embargo_hold};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_past_is_fitted_on_and_the_future_scored(
            rows in prop::collection::vec((0_i64..1000, 0_i64..50), 20..200),
            cut in 100_i64..900,
            embargo in 0_i64..80,
        ) {
            let spans: Vec<Span> =
                rows.iter().map(|&(start, length)| Span { start, end: start + length }).collect();
            if let Ok(fold) = time_ordered(&spans, cut, embargo) {
                let folds = [fold];
                sides_are_apart(&folds);
                time_order_and_embargo_hold(&folds, &spans, embargo);
                let [fold] = folds;
                for (row, span) in spans.iter().enumerate() {
                    prop_assert_eq!(fold.valid.contains(&row), span.start >= cut);
                    prop_assert_eq!(fold.fit.contains(&row), span.end + embargo < cut);
                }
            }
        }

        #[test]
        fn parts_are_of_one_size_where_times_differ(
            rows in 12_usize..300,
            parts in 2_usize..8,
        ) {
            let spans: Vec<Span> = (0..rows as i64).rev().map(Span::at).collect();
            let cuts = boundaries(&spans, parts).unwrap();
            for pair in cuts.windows(2) {
                let inside = spans.iter().filter(|s| (pair[0]..pair[1]).contains(&s.start)).count();
                prop_assert_eq!(inside, rows / parts);
            }
            prop_assert_eq!(cuts.len(), parts);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let spans: Vec<Span> = (0..10).map(Span::at).collect();
        let error = time_ordered(&spans, 5, 5).unwrap_err().to_string();
        assert!(error.contains("the embargo is longer than the data before it"), "{error}");
        assert!(matches!(time_ordered(&spans, 10, 0), Err(FoldError::NoRows { from: 10, .. })));
        let wrong = [Span { start: 3, end: 2 }];
        assert_eq!(time_ordered(&wrong, 1, 0), Err(FoldError::Span { row: 0, start: 3, end: 2 }));
        assert!(matches!(time_ordered(&spans, 5, -1), Err(FoldError::Parameter { .. })));
        let alike = [Span::at(1), Span::at(1), Span::at(1), Span::at(2)];
        assert_eq!(boundaries(&alike, 3), Err(FoldError::Times { distinct: 2, parts: 3 }));
        assert!(boundaries(&spans, 1).is_err());
    }
}
