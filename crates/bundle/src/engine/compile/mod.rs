//! From ONNX to a plan. Whatever the engine cannot run is found and named here.

mod elementwise;
mod lines;
mod models;

use super::arena::Slot;
use super::error::EngineError;
use super::kernels;
use super::scope::{Kind, Node, Plan, Shape, Typed, Value};
use crate::trees::Operator;
use elementwise::{arithmetic, cast, comparison, is_nan, logic, not, select, unary};
use lines::{arg, linear, lines};
use models::{label_encoder, tree_ensemble};

/// Compiles a node and returns what its outputs stand for.
pub(super) fn compile(node: &Node<'_>, plan: &mut Plan) -> Result<Vec<Value>, EngineError> {
    if node.is_ml() {
        return match (node.op, Operator::named(node.op)) {
            ("LabelEncoder", _) => one(label_encoder(node, plan)),
            (_, Some(operator)) => tree_ensemble(node, plan, operator),
            _ => Err(unknown(node)),
        };
    }
    if !node.domain.is_empty() {
        return Err(unknown(node));
    }
    one(match node.op {
        "Identity" => alias(node, |_, shape, _| Some(shape)),
        "Unsqueeze" => {
            node.demand_constant(node.operands::<2>()?[1], 1)?;
            alias(node, |_, shape, _| (shape == Shape::Rows).then_some(Shape::Lines))
        }
        "Reshape" => {
            node.demand_constant(node.operands::<2>()?[1], -1)?;
            alias(node, |_, _, width| (width == 1).then_some(Shape::Rows))
        }
        "Cast" => cast(node, plan),
        "Where" => select(node, plan),
        "IsNaN" => is_nan(node, plan),
        "Not" => not(node, plan),
        "And" | "Or" => logic(node, plan),
        "Concat" => concat(node, plan),
        "Gather" => gather(node, plan),
        "MatMul" | "Gemm" => by_float(node, plan, 0, linear::<f32>, linear::<f64>),
        "Softmax" | "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceSumSquare"
        | "ReduceLogSumExp" => by_float(node, plan, 0, lines::<f32>, lines::<f64>),
        "ArgMax" | "ArgMin" => by_float(node, plan, 0, arg::<f32>, arg::<f64>),
        "Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Sigmoid" | "Tanh" => {
            by_float(node, plan, 0, unary::<f32>, unary::<f64>)
        }
        "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" | "Pow" => {
            match node.common(&node.operands::<2>()?)?.0 {
                Kind::F32 => arithmetic::<f32>(node, plan),
                Kind::F64 => arithmetic::<f64>(node, plan),
                other => Err(mistyped(node, other)),
            }
        }
        "Less" | "LessOrEqual" | "Greater" | "GreaterOrEqual" | "Equal" => {
            match node.common(&node.operands::<2>()?)?.0 {
                Kind::F32 => comparison::<f32>(node, plan),
                Kind::F64 => comparison::<f64>(node, plan),
                Kind::I64 => comparison::<i64>(node, plan),
                other @ Kind::Bool => Err(mistyped(node, other)),
            }
        }
        _ => Err(unknown(node)),
    })
}

type Compiled = Result<Value, EngineError>;

fn one(value: Compiled) -> Result<Vec<Value>, EngineError> {
    Ok(vec![value?])
}

fn unknown(node: &Node<'_>) -> EngineError {
    EngineError::Op { node: node.at, op: node.name() }
}

fn mistyped(node: &Node<'_>, kind: Kind) -> EngineError {
    node.error(format!("is not supported on {kind:?}"))
}

fn batch<T: Typed>(shape: Shape, slot: Slot) -> Value {
    Value::Batch { kind: T::KIND, shape, slot }
}

/// Dispatches on the type of operand `at`.
fn by_float(
    node: &Node<'_>,
    plan: &mut Plan,
    at: usize,
    single: fn(&Node<'_>, &mut Plan) -> Compiled,
    double: fn(&Node<'_>, &mut Plan) -> Compiled,
) -> Compiled {
    let operand = node.all().get(at).ok_or_else(|| node.error("an operand is missing"))?;
    match node.batch(operand)?.0 {
        Kind::F32 => single(node, plan),
        Kind::F64 => double(node, plan),
        other => Err(mistyped(node, other)),
    }
}

/// Another name for the same numbers, perhaps in another shape.
fn alias(node: &Node<'_>, reshape: fn(&Node<'_>, Shape, usize) -> Option<Shape>) -> Compiled {
    node.attributes(&[])?;
    let unfit = || node.error("the operand's shape does not fit");
    match node.all().first() {
        Some(Value::Text { input, shape }) => {
            let shape = reshape(node, *shape, 1).ok_or_else(unfit)?;
            Ok(Value::Text { input: *input, shape })
        }
        Some(value) => {
            let (kind, shape, slot) = node.batch(value)?;
            let shape = reshape(node, shape, slot.width).ok_or_else(unfit)?;
            Ok(Value::Batch { kind, shape, slot })
        }
        None => Err(node.error("an operand is missing")),
    }
}

fn concat(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.demand(&[("axis", 1)])?;
    let parts: Vec<(Kind, Slot)> =
        node.all().iter().map(|value| node.matrix(value)).collect::<Result<_, _>>()?;
    let Some(&(kind, _)) = parts.first() else {
        return Err(node.error("an operand is missing"));
    };
    if parts.iter().any(|(other, _)| *other != kind) {
        return Err(node.error("operands differ in type"));
    }
    // The width is checked before a list of columns is made, which could be as long as it is wide.
    let width = parts.iter().fold(0_usize, |sum, (_, slot)| sum.saturating_add(slot.width));
    let columns = || parts.iter().flat_map(|&(_, s)| (0..s.width).map(move |c| (s, c))).collect();
    copy(node, plan, kind, Shape::Lines, width, columns)
}

fn gather(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.demand(&[("axis", 1)])?;
    let [x, indices] = node.operands::<2>()?;
    let (kind, x) = node.matrix(x)?;
    let (dims, indices) = node.constant::<i64>(indices)?;
    let shape = match dims {
        [] => Shape::Rows,
        [_] => Shape::Lines,
        _ => return Err(node.error("the indices have two dimensions")),
    };
    let columns: Vec<(Slot, usize)> = indices
        .iter()
        .map(|&index| match usize::try_from(index) {
            Ok(column) if column < x.width => Ok((x, column)),
            _ => Err(node.error(format!("there is no column {index} among {}", x.width))),
        })
        .collect::<Result<_, _>>()?;
    copy(node, plan, kind, shape, columns.len(), move || columns)
}

fn copy(
    node: &Node<'_>,
    plan: &mut Plan,
    kind: Kind,
    shape: Shape,
    width: usize,
    columns: impl FnOnce() -> Vec<(Slot, usize)>,
) -> Compiled {
    macro_rules! of {
        ($type:ty) => {{
            let out = node.slot::<$type>(plan, width)?;
            plan.steps.push(kernels::columns::<$type>(columns(), out));
            Ok(batch::<$type>(shape, out))
        }};
    }
    match kind {
        Kind::F32 => of!(f32),
        Kind::F64 => of!(f64),
        Kind::I64 => of!(i64),
        Kind::Bool => Err(mistyped(node, kind)),
    }
}
