//! Reads a model's frame: versions, constants, inputs and outputs.

use prost::Message as _;

use super::node::{Node, Opsets};
use super::plan::{Plan, Source, Type, Value};
use super::value::{Dim, Shape, TensorKind};
use super::{OnnxModel, OutputInfo, Tap, TensorInfo, constant, ops, wire};
use crate::engine::{EngineError, MAX_MODEL};
use crate::onnx::tensor_shape_proto::dimension;
use crate::onnx::{ModelProto, TensorShapeProto, ValueInfoProto, type_proto};
use crate::proto::ML;

/// Versions of the intermediate representation: those since constants need not be inputs.
const IR: (i64, i64) = (3, 13);
/// Versions of `ai.onnx`.
const PLAIN: (i64, i64) = (9, 24);
/// Versions of `ai.onnx.ml`.
const CLASSICAL: (i64, i64) = (1, 5);
/// Columns of an input.
const MAX_COLUMNS: usize = 1 << 16;

/// Decodes a model, which then takes a bounded amount of memory.
pub(super) fn decode(bytes: &[u8]) -> Result<ModelProto, EngineError> {
    if bytes.len() > MAX_MODEL {
        return Err(EngineError::TooLarge { size: bytes.len(), limit: MAX_MODEL });
    }
    wire::check(bytes)?;
    Ok(ModelProto::decode(bytes)?)
}

/// Compiles a decoded model.
pub(super) fn compile(model: &ModelProto) -> Result<OnnxModel, EngineError> {
    let opsets = versions(model)?;
    let graph = model.graph.as_ref().ok_or(EngineError::Part("graph"))?;

    let mut plan = Plan::default();
    for tensor in &graph.initializer {
        let (shape, data) = constant::read(tensor)
            .map_err(|problem| EngineError::Constant { name: tensor.name().to_owned(), problem })?;
        plan.constant(tensor.name(), shape, data)?;
    }
    let mut inputs = Vec::with_capacity(graph.input.len());
    for info in &graph.input {
        // Until version 3 of the representation constants were inputs, too; later ones may be.
        if plan.get(info.name()).is_some_and(Value::is_constant) {
            continue;
        }
        let (input, shape) = input(info)?;
        let value = plan.slot(Type { kind: input.kind, shape })?;
        plan.define(&input.name, value)?;
        inputs.push(input);
    }
    for (empty, what) in [(inputs.is_empty(), "inputs"), (graph.output.is_empty(), "outputs")] {
        if empty {
            return Err(EngineError::Part(what));
        }
    }
    for (at, proto) in graph.node.iter().enumerate() {
        let node = Node::new(at, proto, opsets, &plan)?;
        let (compiled, constant) = (ops::compile(&node)?, node.constant());
        let place = node.place;
        let values = plan.add(&place, compiled, constant)?;
        if proto.output.len() > values.len() {
            return Err(place.error(format!("{} results are named", proto.output.len())));
        }
        for (name, value) in proto.output.iter().zip(values) {
            if !name.is_empty() {
                plan.define(name, value)?;
            }
        }
    }
    let outputs = graph.output.iter().map(|info| output(info, &plan)).collect::<Result<_, _>>()?;
    Ok(OnnxModel { inputs, outputs, steps: plan.steps, width: plan.width })
}

fn versions(model: &ModelProto) -> Result<Opsets, EngineError> {
    let within = |what: &str, found, (lowest, highest)| {
        let error = EngineError::VersionRange { what: what.to_owned(), found, lowest, highest };
        if (lowest..=highest).contains(&found) { Ok(found) } else { Err(error) }
    };
    within("ir", model.ir_version(), IR)?;
    let (mut plain, mut ml) = (None, None);
    for import in &model.opset_import {
        let (place, range) = match import.domain() {
            "" | "ai.onnx" => (&mut plain, PLAIN),
            ML => (&mut ml, CLASSICAL),
            // Exporters import domains that no node uses; a node of one is refused.
            _ => continue,
        };
        let found = within(if range == PLAIN { "ai.onnx" } else { ML }, import.version(), range)?;
        if place.replace(found).is_some_and(|other| other != found) {
            return Err(EngineError::Duplicate(import.domain().to_owned()));
        }
    }
    // A model of classical operators alone need not import the others.
    Ok(Opsets { plain: plain.unwrap_or(PLAIN.0), ml: ml.unwrap_or(CLASSICAL.0) })
}

/// Element type and shape of a tensor.
fn describe(info: &ValueInfoProto) -> Option<(i32, Option<&TensorShapeProto>)> {
    match info.r#type.as_ref()?.value.as_ref()? {
        type_proto::Value::TensorType(tensor) => Some((tensor.elem_type(), tensor.shape.as_ref())),
        _ => None,
    }
}

fn input(info: &ValueInfoProto) -> Result<(TensorInfo, Shape), EngineError> {
    let name = info.name().to_owned();
    let refuse = |problem| EngineError::Port { port: "input", name: name.clone(), problem };
    let (data_type, shape) = describe(info).ok_or_else(|| refuse("is not a tensor"))?;
    let kind = TensorKind::of(data_type)
        .ok_or_else(|| refuse("must hold floats, doubles, integers, truth values or texts"))?;
    let shape = shape.ok_or_else(|| refuse("has no shape; export the model with its columns"))?;
    let size = |at: usize| match shape.dim[at].value {
        Some(dimension::Value::DimValue(size)) => Some(size),
        _ => None,
    };
    if shape.dim.is_empty() || shape.dim.len() > 2 {
        return Err(refuse("must have the shape [rows] or [rows, columns]"));
    }
    // One row is how a model is traced; no size, zero and -1 are ways to leave it open.
    if !matches!(size(0), None | Some(-1..=1)) {
        return Err(refuse("has a fixed number of rows; export the model with a dynamic batch"));
    }
    if shape.dim.len() == 1 {
        return Ok((TensorInfo { name, kind, width: None }, Shape::rows()));
    }
    let columns = size(1).and_then(|size| usize::try_from(size).ok()).filter(|&size| size > 0);
    let columns = columns
        .ok_or_else(|| refuse("has no fixed number of columns; export the model with it"))?;
    if columns > MAX_COLUMNS {
        return Err(refuse("has more than 65,536 columns"));
    }
    Ok((TensorInfo { name, kind, width: Some(columns) }, Shape::lines(columns)))
}

fn output(info: &ValueInfoProto, plan: &Plan) -> Result<Tap, EngineError> {
    let name = info.name().to_owned();
    let refuse = |problem| EngineError::Port { port: "output", name: name.clone(), problem };
    let value = plan.get(&name).ok_or_else(|| refuse("is not computed"))?;
    let Source::Slot(slot) = value.source else {
        return Err(refuse("does not depend on any input"));
    };
    let width = match value.shape.0[..] {
        [Dim::Rows] => None,
        [Dim::Rows, Dim::Fixed(width)] => Some(width),
        _ => return Err(refuse("must have the shape [rows] or [rows, columns]")),
    };
    let declared = describe(info).map(|(data_type, _)| TensorKind::of(data_type));
    if value.keys.is_none() && declared.is_some_and(|kind| kind != Some(value.kind)) {
        return Err(refuse("is declared with another type than it has"));
    }
    let keys = value.keys.as_ref().map(|keys| (**keys).clone());
    Ok(Tap { info: OutputInfo { name, kind: value.kind, width, keys }, slot })
}
