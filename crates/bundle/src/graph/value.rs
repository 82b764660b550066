//! Handles of values in a graph: what a value holds and its shape are part of its type.
//!
//! A graph works on batches. A [`Vector`] has one element per row, a [`Matrix`] one line per row; there
//! is nothing else, and constants appear only as operands. So most mistakes that ONNX would find at
//! load, or not at all (a `[rows]` vector broadcast along the wrong axis), do not compile.

use std::marker::PhantomData;

use super::Graph;
use crate::onnx::tensor_proto::DataType;
use crate::proto::Numbers;

/// Text elements.
#[derive(Debug, Clone, Copy)]
pub struct Text;

/// One element per row: ONNX shape `[rows]`.
#[derive(Debug, Clone, Copy)]
pub struct Rows;

/// One line of fixed width per row: ONNX shape `[rows, width]`.
#[derive(Debug, Clone, Copy)]
pub struct Lines;

/// A value of elements `T` in shape `S` ([`Rows`] or [`Lines`]).
#[derive(Debug, Clone, Copy)]
pub struct Value<T, S> {
    pub(super) id: usize,
    pub(super) width: usize,
    kind: PhantomData<fn() -> (T, S)>,
}

/// One element per row.
pub type Vector<T> = Value<T, Rows>;
/// One line of elements per row.
pub type Matrix<T> = Value<T, Lines>;

impl<T, S> Value<T, S> {
    pub(super) fn new(id: usize, width: usize) -> Self {
        Self { id, width, kind: PhantomData }
    }
}

impl<T> Matrix<T> {
    /// Elements per line.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }
}

pub(super) mod sealed {
    use super::{DataType, Graph, Numbers};

    pub trait Kind: Copy {
        const TYPE: DataType;
    }

    pub trait Constant: Kind {
        fn numbers(values: Vec<Self>) -> Numbers;
    }

    /// What an operand became: a value's id, and its width unless it fits any.
    pub trait Lower<T, S> {
        fn lower(self, graph: &mut Graph) -> (usize, Option<usize>);
    }
}

/// Element types: `f32`, `f64`, `i64`, `bool` and [`Text`].
pub trait Element: sealed::Kind {}
/// Element types that constants and matrices can have: `f32`, `f64` and `i64`.
pub trait Number: Element + sealed::Constant {}
/// Element types that arithmetic is defined on: `f32` and `f64`.
pub trait Float: Number {}
/// Element types that cast to `U` without undefined cases.
pub trait CastTo<U>: Element {}
/// What may stand beside a value: another value, a number, or (beside a matrix) a row of numbers.
pub trait Operand<T, S>: sealed::Lower<T, S> {}

impl<T, S, O: sealed::Lower<T, S>> Operand<T, S> for O {}

macro_rules! element {
    ($type:ty, $kind:ident) => {
        impl sealed::Kind for $type {
            const TYPE: DataType = DataType::$kind;
        }
        impl Element for $type {}
    };
}

macro_rules! number {
    ($type:ty, $variant:ident) => {
        impl sealed::Constant for $type {
            fn numbers(values: Vec<Self>) -> Numbers {
                Numbers::$variant(values)
            }
        }
        impl Number for $type {}
    };
}

element!(f32, Float);
element!(f64, Double);
element!(i64, Int64);
element!(bool, Bool);
element!(Text, String);
number!(f32, F32);
number!(f64, F64);
number!(i64, I64);

impl Float for f32 {}
impl Float for f64 {}

impl CastTo<f32> for f64 {}
impl CastTo<f64> for f32 {}
impl CastTo<f32> for i64 {}
impl CastTo<f64> for i64 {}
impl CastTo<f32> for bool {}
impl CastTo<f64> for bool {}
impl CastTo<i64> for bool {}

impl<T: Number, S> sealed::Lower<T, S> for T {
    fn lower(self, graph: &mut Graph) -> (usize, Option<usize>) {
        (graph.constant(T::numbers(vec![self]), vec![]), None)
    }
}

impl<T: Number> sealed::Lower<T, Lines> for &[T] {
    fn lower(self, graph: &mut Graph) -> (usize, Option<usize>) {
        let dims = vec![self.len() as i64];
        (graph.constant(T::numbers(self.to_vec()), dims), Some(self.len()))
    }
}

impl<T: Element, S> sealed::Lower<T, S> for Value<T, S> {
    fn lower(self, _: &mut Graph) -> (usize, Option<usize>) {
        (self.id, Some(self.width))
    }
}
