//! A model while it is compiled: the names defined so far, and the steps that define them.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::node::Place;
use super::value::{Data, Elem, Labels, Shape, TensorKind};
use crate::engine::EngineError;

/// Elements that the values of one row may take together.
const MAX_WIDTH: usize = 1 << 20;
/// Elements that folding may read and compute, and that steps may copy, beside each constant once.
const MAX_COPIED: usize = 1 << 22;
/// Dimensions of a value.
const MAX_RANK: usize = 8;

/// What a step does: it reads values of the batch and pushes its own.
pub(super) type Run = Box<dyn Fn(usize, &mut Vec<Data>) -> Result<(), String> + Send + Sync>;

/// A compiled node.
pub(super) struct Step {
    /// How messages name the node.
    pub(super) name: String,
    pub(super) run: Run,
}

/// Type and shape of a value.
#[derive(Debug, Clone)]
pub(super) struct Type {
    pub(super) kind: TensorKind,
    pub(super) shape: Shape,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub(super) kind: TensorKind,
    pub(super) shape: Shape,
    pub(super) source: Source,
    /// The keys of a `ZipMap`.
    pub(super) keys: Option<Arc<Labels>>,
}

/// Where the elements of a value are.
#[derive(Debug, Clone)]
pub(super) enum Source {
    Constant(Arc<Data>),
    /// Among the values of a batch.
    Slot(usize),
}

/// What a node compiles to.
pub(super) enum Compiled {
    /// Other names, shapes or keys for elements that are there.
    Values(Vec<Value>),
    Step {
        outputs: Vec<Type>,
        run: Run,
    },
}

impl Value {
    pub(super) fn constant(shape: Shape, data: Data) -> Self {
        Self { kind: data.kind(), shape, source: Source::Constant(Arc::new(data)), keys: None }
    }

    /// The elements, if they are the same for every batch.
    pub(super) fn fixed<T: Elem>(&self) -> Option<&[T]> {
        match &self.source {
            Source::Constant(data) if self.kind == T::KIND => Some(T::of(data)),
            _ => None,
        }
    }

    pub(super) fn is_constant(&self) -> bool {
        matches!(self.source, Source::Constant(_))
    }
}

impl Source {
    pub(super) fn read<'a, T: Elem>(&'a self, slots: &'a [Data]) -> &'a [T] {
        match self {
            Self::Constant(data) => T::of(data),
            Self::Slot(slot) => T::of(&slots[*slot]),
        }
    }
}

impl Compiled {
    /// A step with one result.
    pub(super) fn one<T: Elem>(
        shape: Shape,
        run: impl Fn(usize, &[Data]) -> Vec<T> + Send + Sync + 'static,
    ) -> Self {
        Self::fallible(shape, move |rows, slots| Ok(run(rows, slots)))
    }

    /// A step with one result, or none for some rows.
    pub(super) fn fallible<T: Elem>(
        shape: Shape,
        run: impl Fn(usize, &[Data]) -> Result<Vec<T>, String> + Send + Sync + 'static,
    ) -> Self {
        let outputs = vec![Type { kind: T::KIND, shape }];
        let run: Run = Box::new(move |rows, slots| {
            let values = run(rows, slots)?;
            slots.push(T::wrap(values));
            Ok(())
        });
        Self::Step { outputs, run }
    }
}

/// The plan under construction.
#[derive(Default)]
pub(super) struct Plan {
    values: BTreeMap<String, Value>,
    pub(super) steps: Vec<Step>,
    pub(super) width: usize,
    slots: usize,
    /// Elements of the model's constants.
    constants: usize,
    copied: Cell<usize>,
}

impl Plan {
    pub(super) fn define(&mut self, name: &str, value: Value) -> Result<(), EngineError> {
        match self.values.insert(name.to_owned(), value) {
            None if !name.is_empty() => Ok(()),
            _ => Err(EngineError::Duplicate(name.to_owned())),
        }
    }

    /// Defines one of the model's constants.
    pub(super) fn constant(
        &mut self,
        name: &str,
        shape: Shape,
        data: Data,
    ) -> Result<(), EngineError> {
        self.constants = self.constants.saturating_add(data.len());
        self.define(name, Value::constant(shape, data))
    }

    /// Counts elements that are copied: many nodes may read the same constant.
    pub(super) fn copy(&self, elements: usize) -> Result<(), EngineError> {
        self.copied.set(self.copied.get().saturating_add(elements));
        let limit = self.constants.saturating_add(MAX_COPIED);
        if self.copied.get() > limit { Err(EngineError::TooWide(limit)) } else { Ok(()) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// A new place among the values of a batch.
    pub(super) fn slot(&mut self, of: Type) -> Result<Value, EngineError> {
        self.width = self.width.saturating_add(of.shape.width());
        if self.width > MAX_WIDTH {
            return Err(EngineError::TooWide(self.width));
        }
        let source = Source::Slot(self.slots);
        self.slots += 1;
        Ok(Value { kind: of.kind, shape: of.shape, source, keys: None })
    }

    /// Adds what a node compiled to; a step on constants alone, of so many elements, is run here.
    pub(super) fn add(
        &mut self,
        place: &Place,
        compiled: Compiled,
        constant: Option<usize>,
    ) -> Result<Vec<Value>, EngineError> {
        let deep = |shape: &Shape| shape.rank() > MAX_RANK;
        let (outputs, run) = match compiled {
            Compiled::Values(values) if values.iter().any(|value| deep(&value.shape)) => {
                return Err(place.error("the result has more than 8 dimensions"));
            }
            Compiled::Values(values) => return Ok(values),
            Compiled::Step { outputs, run } => (outputs, run),
        };
        if outputs.iter().any(|output| deep(&output.shape)) {
            return Err(place.error("the result has more than 8 dimensions"));
        }
        let Some(read) = constant else {
            self.steps.push(Step { name: place.to_string(), run });
            return outputs.into_iter().map(|output| self.slot(output)).collect();
        };
        let size = outputs.iter().fold(read, |sum, o| sum.saturating_add(o.shape.width()));
        self.copy(size)?;
        let mut made = Vec::new();
        run(1, &mut made).map_err(|problem| place.error(problem))?;
        Ok(outputs.into_iter().zip(made).map(|(o, data)| Value::constant(o.shape, data)).collect())
    }
}
