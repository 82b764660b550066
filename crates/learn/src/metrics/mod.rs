//! The field's metrics, computed on rows with weights so that a bootstrap resample is a weight vector.
//!
//! There are two ways in. The functions ([`roc_auc`], [`brier`], [`mean_absolute_error`], ...) check their
//! rows and are for one evaluation. [`Ranking`], [`Confusion`] and [`Scored`] are for thousands of
//! resamples of the same rows: they sort once, check nothing and answer NaN where a score is NaN.
//!
//! Definitions are scikit-learn's, and the project's tests compare them with it. What it refuses or
//! warns about has an answer here:
//!
//! | rows | here | scikit-learn |
//! | --- | --- | --- |
//! | none, or of different lengths | error | error |
//! | a score, target or weight that is NaN or infinite | error | error |
//! | a negative weight | error | accepted by most |
//! | weights that are all 0 | error | NaN or error |
//! | ROC-AUC, partial ROC-AUC of one class | NaN | NaN, warns |
//! | PR-AUC without positives | NaN | 0, warns |
//! | F1, precision, recall without calls or positives | 0 | 0, warns |
//! | MCC of one class, or calls of one class | 0 | 0 |
//! | balanced accuracy, a class without rows | that class is left out | the same, warns |
//! | macro F1, a class without rows and calls | that class is left out | the same |
//! | Brier or log loss of a value outside 0 to 1 | error | error |
//! | log loss of probabilities that do not sum to 1 | error | warns |
//! | log loss of one class | its value | error unless `labels` is given |
//! | R2 of one row | NaN | NaN, warns |
//! | R2 of a constant target | 1 if all right, else 0 | the same |
//!
//! Single-precision scores are widened to `f64` before anything is computed.

mod binary;
mod calibration;
mod confusion;
mod error;
mod matrix;
mod probability;
mod ranking;
mod regression;
mod score;
mod scored;
mod weights;

pub use binary::{partial_roc_auc, pr_auc, roc_auc};
pub use calibration::{
    CalibrationLine, ReliabilityBin, calibration_line, expected_calibration_error, reliability,
    rising,
};
pub use confusion::Confusion;
pub use error::MetricError;
pub use matrix::{ConfusionMatrix, most_probable};
pub use probability::{brier, log_loss, multiclass_brier, multiclass_log_loss};
pub use ranking::Ranking;
pub use regression::{
    Coverage, interval_coverage, mean_absolute_error, pinball_loss, r_squared,
    root_mean_squared_error,
};
pub use score::Score;
pub use scored::{Costs, Metric, Scored, Scores};
pub use weights::Weights;
