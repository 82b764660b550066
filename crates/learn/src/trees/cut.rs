//! Where to cut a feature: the best place, or a random one.

use super::bins::Edges;
use super::histogram::Histogram;
use super::tally::{Quality, Tally};

/// A cut of one feature's bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cut {
    /// Quality of the cut; subtract the node's own quality for the gain.
    pub(super) quality: f64,
    pub(super) feature: usize,
    /// Codes up to this one go left.
    pub(super) bin: u8,
    /// Whether missing values go left.
    pub(super) missing_left: bool,
    /// The threshold that was drawn, if the rows leave room for it.
    pub(super) drawn: Option<f32>,
}

/// One feature of one node, to be cut.
pub(super) struct Node<'a, Q: Quality> {
    pub(super) quality: &'a Q,
    pub(super) feature: usize,
    pub(super) edges: &'a Edges,
    pub(super) histogram: &'a Histogram<Q>,
    /// The sum over all bins, missing values included.
    pub(super) total: Q::Cell,
}

/// The bins in which a feature's histogram holds anything, missing values aside.
pub(super) fn occupied<T: Tally>(
    histogram: &Histogram<T>,
    bins: usize,
) -> impl DoubleEndedIterator<Item = usize> + '_ {
    (0..bins).filter(|bin| !T::is_empty(histogram[*bin]))
}

impl<'a, Q: Quality> Node<'a, Q> {
    /// The best cut, if any is better than `above`. `bins` are those with values, in rising order.
    pub(super) fn best(&self, bins: impl Iterator<Item = usize>, above: f64) -> Option<Cut> {
        let mut search = self.search(above);
        let missing = self.histogram[self.edges.bins()];
        let has_missing = !Q::is_empty(missing);
        let mut left = Q::Cell::default();
        let mut right = self.total;
        for bin in bins {
            Q::merge(&mut left, self.histogram[bin]);
            Q::remove(&mut right, self.histogram[bin]);
            search.consider(left, right, bin, false);
            if has_missing {
                let (mut left, mut right) = (left, right);
                Q::merge(&mut left, missing);
                Q::remove(&mut right, missing);
                search.consider(left, right, bin, true);
            }
        }
        search.found
    }

    /// The cut of extremely randomised trees (Geurts et al. 2006): a threshold drawn evenly between the
    /// smallest and largest value of the node. `draw` is a number in `[0, 1)`.
    pub(super) fn random(
        &self,
        mut bins: impl DoubleEndedIterator<Item = usize>,
        draw: f64,
    ) -> Option<Cut> {
        let from = bins.next()?;
        let Some(to) = bins.next_back() else {
            return self.best(std::iter::once(from), f64::NEG_INFINITY);
        };
        let (low, high) = self.edges.range(from, to);
        let threshold = (f64::from(low) + draw * (f64::from(high) - f64::from(low))) as f32;
        let last = self.edges.last_not_above(threshold, from, to - 1);
        let mut left = Q::Cell::default();
        let mut right = self.total;
        for &cell in &self.histogram[from..=last] {
            Q::merge(&mut left, cell);
            Q::remove(&mut right, cell);
        }
        let mut search = self.search(f64::NEG_INFINITY);
        search.consider(left, right, last, false);
        let missing = self.histogram[self.edges.bins()];
        if !Q::is_empty(missing) {
            Q::merge(&mut left, missing);
            Q::remove(&mut right, missing);
            search.consider(left, right, last, true);
        }
        search.found.map(|cut| Cut { drawn: Some(threshold), ..cut })
    }

    fn search(&self, above: f64) -> Search<'a, Q> {
        Search { quality: self.quality, feature: self.feature, best: above, found: None }
    }
}

struct Search<'a, Q: Quality> {
    quality: &'a Q,
    feature: usize,
    best: f64,
    found: Option<Cut>,
}

impl<Q: Quality> Search<'_, Q> {
    #[inline]
    fn consider(&mut self, left: Q::Cell, right: Q::Cell, bin: usize, missing_left: bool) {
        if let Some((numerator, denominator)) = self.quality.cut(self.feature, left, right)
            && numerator > self.best * denominator
        {
            self.best = numerator / denominator;
            self.found = Some(Cut {
                quality: self.best,
                feature: self.feature,
                bin: bin as u8,
                missing_left,
                drawn: None,
            });
        }
    }
}
