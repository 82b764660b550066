//! Operators on whole lines: sums, means, extremes, the places of extremes, softmax.

use super::Result;
use super::number::{Float, Number};
use super::pick::permuted;
use super::shape;
use crate::foreign::node::Node;
use crate::foreign::plan::{Compiled, Value};
use crate::foreign::value::{Dim, Shape, by_float, by_number};

/// What becomes of a line.
type Fold<T> = fn(&[T]) -> T;

pub(super) fn reduce(node: &Node<'_>) -> Result {
    let x = node.operand(0)?;
    // The axes of the sum became an operand earlier than those of the others.
    let since = if node.kind() == "ReduceSum" { 13 } else { 18 };
    let (axes, noop) = match shape::axes(node, since)? {
        Some([]) | None => {
            let noop = node.opsets.plain >= since
                && node.int(
                    node.attributes(&["keepdims", "noop_with_empty_axes"])?,
                    "noop_with_empty_axes",
                    0,
                )? != 0;
            ((0..x.shape.rank()).collect(), noop)
        }
        Some(axes) => {
            let axes: Option<Vec<usize>> = axes.iter().map(|&axis| x.shape.axis(axis)).collect();
            (axes.ok_or_else(|| node.misshapen(x))?, false)
        }
    };
    if noop {
        return Ok(Compiled::Values(vec![x.clone()]));
    }
    let known = ["axes", "keepdims", "noop_with_empty_axes"];
    let keep = node.int(node.attributes(&known)?, "keepdims", 1)? != 0;
    by_number!(x.kind, T => {
        let fold = whole::<T>(node).or_else(|| fraction::<T>(node));
        let fold = fold.ok_or_else(|| node.mistyped(x.kind))?;
        lines(node, x, &axes, keep, fold)
    }, _ => Err(node.mistyped(x.kind)))
}

/// Folds the lines along `axes` to a number each.
fn lines<T: Number>(
    node: &Node<'_>,
    x: &Value,
    axes: &[usize],
    keep: bool,
    fold: Fold<T>,
) -> Result {
    if axes.iter().any(|&axis| x.shape.0[axis] == Dim::Rows) {
        return Err(node.error("rows of the same batch would be mixed"));
    }
    let rank = x.shape.rank();
    let (mut order, mut kept) = (Vec::with_capacity(rank), Vec::with_capacity(rank));
    let mut size = 1_usize;
    for (axis, &dim) in x.shape.0.iter().enumerate() {
        match dim {
            Dim::Fixed(along) if axes.contains(&axis) => {
                size = size.saturating_mul(along);
                if keep {
                    kept.push(Dim::Fixed(1));
                }
            }
            dim => {
                order.push(axis);
                kept.push(dim);
            }
        }
    }
    if size == 0 {
        return Err(node.misshapen(x));
    }
    order.extend((0..rank).filter(|axis| axes.contains(axis)));
    let is_last = order.iter().copied().eq(0..rank);
    let (source, from) = (x.source.clone(), x.shape.clone());
    Ok(Compiled::one(Shape(kept), move |rows, slots| {
        let data = source.read::<T>(slots);
        if is_last {
            return data.chunks_exact(size).map(fold).collect();
        }
        let moved = permuted(data, &from.at(rows), &order);
        moved.chunks_exact(size).map(fold).collect()
    }))
}

/// Folds that integers have as well.
fn whole<T: Number>(node: &Node<'_>) -> Option<Fold<T>> {
    Some(match node.kind() {
        "ReduceSum" => sum,
        "ReduceProd" => |line: &[T]| line.iter().fold(T::from_f64(1.0), |all, &x| all.mul(x)),
        "ReduceMax" => |line: &[T]| line.iter().fold(T::LOWEST, |top, &x| T::most(top, x)),
        "ReduceMin" => |line: &[T]| line.iter().fold(T::HIGHEST, |low, &x| T::least(low, x)),
        "ReduceSumSquare" => squares,
        "ReduceL1" => |line: &[T]| line.iter().fold(T::ZERO, |all, &x| all.add(x.abs())),
        _ => return None,
    })
}

fn sum<T: Number>(line: &[T]) -> T {
    line.iter().fold(T::ZERO, |sum, &x| sum.add(x))
}

fn squares<T: Number>(line: &[T]) -> T {
    line.iter().fold(T::ZERO, |sum, &x| sum.add(x.mul(x)))
}

