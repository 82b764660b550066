//! The field's metrics, computed on rows with weights so that a bootstrap resample is a weight vector.

mod calibration;
mod confusion;
mod ranking;
mod scored;

pub use calibration::{ReliabilityBin, brier, expected_calibration_error, reliability};
pub use confusion::Confusion;
pub use ranking::Ranking;
pub use scored::{Costs, Metric, Scored, Scores};
