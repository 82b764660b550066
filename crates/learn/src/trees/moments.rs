//! Weighted sums of a numeric target, judged by variance (CART's least squares, Breiman et al. 1984).

use super::tally::{Quality, Tally};

/// Target and integer weight of every row.
///
/// Sums of targets are floats: a forest's tree is grown by one thread and never subtracts histograms, so
/// their order is fixed.
#[derive(Debug)]
pub(super) struct Targets<'a> {
    /// Target of each row, centred so that sums lose no digits.
    pub(super) value: &'a [f64],
    /// What was taken off the targets.
    pub(super) mean: f64,
    /// Weight of each row.
    pub(super) weight: &'a [u32],
    /// Smallest weight of a side, in units of `weight`.
    pub(super) least: f64,
}

/// Sum of weights and of weighted targets.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Moments {
    pub(super) weight: f64,
    pub(super) sum: f64,
    /// Sum of squares, which tells whether all targets are the same.
    pub(super) squares: f64,
}

impl Moments {
    /// Whether all targets are equal up to rounding.
    pub(super) fn is_constant(&self) -> bool {
        let spread = self.squares - self.sum * self.sum / self.weight;
        spread <= 1e-12 * self.squares
    }
}

impl Tally for Targets<'_> {
    type Share = Moments;
    type Cell = Moments;

    #[inline]
    fn share(&self, row: u32) -> Moments {
        let (value, weight) = (self.value[row as usize], f64::from(self.weight[row as usize]));
        Moments { weight, sum: weight * value, squares: weight * value * value }
    }

    #[inline]
    fn add(cell: &mut Moments, share: Moments) {
        Self::merge(cell, share);
    }

    #[inline]
    fn merge(cell: &mut Moments, other: Moments) {
        cell.weight += other.weight;
        cell.sum += other.sum;
        cell.squares += other.squares;
    }

    #[inline]
    fn remove(cell: &mut Moments, part: Moments) {
        cell.weight -= part.weight;
        cell.sum -= part.sum;
        cell.squares -= part.squares;
    }

    #[inline]
    fn is_empty(cell: Moments) -> bool {
        cell.weight <= 0.0
    }
}

impl Quality for Targets<'_> {
    fn whole(&self, cell: Moments) -> f64 {
        if cell.weight > 0.0 { cell.sum * cell.sum / cell.weight } else { 0.0 }
    }

    #[inline]
    fn cut(&self, _: usize, left: Moments, right: Moments) -> Option<(f64, f64)> {
        let (l, r) = (left.weight, right.weight);
        if l < self.least || r < self.least || l <= 0.0 || r <= 0.0 {
            return None;
        }
        Some((left.sum * left.sum * r + right.sum * right.sum * l, l * r))
    }
}
