//! Reads a model's frame: versions, constants, inputs and outputs.

use prost::Message as _;

use super::compile::compile;
use super::error::EngineError;
use super::scope::{Kind, Node, Plan, Scope, Shape, Value};
use super::{Engine, Fill, MAX_MODEL, OutputKind, Port, PortKind, Tap, wire};
use crate::onnx::tensor_shape_proto::dimension;
use crate::onnx::{ModelProto, ValueInfoProto, type_proto};
use crate::proto::{IR_VERSION, ML, Numbers, OPSET, OPSET_ML};

/// Compiles a model.
pub(super) fn load(bytes: &[u8]) -> Result<Engine, EngineError> {
    if bytes.len() > MAX_MODEL {
        return Err(EngineError::TooLarge { size: bytes.len(), limit: MAX_MODEL });
    }
    wire::check(bytes)?;
    let model = ModelProto::decode(bytes)?;
    check_versions(&model)?;
    let graph = model.graph.as_ref().ok_or(EngineError::Part("graph"))?;
    for (empty, what) in [(graph.input.is_empty(), "inputs"), (graph.output.is_empty(), "outputs")]
    {
        if empty {
            return Err(EngineError::Part(what));
        }
    }

    let (mut scope, mut plan) = (Scope::default(), Plan::default());
    for tensor in &graph.initializer {
        let (dims, numbers) = Numbers::read(tensor)
            .map_err(|problem| EngineError::Constant { name: tensor.name().to_owned(), problem })?;
        scope.define(tensor.name(), Value::Constant { dims, numbers })?;
    }
    let mut inputs = Vec::with_capacity(graph.input.len());
    for (index, info) in graph.input.iter().enumerate() {
        let (kind, value) = input(info, index, &mut plan)?;
        scope.define(info.name(), value)?;
        inputs.push(Port { name: info.name().to_owned(), kind });
    }
    for (at, proto) in graph.node.iter().enumerate() {
        let node = Node::new(at, proto, &scope)?;
        let values = compile(&node, &mut plan)?;
        if values.len() != proto.output.len() {
            return Err(node.error(format!("{} outputs are named", proto.output.len())));
        }
        for (name, value) in proto.output.iter().zip(values) {
            scope.define(name, value)?;
        }
    }
    let outputs = graph.output.iter().map(|info| output(info, &scope)).collect::<Result<_, _>>()?;
    let Plan { widths, steps, fills } = plan;
    Ok(Engine { inputs, outputs, widths, steps, fills })
}

fn check_versions(model: &ModelProto) -> Result<(), EngineError> {
    let version = |what: &str, found, expected| {
        let error = EngineError::Version { what: what.to_owned(), found, expected };
        if found == expected { Ok(()) } else { Err(error) }
    };
    version("ir", model.ir_version(), IR_VERSION)?;
    let mut plain = 0;
    for import in &model.opset_import {
        match import.domain() {
            "" => {
                version("ai.onnx", import.version(), OPSET)?;
                plain += 1;
            }
            ML => version(ML, import.version(), OPSET_ML)?,
            other => version(other, import.version(), 0)?,
        }
    }
    version("ai.onnx", if plain == 0 { 0 } else { OPSET }, OPSET)
}

/// Element type and fixed dimensions (`None` for a named one) of a port.
fn describe(info: &ValueInfoProto) -> Option<(i32, Vec<Option<i64>>)> {
    let Some(type_proto::Value::TensorType(tensor)) = info.r#type.as_ref()?.value.as_ref() else {
        return None;
    };
    let dims = tensor.shape.as_ref()?.dim.iter().map(|dim| match dim.value {
        Some(dimension::Value::DimValue(value)) => Some(value),
        _ => None,
    });
    Some((tensor.elem_type(), dims.collect()))
}

fn input(
    info: &ValueInfoProto,
    index: usize,
    plan: &mut Plan,
) -> Result<(PortKind, Value), EngineError> {
    let refuse =
        |problem| EngineError::Port { port: "input", name: info.name().to_owned(), problem };
    let (data_type, dims) = describe(info).ok_or_else(|| refuse("is not a tensor with a shape"))?;
    let shape = match dims[..] {
        [None] => Shape::Rows,
        [None, Some(1)] => Shape::Lines,
        _ => return Err(refuse("must have the shape [rows] or [rows, 1]")),
    };
    match data_type {
        1 => {
            let slot = plan.widths.slot::<f32>(1);
            plan.fills.push(Fill::Float { input: index, slot });
            Ok((PortKind::Float, Value::Batch { kind: Kind::F32, shape, slot }))
        }
        11 => {
            let slot = plan.widths.slot::<f64>(1);
            plan.fills.push(Fill::Double { input: index, slot });
            Ok((PortKind::Double, Value::Batch { kind: Kind::F64, shape, slot }))
        }
        8 => Ok((PortKind::Text, Value::Text { input: index, shape })),
        _ => Err(refuse("must hold doubles, floats or texts")),
    }
}

fn output(info: &ValueInfoProto, scope: &Scope) -> Result<Tap, EngineError> {
    let refuse =
        |problem| EngineError::Port { port: "output", name: info.name().to_owned(), problem };
    let declared = describe(info).ok_or_else(|| refuse("is not a tensor with a shape"))?;
    let Some(Value::Batch { kind, shape: Shape::Rows, slot }) = scope.get(info.name()) else {
        return Err(refuse("is not a computed value of the shape [rows]"));
    };
    if Kind::of(declared.0) != Some(*kind) || declared.1 != [None] {
        return Err(refuse("is declared with another type or shape than it has"));
    }
    let kind = match kind {
        Kind::F32 => OutputKind::Float,
        Kind::F64 => OutputKind::Double,
        Kind::I64 => OutputKind::Int,
        Kind::Bool => return Err(refuse("must hold numbers")),
    };
    Ok(Tap { name: info.name().to_owned(), kind, slot: *slot })
}
