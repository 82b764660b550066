//! Remaining useful life of bearings, in minutes.
//!
//! A bearing is one case however many snapshots it has, and there are few bearings. So whatever can be
//! learned twice the same way is left out: vectors look back over fixed minutes and never know a share of
//! the life ([`vectors`]), rows are drawn evenly over each bearing, bounds and the choice among contenders
//! are made by leaving out bearings inside the training bearings, and every mean and interval counts
//! bearings ([`judge()`]).
//!
//! What is learned is the logarithm of the remaining minutes. Lives span from under an hour to days, so
//! errors that matter are shares of what is left, and in an exponential course that logarithm is a sum of
//! what the vectors hold.

mod baselines;
mod calibration;
mod case;
mod contender;
mod error;
mod exponential;
mod fit_final;
mod gate;
mod growth;
mod judge;
mod judgement;
mod life;
mod line;
mod measures;
mod pool;
mod protocol;
mod setup;
mod track;
mod vectors;

#[cfg(test)]
mod tests;

pub use baselines::RulBaseline;
pub use case::Start;
pub use contender::RulContender;
pub use error::RulError;
pub use fit_final::{Fitted, fit_final};
pub use gate::{RulPolicy, decide};
pub use judge::judge;
pub use judgement::{Comparison, Forecast, Participant, RulJudgement, SELECTED};
pub use life::Life;
pub use measures::{Band, BearingScores, Measure};
pub use protocol::Protocol;
pub use setup::Setup;
pub use vectors::{Vectors, vector_names, vectors};

/// The median of values; NaN without any.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    gauntlet_core::quantile(&values, 0.5)
}
