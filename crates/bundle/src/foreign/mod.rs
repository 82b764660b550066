//! ONNX models that others made: scikit-learn through skl2onnx, PyTorch and Keras exports, MLflow's onnx flavour.
//!
//! [`Engine`](crate::Engine) runs what our exporter writes and is laid out for that alone. Here is the wider
//! set of operators, versions and encodings, with onnxruntime's answers as the measure. A model is compiled
//! when it is loaded: shapes are worked out with the number of rows left open, everything that is not
//! supported is named then, and constants are folded. Shapes have at most one dimension of rows, and no
//! operator may mix rows, so the answer to a row does not depend on the rows beside it.

mod columns;
mod constant;
mod external;
mod load;
mod mlflow;
mod node;
mod ops;
mod plan;
mod signature;
mod trees;
mod value;
mod wire;
mod yaml;

use std::fmt;
use std::sync::Arc;

pub use columns::{Column, ColumnError};
pub use mlflow::MlflowModel;
use plan::Step;
pub use signature::{MlflowColumn, MlflowKind, TensorSpec};
pub use value::{Data as OutTensor, Labels, TensorKind};
use value::{Data, Text};

use crate::engine::{EngineError, RunError};

/// Rows of a batch, fewer if rows are wide.
const BATCH: usize = 256;
/// Elements of a batch of more than one row.
const BATCH_ELEMENTS: usize = 1 << 21;

/// An ONNX model of somebody else, compiled: tensors in, tensors out.
pub struct OnnxModel {
    inputs: Vec<TensorInfo>,
    outputs: Vec<Tap>,
    steps: Vec<Step>,
    /// Elements per row of all values.
    width: usize,
}

/// An input of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: TensorKind,
    /// Columns of `[rows, columns]`; nothing for `[rows]`.
    pub width: Option<usize>,
}

/// An output of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputInfo {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: TensorKind,
    /// Columns of `[rows, columns]`; nothing for `[rows]`.
    pub width: Option<usize>,
    /// The keys of a `ZipMap`, one per column.
    pub keys: Option<Labels>,
}

