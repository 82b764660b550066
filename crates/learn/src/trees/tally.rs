//! What the rows of a node add up to in each bin of a feature: the inner loop of every tree.

use super::bins::BinnedFeature;

/// Something that rows add up to.
pub(super) trait Tally: Copy + Default {
    /// Adds another row's or bin's share.
    fn add(&mut self, other: Self);

    /// Whether no row has been added.
    fn is_empty(&self) -> bool;
}

/// Reused buffers.
#[derive(Debug, Default)]
pub(super) struct Tallies<T> {
    histogram: Vec<T>,
    occupied: Vec<(u16, T)>,
}

impl<T: Tally> Tallies<T> {
    /// The bins of `feature` that hold any of `rows`, in rising order, each with its tally.
    ///
    /// Rows of one bin add up in the order of `rows`, whichever way is taken, so sums of floats are the same.
    pub(super) fn occupied(
        &mut self,
        feature: &BinnedFeature,
        rows: &[u32],
        of: impl Fn(u32) -> T,
    ) -> &[(u16, T)] {
        self.occupied.clear();
        if rows.len() * 8 < feature.codes_len() {
            // Few rows, many bins: sorting the rows beats clearing a histogram. The sort is stable.
            self.occupied.extend(rows.iter().map(|&row| (feature.code(row), of(row))));
            self.occupied.sort_by_key(|(code, _)| *code);
            self.occupied.dedup_by(|next, kept| {
                let same = next.0 == kept.0;
                if same {
                    kept.1.add(next.1);
                }
                same
            });
        } else {
            self.histogram.clear();
            self.histogram.resize(feature.codes_len(), T::default());
            for &row in rows {
                self.histogram[usize::from(feature.code(row))].add(of(row));
            }
            let bins = self.histogram.iter().enumerate().filter(|(_, tally)| !tally.is_empty());
            self.occupied.extend(bins.map(|(code, tally)| (code as u16, *tally)));
        }
        &self.occupied
    }
}
