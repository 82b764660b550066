//! Rows that differ.

use std::collections::BTreeSet;

use gauntlet_features::Matrix;

/// How many rows differ from one another, counted no further than `enough`.
pub(super) fn distinct_rows(x: &Matrix, enough: usize) -> usize {
    let mut seen: BTreeSet<Vec<u32>> = BTreeSet::new();
    for row in 0..x.rows() {
        if seen.len() >= enough {
            break;
        }
        // Adding 0 makes one zero of both.
        seen.insert(x.columns.iter().map(|column| (column[row] + 0.0).to_bits()).collect());
    }
    seen.len()
}
