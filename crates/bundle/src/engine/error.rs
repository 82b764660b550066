//! What can be wrong with a model, all of it found while loading, and with a request.

pub use crate::proto::AttributeError;
use crate::trees::TreeError;

/// Why bytes are not a model that this engine runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// More bytes than any model of ours has.
    #[error("the model has {size} bytes, more than the limit of {limit}")]
    TooLarge {
        /// Bytes given.
        size: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// Not an ONNX file.
    #[error("the model is not readable as ONNX")]
    Decode(#[from] prost::DecodeError),
    /// Bytes that are not encoded as ONNX is.
    #[error("the model is damaged: its {0} is not encoded as it should be")]
    Malformed(&'static str),
    /// A part of ONNX that the engine does not have.
    #[error("the model has field {field} of the {message}, which this engine does not run")]
    Field {
        /// The kind of message.
        message: &'static str,
        /// The field's number in ONNX's definition.
        field: u64,
    },
    /// More nodes, names and constants than any model of ours has.
    #[error("the model has more than {0} nodes, names and constants")]
    TooManyParts(usize),
    /// Messages that would take far more memory than the file has bytes.
    #[error("the model's messages would take more than {0} bytes of memory")]
    Memory(usize),
    /// A version of ONNX outside the range that the engine implements.
    #[error(
        "the model uses {what} version {found}, this engine runs versions {lowest} to {highest}"
    )]
    VersionRange {
        /// `ir`, `ai.onnx`, `ai.onnx.ml`, or another domain, of which no version is run.
        what: String,
        /// Version found.
        found: i64,
        /// Oldest version that is run.
        lowest: i64,
        /// Newest version that is run.
        highest: i64,
    },
    /// A node that the engine cannot run as it stands.
    #[error("node {node} `{name}`, {op}: {problem}")]
    Node {
        /// The node's position.
        node: usize,
        /// Its name, or that of its first output.
        name: String,
        /// Domain and name of the operator.
        op: String,
        /// What the engine cannot run, and where.
        problem: String,
    },
    /// A version of ONNX that the engine does not implement.
    #[error("the model uses {what} version {found}, this engine runs version {expected}")]
    Version {
        /// `ir`, `ai.onnx` or `ai.onnx.ml`.
        what: String,
        /// Version found.
        found: i64,
        /// Version expected.
        expected: i64,
    },
    /// A model that lacks what every model has.
    #[error("the model has no {0}")]
    Part(&'static str),
    /// An operator outside the declared set.
    #[error("node {node}: operator `{op}` is not in the declared set")]
    Op {
        /// The node's position.
        node: usize,
        /// Domain and name of the operator.
        op: String,
    },
    /// An attribute outside the declared set.
    #[error("node {node}, {op}: {source}")]
    Attribute {
        /// The node's position.
        node: usize,
        /// The operator.
        op: String,
        /// The attribute and what is wrong with it.
        source: AttributeError,
    },
    /// Operands that the operator does not take here.
    #[error("node {node}, {op}: {problem}")]
    Operand {
        /// The node's position.
        node: usize,
        /// The operator.
        op: String,
        /// Which operand and what is wrong with it.
        problem: String,
    },
    /// Trees that do not hold together.
    #[error("node {node}: {source}")]
    Trees {
        /// The node's position.
        node: usize,
        /// The tree and what is wrong with it.
        source: TreeError,
    },
    /// A constant that does not hold together.
    #[error("constant `{name}` {problem}")]
    Constant {
        /// The constant's name.
        name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An input or output of a type or shape that the engine does not take.
    #[error("{port} `{name}` {problem}")]
    Port {
        /// `input` or `output`.
        port: &'static str,
        /// Its name.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// A name that is given twice.
    #[error("the name `{0}` is given to two values")]
    Duplicate(String),
    /// Lines that are too wide to work on.
    #[error("the values of one row would take {0} numbers, more than the limit")]
    TooWide(usize),
}

/// Why inputs do not fit the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// Too few or too many inputs.
    #[error("the model takes {expected} inputs, not {found}")]
    Count {
        /// Inputs it takes.
        expected: usize,
        /// Inputs given.
        found: usize,
    },
    /// An input of the wrong type.
    #[error("input `{name}` must hold {expected}")]
    Type {
        /// The input.
        name: String,
        /// `doubles`, `floats` or `texts`.
        expected: &'static str,
    },
    /// An input that is not rows times its width long.
    #[error("input `{name}` has {found} values, {expected} belong to the rows given")]
    Values {
        /// The input.
        name: String,
        /// Values that it should have.
        expected: usize,
        /// Values that it has.
        found: usize,
    },
    /// A row for which the model has no answer.
    #[error("{node} cannot answer: {problem}")]
    Failed {
        /// The node that failed.
        node: String,
        /// What it cannot do.
        problem: String,
    },
    /// Inputs of different lengths.
    #[error("input `{name}` has {found} rows, the first has {expected}")]
    Rows {
        /// The input.
        name: String,
        /// Rows of the first input.
        expected: usize,
        /// Rows of this input.
        found: usize,
    },
}
