//! What makes one trial better than another.

use serde::{Deserialize, Serialize};

use crate::metrics::{Weights, log_loss, mean_absolute_error, multiclass_log_loss, pr_auc};
use crate::metrics::{roc_auc, root_mean_squared_error};
use crate::{LearnError, Outputs, Samples, Task};

/// A metric of held-out rows, turned so that more is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Average precision of a binary task.
    PrAuc,
    /// Area under the ROC curve of a binary task.
    RocAuc,
    /// Log loss of a binary or multiclass task, negative.
    LogLoss,
    /// Root mean squared error of a regression, negative.
    Rmse,
    /// Mean absolute error of a regression, negative.
    Mae,
}

impl Objective {
    /// The objective of a task where none is written; a detector has none.
    #[must_use]
    pub fn of(task: Task) -> Option<Self> {
        match task {
            Task::Binary => Some(Self::PrAuc),
            Task::Multiclass => Some(Self::LogLoss),
            Task::Regression => Some(Self::Rmse),
            Task::Anomaly => None,
        }
    }

    /// Whether it can be taken of a task.
    #[must_use]
    pub fn fits(self, task: Task) -> bool {
        match self {
            Self::PrAuc | Self::RocAuc => task == Task::Binary,
            Self::LogLoss => matches!(task, Task::Binary | Task::Multiclass),
            Self::Rmse | Self::Mae => task == Task::Regression,
        }
    }

    /// The objective of a model's answers to held-out rows.
    pub(super) fn score(self, outputs: &Outputs, rows: &Samples) -> Result<f64, LearnError> {
        let weights = rows.weight.as_ref().map(|w| w.iter().map(|v| f64::from(*v)).collect());
        let weights: Option<Vec<f64>> = weights;
        let weights = weights.as_deref().map_or(Weights::Equal, Weights::Values);
        let first: Vec<f64> = outputs.column(0).collect();
        Ok(match self {
            Self::PrAuc => pr_auc(&first, rows.labels()?, weights)?,
            Self::RocAuc => roc_auc(&first, rows.labels()?, weights)?,
            Self::LogLoss if rows.task() == Task::Binary => {
                -log_loss(&first, rows.labels()?, weights)?
            }
            Self::LogLoss => {
                let classes = rows.target.classes()?.0;
                -multiclass_log_loss(outputs.values(), outputs.width(), classes, weights)?
            }
            Self::Rmse => -root_mean_squared_error(&first, rows.target.values()?, weights)?,
            Self::Mae => -mean_absolute_error(&first, rows.target.values()?, weights)?,
        })
    }
}
