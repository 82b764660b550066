//! Runs the graphs that [`graph`](crate::graph) writes, and nothing else.
//!
//! A model is compiled when it is loaded: every name, type, shape, attribute and tree is checked then,
//! so a model that loads can answer, and bytes from a stranger give an error rather than a panic. A run
//! fills one block of working memory per batch and calls the steps in order. Floats behave as in
//! onnxruntime: doubles in double, the cast to single rounds to nearest even, comparisons with NaN are
//! false, and a NaN in a tree goes where the node sends missing values.

mod arena;
mod compile;
mod error;
mod forest;
mod kernels;
mod load;
mod scope;
pub(crate) mod wire;

use std::fmt;

use arena::{Arena, Slot, Widths};
pub use error::{AttributeError, EngineError, RunError};
use kernels::Step;

/// Bytes of the largest model that is loaded.
pub const MAX_MODEL: usize = 128 << 20;
/// Numbers that the values of one row may take together.
const MAX_WIDTH: usize = 1 << 20;
/// Rows of a batch, fewer if rows are wide.
const BATCH: usize = 256;
/// Numbers of a batch of more than one row.
const BATCH_NUMBERS: usize = 1 << 22;

/// A compiled model.
pub struct Engine {
    inputs: Vec<Port>,
    outputs: Vec<Tap>,
    widths: Widths,
    steps: Vec<Step>,
    fills: Vec<Fill>,
}

/// An input of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: PortKind,
}

/// What an input holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortKind {
    /// Double-precision numbers.
    Double,
    /// Single-precision numbers.
    Float,
    /// Texts.
    Text,
}

/// What an output holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutputKind {
    /// Double-precision numbers.
    Double,
    /// Single-precision numbers.
    Float,
    /// Integers.
    Int,
}

/// The values of one input, one per row.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Double-precision numbers.
    Double(&'a [f64]),
    /// Single-precision numbers.
    Float(&'a [f32]),
    /// Texts.
    Text(&'a [String]),
    /// Borrowed texts.
    Str(&'a [&'a str]),
}

/// The values of one output, one per row.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Double-precision numbers.
    Double(Vec<f64>),
    /// Single-precision numbers.
    Float(Vec<f32>),
    /// Integers.
    Int(Vec<i64>),
}

/// How an input gets into working memory.
enum Fill {
    Double { input: usize, slot: Slot },
    Float { input: usize, slot: Slot },
    Encode { input: usize, encoder: Encoder, slot: Slot },
}

/// Where an output is taken from working memory.
struct Tap {
    name: String,
    kind: OutputKind,
    slot: Slot,
}

/// Texts and the number that stands for each, sorted by text.
struct Encoder {
    codes: Vec<(Box<str>, f32)>,
    default: f32,
}

impl Engine {
    /// Compiles a model.
    ///
    /// # Errors
    /// Anything in `bytes` that the engine does not run: the error names the node, operator, attribute,
    /// constant, input or output.
    pub fn load(bytes: &[u8]) -> Result<Self, EngineError> {
        load::load(bytes)
    }

    /// The inputs, in the order in which [`Engine::run`] takes them.
    #[must_use]
    pub fn inputs(&self) -> &[Port] {
        &self.inputs
    }

    /// Name and type of the outputs, in the order in which [`Engine::run`] returns them.
    pub fn outputs(&self) -> impl Iterator<Item = (&str, OutputKind)> {
        self.outputs.iter().map(|tap| (tap.name.as_str(), tap.kind))
    }

