//! Fit, tune, lower to a graph, judge, decide.
//!
//! The order has one deliberate turn: contenders are compared natively on validation rows, but the final
//! numbers come from running the exported bundle through the code the server runs.

pub mod baselines;
pub mod condition;
pub mod events;
pub mod gate;
pub mod guard;
pub mod intervals;
pub mod metrics;
pub mod models;
pub mod rul;
pub mod search;
pub mod sound;
pub mod splits;
pub mod tournament;

mod error;
mod graph;
mod importance;
mod judge;
mod outputs;
mod samples;
mod specialists;
mod task;
mod threshold;
pub mod trees;

#[cfg(test)]
mod testing;

pub use error::LearnError;
pub use graph::{build_graph, build_indicator, feature_graph};
pub use importance::permutation_importance;
pub use intervals::resample;
pub use judge::{Bootstrap, Judged, TestScores, judge_scores};
pub use outputs::Outputs;
pub use samples::Samples;
pub use specialists::{Specialist, build_specialists};
pub use splits::Fold;
pub use task::{Target, Task};
pub use threshold::Thresholds;
