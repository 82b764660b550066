//! The part of a graph that makes the features, and the trees that read them.

use prost::Message as _;

use super::ExplainError;
use crate::engine::{Engine, EngineError, Input, Output, RunError};
use crate::error::BundleError;
use crate::onnx::tensor_shape_proto::{Dimension, dimension};
use crate::onnx::{
    ModelProto, NodeProto, TensorShapeProto, TypeProto, ValueInfoProto, tensor_proto, type_proto,
};
use crate::proto::{self, Attributes, ML, Numbers};
use crate::trees::{self, Operator, TreeEnsemble};

/// The features of a graph's first ensemble, as the outputs of an engine, and that ensemble.
#[derive(Debug)]
pub(super) struct Features {
    engine: Engine,
    width: usize,
}

impl Features {
    /// Takes the graph `model` apart at its first ensemble, which reads `width` features.
    pub(super) fn split(model: &[u8], width: usize) -> Result<(Self, TreeEnsemble), BundleError> {
        // What the engine takes is safe to take apart.
        Engine::load(model)?;
        let mut model = ModelProto::decode(model).map_err(EngineError::from)?;
        let graph = model.graph.get_or_insert_default();
        let trees = graph.node.iter().enumerate().find_map(|(at, node)| {
            let operator = Operator::named(node.op_type()).filter(|_| node.domain() == ML);
            Some((at, operator?))
        });
        let (at, operator) = trees.ok_or(ExplainError::NoTrees)?;
        let mut rest = graph.node.split_off(at);
        let node = rest.swap_remove(0);
        let attributes =
            Attributes::new(&node.attribute, operator.attributes()).map_err(|source| {
                EngineError::Attribute { node: at, op: node.op_type().to_owned(), source }
            })?;
        let ensemble = trees::lift(operator, &attributes, width)
            .map_err(|source| EngineError::Trees { node: at, source })?;

        graph.output.clear();
        for column in 0..width {
            let name = format!("gauntlet.feature.{column}");
            let index = format!("gauntlet.column.{column}");
            let constant = Numbers::I64(vec![column as i64]).tensor(index.clone(), vec![]);
            graph.initializer.push(constant);
            graph.node.push(NodeProto {
                input: vec![node.input[0].clone(), index],
                output: vec![name.clone()],
                op_type: Some("Gather".to_owned()),
                attribute: vec![proto::int("axis", 1)],
                ..NodeProto::default()
            });
            graph.output.push(vector(name));
        }
        let engine = Engine::load(&model.encode_to_vec())?;
        Ok((Self { engine, width }, ensemble))
    }

    /// The features of each row of `inputs`, row by row.
    pub(super) fn rows(&self, inputs: &[Input<'_>]) -> Result<Vec<f32>, RunError> {
        let columns: Vec<Vec<f32>> = self
            .engine
            .run(inputs)?
            .into_iter()
            .filter_map(|output| match output {
                Output::Float(values) => Some(values),
                Output::Double(_) | Output::Int(_) => None,
            })
            .collect();
        let rows = columns.first().map_or(0, Vec::len);
        let mut values = Vec::with_capacity(rows * self.width);
        (0..rows).for_each(|row| values.extend(columns.iter().map(|column| column[row])));
        Ok(values)
    }
}

/// An output of single-precision numbers, one per row.
fn vector(name: String) -> ValueInfoProto {
    let rows = dimension::Value::DimParam("rows".to_owned());
    let rows = Dimension { value: Some(rows), denotation: None };
    let tensor = type_proto::Tensor {
        elem_type: Some(tensor_proto::DataType::Float as i32),
        shape: Some(TensorShapeProto { dim: vec![rows] }),
    };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), denotation: None };
    ValueInfoProto { name: Some(name), r#type: Some(kind), ..ValueInfoProto::default() }
}