    /// Answers `inputs`, each with one value per row; there may be no rows.
    ///
    /// The answer to a row does not depend on the rows beside it.
    ///
    /// # Errors
    /// Inputs that differ in number, type or length from what the model takes.
    pub fn run(&self, inputs: &[Input<'_>]) -> Result<Vec<Output>, RunError> {
        let rows = self.check(inputs)?;
        let mut outputs: Vec<Output> =
            self.outputs.iter().map(|tap| Output::with_capacity(tap.kind, rows)).collect();
        let batch = (BATCH_NUMBERS / self.widths.total().max(1)).clamp(1, BATCH).min(rows);
        let mut arena = Arena::new(self.widths, batch);
        for start in (0..rows).step_by(batch.max(1)) {
            arena.rows = batch.min(rows - start);
            for fill in &self.fills {
                fill.run(inputs, start, &mut arena);
            }
            for step in &self.steps {
                step(&mut arena);
            }
            for (tap, output) in self.outputs.iter().zip(&mut outputs) {
                output.extend(&arena, tap.slot);
            }
        }
        Ok(outputs)
    }

    fn check(&self, inputs: &[Input<'_>]) -> Result<usize, RunError> {
        if inputs.len() != self.inputs.len() {
            return Err(RunError::Count { expected: self.inputs.len(), found: inputs.len() });
        }
        let expected = inputs.first().map_or(0, Input::len);
        for (port, input) in self.inputs.iter().zip(inputs) {
            let name = || port.name.clone();
            match (port.kind, input) {
                (PortKind::Double, Input::Double(_))
                | (PortKind::Float, Input::Float(_))
                | (PortKind::Text, Input::Text(_) | Input::Str(_)) => {}
                (kind, _) => {
                    return Err(RunError::Type { name: name(), expected: kind.plural() });
                }
            }
            if input.len() != expected {
                return Err(RunError::Rows { name: name(), expected, found: input.len() });
            }
        }
        Ok(expected)
    }
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine")
            .field("inputs", &self.inputs)
            .field("steps", &self.steps.len())
            .finish_non_exhaustive()
    }
}

impl PortKind {
    fn plural(self) -> &'static str {
        match self {
            Self::Double => "doubles",
            Self::Float => "floats",
            Self::Text => "texts",
        }
    }
}

impl Input<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Double(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Text(values) => values.len(),
            Self::Str(values) => values.len(),
        }
    }
}

impl Output {
    fn with_capacity(kind: OutputKind, rows: usize) -> Self {
        match kind {
            OutputKind::Double => Self::Double(Vec::with_capacity(rows)),
            OutputKind::Float => Self::Float(Vec::with_capacity(rows)),
            OutputKind::Int => Self::Int(Vec::with_capacity(rows)),
        }
    }

    fn extend(&mut self, arena: &Arena, slot: Slot) {
        match self {
            Self::Double(values) => values.extend_from_slice(arena.read(slot)),
            Self::Float(values) => values.extend_from_slice(arena.read(slot)),
            Self::Int(values) => values.extend_from_slice(arena.read(slot)),
        }
    }
}

impl Fill {
    /// Copies the batch that starts at row `start`; the inputs were checked.
    fn run(&self, inputs: &[Input<'_>], start: usize, arena: &mut Arena) {
        let range = start..start + arena.rows;
        match self {
            Self::Double { input, slot } => {
                if let Input::Double(values) = inputs[*input] {
                    arena.write(*slot).copy_from_slice(&values[range]);
                }
            }
            Self::Float { input, slot } => {
                if let Input::Float(values) = inputs[*input] {
                    arena.write(*slot).copy_from_slice(&values[range]);
                }
            }
            Self::Encode { input, encoder, slot } => {
                let codes = arena.write::<f32>(*slot).iter_mut();
                match inputs[*input] {
                    Input::Text(texts) => {
                        codes.zip(&texts[range]).for_each(|(code, text)| *code = encoder.code(text))
                    }
                    Input::Str(texts) => {
                        codes.zip(&texts[range]).for_each(|(code, text)| *code = encoder.code(text))
                    }
                    Input::Double(_) | Input::Float(_) => {}
                }
            }
        }
    }
}

impl Encoder {
    /// Nothing if a key is not text or stands twice, or keys and codes differ in number.
    fn new(keys: &[Vec<u8>], codes: &[f32], default: f32) -> Option<Self> {
        if keys.len() != codes.len() {
            return None;
        }
        let pair =
            |(key, code): (&Vec<u8>, &f32)| Some((std::str::from_utf8(key).ok()?.into(), *code));
        let mut codes: Vec<(Box<str>, f32)> =
            keys.iter().zip(codes).map(pair).collect::<Option<_>>()?;
        codes.sort_by(|a, b| a.0.cmp(&b.0));
        let distinct = codes.windows(2).all(|pair| pair[0].0 != pair[1].0);
        distinct.then_some(Self { codes, default })
    }

    fn code(&self, text: &str) -> f32 {
        match self.codes.binary_search_by(|(key, _)| key.as_ref().cmp(text)) {
            Ok(at) => self.codes[at].1,
            Err(_) => self.default,
        }
    }
}
