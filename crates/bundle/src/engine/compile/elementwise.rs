//! Operators that work element by element.

use super::{Compiled, batch, mistyped};
use crate::engine::kernels::{self, Float};
use crate::engine::scope::{Kind, Node, Plan, Typed, Value};

pub(super) fn unary<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let (_, shape, x) = node.batch(node.operands::<1>()?[0])?;
    let f = match node.op {
        "Neg" => T::neg,
        "Abs" => T::abs,
        "Sqrt" => T::sqrt,
        "Exp" => T::exp,
        "Log" => T::log,
        "Tanh" => T::tanh,
        _ => T::sigmoid,
    };
    let out = node.slot::<T>(plan, x.width)?;
    plan.steps.push(kernels::map(x, out, f));
    Ok(batch::<T>(shape, out))
}

pub(super) fn arithmetic<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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
        "Pow" => T::pow,
        _ => T::max,
    };
    let out = node.slot::<T>(plan, width)?;
    plan.steps.push(kernels::zip(a, b, out, f));
    Ok(batch::<T>(shape, out))
}

pub(super) fn comparison<T: PartialOrd + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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

pub(super) fn logic(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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

pub(super) fn not(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.attributes(&[])?;
    let (kind, shape, x) = node.batch(node.operands::<1>()?[0])?;
    if kind != Kind::Bool {
        return Err(mistyped(node, kind));
    }
    let out = node.slot::<bool>(plan, x.width)?;
    plan.steps.push(kernels::map(x, out, |x: bool| !x));
    Ok(batch::<bool>(shape, out))
}

pub(super) fn is_nan(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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

pub(super) fn cast(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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

pub(super) fn select(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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
