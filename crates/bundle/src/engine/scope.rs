//! Names and types while a model is compiled.

use std::collections::BTreeMap;

use super::arena::{Elem, Slot, Widths};
use super::error::EngineError;
use super::kernels::{Arg, Step};
use super::{Fill, MAX_WIDTH};
use crate::onnx::NodeProto;
use crate::onnx::tensor_proto::DataType;
use crate::proto::{Attributes, ML, Numbers};

/// Element type of a value in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    F32,
    F64,
    I64,
    Bool,
}

impl Kind {
    /// The kind of an ONNX element type, if the engine works on it.
    pub(super) fn of(data_type: i32) -> Option<Self> {
        match DataType::try_from(data_type) {
            Ok(DataType::Float) => Some(Self::F32),
            Ok(DataType::Double) => Some(Self::F64),
            Ok(DataType::Int64) => Some(Self::I64),
            Ok(DataType::Bool) => Some(Self::Bool),
            _ => None,
        }
    }
}

/// Rust types of [`Kind`]s.
pub(super) trait Typed: Elem {
    const KIND: Kind;
    fn numbers(numbers: &Numbers) -> Option<&[Self]>;
}

macro_rules! typed {
    ($type:ident, $kind:ident, $pattern:pat => $result:expr) => {
        impl Typed for $type {
            const KIND: Kind = Kind::$kind;
            fn numbers(numbers: &Numbers) -> Option<&[Self]> {
                match numbers {
                    $pattern => $result,
                    _ => None,
                }
            }
        }
    };
}

typed!(f32, F32, Numbers::F32(values) => Some(values));
typed!(f64, F64, Numbers::F64(values) => Some(values));
typed!(i64, I64, Numbers::I64(values) => Some(values));

impl Typed for bool {
    const KIND: Kind = Kind::Bool;
    fn numbers(_: &Numbers) -> Option<&[Self]> {
        None
    }
}

/// Shape of a value: `[rows]`, or `[rows, width]` with the width in its slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Rows,
    Lines,
}

/// What a name stands for.
#[derive(Debug)]
pub(super) enum Value {
    /// Numbers of the batch.
    Batch { kind: Kind, shape: Shape, slot: Slot },
    /// A text input, by position.
    Text { input: usize, shape: Shape },
    /// A constant.
    Constant { dims: Vec<usize>, numbers: Numbers },
    /// The label of a tree ensemble, on which engines disagree.
    Label,
}

/// The names defined so far, each once.
#[derive(Debug, Default)]
pub(super) struct Scope(BTreeMap<String, Value>);

