//! What answers: a bundle of ours, or an ONNX model that somebody else made.

mod foreign;
mod output;

use std::path::Path;

use gauntlet_bundle::foreign::{MlflowModel, TensorInfo, TensorKind};
use gauntlet_bundle::{
    AnomalyPrediction, Answers, Bundle, BundleError, Explainer, Explanation, PredictError,
};
use gauntlet_core::{AlarmPolicy, Cell, Field, FieldKind, Frame, Implausible, Task};
use serde_json::Value as Json;

pub(crate) use foreign::{Foreign, Given2d};
pub(crate) use output::{Output, Value, datatype};

use crate::problem::Problem;
use crate::read::Rows;

/// A model that was verified and compiled.
#[derive(Debug)]
pub(crate) enum Model {
    Bundle(Box<Bundle>),
    Foreign(Box<Foreign>),
}

/// The answers to some rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answered {
    Bundle {
        answers: Answers,
        /// 1 at rows at which an alarm is raised, of a detector with a policy for alarms.
        alarm: Option<Vec<i64>>,
    },
    Foreign(Vec<Output>),
}

/// An input or output, as the tensor protocols describe it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Port {
    pub(crate) name: String,
    pub(crate) kind: TensorKind,
    /// Values per row, if it has two dimensions.
    pub(crate) width: Option<usize>,
}

impl Model {
    /// Opens a folder that MLflow's ONNX flavour wrote, or an ONNX file.
    ///
    /// # Errors
    /// What the engine does not run is named.
    pub(crate) fn foreign(path: &Path) -> Result<Self, BundleError> {
        Ok(Self::Foreign(Box::new(Foreign::new(MlflowModel::open(path)?))))
    }

    /// The named columns that it takes; none of a model that takes tensors only.
    pub(crate) fn fields(&self) -> &[Field] {
        match self {
            Self::Bundle(bundle) => &bundle.signature().raw,
            Self::Foreign(foreign) => foreign.fields(),
        }
    }

    /// What happens to implausible numbers.
    pub(crate) fn policy(&self) -> Implausible {
        match self {
            Self::Bundle(bundle) => bundle.signature().implausible,
            Self::Foreign(_) => Implausible::default(),
        }
    }

    /// What it answers, if that is known.
    pub(crate) fn task(&self) -> Option<&Task> {
        match self {
            Self::Bundle(bundle) => Some(&bundle.signature().task),
            Self::Foreign(_) => None,
        }
    }

    /// The score from which a row is positive or an anomaly, of tasks that have one.
    pub(crate) fn threshold(&self) -> Option<f32> {
        match (self, self.task()) {
            (Self::Bundle(bundle), Some(Task::Binary | Task::Anomaly)) => {
                Some(bundle.signature().threshold)
            }
            _ => None,
        }
    }

    /// When its scores become an alarm, of a detector whose rows follow one another in time.
    pub(crate) fn alarm_policy(&self) -> Option<&AlarmPolicy> {
        match self {
            Self::Bundle(bundle) => bundle.signature().alarm.as_ref(),
            Self::Foreign(_) => None,
        }
    }

    /// The tensors that it takes: one a named column, or its own.
    pub(crate) fn inputs(&self) -> Vec<Port> {
        let column = |field: &Field| Port {
            name: field.name.clone(),
            kind: if field.kind == FieldKind::Number { TensorKind::F64 } else { TensorKind::Text },
            width: Some(1),
        };
        match self {
            Self::Foreign(foreign) if foreign.fields().is_empty() => {
                let own = |info: &TensorInfo| Port {
                    name: info.name.clone(),
                    kind: info.kind,
                    width: info.width,
                };
                foreign.inputs().iter().map(own).collect()
            }
            _ => self.fields().iter().map(column).collect(),
        }
    }

    /// The tensors that it gives.
    pub(crate) fn outputs(&self) -> Vec<Port> {
        match self {
            Self::Bundle(bundle) => {
                let signature = bundle.signature();
                of_task(&signature.task, signature.alarm.is_some())
            }
            Self::Foreign(foreign) => {
                let outputs = foreign.outputs().into_iter();
                outputs.map(|(name, kind, width)| Port { name, kind, width }).collect()
            }
        }
    }

    /// Answers rows that were checked.
    pub(crate) fn answer(&self, rows: &Rows) -> Result<Answered, Problem> {
        match self {
            Self::Bundle(bundle) => {
                let answers = bundle.answers_columns(&rows.columns);
                let answers = answers.map_err(|error| unanswered(&error))?;
                let alarm = self.alarm_policy().map(|policy| raised(policy, &answers));
                Ok(Answered::Bundle { answers, alarm })
            }
            Self::Foreign(foreign) => foreign.answer(rows).map(Answered::Foreign),
        }
    }

