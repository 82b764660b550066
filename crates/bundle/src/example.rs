//! `example.json`: a few rows and the answers that the bundle gave when it was made.
//!
//! A server answers them before it listens. So a bundle that was built for another machine, or an
//! engine that changed its mind, is found before the first user finds it.

use std::collections::BTreeMap;

use gauntlet_core::{Cell, Column, FieldKind, Frame, Signature, Task};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};

use crate::answers::{
    AnomalyPrediction, Answers, ClassPrediction, Floats, Interval, Prediction, ValuePrediction,
};
use crate::error::BundleError;
use crate::files::EXAMPLE;
use crate::predict::{PredictError, cells};

/// How far apart two numbers may be and still count as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tolerance {
    /// The same bits, or both NaN: for the same engine on the same kind of machine.
    Exact,
    /// Within one millionth: for another engine, another mathematical library, or sums in another
    /// order.
    Close,
}

impl Tolerance {
    /// Whether `a` and `b` count as the same.
    #[must_use]
    pub fn holds(self, a: f32, b: f32) -> bool {
        let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
        match self {
            Self::Exact => same,
            Self::Close => same || (a - b).abs() <= 1e-6,
        }
    }
}

/// How a bundle's answer differs from the recorded one.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SelfTestError {
    /// Another number of answers than of rows.
    #[error("the example has {rows} rows and {answers} recorded answers")]
    Rows {
        /// Rows of the example.
        rows: usize,
        /// Answers recorded.
        answers: usize,
    },
    /// A row whose number is another.
    #[error("row {row}: {output} {found}, recorded was {recorded}")]
    Number {
        /// The row.
        row: usize,
        /// Which number: `probability`, `prediction`, `lower`, `upper` or `score`.
        output: &'static str,
        /// The number now.
        found: f32,
        /// The number recorded.
        recorded: f32,
    },
    /// A row whose label is another.
    #[error("row {row}: prediction {found}, recorded was {recorded}")]
    Prediction {
        /// The row.
        row: usize,
        /// The label now.
        found: i64,
        /// The label recorded.
        recorded: i64,
    },
    /// A row whose label is not what the signature's threshold makes of its score.
    #[error("row {row}: prediction {prediction} at {output} {score}, threshold {threshold}")]
    Threshold {
        /// The row.
        row: usize,
        /// The label now.
        prediction: i64,
        /// `probability` or `score`.
        output: &'static str,
        /// The score now.
        score: f32,
        /// The signature's threshold.
        threshold: f32,
    },
    /// A row whose label is not its most probable class.
    #[error("row {row}: prediction {prediction} where class {largest} is the most probable")]
    Class {
        /// The row.
        row: usize,
        /// The label now.
        prediction: i64,
        /// The first class of the largest probability.
        largest: usize,
    },
}

