//! Features as bytes: binned once, compared and counted as codes ever after.
//!
//! Codes lie in blocks of neighbouring features, row by row inside a block. Boosting counts all features
//! of a node at once and reads a whole block per row; a forest looks at a few drawn features per node and
//! keeps a block per feature. Which layout is used changes speed, never a tree.

mod edges;
mod radix;

pub(in crate::trees) use edges::Edges;
pub(crate) use edges::floor_to_f32;

use gauntlet_features::Matrix;
use rayon::prelude::*;

/// Codes that a feature can have: 255 bins of values, and one for missing values.
pub(super) const CODES: usize = 256;

/// Most features in a block.
pub(super) const WIDEST: usize = 8;

/// How codes lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Feature by feature.
    Columns,
    /// Blocks of up to 8 features.
    Blocks,
}

/// The features of all rows as bin codes.
#[derive(Debug, Clone)]
pub struct Binned {
    edges: Vec<Edges>,
    blocks: Vec<Block>,
    rows: usize,
}

/// The codes of some neighbouring features, `codes[row * width + feature - first]`.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) first: usize,
    pub(super) width: usize,
    pub(super) codes: Vec<u8>,
}

/// The codes of one feature inside its block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codes<'a> {
    codes: &'a [u8],
    width: usize,
}

impl<'a> Codes<'a> {
    /// The codes side by side, if they lie so.
    pub(super) fn column(self) -> Option<&'a [u8]> {
        (self.width == 1).then_some(self.codes)
    }

    /// The code of a row.
    #[inline]
    pub(super) fn of(self, row: u32) -> u8 {
        self.codes[row as usize * self.width]
    }
}

impl Binned {
    /// Bins every feature of `x` into at most `max_bins` (2 to 255) bins of values and one of missing values.
    ///
    /// A feature with no more distinct values than bins gets one bin per value, so its splits are exact.
    /// Otherwise bins hold about equally many rows (exact quantiles), equal values share a bin, and a
    /// physical limit is always an edge.
    #[must_use]
    pub fn new(x: &Matrix, max_bins: usize, layout: Layout) -> Self {
        let max_bins = max_bins.clamp(2, CODES - 1);
        let (width, rows) = (x.width(), x.rows());
        let count = match layout {
            Layout::Columns => width,
            // An even number of equal blocks, so that two threads share them evenly.
            Layout::Blocks => width.div_ceil(WIDEST).next_multiple_of(2).min(width),
        };
        let parts: Vec<(Vec<Edges>, Block)> = (0..count)
            .into_par_iter()
            .map(|block| {
                let (first, end) = (block * width / count, (block + 1) * width / count);
                let mut codes = vec![0; rows * (end - first)];
                let mut sorter = Sorter::default();
                let edges = (first..end).map(|feature| {
                    let slots = codes[feature - first..].iter_mut().step_by(end - first);
                    sorter.bin(&x.columns[feature], x.limits[feature], max_bins, slots)
                });
                (edges.collect(), Block { first, width: end - first, codes })
            })
            .collect();
        let (edges, blocks): (Vec<Vec<Edges>>, Vec<Block>) = parts.into_iter().unzip();
        Self { edges: edges.concat(), blocks, rows }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features.
    #[must_use]
    pub fn width(&self) -> usize {
        self.edges.len()
    }

    pub(super) fn edges(&self, feature: usize) -> &Edges {
        &self.edges[feature]
    }

    pub(super) fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The codes of one feature.
    pub(super) fn codes(&self, feature: usize) -> Codes<'_> {
        let at = self.blocks.partition_point(|block| block.first + block.width <= feature);
        let block = &self.blocks[at];
        let from = (feature - block.first).min(block.codes.len());
        Codes { codes: &block.codes[from..], width: block.width }
    }
}

/// Working memory for sorting columns.
#[derive(Default)]
struct Sorter {
    entries: Vec<radix::Entry>,
    spare: Vec<radix::Entry>,
}

impl Sorter {
    /// The bins of a column; the code of each row goes into its slot.
    fn bin<'a>(
        &mut self,
        column: &[f32],
        limit: Option<f32>,
        max_bins: usize,
        slots: impl Iterator<Item = &'a mut u8>,
    ) -> Edges {
        self.entries.clear();
        let present = column.iter().zip(0_u32..).filter(|(value, _)| !value.is_nan());
        self.entries.extend(present.map(|(&value, row)| radix::entry(value, row)));
        radix::sort(&mut self.entries, &mut self.spare);
        let equal = self.entries.chunk_by(|a, b| a >> 32 == b >> 32);
        let runs = equal.map(|run| (radix::value(run[0]), run.len()));
        let edges = Edges::new(runs, limit, self.entries.len() < column.len(), max_bins);
        let mut codes = vec![edges.missing(); column.len()];
        let mut bin = 0;
        for &entry in &self.entries {
            while edges.high()[bin] < radix::value(entry) {
                bin += 1;
            }
            codes[radix::row(entry) as usize] = bin as u8;
        }
        slots.zip(codes).for_each(|(slot, code)| *slot = code);
        edges
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::rows;

    #[test]
    fn missing_values_get_the_code_above_all_bins_and_zeros_share_one() {
        let x = rows(vec![vec![3.0, 1.0, f32::NAN, 3.0, 2.0], vec![-0.0, 0.0, 1.0, 0.0, -1.0]]);
        for layout in [Layout::Columns, Layout::Blocks] {
            let binned = Binned::new(&x, 255, layout);
            let codes = |feature| (0..5).map(move |r| binned.codes(feature).of(r));
            assert_eq!(codes.clone()(0).collect::<Vec<_>>(), [2, 0, 3, 2, 1]);
            assert_eq!(codes(1).collect::<Vec<_>>(), [1, 1, 2, 1, 0]);
        }
    }

    #[test]
    fn both_layouts_hold_the_same_codes() {
        let column = |f: usize| (0..3000).map(|r| ((r * (f + 3)) % 1009) as f32).collect();
        let x = rows((0..19).map(column).collect());
        let (columns, blocks) =
            (Binned::new(&x, 64, Layout::Columns), Binned::new(&x, 64, Layout::Blocks));
        assert_eq!(blocks.blocks().len(), 4);
        for feature in 0..19 {
            assert_eq!(columns.edges(feature), blocks.edges(feature));
            for row in 0..3000 {
                assert_eq!(columns.codes(feature).of(row), blocks.codes(feature).of(row));
            }
        }
    }

    #[test]
    fn no_rows_or_only_missing_values_bin_to_nothing() {
        assert_eq!(Binned::new(&rows(vec![vec![]]), 255, Layout::Blocks).rows(), 0);
        let missing = Binned::new(&rows(vec![vec![f32::NAN; 3]]), 255, Layout::Columns);
        assert_eq!(missing.edges(0).bins(), 0);
        assert_eq!(missing.codes(0).of(2), 0);
    }
}
