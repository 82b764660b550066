//! `example.json`: a few rows and the answers that the bundle gave when it was made.
//!
//! A server answers them before it listens. So a bundle that was built for another machine, or an
//! engine that changed its mind, is found before the first user finds it.

use std::collections::BTreeMap;

use gauntlet_core::{Cell, Column, FieldKind, Frame, Signature};
use serde::{Deserialize, Serialize, Serializer};

use crate::error::BundleError;
use crate::files::EXAMPLE;
use crate::predict::{PredictError, Prediction, cells};

/// How far apart two probabilities may be and still count as the same.
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
    /// A row whose probability is another.
    #[error("row {row}: probability {found}, recorded was {recorded}")]
    Probability {
        /// The row.
        row: usize,
        /// The probability now.
        found: f32,
        /// The probability recorded.
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
    /// A row whose label is not what the signature's threshold makes of its probability.
    #[error(
        "row {row}: prediction {prediction} at probability {probability}, threshold {threshold}"
    )]
    Threshold {
        /// The row.
        row: usize,
        /// The label now.
        prediction: i64,
        /// The probability now.
        probability: f32,
        /// The signature's threshold.
        threshold: f32,
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
struct Example {
    inputs: Vec<BTreeMap<String, Option<Json>>>,
    outputs: Outputs,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Outputs {
    probability: Vec<Option<f32>>,
    prediction: Vec<i64>,
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
    answers: &Prediction,
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
    let probability =
        answers.probability.iter().map(|p| Some(*p).filter(|p| p.is_finite())).collect();
    let outputs = Outputs { probability, prediction: answers.prediction.clone() };
    crate::pack::json(EXAMPLE, &Written { inputs, outputs })
}

/// Rows and answers of `example.json`.
pub(crate) fn read(
    signature: &Signature,
    bytes: &[u8],
) -> Result<(Frame, Prediction), BundleError> {
    let example: Example = serde_json::from_slice(bytes)
        .map_err(|source| BundleError::Json { file: EXAMPLE, source })?;
    let mut frame = Frame::default();
    for field in &signature.raw {
        let values = example.inputs.iter().map(|row| match row.get(&field.name) {
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
            FieldKind::Category { .. } => Column::Text(
                values
                    .map(|value| match value.map_err(PredictError::from)? {
                        Some(Json::Text(text)) => Ok(text.clone()),
                        None => Ok(String::new()),
                        Some(Json::Number(_)) => Err(mistyped("a text")),
                    })
                    .collect::<Result<_, PredictError>>()?,
            ),
        };
        frame.push(field.name.clone(), column).map_err(PredictError::from)?;
    }
    let Outputs { probability, prediction } = example.outputs;
    let probability = probability.into_iter().map(|p| p.unwrap_or(f32::NAN)).collect();
    Ok((frame, Prediction { probability, prediction }))
}

/// Compares the answers now with those recorded; labels must be equal.
pub(crate) fn compare(
    threshold: f32,
    now: &Prediction,
    recorded: &Prediction,
    tolerance: Tolerance,
) -> Result<(), SelfTestError> {
    let rows = now.probability.len();
    for answers in [recorded.probability.len(), recorded.prediction.len()] {
        if answers != rows {
            return Err(SelfTestError::Rows { rows, answers });
        }
    }
    for row in 0..rows {
        let (probability, prediction) = (now.probability[row], now.prediction[row]);
        if !tolerance.holds(probability, recorded.probability[row]) {
            let recorded = recorded.probability[row];
            return Err(SelfTestError::Probability { row, found: probability, recorded });
        }
        if prediction != recorded.prediction[row] {
            let recorded = recorded.prediction[row];
            return Err(SelfTestError::Prediction { row, found: prediction, recorded });
        }
        if prediction != i64::from(probability >= threshold) {
            return Err(SelfTestError::Threshold { row, prediction, probability, threshold });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(probability: f32, prediction: i64) -> Prediction {
        Prediction { probability: vec![probability], prediction: vec![prediction] }
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
        let close = |now: &Prediction, then: &Prediction| {
            compare(0.5, now, then, Tolerance::Close).map_err(|e| e.to_string())
        };
        assert_eq!(close(&answers(0.7, 1), &answers(0.7, 1)), Ok(()));
        assert!(close(&answers(0.7, 1), &answers(0.7, 0)).unwrap_err().contains("recorded was 0"));
        assert!(close(&answers(0.7, 0), &answers(0.7, 0)).unwrap_err().contains("threshold 0.5"));
        let none = Prediction { probability: vec![], prediction: vec![] };
        assert!(close(&answers(0.7, 1), &none).is_err());
    }
}
