//! Sending a node's rows left and right by their codes.

use super::Binned;
use super::cut::Cut;
use super::grow::Rule;

/// Moves the rows that `cut` sends left to the front, keeping the order of both sides. Returns how many
/// they are, and the cut as a rule with the gain given.
///
/// The threshold lies between the values on both sides that are nearest in this node, so bins without rows
/// count to neither.
pub(super) fn partition(
    binned: &Binned,
    cut: &Cut,
    gain: f64,
    rows: &mut [u32],
    spare: &mut Vec<u32>,
) -> (usize, Rule) {
    let (edges, codes) = (binned.edges(cut.feature), binned.codes(cut.feature));
    let missing = edges.missing();
    if spare.len() < rows.len() {
        spare.resize(rows.len(), 0);
    }
    let (mut kept, mut moved) = (0, 0);
    let (mut below, mut above) = (0, missing);
    for i in 0..rows.len() {
        let row = rows[i];
        let code = codes.of(row);
        let left = code <= cut.bin || cut.missing_left && code == missing;
        // Both writes always happen and one counts: no branch to mispredict.
        rows[kept] = row;
        spare[moved] = row;
        kept += usize::from(left);
        moved += usize::from(!left);
        let value_left = code <= cut.bin;
        below = if value_left && code > below { code } else { below };
        above = if !value_left && code < above { code } else { above };
    }
    rows[kept..].copy_from_slice(&spare[..moved]);
    let missing_left = if edges.has_missing() {
        // Without a missing value to learn from, the larger side.
        let learned = rows.iter().any(|&row| codes.of(row) == missing);
        if learned { cut.missing_left } else { 2 * kept > rows.len() }
    } else {
        false
    };
    let threshold = edges.threshold(below, above, cut.drawn);
    (kept, Rule { feature: cut.feature, threshold, missing_left, gain })
}