/// A value of a row in JSON; a missing one is null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
enum Json {
    Number(f64),
    Text(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Example<O> {
    inputs: Vec<BTreeMap<String, Option<Json>>>,
    outputs: O,
}

/// Numbers in JSON; what is not finite is null.
type Numbers = Vec<Option<f32>>;

/// Answers in JSON, as each task writes them.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Outputs {
    Binary(Binary),
    Multiclass(Multiclass),
    Regression(Regression),
    Anomaly(Anomaly),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Binary {
    probability: Numbers,
    prediction: Vec<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Multiclass {
    probabilities: Vec<Numbers>,
    prediction: Vec<i64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Regression {
    prediction: Numbers,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lower: Option<Numbers>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    upper: Option<Numbers>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Anomaly {
    score: Numbers,
    prediction: Vec<i64>,
}

impl Outputs {
    fn of(answers: &Answers) -> Self {
        let numbers =
            |values: &[f32]| values.iter().map(|x| Some(*x).filter(|x| x.is_finite())).collect();
        match answers {
            Answers::Binary(Prediction { probability, prediction }) => Self::Binary(Binary {
                probability: numbers(probability),
                prediction: prediction.clone(),
            }),
            Answers::Multiclass(ClassPrediction { classes, probabilities, prediction }) => {
                Self::Multiclass(Multiclass {
                    probabilities: probabilities.chunks_exact(*classes).map(numbers).collect(),
                    prediction: prediction.clone(),
                })
            }
            Answers::Regression(ValuePrediction { prediction, interval }) => {
                Self::Regression(Regression {
                    prediction: numbers(prediction),
                    lower: interval.as_ref().map(|bounds| numbers(&bounds.lower)),
                    upper: interval.as_ref().map(|bounds| numbers(&bounds.upper)),
                })
            }
            Answers::Anomaly(AnomalyPrediction { score, prediction }) => {
                Self::Anomaly(Anomaly { score: numbers(score), prediction: prediction.clone() })
            }
        }
    }
}

/// Writes a row's cells as an object whose keys stand in the order of the fields.
struct Row<'a>(Vec<(&'a str, Option<Json>)>);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

#[derive(Serialize)]
struct Written<'a> {
    inputs: Vec<Row<'a>>,
    outputs: Outputs,
}

/// The text of `example.json`.
pub(crate) fn write(
    signature: &Signature,
    rows: &Frame,
    answers: &Answers,
) -> Result<Vec<u8>, BundleError> {
    let row = |at: usize| -> Result<Row<'_>, PredictError> {
        let json = |cell: Cell<'_>| match cell {
            Cell::Number(number) if number.is_nan() => None,
            Cell::Number(number) => Some(Json::Number(number)),
            Cell::Text(text) => Some(Json::Text(text.to_owned())),
        };
        let names = signature.raw.iter().map(|field| field.name.as_str());
        Ok(Row(names.zip(cells(signature, rows, at)?.into_iter().map(json)).collect()))
    };
    let inputs = (0..rows.rows()).map(row).collect::<Result<_, _>>()?;
    crate::pack::json(EXAMPLE, &Written { inputs, outputs: Outputs::of(answers) })
}

/// Rows and answers of `example.json`.
pub(crate) fn read(signature: &Signature, bytes: &[u8]) -> Result<(Frame, Answers), BundleError> {
    let known = |values: Numbers| values.into_iter().map(|x| x.unwrap_or(f32::NAN)).collect();
    let (inputs, answers) = match &signature.task {
        Task::Binary => {
            let Example { inputs, outputs: Binary { probability, prediction } } = parse(bytes)?;
            let probability = known(probability);
            (inputs, Answers::Binary(Prediction { probability, prediction }))
        }
        Task::Multiclass { classes } => {
            let Example { inputs, outputs: Multiclass { probabilities, prediction } } =
                parse(bytes)?;
            let classes = classes.len();
            let (probabilities, rows) =
                (known(probabilities.into_iter().flatten().collect()), prediction.len());
            let answers = ClassPrediction { classes, probabilities, prediction };
            if answers.probabilities.len() != rows * classes {
                let answers = answers.probabilities.len() / classes.max(1);
                return Err(SelfTestError::Rows { rows, answers }.into());
            }
            (inputs, Answers::Multiclass(answers))
        }
        Task::Regression { .. } => {
            let Example { inputs, outputs: Regression { prediction, lower, upper } } =
                parse(bytes)?;
            let interval = lower.zip(upper);
            let interval = interval
                .map(|(lower, upper)| Interval { lower: known(lower), upper: known(upper) });
            let prediction = known(prediction);
            (inputs, Answers::Regression(ValuePrediction { prediction, interval }))
        }
        Task::Anomaly => {
            let Example { inputs, outputs: Anomaly { score, prediction } } = parse(bytes)?;
            (inputs, Answers::Anomaly(AnomalyPrediction { score: known(score), prediction }))
        }
    };
    Ok((rows(signature, &inputs)?, answers))
}

fn parse<O: DeserializeOwned>(bytes: &[u8]) -> Result<Example<O>, BundleError> {
    serde_json::from_slice(bytes).map_err(|source| BundleError::Json { file: EXAMPLE, source })
}