/// Folds of floats; of integers none.
fn fraction<T: Number>(node: &Node<'_>) -> Option<Fold<T>> {
    // Through doubles, so that one text serves both types; integers are told apart by their kind.
    if !T::KIND.is_float() {
        return None;
    }
    Some(match node.kind() {
        "ReduceMean" => |line: &[T]| sum(line).div(T::from_f64(line.len() as f64)),
        "ReduceL2" => |line: &[T]| T::from_f64(squares(line).to_f64().sqrt()),
        "ReduceLogSum" => |line: &[T]| T::from_f64(sum(line).to_f64().ln()),
        "ReduceLogSumExp" => |line: &[T]| {
            let top = line.iter().fold(T::LOWEST, |top, &x| if x > top { x } else { top }).to_f64();
            // An infinite maximum would be subtracted from itself.
            let top = if top.is_finite() { top } else { 0.0 };
            let sum = line.iter().fold(0.0, |sum, x| sum + (x.to_f64() - top).exp());
            T::from_f64(sum.ln() + top)
        },
        _ => return None,
    })
}

/// The first, or last, of the largest or smallest numbers.
pub(super) fn arg(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["axis", "keepdims", "select_last_index"])?;
    let axis = node.int(attributes, "axis", 0)?;
    let keep = node.int(attributes, "keepdims", 1)? != 0;
    let last = node.int(attributes, "select_last_index", 0)? != 0;
    let [x] = node.only()?;
    let axis = x.shape.axis(axis).ok_or_else(|| node.misshapen(x))?;
    let Dim::Fixed(1..) = x.shape.0[axis] else {
        return Err(node.error("rows of the same batch would be compared"));
    };
    let mut shape = x.shape.clone();
    if keep {
        shape.0[axis] = Dim::Fixed(1);
    } else {
        shape.0.remove(axis);
    }
    let (source, from) = (x.source.clone(), x.shape.clone());
    let max = node.kind() == "ArgMax";
    by_number!(x.kind, T => Ok(Compiled::one(shape, move |rows, slots| {
        let [_, size, inner] = from.around(axis, rows);
        let mut places = Vec::new();
        for block in source.read::<T>(slots).chunks_exact((size * inner).max(1)) {
            for column in 0..inner {
                let (mut best, mut top) = (0, block[column]);
                for place in 1..size {
                    let x = block[place * inner + column];
                    let better = if max { x > top } else { x < top };
                    if better || (last && x == top) {
                        (best, top) = (place, x);
                    }
                }
                places.push(best as i64);
            }
        }
        places
    })), _ => Err(node.mistyped(x.kind)))
}

/// `Softmax` and `LogSoftmax`: before opset 13 over all axes from `axis` on, since then along it.
pub(super) fn softmax(node: &Node<'_>) -> Result {
    let attributes = node.attributes(&["axis"])?;
    let flat = node.opsets.plain < 13;
    let axis = node.int(attributes, "axis", if flat { 1 } else { -1 })?;
    let [x] = node.only()?;
    let axis = x.shape.axis(axis).ok_or_else(|| node.misshapen(x))?;
    let along = if flat { &x.shape.0[axis..] } else { &x.shape.0[axis..=axis] };
    if along.contains(&Dim::Rows) {
        return Err(node.error("rows of the same batch would be mixed"));
    }
    by_float!(x.kind, T => Ok(soft::<T>(x, axis, flat, node.kind() == "LogSoftmax")),
        _ => Err(node.mistyped(x.kind)))
}

fn soft<T: Float>(x: &Value, axis: usize, flat: bool, log: bool) -> Compiled {
    let (source, from) = (x.source.clone(), x.shape.clone());
    Compiled::one(x.shape.clone(), move |rows, slots| {
        let [_, size, inner] = from.around(axis, rows);
        let (size, inner) = if flat { (size * inner, 1) } else { (size, inner) };
        let mut out = source.read::<T>(slots).to_vec();
        for block in out.chunks_exact_mut((size * inner).max(1)) {
            for column in 0..inner {
                let line = block.iter().skip(column).step_by(inner);
                let top = line.fold(T::LOWEST, |top, &x| if x > top { x } else { top });
                let mut sum = T::ZERO;
                for x in block.iter_mut().skip(column).step_by(inner) {
                    let power = x.sub(top).exp();
                    sum = sum.add(power);
                    *x = if log { x.sub(top) } else { power };
                }
                for x in block.iter_mut().skip(column).step_by(inner) {
                    *x = if log { x.sub(sum.ln()) } else { x.div(sum) };
                }
            }
        }
        out
    })
}
