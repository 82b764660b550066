//! Our tree engine: features binned once to bytes, histograms, exact `f32` thresholds.
//!
//! One node loop (`grow`) serves every kind of tree; what differs are small parts: what rows add up to in a
//! bin and how good a cut is (`tally`), and how a kind opens, divides and ends nodes (`Policy`).
//!
//! A tree is a function of its rows, parameters and seed alone. Sums that threads share, or that are
//! subtracted, are integers; all other sums run in a fixed order on one thread; each tree has its own seed.
//! A missing value goes where the training rows that miss the feature fit better.

mod bins;
mod boost;
mod counts;
mod cut;
mod forest;
mod grow;
mod histogram;
mod isolation;
mod moments;
mod partition;
mod scorer;
mod tally;
mod tree;

pub(crate) use bins::floor_to_f32;
pub use bins::{Binned, Layout};
pub use boost::{BoostParams, BoostTarget, Boosted, FeatureShares, Loss, Validation, grow_boosted};
pub use forest::{Cutting, ForestParams, ForestTarget, Sample, grow_forest};
pub use grow::{Growth, Size};
pub use isolation::{IsolationParams, grow_isolation, mean_path};
pub use scorer::Scorer;
pub use tree::{GrownNode, GrownTree};
