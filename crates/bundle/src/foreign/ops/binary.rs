//! Operators on two or more tensors, element by element, with broadcasting.

use std::borrow::Cow;

use super::Result;
use super::number::{Float, Number};
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Source, Value};
use crate::foreign::value::{Data, Dim, Elem, Shape, TensorKind, by_float, by_kind, by_number};

/// An operand, and how it repeats in the shape of the result.
pub(super) struct Spread {
    source: Source,
    shape: Shape,
    out: Shape,
}

impl Spread {
    fn new(value: &Value, out: &Shape) -> Self {
        Self { source: value.source.clone(), shape: value.shape.clone(), out: out.clone() }
    }

    /// The elements, one for each of the result's.
    fn read<'a, T: Elem>(&'a self, rows: usize, slots: &'a [Data]) -> Cow<'a, [T]> {
        let data = self.source.read::<T>(slots);
        if self.shape == self.out {
            return Cow::Borrowed(data);
        }
        let (from, out) = (self.shape.at(rows), self.out.at(rows));
        let total = out.iter().product();
        // A tail of whole dimensions is copied again and again; one number is the shortest tail.
        let tail = from.iter().skip_while(|&&size| size == 1);
        if from.iter().rev().zip(out.iter().rev()).take(tail.clone().count()).all(|(a, b)| a == b) {
            let cycle = data.iter().cloned().cycle();
            return Cow::Owned(cycle.take(if data.is_empty() { 0 } else { total }).collect());
        }
        let mut steps = vec![0; out.len()];
        let mut stride = 1;
        for (step, &size) in steps.iter_mut().rev().zip(from.iter().rev()) {
            *step = if size == 1 { 0 } else { stride };
            stride *= size;
        }
        let mut at = vec![0; out.len()];
        let mut place = 0;
        let mut spread = Vec::with_capacity(total);
        for _ in 0..total {
            spread.push(data[place].clone());
            for axis in (0..out.len()).rev() {
                at[axis] += 1;
                place += steps[axis];
                if at[axis] < out[axis] {
                    break;
                }
                at[axis] = 0;
                place -= steps[axis] * out[axis];
            }
        }
        Cow::Owned(spread)
    }
}

/// The shape that operands have together.
fn broadcast(node: &Node<'_>, operands: &[&Value]) -> Result<Shape> {
    let rank = operands.iter().map(|value| value.shape.rank()).max().unwrap_or(0);
    let mut out = vec![Dim::Fixed(1); rank];
    for value in operands {
        for (to, &dim) in out.iter_mut().rev().zip(value.shape.0.iter().rev()) {
            match (*to, dim) {
                (a, b) if a == b => {}
                (_, Dim::Fixed(1)) => {}
                (Dim::Fixed(1), dim) => *to = dim,
                _ => {
                    let shapes: Vec<String> =
                        operands.iter().map(|value| value.shape.to_string()).collect();
                    let shapes = shapes.join(", ");
                    return Err(node.error(format!("the shapes {shapes} do not fit together")));
                }
            }
        }
    }
    let shape = Shape(out);
    if shape.0.iter().filter(|&&dim| dim == Dim::Rows).count() > 1 {
        return Err(node.error("rows would meet rows of the same batch"));
    }
    Ok(shape)
}

/// `f` on pairs of elements.
fn zip<T: Elem, U: Elem>(
    node: &Node<'_>,
    a: &Value,
    b: &Value,
    f: impl Fn(&T, &T) -> U + Send + Sync + 'static,
) -> Result {
    if a.kind != b.kind {
        return Err(node.error("operands differ in type"));
    }
    let shape = broadcast(node, &[a, b])?;
    let (a, b) = (Spread::new(a, &shape), Spread::new(b, &shape));
    Ok(Compiled::one(shape, move |rows, slots| {
        let (a, b) = (a.read::<T>(rows, slots), b.read::<T>(rows, slots));
        a.iter().zip(b.iter()).map(|(a, b)| f(a, b)).collect()
    }))
}

pub(super) fn arithmetic(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [a, b] = node.only()?;
    if node.kind() == "Pow" && a.kind != b.kind {
        return power(node, a, b);
    }
    by_number!(a.kind, T => numeric::<T>(node, a, b), _ => Err(node.mistyped(a.kind)))
}

fn numeric<T: Number>(node: &Node<'_>, a: &Value, b: &Value) -> Result {
    match node.kind() {
        "Add" => zip(node, a, b, |a: &T, b: &T| a.add(*b)),
        "Sub" => zip(node, a, b, |a: &T, b: &T| a.sub(*b)),
        "Mul" => zip(node, a, b, |a: &T, b: &T| a.mul(*b)),
        "Pow" => zip(node, a, b, |a: &T, b: &T| a.pow(*b)),
        _ => {
            let safe = a.kind.is_float()
                || b.fixed::<T>().is_some_and(|divisors| divisors.iter().all(|d| *d != T::ZERO));
            if !safe {
                return Err(node.error("integers are divided by constants other than zero only"));
            }
            zip(node, a, b, |a: &T, b: &T| a.div(*b))
        }
    }
}

