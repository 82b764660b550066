//! A model and its signature: from raw columns to scores and labels.
//!
//! Draft and opened bundle answer through the same [`Predictor`], so what is judged is what is served.

use gauntlet_core::{Cell, Column, FieldKind, Frame, Signature, Task};

use crate::answers::{self, Answer, Answers, Prediction};
use crate::engine::{Engine, Input, Output, PortKind, RunError};
use crate::error::BundleError;

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
    /// A question of one task to a model of another.
    #[error("the model's task is {found}, not {expected}")]
    Task {
        /// The task asked for.
        expected: &'static str,
        /// The model's task.
        found: &'static str,
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
    /// Positions of the task's outputs among the engine's.
    outputs: Vec<usize>,
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
                FieldKind::Category { .. } | FieldKind::Text => PortKind::Text,
            };
            if port.name != field.name || port.kind != kind {
                return Err(BundleError::Signature(format!(
                    "input `{}` of {:?} where the field `{}` of {kind:?} is expected",
                    port.name, port.kind, field.name,
                )));
            }
        }
        if let Task::Multiclass { classes } = &signature.task
            && classes.len() < 2
        {
            return Err(BundleError::Signature("there are fewer than two classes".to_owned()));
        }
        let wanted = answers::outputs(&signature.task);
        let outputs = wanted
            .iter()
            .map(|(name, kind)| {
                let found = engine.outputs().position(|output| output == (name.as_str(), *kind));
                let missing = || BundleError::Signature(format!("there is no {kind:?} `{name}`"));
                found.ok_or_else(missing)
            })
            .collect::<Result<_, _>>()?;
        if engine.outputs().count() != wanted.len() {
            return Err(BundleError::Signature("there are other outputs".to_owned()));
        }
        if !signature.threshold.is_finite() {
            return Err(BundleError::Signature("the threshold is not finite".to_owned()));
        }
        Ok(Self { engine, signature, outputs })
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
    pub fn answers(&self, frame: &Frame) -> Result<Answers, PredictError> {
        self.run(&frame_inputs(&self.signature, frame)?)
    }

    /// Answers every row of `columns`, which stand in the order of the signature's fields.
    ///
    /// # Errors
    /// Too few or too many columns, one of the other type, or of another length than the first.
    pub fn answers_columns(&self, columns: &[Column]) -> Result<Answers, PredictError> {
        let fields = &self.signature.raw;
        if columns.len() != fields.len() {
            return Err(PredictError::Width { expected: fields.len(), found: columns.len() });
        }
        let inputs: Vec<Input<'_>> = columns
            .iter()
            .map(|column| match column {
                Column::Number(values) => Input::Double(values),
                Column::Text(values) => Input::Text(values),
            })
            .collect();
        self.run(&inputs)
    }

    /// Answers one row, whose cells stand in the order of the signature's fields.
    ///
    /// A NaN in place of a text counts as missing, as
    /// [`Field::check`](gauntlet_core::Field::check) hands it over for null.
    ///
    /// # Errors
    /// Too few or too many cells, or one of the other type.
    pub fn answers_row(&self, cells: &[Cell<'_>]) -> Result<Answers, PredictError> {
        let row = RowInputs::new(&self.signature, cells)?;
        self.run(&row.inputs(&self.signature))
    }

    /// As [`Predictor::answers`], of a binary classifier.
    ///
    /// # Errors
    /// As [`Predictor::answers`], or a model of another task.
    pub fn predict(&self, frame: &Frame) -> Result<Prediction, PredictError> {
        binary(self.answers(frame)?, &self.signature.task)
    }

    /// As [`Predictor::answers_row`], of a binary classifier.
    ///
    /// # Errors
    /// As [`Predictor::answers_row`], or a model of another task.
    pub fn predict_row(&self, cells: &[Cell<'_>]) -> Result<Answer, PredictError> {
        let answers = binary(self.answers_row(cells)?, &self.signature.task)?;
        let probability = answers.probability.first().copied().unwrap_or(f32::NAN);
        let prediction = answers.prediction.first().copied().unwrap_or_default();
        Ok(Answer { probability, prediction })
    }

    fn run(&self, inputs: &[Input<'_>]) -> Result<Answers, PredictError> {
        let mut values: Vec<Option<Output>> =
            self.engine.run(inputs)?.into_iter().map(Some).collect();
        let ordered = self.outputs.iter().filter_map(|&at| values[at].take()).collect();
        Ok(Answers::of(&self.signature.task, ordered))
    }
}

fn binary(answers: Answers, task: &Task) -> Result<Prediction, PredictError> {
    match answers {
        Answers::Binary(prediction) => Ok(prediction),
        _ => Err(PredictError::Task {
            expected: answers::name(&Task::Binary),
            found: answers::name(task),
        }),
    }
}

/// The columns of `frame` that a model of this signature takes.
pub(crate) fn frame_inputs<'a>(
    signature: &Signature,
    frame: &'a Frame,
) -> Result<Vec<Input<'a>>, PredictError> {
    signature
        .raw
        .iter()
        .map(|field| {
            Ok(match field.kind {
                FieldKind::Number => Input::Double(frame.numbers(&field.name)?),
                FieldKind::Category { .. } | FieldKind::Text => {
                    Input::Text(frame.texts(&field.name)?)
                }
            })
        })
        .collect()
}

/// The cells of one row by type, in the order of the signature's fields.
pub(crate) struct RowInputs<'a> {
    numbers: Vec<f64>,
    texts: Vec<&'a str>,
}

impl<'a> RowInputs<'a> {
    pub(crate) fn new(signature: &Signature, cells: &[Cell<'a>]) -> Result<Self, PredictError> {
        let fields = &signature.raw;
        if cells.len() != fields.len() {
            return Err(PredictError::Width { expected: fields.len(), found: cells.len() });
        }
        let mut row = Self { numbers: vec![f64::NAN; cells.len()], texts: vec![""; cells.len()] };
        for (index, (field, cell)) in fields.iter().zip(cells).enumerate() {
            let refuse = |expected| PredictError::Type { field: field.name.clone(), expected };
            match (&field.kind, *cell) {
                (FieldKind::Number, Cell::Number(number)) => row.numbers[index] = number,
                (FieldKind::Category { .. } | FieldKind::Text, Cell::Text(text)) => {
                    row.texts[index] = text
                }
                (FieldKind::Category { .. } | FieldKind::Text, Cell::Number(number))
                    if number.is_nan() => {}
                (FieldKind::Number, Cell::Text(_)) => return Err(refuse("a number")),
                (FieldKind::Category { .. } | FieldKind::Text, Cell::Number(_)) => {
                    return Err(refuse("a text"));
                }
            }
        }
        Ok(row)
    }

    pub(crate) fn inputs(&self, signature: &Signature) -> Vec<Input<'_>> {
        let fields = signature.raw.iter().enumerate();
        fields
            .map(|(i, field)| match field.kind {
                FieldKind::Number => Input::Double(&self.numbers[i..=i]),
                FieldKind::Category { .. } | FieldKind::Text => Input::Str(&self.texts[i..=i]),
            })
            .collect()
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
