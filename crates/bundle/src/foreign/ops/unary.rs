//! Operators on one number at a time.

use super::Result;
use super::number::{Float, Number};
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Value};
use crate::foreign::value::{Elem, TensorKind, by_float, by_number};

pub(super) fn compile(node: &Node<'_>) -> Result {
    match node.kind() {
        "Clip" => return clip(node),
        "Not" => return not(node),
        "IsNaN" | "IsInf" => return is_special(node),
        _ => {}
    }
    let op = node.kind();
    let alpha = |default| node.float(node.attributes(&["alpha"])?, "alpha", default);
    // What the two parameters mean is up to the operator.
    let (a, b) = match op {
        "Neg" | "Abs" | "Sign" | "Relu" => (0.0, 0.0),
        "Sqrt" | "Exp" | "Log" | "Sigmoid" | "Tanh" | "Erf" | "Floor" | "Ceil" | "Round"
        | "Reciprocal" | "Softplus" | "Softsign" => (0.0, 0.0),
        "LeakyRelu" => (alpha(0.01)?, 0.0),
        "Elu" => (alpha(1.0)?, 0.0),
        "HardSigmoid" | "Selu" => {
            let (second, defaults) = if op == "Selu" {
                ("gamma", (1.673_263_2, 1.050_701))
            } else {
                ("beta", (0.2, 0.5))
            };
            let attributes = node.attributes(&["alpha", second])?;
            (
                node.float(attributes, "alpha", defaults.0)?,
                node.float(attributes, second, defaults.1)?,
            )
        }
        _ => return Err(node.error("the operator is not supported")),
    };
    if !matches!(op, "LeakyRelu" | "Elu" | "HardSigmoid" | "Selu") {
        node.attributes(&[])?;
    }
    let [x] = node.only()?;
    if let Some(compiled) = by_number!(x.kind, T => simple::<T>(op, x), _ => None) {
        return Ok(compiled);
    }
    by_float!(x.kind, T => float::<T>(node, op, x, a, b), _ => Err(node.mistyped(x.kind)))
}

/// Applies a function to each element.
fn map<T: Elem + Copy, U: Elem>(x: &Value, f: impl Fn(T) -> U + Send + Sync + 'static) -> Compiled {
    let source = x.source.clone();
    Compiled::one(x.shape.clone(), move |_, slots| {
        source.read::<T>(slots).iter().map(|&x| f(x)).collect()
    })
}

/// Operators that integers have as well.
fn simple<T: Number>(op: &str, x: &Value) -> Option<Compiled> {
    Some(match op {
        "Neg" => map(x, T::neg),
        "Abs" => map(x, T::abs),
        "Sign" => map(x, T::sign),
        "Relu" => map(x, |x: T| if x.is_nan() || x > T::ZERO { x } else { T::ZERO }),
        _ => return None,
    })
}

fn float<T: Float>(node: &Node<'_>, op: &str, x: &Value, a: f32, b: f32) -> Result {
    let (a, b) = (T::from_f32(a), T::from_f32(b));
    let one = T::from_f32(1.0);
    Ok(match op {
        "Sqrt" => map(x, T::sqrt),
        "Exp" => map(x, T::exp),
        "Log" => map(x, T::ln),
        "Tanh" => map(x, T::tanh),
        "Erf" => map(x, T::erf),
        "Floor" => map(x, T::floor),
        "Ceil" => map(x, T::ceil),
        "Round" => map(x, T::round),
        "Reciprocal" => map(x, move |x: T| one.div(x)),
        "Sigmoid" => map(x, move |x: T| one.div(one.add(x.neg().exp()))),
        // Written so that neither branch overflows.
        "Softplus" => map(x, move |x: T| {
            let tail = one.add(x.abs().neg().exp()).ln();
            if x > T::ZERO { x.add(tail) } else { tail }
        }),
        "Softsign" => map(x, move |x: T| x.div(one.add(x.abs()))),
        "LeakyRelu" => map(x, move |x: T| if x >= T::ZERO { x } else { a.mul(x) }),
        "Elu" => map(x, move |x: T| if x >= T::ZERO { x } else { a.mul(x.exp().sub(one)) }),
        "Selu" => map(x, move |x: T| b.mul(if x > T::ZERO { x } else { a.mul(x.exp()).sub(a) })),
        "HardSigmoid" => map(x, move |x: T| T::ZERO.most(one.least(a.mul(x).add(b)))),
        _ => return Err(node.mistyped(x.kind)),
    })
}

fn not(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    match node.only()? {
        [x] if x.kind == TensorKind::Bool => Ok(map(x, |x: bool| !x)),
        [x] => Err(node.mistyped(x.kind)),
    }
}

fn is_special(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["detect_negative", "detect_positive"])?;
    let negative = node.int(attributes, "detect_negative", 1)? != 0;
    let positive = node.int(attributes, "detect_positive", 1)? != 0;
    let [x] = node.only()?;
    let is_nan = node.kind() == "IsNaN";
    by_float!(x.kind, T => Ok(if is_nan {
        map(x, T::is_nan)
    } else {
        map(x, move |x: T| {
            x.is_infinite() && if x > 0.0 { positive } else { negative }
        })
    }), _ => Err(node.mistyped(x.kind)))
}

/// Bounds are attributes before opset 11, constants since.
fn clip(node: &Node<'_>) -> Result {
    node.at_most(3)?;
    let x = node.operand(0)?;
    by_number!(x.kind, T => clip_as::<T>(node, x), _ => Err(node.mistyped(x.kind)))
}

fn clip_as<T: Number>(node: &Node<'_>, x: &Value) -> Result {
    let (low, high) = if node.opsets.plain < 11 {
        let attributes = node.attributes(&["min", "max"])?;
        let bound = |name| node.lift(attributes.float(name));
        let convert = |bound: Option<f32>| bound.map(|bound| T::from_f64(f64::from(bound)));
        (convert(bound("min")?), convert(bound("max")?))
    } else {
        node.attributes(&[])?;
        let bound = |at: usize| {
            let Some(value) = node.optional(at) else { return Ok(None) };
            match node.fixed::<T>(value, "a bound")? {
                [bound] => Ok(Some(*bound)),
                _ => Err(node.error("a bound must be one number")),
            }
        };
        (bound(1)?, bound(2)?)
    };
    // Without a bound, infinities become finite.
    let (low, high) = (low.unwrap_or(T::FINITE.0), high.unwrap_or(T::FINITE.1));
    Ok(map(x, move |x: T| {
        let x = if x < low { low } else { x };
        if x > high { high } else { x }
    }))
}
