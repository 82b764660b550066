//! A model and its signature: from raw columns to scores and labels.
//!
//! Draft and opened bundle answer through the same [`Predictor`], so what is judged is what is served.

use gauntlet_core::{Cell, Column, FieldKind, Frame, Signature};

use crate::engine::{Engine, Input, Output, OutputKind, PortKind, RunError};
use crate::error::BundleError;
use crate::graph::{PREDICTION, PROBABILITY};

/// Answers to the rows of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// The score of the positive class, per row.
    pub probability: Vec<f32>,
    /// 1 where the score is at least the signature's threshold, else 0.
    pub prediction: Vec<i64>,
}

/// The answer to one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Answer {
    /// The score of the positive class.
    pub probability: f32,
    /// 1 if the score is at least the signature's threshold, else 0.
    pub prediction: i64,
}

/// Why rows cannot be answered.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The frame lacks a column, or has it in the other type.
    #[error(transparent)]
    Frame(#[from] gauntlet_core::FrameError),
    /// Too few or too many cells.
    #[error("the model takes {expected} fields, not {found}")]
    Width {
        /// Fields it takes.
        expected: usize,
        /// Cells given.
        found: usize,
    },
    /// A cell of the other type.
    #[error("feature `{field}` must be {expected}")]
    Type {
        /// The field.
        field: String,
        /// `a number` or `a text`.
        expected: &'static str,
    },
    /// The engine does not take the inputs.
    #[error(transparent)]
    Run(#[from] RunError),
}

/// A compiled model whose inputs and outputs are known to be those of its signature.
#[derive(Debug)]
pub struct Predictor {
    engine: Engine,
    signature: Signature,
    probability: usize,
    prediction: usize,
}

impl Predictor {
    /// A model with its signature.
    ///
    /// # Errors
    /// A model that the engine does not run, or whose inputs (names, order, types) or outputs are not
    /// those of the signature.
    pub fn new(model: &[u8], signature: Signature) -> Result<Self, BundleError> {
        let engine = Engine::load(model)?;
        let ports = engine.inputs();
        if ports.len() != signature.raw.len() {
            let counts = format!("{} inputs, {} fields", ports.len(), signature.raw.len());
            return Err(BundleError::Signature(counts));
        }
        for (port, field) in ports.iter().zip(&signature.raw) {
            let kind = match field.kind {
                FieldKind::Number => PortKind::Double,
                FieldKind::Category { .. } => PortKind::Text,
            };
            if port.name != field.name || port.kind != kind {
                return Err(BundleError::Signature(format!(
                    "input `{}` of {:?} where the field `{}` of {kind:?} is expected",
                    port.name, port.kind, field.name,
                )));
            }
        }
        let place = |name: &str, kind| {
            let found = engine.outputs().position(|output| output == (name, kind));
            found.ok_or_else(|| BundleError::Signature(format!("there is no {kind:?} `{name}`")))
        };
        let probability = place(PROBABILITY, OutputKind::Float)?;
        let prediction = place(PREDICTION, OutputKind::Int)?;
        if engine.outputs().count() != 2 {
            return Err(BundleError::Signature("there are other outputs".to_owned()));
        }
        if !signature.threshold.is_finite() {
            return Err(BundleError::Signature("the threshold is not finite".to_owned()));
        }
        Ok(Self { engine, signature, probability, prediction })
    }

    /// The fields it takes.
    #[must_use]
    pub fn signature(&self) -> &Signature {
        &self.signature
    }

    /// Answers every row of `frame`; columns that the model does not take are left aside.
    ///
    /// Values are not checked against the signature: a text that training never saw is encoded as
    /// missing, and so is NaN.
    ///
    /// # Errors
    /// A column that is missing or of the other type.
    pub fn predict(&self, frame: &Frame) -> Result<Prediction, PredictError> {
        let inputs: Vec<Input<'_>> = self
            .signature
            .raw
            .iter()
            .map(|field| {
                Ok(match field.kind {
                    FieldKind::Number => Input::Double(frame.numbers(&field.name)?),
                    FieldKind::Category { .. } => Input::Text(frame.texts(&field.name)?),
                })
            })
            .collect::<Result<_, PredictError>>()?;
        self.answer(&inputs)
    }

    /// Answers one row, whose cells stand in the order of the signature's fields.
    ///
    /// A NaN in place of a text counts as missing, as
    /// [`Signature::check`](gauntlet_core::Signature::check) hands it over for null.
    ///
    /// # Errors
    /// Too few or too many cells, or one of the other type.
    pub fn predict_row(&self, cells: &[Cell<'_>]) -> Result<Answer, PredictError> {
        let fields = &self.signature.raw;
        if cells.len() != fields.len() {
            return Err(PredictError::Width { expected: fields.len(), found: cells.len() });
        }
        let mut numbers = vec![f64::NAN; cells.len()];
        let mut texts = vec![""; cells.len()];
        for (index, (field, cell)) in fields.iter().zip(cells).enumerate() {
            let refuse = |expected| PredictError::Type { field: field.name.clone(), expected };
            match (&field.kind, *cell) {
                (FieldKind::Number, Cell::Number(number)) => numbers[index] = number,
                (FieldKind::Category { .. }, Cell::Text(text)) => texts[index] = text,
                (FieldKind::Category { .. }, Cell::Number(number)) if number.is_nan() => {}
                (FieldKind::Number, Cell::Text(_)) => return Err(refuse("a number")),
                (FieldKind::Category { .. }, Cell::Number(_)) => return Err(refuse("a text")),
            }
        }
        let inputs: Vec<Input<'_>> = fields
            .iter()
            .enumerate()
            .map(|(i, field)| match field.kind {
                FieldKind::Number => Input::Double(&numbers[i..=i]),
                FieldKind::Category { .. } => Input::Str(&texts[i..=i]),
            })
            .collect();
        let answer = self.answer(&inputs)?;
        let probability = answer.probability.first().copied().unwrap_or(f32::NAN);
        let prediction = answer.prediction.first().copied().unwrap_or_default();
        Ok(Answer { probability, prediction })
    }

    fn answer(&self, inputs: &[Input<'_>]) -> Result<Prediction, PredictError> {
        let mut answer = Prediction { probability: Vec::new(), prediction: Vec::new() };
        for (index, output) in self.engine.run(inputs)?.into_iter().enumerate() {
            match output {
                Output::Float(values) if index == self.probability => answer.probability = values,
                Output::Int(values) if index == self.prediction => answer.prediction = values,
                _ => {}
            }
        }
        Ok(answer)
    }
}

/// The rows of `frame` that fields of `signature` describe, as cells of one row.
pub(crate) fn cells<'a>(
    signature: &Signature,
    frame: &'a Frame,
    row: usize,
) -> Result<Vec<Cell<'a>>, PredictError> {
    let cell = |name: &str| frame.column(name).map(|column: &'a Column| column.cell(row));
    signature.raw.iter().map(|field| cell(&field.name).map_err(PredictError::from)).collect()
}
