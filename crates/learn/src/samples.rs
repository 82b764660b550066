//! Feature vectors with what is known of their outcome: what models are fitted on.

use gauntlet_core::Subset;
use gauntlet_features::Matrix;

use crate::{LearnError, Target, Task};

/// Features, targets, weights and groups of the same rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Samples {
    /// Features.
    pub x: Matrix,
    /// The outcome per row.
    pub target: Target,
    /// How much each row counts, finite and at least 0; all the same if there are none.
    pub weight: Option<Vec<f32>>,
    /// Unit of independence per row.
    pub group: Vec<u32>,
    /// Row number in the dataset.
    pub row: Vec<u32>,
}

impl Samples {
    /// Unweighted rows.
    #[must_use]
    pub fn new(x: Matrix, target: Target, group: Vec<u32>, row: Vec<u32>) -> Self {
        Self { x, target, weight: None, group, row }
    }

    /// Unweighted rows, each its own group, numbered from 0.
    #[must_use]
    pub fn independent(x: Matrix, target: Target) -> Self {
        let rows: Vec<u32> = (0..target.rows() as u32).collect();
        Self::new(x, target, rows.clone(), rows)
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.target.rows()
    }

    /// The task that the target sets.
    #[must_use]
    pub fn task(&self) -> Task {
        self.target.task()
    }

    /// Binary label per row.
    ///
    /// # Errors
    /// A target of another task.
    pub fn labels(&self) -> Result<&[bool], LearnError> {
        self.target.binary()
    }

    /// Weight of a row, 1 if the rows have none.
    #[must_use]
    pub fn weight_of(&self, row: usize) -> f32 {
        self.weight.as_ref().map_or(1.0, |weight| weight[row])
    }

    /// The same rows with other features.
    #[must_use]
    pub fn with_features(&self, x: Matrix) -> Self {
        Self {
            x,
            target: self.target.clone(),
            weight: self.weight.clone(),
            group: self.group.clone(),
            row: self.row.clone(),
        }
    }
}

impl Subset for Samples {
    fn subset(&self, positions: &[usize]) -> Self {
        Self {
            x: self.x.subset(positions),
            target: self.target.subset(positions),
            weight: self.weight.as_ref().map(|w| positions.iter().map(|&p| w[p]).collect()),
            group: positions.iter().map(|&p| self.group[p]).collect(),
            row: positions.iter().map(|&p| self.row[p]).collect(),
        }
    }
}
