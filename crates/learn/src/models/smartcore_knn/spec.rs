//! Hyperparameters of the nearest neighbours.

use serde::{Deserialize, Serialize};

use crate::LearnError;
use crate::models::range::count;
use crate::models::{Checked, Kind};

/// What each neighbour counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Weights {
    /// All the same.
    Uniform,
    /// The inverse of its distance; neighbours at distance 0 alone if there are any.
    Distance,
}

/// Hyperparameters as the pipeline file writes them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Spec {
    /// Number of neighbours.
    pub neighbours: usize,
    /// What each neighbour counts: `uniform` or `distance`.
    pub weights: Weights,
}

impl Default for Spec {
    fn default() -> Self {
        Self { neighbours: 15, weights: Weights::Uniform }
    }
}

impl Spec {
    pub(super) fn checked(&self) -> Result<Checked<Self>, LearnError> {
        count(Self::NAME, "neighbours", self.neighbours, 100_000)?;
        Ok(Checked::new(self.clone()))
    }
}
