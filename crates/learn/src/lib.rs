//! Fit, tune, lower to a graph, judge, decide.
//!
//! The order has one deliberate turn: contenders are compared natively on validation rows, but the final
//! numbers come from running the exported bundle through the code the server runs.

pub mod baselines;
pub mod gate;
pub mod guard;
pub mod metrics;
pub mod models;
pub mod splits;
pub mod tournament;

mod bootstrap;
mod error;
mod graph;
mod judge;
mod samples;
mod threshold;
pub mod trees;

#[cfg(test)]
mod testing;

pub use bootstrap::resample;
pub use error::LearnError;
pub use graph::build_graph;
pub use judge::{Bootstrap, Judged, TestScores, judge_scores};
pub use samples::Samples;
pub use splits::Fold;
pub use threshold::Thresholds;

use gauntlet_bundle::TreeEnsemble;
use gauntlet_features::Matrix;

/// The ensemble's score of every row.
#[must_use]
pub fn ensemble_scores(ensemble: &TreeEnsemble, x: &Matrix) -> Vec<f32> {
    x.map_rows(|row| ensemble.score(row))
}