impl Scope {
    pub(super) fn define(&mut self, name: &str, value: Value) -> Result<(), EngineError> {
        match self.0.insert(name.to_owned(), value) {
            None if !name.is_empty() => Ok(()),
            _ => Err(EngineError::Duplicate(name.to_owned())),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

/// The plan under construction.
#[derive(Default)]
pub(super) struct Plan {
    pub(super) widths: Widths,
    pub(super) steps: Vec<Step>,
    pub(super) fills: Vec<Fill>,
}

/// A node with its operands looked up.
pub(super) struct Node<'a> {
    pub(super) at: usize,
    pub(super) domain: &'a str,
    pub(super) op: &'a str,
    operands: Vec<&'a Value>,
    proto: &'a NodeProto,
}

impl<'a> Node<'a> {
    pub(super) fn new(
        at: usize,
        proto: &'a NodeProto,
        scope: &'a Scope,
    ) -> Result<Self, EngineError> {
        let mut node =
            Self { at, domain: proto.domain(), op: proto.op_type(), operands: vec![], proto };
        for name in &proto.input {
            let value = scope.get(name);
            let value = value.ok_or_else(|| node.error(format!("`{name}` is not defined")))?;
            node.operands.push(value);
        }
        Ok(node)
    }

    /// Domain and name of the operator.
    pub(super) fn name(&self) -> String {
        if self.domain.is_empty() {
            self.op.to_owned()
        } else {
            format!("{}.{}", self.domain, self.op)
        }
    }

    pub(super) fn is_ml(&self) -> bool {
        self.domain == ML
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> EngineError {
        EngineError::Operand { node: self.at, op: self.name(), problem: problem.into() }
    }

    /// The node's attributes, which may only be those called `known`.
    pub(super) fn attributes(&self, known: &[&str]) -> Result<Attributes<'a>, EngineError> {
        let error = |source| EngineError::Attribute { node: self.at, op: self.name(), source };
        Attributes::new(&self.proto.attribute, known).map_err(error)
    }

    /// Demands that the node has exactly the integer attributes `wanted`.
    pub(super) fn demand(&self, wanted: &[(&'static str, i64)]) -> Result<(), EngineError> {
        let names: Vec<&str> = wanted.iter().map(|(name, _)| *name).collect();
        let attributes = self.attributes(&names)?;
        for &(name, value) in wanted {
            if self.lift(attributes.int(name))? != Some(value) {
                return Err(self.error(format!("attribute `{name}` must be {value}")));
            }
        }
        Ok(())
    }

    /// Adds this node to an error about an attribute.
    pub(super) fn lift<T>(
        &self,
        result: Result<T, crate::proto::AttributeError>,
    ) -> Result<T, EngineError> {
        result.map_err(|source| EngineError::Attribute { node: self.at, op: self.name(), source })
    }

    /// The operands, which must be exactly `N`.
    pub(super) fn operands<const N: usize>(&self) -> Result<[&'a Value; N], EngineError> {
        <[&Value; N]>::try_from(self.operands.as_slice())
            .map_err(|_| self.error(format!("{} operands instead of {N}", self.operands.len())))
    }

    pub(super) fn all(&self) -> &[&'a Value] {
        &self.operands
    }

    /// The numbers of a constant of type `T`.
    pub(super) fn constant<T: Typed>(
        &self,
        value: &'a Value,
    ) -> Result<(&'a [usize], &'a [T]), EngineError> {
        match value {
            Value::Constant { dims, numbers } => T::numbers(numbers).map(|n| (dims.as_slice(), n)),
            _ => None,
        }
        .ok_or_else(|| self.error(format!("an operand is not a constant of {:?}", T::KIND)))
    }

    /// Demands the constant `[value]`, such as an axis.
    pub(super) fn demand_constant(
        &self,
        operand: &'a Value,
        value: i64,
    ) -> Result<(), EngineError> {
        match self.constant::<i64>(operand)? {
            ([1], [found]) if *found == value => Ok(()),
            (dims, found) => Err(self.error(format!(
                "expected the constant [{value}], found {found:?} of dimensions {dims:?}"
            ))),
        }
    }

    /// The slot of numbers of the batch.
    pub(super) fn batch(&self, value: &Value) -> Result<(Kind, Shape, Slot), EngineError> {
        match value {
            Value::Batch { kind, shape, slot } => Ok((*kind, *shape, *slot)),
            Value::Text { .. } => Err(self.error("an operand is text")),
            Value::Constant { .. } => Err(self.error("an operand is a constant")),
            Value::Label => Err(self.error("labels of trees are not supported: use `scores`")),
        }
    }

    /// The slot of a matrix.
    pub(super) fn matrix(&self, value: &Value) -> Result<(Kind, Slot), EngineError> {
        match self.batch(value)? {
            (kind, Shape::Lines, slot) => Ok((kind, slot)),
            _ => Err(self.error("an operand is not a matrix")),
        }
    }

    /// Type and shape that elementwise `operands` have in common.
    pub(super) fn common(
        &self,
        operands: &[&'a Value],
    ) -> Result<(Kind, Shape, usize), EngineError> {
        let mut common = None;
        for value in operands {
            if let Value::Constant { .. } = value {
                continue;
            }
            let (kind, shape, slot) = self.batch(value)?;
            let found = (kind, shape, slot.width);
            if *common.get_or_insert(found) != found {
                return Err(self.error("operands differ in type or shape"));
            }
        }
        common.ok_or_else(|| self.error("all operands are constants"))
    }

    /// An operand of an elementwise operator whose result has the given shape.
    pub(super) fn arg<T: Typed>(
        &self,
        value: &'a Value,
        shape: Shape,
        width: usize,
    ) -> Result<Arg<T>, EngineError> {
        if let Value::Batch { kind, shape: own, slot } = value {
            return if *kind == T::KIND && *own == shape && slot.width == width {
                Ok(Arg::Slot(*slot))
            } else {
                Err(self.error("operands differ in type or shape"))
            };
        }
        let (dims, numbers) = self.constant::<T>(value)?;
        let fits = match dims {
            [] | [1] => true,
            [columns] | [1, columns] => shape == Shape::Lines && *columns == width,
            _ => false,
        };
        if !fits {
            return Err(self.error(format!("a constant of dimensions {dims:?} does not fit")));
        }
        Ok(Arg::Row(numbers.to_vec()))
    }

    /// A new slot for this node's result.
    pub(super) fn slot<T: Elem>(&self, plan: &mut Plan, width: usize) -> Result<Slot, EngineError> {
        let slot = plan.widths.slot::<T>(width);
        match plan.widths.total() {
            total if total > MAX_WIDTH => Err(EngineError::TooWide(total)),
            _ => Ok(slot),
        }
    }
}
