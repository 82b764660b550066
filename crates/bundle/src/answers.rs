//! Answers by task, and the outputs of a graph that give them.
//!
//! A graph has one output per number of an answer, each of the shape `[rows]`: `mlflow.pyfunc` makes a
//! table of the outputs and cannot take one of the shape `[rows, classes]`.

use gauntlet_core::Task;

use crate::engine::{Output, OutputKind};
use crate::graph::{LOWER, PREDICTION, PROBABILITY, SCORE, UPPER, class_probability};

/// Answers to the rows of a frame.
#[derive(Debug, Clone, PartialEq)]
pub enum Answers {
    /// Of a binary classifier.
    Binary(Prediction),
    /// Of a classifier of several classes.
    Multiclass(ClassPrediction),
    /// Of a regressor.
    Regression(ValuePrediction),
    /// Of an anomaly detector.
    Anomaly(AnomalyPrediction),
}

/// Answers of a binary classifier, one per row.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prediction {
    /// The score of the positive class.
    pub probability: Vec<f32>,
    /// 1 where the score is at least the signature's threshold, else 0.
    pub prediction: Vec<i64>,
}

/// The answer of a binary classifier to one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The score of the positive class.
    pub probability: f32,
    /// 1 if the score is at least the signature's threshold, else 0.
    pub prediction: i64,
}

/// Answers of a classifier of several classes.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassPrediction {
    /// The number of classes.
    pub classes: usize,
    /// The classes' probabilities, row by row: `rows x classes` numbers.
    pub probabilities: Vec<f32>,
    /// Position of the class with the largest probability, the first of several, per row.
    pub prediction: Vec<i64>,
}

/// Answers of a regressor, one per row.
#[derive(Debug, Clone, PartialEq)]
pub struct ValuePrediction {
    /// The number.
    pub prediction: Vec<f32>,
    /// Its bounds, of a model that gives them.
    pub interval: Option<Interval>,
}

/// Bounds of a number, per row.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// Lower bounds.
    pub lower: Vec<f32>,
    /// Upper bounds.
    pub upper: Vec<f32>,
}

/// Answers of an anomaly detector, one per row.
#[derive(Debug, Clone, PartialEq)]
pub struct AnomalyPrediction {
    /// The score, the larger the odder.
    pub score: Vec<f32>,
    /// 1 where the score is at least the signature's threshold, else 0.
    pub prediction: Vec<i64>,
}

/// The numbers of one kind in an answer: `width` per row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Floats<'a> {
    /// What they are, such as `probability`.
    pub name: &'static str,
    /// Numbers per row.
    pub width: usize,
    /// The numbers, row by row.
    pub values: &'a [f32],
}

/// Name and type of the outputs of a graph for `task`.
pub(crate) fn outputs(task: &Task) -> Vec<(String, OutputKind)> {
    let float = |name: &str| (name.to_owned(), OutputKind::Float);
    let label = (PREDICTION.to_owned(), OutputKind::Int);
    match task {
        Task::Binary => vec![float(PROBABILITY), label],
        Task::Multiclass { classes } => {
            let probabilities = (0..classes.len()).map(|class| float(&class_probability(class)));
            probabilities.chain([label]).collect()
        }
        Task::Regression { interval: false, .. } => vec![float(PREDICTION)],
        Task::Regression { interval: true, .. } => {
            vec![float(PREDICTION), float(LOWER), float(UPPER)]
        }
        Task::Anomaly => vec![float(SCORE), label],
    }
}

/// What a task is called in messages.
pub(crate) fn name(task: &Task) -> &'static str {
    match task {
        Task::Binary => "binary classification",
        Task::Multiclass { .. } => "classification of several classes",
        Task::Regression { .. } => "regression",
        Task::Anomaly => "anomaly detection",
    }
}

