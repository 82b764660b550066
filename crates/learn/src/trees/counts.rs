//! Weighted rows per class, judged by Gini impurity (Breiman et al. 1984).

use super::tally::{Quality, Tally};

/// Class and integer weight of every row.
#[derive(Debug)]
pub(super) struct Votes<'a, const N: usize> {
    /// Class of each row, below `N`.
    pub(super) class: &'a [u8],
    /// Weight of each row.
    pub(super) weight: &'a [u32],
    /// Smallest weight of a side, in units of `weight`.
    pub(super) least: f64,
}

/// Weight per class. `N` is a power of two; classes beyond those of the data stay at zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Counts<const N: usize>(pub(super) [u32; N]);

/// The class and weight of one row.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Vote {
    class: u32,
    weight: u32,
}

impl<const N: usize> Default for Counts<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> Counts<N> {
    pub(super) fn all(&self) -> f64 {
        f64::from(self.0.iter().sum::<u32>())
    }

    /// Sum of squares: `all - squares / all` is the weighted Gini impurity.
    fn squares(&self) -> f64 {
        self.0.iter().map(|&count| f64::from(count) * f64::from(count)).sum()
    }

    pub(super) fn is_pure(&self) -> bool {
        self.0.iter().filter(|count| **count > 0).count() < 2
    }
}

impl<const N: usize> Tally for Votes<'_, N> {
    type Share = Vote;
    type Cell = Counts<N>;

    #[inline]
    fn share(&self, row: u32) -> Vote {
        let row = row as usize;
        Vote { class: u32::from(self.class[row]), weight: self.weight[row] }
    }

    #[inline]
    fn add(cell: &mut Counts<N>, vote: Vote) {
        // The mask changes nothing and spares the bounds check.
        cell.0[vote.class as usize & (N - 1)] += vote.weight;
    }

    #[inline]
    fn merge(cell: &mut Counts<N>, other: Counts<N>) {
        cell.0.iter_mut().zip(other.0).for_each(|(count, more)| *count += more);
    }

    #[inline]
    fn remove(cell: &mut Counts<N>, part: Counts<N>) {
        cell.0.iter_mut().zip(part.0).for_each(|(count, less)| *count -= less);
    }

    #[inline]
    fn is_empty(cell: Counts<N>) -> bool {
        cell.0.iter().all(|count| *count == 0)
    }
}

impl<const N: usize> Quality for Votes<'_, N> {
    fn whole(&self, cell: Counts<N>) -> f64 {
        cell.squares() / cell.all().max(1.0)
    }

    #[inline]
    fn cut(&self, _: usize, left: Counts<N>, right: Counts<N>) -> Option<(f64, f64)> {
        let (l, r) = (left.all(), right.all());
        if l < self.least || r < self.least || l == 0.0 || r == 0.0 {
            return None;
        }
        Some((left.squares() * r + right.squares() * l, l * r))
    }
}
