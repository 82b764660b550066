//! Fit on the past, score the next stretch, move on.

use super::{Fold, FoldError, Span};

/// How far back a fold is fitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum History {
    /// From the first row on: the training side grows.
    Expanding,
    /// Rows that start at most this long before the boundary: the training side rolls along.
    Rolling(i64),
}

/// One fold per stretch between neighbouring `boundaries`, which rise.
///
/// A fold scores the rows that start at its boundary or later and before the next one, and fits on rows
/// that end more than `embargo` before its boundary, as far back as `history` says. So every row from the
/// first boundary to the last is scored once; windows that reach across a boundary are fitted on in no
/// fold that it begins. Boundaries may be events, such as the ends of recoveries: then each fold is one
/// failure. [`boundaries`](super::boundaries) makes even ones.
///
/// # Errors
/// Fewer than two boundaries or such as do not rise, a negative embargo, a rolling history below 1, a
/// window that ends before it starts, a stretch without rows to score or to fit on.
pub fn walk_forward(
    spans: &[Span],
    boundaries: &[i64],
    history: History,
    embargo: i64,
) -> Result<Vec<Fold>, FoldError> {
    check(spans, boundaries, history, embargo)?;
    boundaries
        .windows(2)
        .map(|stretch| {
            let (from, until) = (stretch[0], stretch[1]);
            let earliest = match history {
                History::Expanding => i64::MIN,
                History::Rolling(length) => from.saturating_sub(length),
            };
            let last = from.saturating_sub(embargo);
            let rows = |inside: &dyn Fn(&Span) -> bool| -> Vec<usize> {
                (0..spans.len()).filter(|&row| inside(&spans[row])).collect()
            };
            let fit = rows(&|span| span.end < last && span.start >= earliest);
            let valid = rows(&|span| span.start >= from && span.start < until);
            if fit.is_empty() {
                return Err(FoldError::NoHistory { boundary: from, embargo });
            }
            if valid.is_empty() {
                return Err(FoldError::NoRows { from, until });
            }
            Ok(Fold { fit, valid })
        })
        .collect()
}

fn check(
    spans: &[Span],
    boundaries: &[i64],
    history: History,
    embargo: i64,
) -> Result<(), FoldError> {
    if embargo < 0 {
        return Err(FoldError::Parameter { parameter: "embargo", found: embargo, least: 0 });
    }
    if let History::Rolling(length) = history
        && length < 1
    {
        return Err(FoldError::Parameter { parameter: "history", found: length, least: 1 });
    }
    if boundaries.len() < 2 {
        let found = boundaries.len() as i64;
        return Err(FoldError::Parameter { parameter: "boundaries", found, least: 2 });
    }
    if let Some(at) = (1..boundaries.len()).find(|&at| boundaries[at] <= boundaries[at - 1]) {
        return Err(FoldError::Boundaries { at, value: boundaries[at] });
    }
    match spans.iter().position(|span| span.end < span.start) {
        Some(row) => Err(FoldError::Span { row, start: spans[row].start, end: spans[row].end }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::boundaries;
    use crate::splits::laws::{sides_are_apart, time_order_and_embargo_hold};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_future_is_never_fitted_on_and_every_row_past_the_first_boundary_is_scored_once(
            rows in prop::collection::vec((0_i64..1000, 0_i64..40), 40..200),
            mut cuts in prop::collection::vec(200_i64..1100, 2..6),
            length in prop::option::of(1_i64..500),
            embargo in 0_i64..60,
        ) {
            let spans: Vec<Span> =
                rows.iter().map(|&(start, length)| Span { start, end: start + length }).collect();
            cuts.sort_unstable();
            cuts.dedup();
            prop_assume!(cuts.len() > 1);
            let history = length.map_or(History::Expanding, History::Rolling);
            if let Ok(folds) = walk_forward(&spans, &cuts, history, embargo) {
                sides_are_apart(&folds);
                time_order_and_embargo_hold(&folds, &spans, embargo);
                let mut scored: Vec<usize> = folds.iter().flat_map(|f| f.valid.clone()).collect();
                scored.sort_unstable();
                let due = |row: &usize| (cuts[0]..cuts[cuts.len() - 1]).contains(&spans[*row].start);
                prop_assert_eq!(scored, (0..spans.len()).filter(due).collect::<Vec<_>>());
                for (fold, from) in folds.iter().zip(&cuts) {
                    if let History::Rolling(length) = history {
                        prop_assert!(fold.fit.iter().all(|&row| spans[row].start >= from - length));
                    }
                }
            }
        }

        #[test]
        fn an_expanding_history_only_grows(rows in 30_usize..200, k in 2_usize..6) {
            let spans: Vec<Span> = (0..rows as i64).map(Span::at).collect();
            let cuts = boundaries(&spans, k + 1).unwrap();
            let folds = walk_forward(&spans, &cuts, History::Expanding, 2).unwrap();
            for pair in folds.windows(2) {
                prop_assert!(pair[1].fit.starts_with(&pair[0].fit));
                prop_assert!(pair[1].fit.len() > pair[0].fit.len());
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let spans: Vec<Span> = (0..100).map(Span::at).collect();
        let walk = |cuts: &[i64], history, embargo| walk_forward(&spans, cuts, history, embargo);
        let long = walk(&[50, 60], History::Rolling(10), 10).unwrap_err();
        assert_eq!(long, FoldError::NoHistory { boundary: 50, embargo: 10 });
        let empty = walk(&[50, 200, 300], History::Expanding, 0).unwrap_err();
        assert_eq!(empty, FoldError::NoRows { from: 200, until: 300 });
        let order = walk(&[60, 50], History::Expanding, 0).unwrap_err();
        assert_eq!(order, FoldError::Boundaries { at: 1, value: 50 });
        assert!(walk(&[50], History::Expanding, 0).is_err());
        assert!(walk(&[50, 60], History::Rolling(0), 0).is_err());
        assert!(walk(&[50, 60], History::Expanding, -1).is_err());
    }
}