impl Answers {
    /// The answers of values that stand in the order of [`outputs`] and have those types.
    pub(crate) fn of(task: &Task, values: Vec<Output>) -> Self {
        let (mut floats, mut labels) = (Vec::new(), Vec::new());
        for value in values {
            match value {
                Output::Float(values) => floats.push(values),
                Output::Int(values) => labels = values,
                Output::Double(_) => {}
            }
        }
        let mut floats = floats.into_iter();
        let mut next = || floats.next().unwrap_or_default();
        match task {
            Task::Binary => Self::Binary(Prediction { probability: next(), prediction: labels }),
            Task::Multiclass { classes } => {
                let classes = classes.len();
                let columns: Vec<Vec<f32>> = (0..classes).map(|_| next()).collect();
                let rows = 0..labels.len();
                let probabilities =
                    rows.flat_map(|row| columns.iter().map(move |column| column[row])).collect();
                Self::Multiclass(ClassPrediction { classes, probabilities, prediction: labels })
            }
            Task::Regression { interval, .. } => Self::Regression(ValuePrediction {
                prediction: next(),
                interval: interval.then(|| Interval { lower: next(), upper: next() }),
            }),
            Task::Anomaly => Self::Anomaly(AnomalyPrediction { score: next(), prediction: labels }),
        }
    }

    /// The number of rows answered.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Binary(answers) => answers.prediction.len(),
            Self::Multiclass(answers) => answers.prediction.len(),
            Self::Regression(answers) => answers.prediction.len(),
            Self::Anomaly(answers) => answers.prediction.len(),
        }
    }

    /// The answers to one row alone, which must be below [`Answers::rows`].
    pub(crate) fn row(&self, row: usize) -> Self {
        let one = |values: &[f32]| vec![values[row]];
        match self {
            Self::Binary(answers) => Self::Binary(Prediction {
                probability: one(&answers.probability),
                prediction: vec![answers.prediction[row]],
            }),
            Self::Multiclass(ClassPrediction { classes, probabilities, prediction }) => {
                Self::Multiclass(ClassPrediction {
                    classes: *classes,
                    probabilities: probabilities[row * classes..(row + 1) * classes].to_vec(),
                    prediction: vec![prediction[row]],
                })
            }
            Self::Regression(ValuePrediction { prediction, interval }) => {
                let bounds = |i: &Interval| Interval { lower: one(&i.lower), upper: one(&i.upper) };
                let (prediction, interval) = (one(prediction), interval.as_ref().map(bounds));
                Self::Regression(ValuePrediction { prediction, interval })
            }
            Self::Anomaly(answers) => Self::Anomaly(AnomalyPrediction {
                score: one(&answers.score),
                prediction: vec![answers.prediction[row]],
            }),
        }
    }

    /// The numbers: probabilities, values and bounds, or scores.
    #[must_use]
    pub fn floats(&self) -> Vec<Floats<'_>> {
        let one = |name, values| Floats { name, width: 1, values };
        match self {
            Self::Binary(answers) => vec![one(PROBABILITY, &answers.probability)],
            Self::Multiclass(ClassPrediction { classes, probabilities, .. }) => {
                vec![Floats { name: PROBABILITY, width: *classes, values: probabilities }]
            }
            Self::Regression(ValuePrediction { prediction, interval }) => {
                let mut floats = vec![one(PREDICTION, prediction)];
                if let Some(Interval { lower, upper }) = interval {
                    floats.extend([one(LOWER, lower), one(UPPER, upper)]);
                }
                floats
            }
            Self::Anomaly(answers) => vec![one(SCORE, &answers.score)],
        }
    }

    /// The labels, which a regression does not have.
    #[must_use]
    pub fn labels(&self) -> &[i64] {
        match self {
            Self::Binary(answers) => &answers.prediction,
            Self::Multiclass(answers) => &answers.prediction,
            Self::Regression(_) => &[],
            Self::Anomaly(answers) => &answers.prediction,
        }
    }
}
