//! What answers: a bundle of ours, or an ONNX model that somebody else made.

mod output;

use std::path::Path;

use gauntlet_bundle::{Answers, Bundle, Explainer, Explanation, PredictError};
use gauntlet_core::{Cell, Column, Field, Frame, Implausible, Task};
use serde_json::Value;

pub(crate) use output::{Output, Values};

use crate::problem::Problem;
use crate::read::Rows;

/// A model that was verified and compiled.
#[derive(Debug)]
pub(crate) enum Model {
    Bundle(Box<Bundle>),
}

/// The answers to some rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answered {
    Bundle(Answers),
}

impl Model {
    /// The named columns that it takes.
    pub(crate) fn fields(&self) -> &[Field] {
        match self {
            Self::Bundle(bundle) => &bundle.signature().raw,
        }
    }

    /// What happens to implausible numbers.
    pub(crate) fn policy(&self) -> Implausible {
        match self {
            Self::Bundle(bundle) => bundle.signature().implausible,
        }
    }

    /// What it answers, if that is known.
    pub(crate) fn task(&self) -> Option<&Task> {
        match self {
            Self::Bundle(bundle) => Some(&bundle.signature().task),
        }
    }

    /// The score from which a row is positive or an anomaly, of tasks that have one.
    pub(crate) fn threshold(&self) -> Option<f32> {
        match self {
            Self::Bundle(bundle) => match bundle.signature().task {
                Task::Binary | Task::Anomaly => Some(bundle.signature().threshold),
                Task::Multiclass { .. } | Task::Regression { .. } => None,
            },
        }
    }

    /// Answers rows that were checked.
    pub(crate) fn answer(&self, rows: &Rows) -> Result<Answered, Problem> {
        match self {
            Self::Bundle(bundle) => bundle
                .answers_columns(&rows.columns)
                .map(Answered::Bundle)
                .map_err(|error| unanswered(&error)),
        }
    }

    /// What its judges found, if it came with a report.
    pub(crate) fn report(&self) -> Option<Value> {
        match self {
            Self::Bundle(bundle) => bundle.report().ok(),
        }
    }

    /// A row that it was shown when it was made.
    pub(crate) fn example(&self) -> Option<Frame> {
        match self {
            Self::Bundle(bundle) => bundle.example().ok().map(|(rows, _)| rows.take(&[0])),
        }
    }

    /// Prepares explanations; the model is read once more from its folder.
    ///
    /// # Errors
    /// Why its answers cannot be explained, in words.
    pub(crate) fn explainer(&self, folder: &Path) -> Result<Explainer, String> {
        match self {
            Self::Bundle(bundle) => bundle.explainer(folder).map_err(|error| {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                cause.unwrap_or_else(|| error.to_string())
            }),
        }
    }
}

/// What a task is called in messages.
pub(crate) fn task_name(task: Option<&Task>) -> &'static str {
    match task {
        Some(Task::Binary) => "binary classification",
        Some(Task::Multiclass { .. }) => "classification of several classes",
        Some(Task::Regression { .. }) => "regression",
        Some(Task::Anomaly) => "anomaly detection",
        None => "a task that is not known",
    }
}

/// A checked request that a model does not answer is our mistake.
fn unanswered(error: &PredictError) -> Problem {
    tracing::error!(%error, "a checked request was not answered");
    Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "the model did not answer")
}

/// Explains one of the rows.
pub(crate) fn explain(
    explainer: &Explainer,
    rows: &Rows,
    row: usize,
) -> Result<Explanation, Problem> {
    let cells: Vec<Cell<'_>> = rows.columns.iter().map(|column| cell(column, row)).collect();
    explainer.explain_row(&cells).map_err(|error| unanswered(&error))
}

fn cell(column: &Column, row: usize) -> Cell<'_> {
    column.cell(row)
}

impl Answered {
    /// The numbers to watch: probabilities of the positive class, anomaly scores or values.
    pub(crate) fn scores(&self) -> &[f32] {
        match self {
            Self::Bundle(Answers::Binary(answers)) => &answers.probability,
            Self::Bundle(Answers::Anomaly(answers)) => &answers.score,
            Self::Bundle(Answers::Regression(answers)) => &answers.prediction,
            Self::Bundle(Answers::Multiclass(_)) => &[],
        }
    }

    /// The labels, of tasks that have some.
    pub(crate) fn labels(&self) -> &[i64] {
        match self {
            Self::Bundle(answers) => answers.labels(),
        }
    }

    /// The scores of each row.
    pub(crate) fn scores_by_row(&self) -> Vec<Vec<f32>> {
        match self {
            Self::Bundle(Answers::Multiclass(answers)) => {
                answers.probabilities.chunks(answers.classes).map(<[f32]>::to_vec).collect()
            }
            Self::Bundle(_) => self.scores().iter().map(|score| vec![*score]).collect(),
        }
    }

    /// Every output by name.
    pub(crate) fn into_outputs(self) -> Vec<Output> {
        match self {
            Self::Bundle(answers) => output::of_answers(answers),
        }
    }
}
