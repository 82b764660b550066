//! From ONNX to a plan. Whatever the engine cannot run is found and named here.

use super::arena::Slot;
use super::error::EngineError;
use super::forest::Forest;
use super::kernels::{self, Float, Line};
use super::scope::{Kind, Node, Plan, Shape, Typed, Value};
use super::{Encoder, Fill};
use crate::trees;

/// Compiles a node and returns what its outputs stand for.
pub(super) fn compile(node: &Node<'_>, plan: &mut Plan) -> Result<Vec<Value>, EngineError> {
    if node.is_ml() {
        return match node.op {
            "LabelEncoder" => one(label_encoder(node, plan)),
            "TreeEnsembleClassifier" => tree_ensemble(node, plan),
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
        "Softmax" | "ReduceSum" | "ReduceMean" => {
            by_float(node, plan, 0, lines::<f32>, lines::<f64>)
        }
        "ArgMax" => by_float(node, plan, 0, arg_max::<f32>, arg_max::<f64>),
        "Neg" | "Abs" | "Sqrt" | "Exp" | "Log" | "Sigmoid" => {
            by_float(node, plan, 0, unary::<f32>, unary::<f64>)
        }
        "Add" | "Sub" | "Mul" | "Div" | "Min" | "Max" => {
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

fn unary<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let (_, shape, x) = node.batch(node.operands::<1>()?[0])?;
    let f = match node.op {
        "Neg" => T::neg,
        "Abs" => T::abs,
        "Sqrt" => T::sqrt,
        "Exp" => T::exp,
        "Log" => T::log,
        _ => T::sigmoid,
    };
    let out = node.slot::<T>(plan, x.width)?;
    plan.steps.push(kernels::map(x, out, f));
    Ok(batch::<T>(shape, out))
}

fn arithmetic<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let operands = node.operands::<2>()?;
    let (_, shape, width) = node.common(&operands)?;
    let [a, b] = operands;
    let (a, b) = (node.arg::<T>(a, shape, width)?, node.arg::<T>(b, shape, width)?);
    let f = match node.op {
        "Add" => T::add,
        "Sub" => T::sub,
        "Mul" => T::mul,
        "Div" => T::div,
        "Min" => T::min,
        _ => T::max,
    };
    let out = node.slot::<T>(plan, width)?;
    plan.steps.push(kernels::zip(a, b, out, f));
    Ok(batch::<T>(shape, out))
}

fn comparison<T: PartialOrd + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let operands = node.operands::<2>()?;
    let (_, shape, width) = node.common(&operands)?;
    let [a, b] = operands;
    let (a, b) = (node.arg::<T>(a, shape, width)?, node.arg::<T>(b, shape, width)?);
    let f = match node.op {
        "Less" => T::lt,
        "LessOrEqual" => T::le,
        "Greater" => T::gt,
        "GreaterOrEqual" => T::ge,
        _ => T::eq,
    };
    let out = node.slot::<bool>(plan, width)?;
    plan.steps.push(kernels::compare(a, b, out, f));
    Ok(batch::<bool>(shape, out))
}

fn logic(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let operands = node.operands::<2>()?;
    let (_, shape, width) = node.common(&operands)?;
    let [a, b] = operands;
    let (a, b) = (node.arg::<bool>(a, shape, width)?, node.arg::<bool>(b, shape, width)?);
    let out = node.slot::<bool>(plan, width)?;
    let f = if node.op == "And" { |a, b| a & b } else { |a, b| a | b };
    plan.steps.push(kernels::zip(a, b, out, f));
    Ok(batch::<bool>(shape, out))
}

fn not(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let (kind, shape, x) = node.batch(node.operands::<1>()?[0])?;
    if kind != Kind::Bool {
        return Err(mistyped(node, kind));
    }
    let out = node.slot::<bool>(plan, x.width)?;
    plan.steps.push(kernels::map(x, out, |x: bool| !x));
    Ok(batch::<bool>(shape, out))
}

fn is_nan(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let (kind, shape, x) = node.batch(node.operands::<1>()?[0])?;
    let out = node.slot::<bool>(plan, x.width)?;
    plan.steps.push(match kind {
        Kind::F32 => kernels::convert(x, out, f32::is_nan),
        Kind::F64 => kernels::convert(x, out, f64::is_nan),
        other => return Err(mistyped(node, other)),
    });
    Ok(batch::<bool>(shape, out))
}

fn cast(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    let (from, shape, x) = node.batch(node.operands::<1>()?[0])?;
    let to = node.lift(node.attributes(&["to"])?.int("to"))?.unwrap_or_default();
    let Some(to) = i32::try_from(to).ok().and_then(Kind::of) else {
        return Err(node.error(format!("attribute `to` is {to}")));
    };
    macro_rules! to {
        ($from:ty => $to:ty, $f:expr) => {{
            let out = node.slot::<$to>(plan, x.width)?;
            plan.steps.push(kernels::convert::<$from, $to>(x, out, $f));
            Ok(batch::<$to>(shape, out))
        }};
    }
    match (from, to) {
        (from, to) if from == to => Ok(Value::Batch { kind: from, shape, slot: x }),
        (Kind::F64, Kind::F32) => to!(f64 => f32, |x| x as f32),
        (Kind::F32, Kind::F64) => to!(f32 => f64, f64::from),
        (Kind::I64, Kind::F32) => to!(i64 => f32, |x| x as f32),
        (Kind::I64, Kind::F64) => to!(i64 => f64, |x| x as f64),
        (Kind::Bool, Kind::F32) => to!(bool => f32, |x| f32::from(u8::from(x))),
        (Kind::Bool, Kind::F64) => to!(bool => f64, |x| f64::from(u8::from(x))),
        (Kind::Bool, Kind::I64) => to!(bool => i64, i64::from),
        (from, to) => Err(node.error(format!("{from:?} to {to:?} is not supported"))),
    }
}

fn select(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let [condition, a, b] = node.operands::<3>()?;
    let (Kind::Bool, shape, condition) = node.batch(condition)? else {
        return Err(node.error("the condition is not boolean"));
    };
    let kind = match (a, b) {
        (Value::Constant { numbers, .. }, Value::Constant { .. }) => match numbers {
            crate::proto::Numbers::F32(_) => Kind::F32,
            crate::proto::Numbers::F64(_) => Kind::F64,
            crate::proto::Numbers::I64(_) => Kind::I64,
        },
        _ => node.common(&[a, b])?.0,
    };
    macro_rules! of {
        ($type:ty) => {{
            let width = condition.width;
            let a = node.arg::<$type>(a, shape, width)?;
            let b = node.arg::<$type>(b, shape, width)?;
            let out = node.slot::<$type>(plan, width)?;
            plan.steps.push(kernels::select(condition, a, b, out));
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

fn linear<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let (x, weights, bias) = if node.op == "Gemm" {
        let [x, weights, bias] = node.operands::<3>()?;
        (x, weights, Some(bias))
    } else {
        let [x, weights] = node.operands::<2>()?;
        (x, weights, None)
    };
    let (_, x) = node.matrix(x)?;
    let (&[rows, width], weights) = node.constant::<T>(weights)? else {
        return Err(node.error("the weights are not a matrix"));
    };
    if rows != x.width {
        return Err(node.error(format!("{rows} rows of weights for {} columns", x.width)));
    }
    let bias = match bias.map(|bias| node.constant::<T>(bias)).transpose()? {
        None => Vec::new(),
        Some((&[length], bias)) if length == width => bias.to_vec(),
        Some(_) => return Err(node.error("the bias is not one number per column")),
    };
    let out = node.slot::<T>(plan, width)?;
    plan.steps.push(kernels::linear(x, weights.to_vec(), bias, out));
    Ok(batch::<T>(Shape::Lines, out))
}

fn lines<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    let (_, x) = node.matrix(node.all()[0])?;
    let (f, shape, width): (Line<T>, Shape, usize) = match node.op {
        "Softmax" => {
            node.operands::<1>()?;
            node.demand(&[("axis", 1)])?;
            (T::softmax, Shape::Lines, x.width)
        }
        "ReduceSum" => {
            node.demand_constant(node.operands::<2>()?[1], 1)?;
            node.demand(&[("keepdims", 0)])?;
            (T::sum, Shape::Rows, 1)
        }
        _ => {
            node.operands::<1>()?;
            let attributes = node.attributes(&["axes", "keepdims"])?;
            let keepdims = node.lift(attributes.int("keepdims"))?;
            if node.lift(attributes.ints("axes"))? != [1] || keepdims != Some(0) {
                return Err(node.error("`axes` must be [1] and `keepdims` 0"));
            }
            (T::mean, Shape::Rows, 1)
        }
    };
    let out = node.slot::<T>(plan, width)?;
    plan.steps.push(kernels::lines(x, out, f));
    Ok(batch::<T>(shape, out))
}

fn arg_max<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.demand(&[("axis", 1), ("keepdims", 0)])?;
    let (_, x) = node.matrix(node.operands::<1>()?[0])?;
    let out = node.slot::<i64>(plan, 1)?;
    plan.steps.push(kernels::arg_max::<T>(x, out));
    Ok(batch::<i64>(Shape::Rows, out))
}

fn label_encoder(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    let attributes = node.attributes(&["default_float", "keys_strings", "values_floats"])?;
    let [&Value::Text { input, shape: Shape::Rows }] = node.operands::<1>()? else {
        return Err(node.error("the operand is not a vector of text"));
    };
    let keys = node.lift(attributes.strings("keys_strings"))?;
    let codes = node.lift(attributes.floats("values_floats"))?;
    let Some(default) = node.lift(attributes.float("default_float"))? else {
        return Err(node.error("attribute `default_float` is missing"));
    };
    let encoder = Encoder::new(keys, codes, default)
        .ok_or_else(|| node.error("keys are not distinct texts with one value each"))?;
    let slot = node.slot::<f32>(plan, 1)?;
    plan.fills.push(Fill::Encode { input, encoder, slot });
    Ok(batch::<f32>(Shape::Rows, slot))
}

fn tree_ensemble(node: &Node<'_>, plan: &mut Plan) -> Result<Vec<Value>, EngineError> {
    let (kind, x) = node.matrix(node.operands::<1>()?[0])?;
    if kind != Kind::F32 {
        return Err(mistyped(node, kind));
    }
    let attributes = node.attributes(trees::ATTRIBUTES)?;
    let ensemble = trees::lift(&attributes, x.width)
        .map_err(|source| EngineError::Trees { node: node.at, source })?;
    let forest = Forest::new(&ensemble).ok_or_else(|| node.error("there are too many nodes"))?;
    let out = node.slot::<f32>(plan, 2)?;
    plan.steps.push(forest.step(x, out));
    Ok(vec![Value::Label, batch::<f32>(Shape::Lines, out)])
}