    /// What its judges found, if it came with a report.
    pub(crate) fn report(&self) -> Option<Json> {
        match self {
            Self::Bundle(bundle) => bundle.report().ok(),
            Self::Foreign(_) => None,
        }
    }

    /// A row that it was shown when it was made.
    pub(crate) fn example(&self) -> Option<Frame> {
        match self {
            Self::Bundle(bundle) => bundle.example().ok().map(|(rows, _)| rows.take(&[0])),
            Self::Foreign(_) => None,
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
            Self::Foreign(_) => {
                Err("only bundles of the gauntlet are explained: others hold no covers".to_owned())
            }
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

/// Where `policy` raises alarms, the rows of a request being consecutive ones of one asset.
fn raised(policy: &AlarmPolicy, answers: &Answers) -> Vec<i64> {
    let counts: Vec<bool> = answers.labels().iter().map(|label| *label == 1).collect();
    let mut alarm = vec![0; counts.len()];
    policy.raised(&counts).into_iter().for_each(|row| alarm[row] = 1);
    alarm
}

/// The outputs of a task's graph, and that of a policy for alarms.
fn of_task(task: &Task, alarm: bool) -> Vec<Port> {
    let port = |name: String, kind| Port { name, kind, width: None };
    let float = |name: &str| port(name.to_owned(), TensorKind::F32);
    let label = || port("prediction".to_owned(), TensorKind::I64);
    match task {
        Task::Binary => vec![float("probability"), label()],
        Task::Multiclass { classes } => (0..classes.len())
            .map(|class| float(&gauntlet_bundle::graph::class_probability(class)))
            .chain([label()])
            .collect(),
        Task::Regression { interval: true, .. } => {
            vec![float("prediction"), float("lower"), float("upper")]
        }
        Task::Regression { interval: false, .. } => vec![float("prediction")],
        Task::Anomaly if alarm => {
            vec![float("score"), label(), port(output::ALARM.to_owned(), TensorKind::I64)]
        }
        Task::Anomaly => vec![float("score"), label()],
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
    let cells: Vec<Cell<'_>> = rows.columns.iter().map(|column| column.cell(row)).collect();
    explainer.explain_row(&cells).map_err(|error| unanswered(&error))
}

impl Answered {
    /// One answer to all rows of a recording whose score is the mean of theirs; `threshold` is the model's.
    pub(crate) fn pooled(self, threshold: Option<f32>) -> Self {
        let Self::Bundle { answers: Answers::Anomaly(answers), .. } = &self else { return self };
        let rows = answers.score.len().max(1) as f64;
        let score = (answers.score.iter().copied().map(f64::from).sum::<f64>() / rows) as f32;
        let prediction = i64::from(threshold.is_some_and(|threshold| score >= threshold));
        let one = AnomalyPrediction { score: vec![score], prediction: vec![prediction] };
        Self::Bundle { answers: Answers::Anomaly(one), alarm: None }
    }

    /// The numbers to watch: probabilities of the positive class, anomaly scores or values.
    pub(crate) fn scores(&self) -> &[f32] {
        match self {
            Self::Bundle { answers: Answers::Binary(answers), .. } => &answers.probability,
            Self::Bundle { answers: Answers::Anomaly(answers), .. } => &answers.score,
            Self::Bundle { answers: Answers::Regression(answers), .. } => &answers.prediction,
            Self::Bundle { answers: Answers::Multiclass(_), .. } | Self::Foreign(_) => &[],
        }
    }

    /// The labels, of tasks that have some.
    pub(crate) fn labels(&self) -> &[i64] {
        match self {
            Self::Bundle { answers, .. } => answers.labels(),
            Self::Foreign(outputs) => outputs
                .iter()
                .find_map(|output| match &output.values {
                    gauntlet_bundle::foreign::OutTensor::I64(labels) => Some(labels.as_slice()),
                    _ => None,
                })
                .unwrap_or_default(),
        }
    }

    /// The scores of each row.
    pub(crate) fn scores_by_row(&self) -> Vec<Vec<f32>> {
        match self {
            Self::Bundle { answers: Answers::Multiclass(answers), .. } => {
                answers.probabilities.chunks(answers.classes).map(<[f32]>::to_vec).collect()
            }
            _ => self.scores().iter().map(|score| vec![*score]).collect(),
        }
    }

    /// Every output by name.
    pub(crate) fn into_outputs(self) -> Vec<Output> {
        match self {
            Self::Bundle { answers, alarm } => output::of_answers(answers, alarm),
            Self::Foreign(outputs) => outputs,
        }
    }
}
