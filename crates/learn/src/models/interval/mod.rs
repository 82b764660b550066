//! Conformal prediction: bounds and label sets whose coverage holds for any model, as long as rows to
//! come are exchangeable with the held-out ones (Vovk, Gammerman and Shafer 2005).

mod labels;
mod log_scale;
mod spec;
mod values;

pub use labels::LabelSets;
pub use log_scale::LogScale;
pub use spec::IntervalSpec;
pub use values::{Bounds, quantile_margin, split_margin};

/// The rank, from 1, of the held-out score that covers a share `level` of rows to come; nothing if there
/// are too few scores.
fn rank(scores: usize, level: f64) -> Option<usize> {
    // The product is a whole number in exact arithmetic more often than in floating point.
    let rank = ((scores as f64 + 1.0) * level - 1e-9).ceil().max(1.0) as usize;
    (rank <= scores).then_some(rank)
}

/// The smallest score that covers a share `level` of rows to come.
fn covering(mut scores: Vec<f64>, level: f64) -> Option<f64> {
    let rank = rank(scores.len(), level)?;
    scores.sort_by(f64::total_cmp);
    Some(scores[rank - 1])
}