/// The rows that an example's objects are.
fn rows(
    signature: &Signature,
    inputs: &[BTreeMap<String, Option<Json>>],
) -> Result<Frame, PredictError> {
    let mut frame = Frame::default();
    for field in &signature.raw {
        let values = inputs.iter().map(|row| match row.get(&field.name) {
            Some(value) => Ok(value.as_ref()),
            None => Err(gauntlet_core::FrameError::Missing(field.name.clone())),
        });
        let mistyped = |expected| PredictError::Type { field: field.name.clone(), expected };
        let column = match field.kind {
            FieldKind::Number => Column::Number(
                values
                    .map(|value| match value.map_err(PredictError::from)? {
                        Some(Json::Number(number)) => Ok(*number),
                        None => Ok(f64::NAN),
                        Some(Json::Text(_)) => Err(mistyped("a number")),
                    })
                    .collect::<Result<_, PredictError>>()?,
            ),
            FieldKind::Category { .. } | FieldKind::Text => Column::Text(
                values
                    .map(|value| match value.map_err(PredictError::from)? {
                        Some(Json::Text(text)) => Ok(text.clone()),
                        None => Ok(String::new()),
                        Some(Json::Number(_)) => Err(mistyped("a text")),
                    })
                    .collect::<Result<_, PredictError>>()?,
            ),
        };
        frame.push(field.name.clone(), column)?;
    }
    Ok(frame)
}

/// Compares the answers now with those recorded; labels must be equal, and what the task makes of the
/// numbers. `first` is the position of the first row.
pub(crate) fn compare(
    first: usize,
    threshold: f32,
    now: &Answers,
    recorded: &Answers,
    tolerance: Tolerance,
) -> Result<(), SelfTestError> {
    let rows = now.rows();
    let (floats, then) = (now.floats(), recorded.floats());
    if recorded.rows() != rows || floats.len() != then.len() {
        return Err(SelfTestError::Rows { rows, answers: recorded.rows() });
    }
    for (now, then) in floats.iter().zip(then) {
        if now.values.len() != then.values.len() {
            return Err(SelfTestError::Rows { rows, answers: then.values.len() / then.width });
        }
        for (at, (&found, &recorded)) in now.values.iter().zip(then.values).enumerate() {
            if !tolerance.holds(found, recorded) {
                let (row, output) = (first + at / now.width, now.name);
                return Err(SelfTestError::Number { row, output, found, recorded });
            }
        }
    }
    for (row, (&found, &recorded)) in now.labels().iter().zip(recorded.labels()).enumerate() {
        if found != recorded {
            return Err(SelfTestError::Prediction { row: first + row, found, recorded });
        }
    }
    check_labels(first, threshold, now)
}

/// Whether the labels are what the task makes of the scores.
fn check_labels(first: usize, threshold: f32, answers: &Answers) -> Result<(), SelfTestError> {
    let (scores, labels) = (answers.floats(), answers.labels());
    for (row, &prediction) in labels.iter().enumerate() {
        let Some(Floats { name: output, width, values }) = scores.first() else { break };
        if let Answers::Multiclass(_) = answers {
            let line = &values[row * width..(row + 1) * width];
            let better = |best: usize, at: usize| if line[at] > line[best] { at } else { best };
            let largest = (0..*width).fold(0, better);
            if prediction != largest as i64 {
                return Err(SelfTestError::Class { row: first + row, prediction, largest });
            }
        } else if prediction != i64::from(values[row] >= threshold) {
            let (row, score) = (first + row, values[row]);
            return Err(SelfTestError::Threshold { row, prediction, output, score, threshold });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(probability: f32, prediction: i64) -> Answers {
        let (probability, prediction) = (vec![probability], vec![prediction]);
        Answers::Binary(Prediction { probability, prediction })
    }

    #[test]
    fn close_forgives_the_last_digits_and_exact_does_not() {
        let (a, b) = (0.3_f32, f32::from_bits(0.3_f32.to_bits() + 1));
        assert!(Tolerance::Close.holds(a, b) && !Tolerance::Exact.holds(a, b));
        assert!(!Tolerance::Close.holds(0.3, 0.300_01));
        assert!(Tolerance::Exact.holds(f32::NAN, f32::NAN));
        assert!(!Tolerance::Close.holds(f32::NAN, 0.0));
    }

    #[test]
    fn labels_are_compared_exactly_and_with_the_threshold() {
        let close = |now: &Answers, then: &Answers| {
            compare(0, 0.5, now, then, Tolerance::Close).map_err(|e| e.to_string())
        };
        assert_eq!(close(&answers(0.7, 1), &answers(0.7, 1)), Ok(()));
        assert!(close(&answers(0.7, 1), &answers(0.7, 0)).unwrap_err().contains("recorded was 0"));
        assert!(close(&answers(0.7, 0), &answers(0.7, 0)).unwrap_err().contains("threshold 0.5"));
        let none = Answers::Binary(Prediction::default());
        assert!(close(&answers(0.7, 1), &none).is_err());
    }
}