/// A power whose exponents are of another type.
fn power(node: &Node<'_>, a: &Value, b: &Value) -> Result {
    let exponents: Option<Vec<f64>> = by_number!(b.kind, U =>
        b.fixed::<U>().map(|values| values.iter().map(|&x| x.to_f64()).collect()), _ => None);
    let exponents =
        exponents.ok_or_else(|| node.error("exponents of another type must be constant"))?;
    by_number!(a.kind, T => {
        let exponents = exponents.iter().map(|&x| T::from_f64(x)).collect();
        let exponents = Value::constant(b.shape.clone(), T::wrap(exponents));
        zip(node, a, &exponents, |a: &T, b: &T| Number::pow(*a, *b))
    }, _ => Err(node.mistyped(a.kind)))
}

/// `Sum`, `Mean`, `Max` and `Min` of any number of tensors, from left to right.
pub(super) fn variadic(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let operands = node.all()?;
    let kind = operands[0].kind;
    if operands.iter().any(|value| value.kind != kind) {
        return Err(node.error("operands differ in type"));
    }
    let shape = broadcast(node, &operands)?;
    let spreads: Vec<Spread> = operands.iter().map(|value| Spread::new(value, &shape)).collect();
    by_number!(kind, T => {
        let (fold, mean): (fn(T, T) -> T, bool) = match node.kind() {
            "Max" => (T::most, false),
            "Min" => (T::least, false),
            other => (T::add, other == "Mean"),
        };
        let count = T::from_f64(operands.len() as f64);
        Ok(Compiled::one(shape, move |rows, slots| {
            let mut total = spreads[0].read::<T>(rows, slots).into_owned();
            for spread in &spreads[1..] {
                let more = spread.read::<T>(rows, slots);
                total.iter_mut().zip(more.iter()).for_each(|(to, x)| *to = fold(*to, *x));
            }
            if mean {
                total.iter_mut().for_each(|to| *to = to.div(count));
            }
            total
        }))
    }, _ => Err(node.mistyped(kind)))
}

pub(super) fn compare(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [a, b] = node.only()?;
    if node.kind() == "Equal" {
        return by_kind!(a.kind, T => zip(node, a, b, |a: &T, b: &T| a == b));
    }
    by_number!(a.kind, T => match node.kind() {
        "Less" => zip(node, a, b, |a: &T, b: &T| a < b),
        "LessOrEqual" => zip(node, a, b, |a: &T, b: &T| a <= b),
        "Greater" => zip(node, a, b, |a: &T, b: &T| a > b),
        _ => zip(node, a, b, |a: &T, b: &T| a >= b),
    }, _ => Err(node.mistyped(a.kind)))
}

pub(super) fn logic(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [a, b] = node.only()?;
    if a.kind != TensorKind::Bool {
        return Err(node.mistyped(a.kind));
    }
    match node.kind() {
        "And" => zip(node, a, b, |a: &bool, b: &bool| *a && *b),
        "Or" => zip(node, a, b, |a: &bool, b: &bool| *a || *b),
        _ => zip(node, a, b, |a: &bool, b: &bool| a != b),
    }
}

/// `PRelu`: a leak per column.
pub(super) fn leaky(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [x, slope] = node.only()?;
    by_float!(x.kind, T => zip(node, x, slope, |x: &T, slope: &T| {
        if Number::sign(*x) < T::from_f32(0.0) { x * slope } else { *x }
    }), _ => Err(node.mistyped(x.kind)))
}

/// `Where`.
pub(super) fn select(node: &Node<'_>) -> Result {
    node.attributes(&[])?;
    let [condition, a, b] = node.only()?;
    if condition.kind != TensorKind::Bool || a.kind != b.kind {
        return Err(node.error("operands differ in type"));
    }
    let shape = broadcast(node, &[condition, a, b])?;
    let spread = |value| Spread::new(value, &shape);
    let (condition, left, right) = (spread(condition), spread(a), spread(b));
    by_kind!(a.kind, T => Ok(Compiled::one(shape, move |rows, slots| {
        let condition = condition.read::<bool>(rows, slots);
        let (a, b) = (left.read::<T>(rows, slots), right.read::<T>(rows, slots));
        let pairs = a.iter().zip(b.iter());
        condition.iter().zip(pairs).map(|(c, (a, b))| if *c { a.clone() } else { b.clone() }).collect()
    })))
}
