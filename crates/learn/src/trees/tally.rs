//! What the rows of a node add up to in each bin, and how good a cut between two such sums is.
//!
//! Sums are integers wherever they are subtracted or added by several threads: integers add up to the
//! same number in any order.

/// Something that rows add up to.
pub(super) trait Tally: Sync {
    /// What one row adds.
    type Share: Copy + Default + Send + Sync;
    /// A sum of shares.
    type Cell: Copy + Default + PartialEq + Send + Sync;

    /// What a row of the training data adds.
    fn share(&self, row: u32) -> Self::Share;

    /// Adds one row's share.
    fn add(cell: &mut Self::Cell, share: Self::Share);

    /// Adds another sum.
    fn merge(cell: &mut Self::Cell, other: Self::Cell);

    /// Takes a part of the sum away.
    fn remove(cell: &mut Self::Cell, part: Self::Cell);

    /// Whether nothing has been added.
    fn is_empty(cell: Self::Cell) -> bool;

    /// The sum over some rows.
    fn total(&self, rows: &[u32]) -> Self::Cell {
        let mut cell = Self::Cell::default();
        rows.iter().for_each(|&row| Self::add(&mut cell, self.share(row)));
        cell
    }
}

/// How good a node or a cut is, from the sums alone: larger is better.
pub(super) trait Quality: Tally {
    /// The quality of a node as it is.
    fn whole(&self, cell: Self::Cell) -> f64;

    /// The quality of a cut of a node into two, as numerator and positive denominator (so that the search
    /// compares without dividing); none if a side would be too small or a constraint broken.
    fn cut(&self, feature: usize, left: Self::Cell, right: Self::Cell) -> Option<(f64, f64)>;
}
