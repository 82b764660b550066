//! Hyperparameters of the autoencoder.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::{count, positive};
use crate::models::{Checked, Kind};

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Units of each hidden layer.
    pub hidden: Vec<usize>,
    /// Passes over the training rows.
    pub epochs: usize,
    /// Rows between two steps.
    pub batch_size: usize,
    /// Adam's step.
    pub learning_rate: f64,
}

impl Default for Spec {
    fn default() -> Self {
        Self { hidden: vec![64, 64, 8, 64, 64], epochs: 50, batch_size: 256, learning_rate: 1e-3 }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        count(Self::NAME, "hidden", self.hidden.len(), 100)?;
        self.hidden.iter().try_for_each(|&units| count(Self::NAME, "hidden", units, 100_000))?;
        count(Self::NAME, "epochs", self.epochs, 1_000_000)?;
        count(Self::NAME, "batch_size", self.batch_size, 10_000_000)?;
        positive(Self::NAME, "learning_rate", self.learning_rate)?;
        Ok(Checked::new(self.clone()))
    }
}
