//! Operators that reduce or transform each line of a matrix.

use super::{Compiled, batch};
use crate::engine::kernels::{self, Float, Line};
use crate::engine::scope::{Node, Plan, Shape, Typed};

pub(super) fn linear<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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

pub(super) fn lines<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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
            let f: Line<T> = match node.op {
                "ReduceMax" => T::largest,
                "ReduceMin" => T::smallest,
                "ReduceSumSquare" => T::sum_of_squares,
                "ReduceLogSumExp" => T::log_sum_exp,
                _ => T::mean,
            };
            (f, Shape::Rows, 1)
        }
    };
    let out = node.slot::<T>(plan, width)?;
    plan.steps.push(kernels::lines(x, out, f));
    Ok(batch::<T>(shape, out))
}

pub(super) fn arg<T: Float + Typed>(node: &Node<'_>, plan: &mut Plan) -> Compiled {
    node.demand(&[("axis", 1), ("keepdims", 0)])?;
    let (_, x) = node.matrix(node.operands::<1>()?[0])?;
    let out = node.slot::<i64>(plan, 1)?;
    let better = if node.op == "ArgMin" { T::lt } else { T::gt };
    plan.steps.push(kernels::arg::<T>(x, out, better));
    Ok(batch::<i64>(Shape::Rows, out))
}
