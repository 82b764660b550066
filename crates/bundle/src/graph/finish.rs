//! From the recorded calls to the bytes of a model.

use std::collections::BTreeSet;

use prost::Message as _;

use super::{Graph, GraphError, Input, Node};
use crate::onnx::tensor_shape_proto::{Dimension, dimension};
use crate::onnx::{
    GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorShapeProto, TypeProto,
    ValueInfoProto, type_proto,
};
use crate::proto::{IR_VERSION, ML, OPSET, OPSET_ML};

impl Graph {
    /// The model as bytes.
    ///
    /// Inputs and outputs have the shape `[rows]`. A single input has the shape `[rows, 1]`, because
    /// that is how `mlflow.pyfunc` passes a table of one column.
    ///
    /// # Errors
    /// The first mistake that was made while building.
    pub fn finish(mut self) -> Result<Vec<u8>, GraphError> {
        self.check_names()?;
        self.widen_single_input();
        if let Some(error) = self.error {
            return Err(error);
        }
        let names = self.names();
        let width = if self.inputs.len() == 1 { Some(1) } else { None };
        let graph = GraphProto {
            name: Some("gauntlet".to_owned()),
            input: self.inputs.iter().map(|input| describe(input, width)).collect(),
            output: self.outputs.iter().map(|output| describe(output, None)).collect(),
            initializer: self
                .constants
                .into_iter()
                .map(|(id, numbers, dims)| numbers.tensor(names[id].clone(), dims))
                .collect(),
            node: self.nodes.into_iter().map(|node| spell(node, &names)).collect(),
            ..GraphProto::default()
        };
        let opset = |domain: &str, version| OperatorSetIdProto {
            domain: Some(domain.to_owned()),
            version: Some(version),
        };
        let model = ModelProto {
            ir_version: Some(IR_VERSION),
            opset_import: vec![opset("", OPSET), opset(ML, OPSET_ML)],
            producer_name: Some("gauntlet".to_owned()),
            graph: Some(graph),
            ..ModelProto::default()
        };
        Ok(model.encode_to_vec())
    }

    fn check_names(&self) -> Result<(), GraphError> {
        let mut seen = BTreeSet::new();
        for port in self.inputs.iter().chain(&self.outputs) {
            if port.name.is_empty() {
                return Err(GraphError::Unnamed);
            }
            if !seen.insert(port.name.as_str()) {
                return Err(GraphError::Duplicate(port.name.clone()));
            }
        }
        for (ports, what) in [(&self.inputs, "inputs"), (&self.outputs, "outputs")] {
            if ports.is_empty() {
                return Err(GraphError::Empty(what));
            }
        }
        Ok(())
    }

    /// Puts a reshape between a single input and its readers.
    fn widen_single_input(&mut self) {
        let [Input { id, .. }] = self.inputs[..] else { return };
        let wide = self.fresh();
        self.inputs[0].id = wide;
        let flat = self.flatten::<f32>(wide).id;
        for node in &mut self.nodes {
            node.outputs.iter_mut().filter(|out| **out == flat).for_each(|out| *out = id);
        }
        self.nodes.rotate_right(1);
    }

    /// The name of every value: ports keep theirs, the rest are numbered around them.
    fn names(&self) -> Vec<String> {
        let ports: BTreeSet<&str> =
            self.inputs.iter().chain(&self.outputs).map(|port| port.name.as_str()).collect();
        let mut names: Vec<String> = (0..self.values)
            .map(|id| {
                let mut name = format!("v{id}");
                while ports.contains(name.as_str()) {
                    name.push('_');
                }
                name
            })
            .collect();
        for port in self.inputs.iter().chain(&self.outputs) {
            names[port.id].clone_from(&port.name);
        }
        names
    }
}

fn describe(port: &Input, width: Option<i64>) -> ValueInfoProto {
    let dim = |value| Dimension { value: Some(value), denotation: None };
    let rows = dim(dimension::Value::DimParam("rows".to_owned()));
    let width = width.map(|width| dim(dimension::Value::DimValue(width)));
    let tensor = type_proto::Tensor {
        elem_type: Some(port.kind as i32),
        shape: Some(TensorShapeProto { dim: std::iter::once(rows).chain(width).collect() }),
    };
    let kind = TypeProto { value: Some(type_proto::Value::TensorType(tensor)), denotation: None };
    ValueInfoProto {
        name: Some(port.name.clone()),
        r#type: Some(kind),
        ..ValueInfoProto::default()
    }
}

fn spell(node: Node, names: &[String]) -> NodeProto {
    let name = |id: &usize| names[*id].clone();
    NodeProto {
        input: node.inputs.iter().map(name).collect(),
        output: node.outputs.iter().map(name).collect(),
        op_type: Some(node.op.to_owned()),
        domain: Some(node.domain.to_owned()),
        attribute: node.attributes,
        ..NodeProto::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(bytes: &[u8]) -> GraphProto {
        ModelProto::decode(bytes).unwrap().graph.unwrap()
    }

    #[test]
    fn internal_names_make_way_for_those_of_inputs() {
        let mut graph = Graph::new();
        let (a, b) = (graph.float("v3"), graph.float("v2"));
        let sum = graph.add(a, b);
        graph.classify(sum, 0.5);
        let graph = model(&graph.finish().unwrap());
        let mut defined: Vec<_> = graph.node.iter().flat_map(|n| n.output.clone()).collect();
        defined.extend(graph.input.iter().map(|i| i.name().to_owned()));
        let distinct: BTreeSet<_> = defined.iter().collect();
        assert_eq!(distinct.len(), defined.len());
    }

    #[test]
    fn a_single_input_is_declared_as_a_table_of_one_column() {
        let mut graph = Graph::new();
        let a = graph.float("a");
        graph.classify(a, 0.5);
        let graph = model(&graph.finish().unwrap());
        assert_eq!(graph.node[0].op_type(), "Reshape");
        assert_eq!(graph.node[0].input[0], "a");
        let Some(type_proto::Value::TensorType(tensor)) =
            graph.input[0].r#type.as_ref().and_then(|t| t.value.clone())
        else {
            panic!("no tensor")
        };
        assert_eq!(tensor.shape.unwrap().dim.len(), 2);
    }
}
