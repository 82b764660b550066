//! Labelled feature vectors: what models are fitted on.

use gauntlet_core::Subset;
use gauntlet_features::Matrix;

/// Features, labels and groups of the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// Features.
    pub x: Matrix,
    /// Binary label per row.
    pub y: Vec<bool>,
    /// Unit of independence per row.
    pub group: Vec<u32>,
    /// Row number in the dataset.
    pub row: Vec<u32>,
}

impl Samples {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.y.len()
    }

    /// Number of positive rows.
    #[must_use]
    pub fn positives(&self) -> usize {
        self.y.iter().filter(|y| **y).count()
    }
}

impl Subset for Samples {
    fn subset(&self, positions: &[usize]) -> Self {
        Self {
            x: self.x.subset(positions),
            y: positions.iter().map(|&p| self.y[p]).collect(),
            group: positions.iter().map(|&p| self.group[p]).collect(),
            row: positions.iter().map(|&p| self.row[p]).collect(),
        }
    }
}