/// The values of one input, row after row.
#[derive(Debug, Clone, Copy)]
pub enum Tensor<'a> {
    /// Single-precision numbers.
    F32(&'a [f32]),
    /// Double-precision numbers.
    F64(&'a [f64]),
    /// Integers of 64 bits.
    I64(&'a [i64]),
    /// Integers of 32 bits.
    I32(&'a [i32]),
    /// Truth values.
    Bool(&'a [bool]),
    /// Texts.
    Text(&'a [String]),
    /// Borrowed texts.
    Str(&'a [&'a str]),
    /// Shared texts.
    Shared(&'a [Arc<str>]),
}

/// Where an output is taken from.
struct Tap {
    info: OutputInfo,
    slot: usize,
}

impl OnnxModel {
    /// Compiles a model.
    ///
    /// # Errors
    /// Anything in `bytes` that is not supported: the error names the node, operator and attribute, the
    /// constant, the input or the output.
    pub fn load(bytes: &[u8]) -> Result<Self, EngineError> {
        load::compile(&load::decode(bytes)?)
    }

    /// The inputs, in the order in which [`OnnxModel::run`] takes them.
    #[must_use]
    pub fn inputs(&self) -> &[TensorInfo] {
        &self.inputs
    }

    /// The outputs, in the order in which [`OnnxModel::run`] returns them.
    pub fn outputs(&self) -> impl ExactSizeIterator<Item = &OutputInfo> {
        self.outputs.iter().map(|tap| &tap.info)
    }

    /// Answers `rows` rows; each input holds its rows one after the other, and so does each answer.
    ///
    /// # Errors
    /// Inputs that differ in number, type or length from what the model takes, and a row for which an
    /// operator has no answer, such as a category that a strict encoder does not know.
    pub fn run(&self, rows: usize, inputs: &[Tensor<'_>]) -> Result<Vec<OutTensor>, RunError> {
        self.check(rows, inputs)?;
        let mut answers: Vec<Data> =
            self.outputs.iter().map(|tap| Data::empty(tap.info.kind)).collect();
        let batch = (BATCH_ELEMENTS / self.width.max(1)).clamp(1, BATCH);
        let mut slots = Vec::with_capacity(self.steps.len() + inputs.len());
        for start in (0..rows).step_by(batch) {
            let count = batch.min(rows - start);
            slots.clear();
            for (info, input) in self.inputs.iter().zip(inputs) {
                let width = info.width.unwrap_or(1);
                slots.push(input.part(start * width, count * width));
            }
            for step in &self.steps {
                (step.run)(count, &mut slots)
                    .map_err(|problem| RunError::Failed { node: step.name.clone(), problem })?;
            }
            for (tap, answer) in self.outputs.iter().zip(&mut answers) {
                answer.append(slots[tap.slot].clone());
            }
        }
        Ok(answers)
    }

    fn check(&self, rows: usize, inputs: &[Tensor<'_>]) -> Result<(), RunError> {
        if inputs.len() != self.inputs.len() {
            return Err(RunError::Count { expected: self.inputs.len(), found: inputs.len() });
        }
        for (info, input) in self.inputs.iter().zip(inputs) {
            let name = || info.name.clone();
            if input.kind() != info.kind {
                return Err(RunError::Type { name: name(), expected: info.kind.plural() });
            }
            let expected = rows.saturating_mul(info.width.unwrap_or(1));
            if input.len() != expected {
                return Err(RunError::Values { name: name(), expected, found: input.len() });
            }
        }
        Ok(())
    }
}

impl fmt::Debug for OnnxModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OnnxModel")
            .field("inputs", &self.inputs)
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}

impl Tensor<'_> {
    /// What it holds.
    #[must_use]
    pub fn kind(&self) -> TensorKind {
        match self {
            Self::F32(_) => TensorKind::F32,
            Self::F64(_) => TensorKind::F64,
            Self::I64(_) => TensorKind::I64,
            Self::I32(_) => TensorKind::I32,
            Self::Bool(_) => TensorKind::Bool,
            Self::Text(_) | Self::Str(_) | Self::Shared(_) => TensorKind::Text,
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::F32(values) => values.len(),
            Self::F64(values) => values.len(),
            Self::I64(values) => values.len(),
            Self::I32(values) => values.len(),
            Self::Bool(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Str(values) => values.len(),
            Self::Shared(values) => values.len(),
        }
    }

    /// A copy of `count` values from `start` on.
    fn part(&self, start: usize, count: usize) -> Data {
        let range = start..start + count;
        match self {
            Self::F32(values) => Data::F32(values[range].to_vec()),
            Self::F64(values) => Data::F64(values[range].to_vec()),
            Self::I64(values) => Data::I64(values[range].to_vec()),
            Self::I32(values) => Data::I32(values[range].to_vec()),
            Self::Bool(values) => Data::Bool(values[range].to_vec()),
            Self::Text(values) => {
                Data::Text(values[range].iter().map(|text| Text::from(text.as_str())).collect())
            }
            Self::Str(values) => {
                Data::Text(values[range].iter().map(|text| Text::from(*text)).collect())
            }
            Self::Shared(values) => Data::Text(values[range].to_vec()),
        }
    }
}

impl<'a> From<&'a OutTensor> for Tensor<'a> {
    fn from(values: &'a OutTensor) -> Self {
        match values {
            OutTensor::F32(values) => Self::F32(values),
            OutTensor::F64(values) => Self::F64(values),
            OutTensor::I64(values) => Self::I64(values),
            OutTensor::I32(values) => Self::I32(values),
            OutTensor::Bool(values) => Self::Bool(values),
            OutTensor::Text(values) => Self::Shared(values),
        }
    }
}
