//! Operators that hold what was learned: encoders and trees.

use super::{Compiled, batch, mistyped};
use crate::engine::error::EngineError;
use crate::engine::forest::Forest;
use crate::engine::scope::{Kind, Node, Plan, Shape, Value};
use crate::engine::{Encoder, Fill};
use crate::trees::{self, Operator};

pub(super) fn label_encoder(node: &Node<'_>, plan: &mut Plan) -> Compiled {
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

pub(super) fn tree_ensemble(
    node: &Node<'_>,
    plan: &mut Plan,
    operator: Operator,
) -> Result<Vec<Value>, EngineError> {
    let (kind, x) = node.matrix(node.operands::<1>()?[0])?;
    if kind != Kind::F32 {
        return Err(mistyped(node, kind));
    }
    let attributes = node.attributes(operator.attributes())?;
    let ensemble = trees::lift(operator, &attributes, x.width)
        .map_err(|source| EngineError::Trees { node: node.at, source })?;
    let forest = Forest::new(&ensemble).ok_or_else(|| node.error("there are too many nodes"))?;
    let scratch = node.slot::<u32>(plan, forest.scratch())?;
    let out = node.slot::<f32>(plan, forest.width())?;
    plan.steps.push(forest.step(x, scratch, out));
    let scores = batch::<f32>(Shape::Lines, out);
    Ok(match operator {
        Operator::Classifier => vec![Value::Label, scores],
        Operator::Regressor => vec![scores],
    })
}
