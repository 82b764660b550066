//! What a model of somebody else may hold: more than ours, so it is bounded by memory as well.

use crate::engine::EngineError;
use crate::engine::wire::Field::{Data, Message, Text};
use crate::engine::wire::{PAIR, Schema, TENSOR, check_as};
use crate::onnx;

/// Bytes that the messages of any model may take.
const MEMORY: usize = 32 << 20;
/// Bytes more per byte of the file.
const PER_BYTE: usize = 16;

static MODEL: Schema = Schema {
    name: "model",
    size: size_of::<onnx::ModelProto>(),
    fields: &[
        (2, Text),
        (3, Text),
        (4, Text),
        (6, Text),
        (7, Message(&GRAPH)),
        (8, Message(&PAIR)),
        (14, Message(&PAIR)),
    ],
};
static GRAPH: Schema = Schema {
    name: "graph",
    size: size_of::<onnx::GraphProto>(),
    fields: &[
        (1, Message(&NODE)),
        (2, Text),
        (5, Message(&CONSTANT)),
        (10, Text),
        (11, Message(&PORT)),
        (12, Message(&PORT)),
        (13, Message(&PORT)),
        (16, Message(&PAIR)),
    ],
};
static NODE: Schema = Schema {
    name: "node",
    size: size_of::<onnx::NodeProto>(),
    fields: &[
        (1, Text),
        (2, Text),
        (3, Text),
        (4, Text),
        (5, Message(&ATTRIBUTE)),
        (6, Text),
        (7, Text),
        (8, Text),
        (9, Message(&PAIR)),
    ],
};
/// Subgraphs pass here, so that the node that has one can be named.
static ATTRIBUTE: Schema = Schema {
    name: "attribute",
    size: size_of::<onnx::AttributeProto>(),
    fields: &[
        (1, Text),
        (4, Data),
        (5, Message(&CONSTANT)),
        (6, Message(&GRAPH)),
        (7, Data),
        (8, Data),
        (9, Data),
        (10, Message(&CONSTANT)),
        (11, Message(&GRAPH)),
        (13, Text),
        (21, Text),
    ],
};
static CONSTANT: Schema = Schema {
    name: "constant",
    size: size_of::<onnx::TensorProto>(),
    fields: &[
        (1, Data),
        (4, Data),
        (5, Data),
        (6, Data),
        (7, Data),
        (8, Text),
        (9, Data),
        (10, Data),
        (11, Data),
        (12, Text),
        (13, Message(&PAIR)),
        (16, Message(&PAIR)),
    ],
};
static PORT: Schema = Schema {
    name: "input or output",
    size: size_of::<onnx::ValueInfoProto>(),
    fields: &[(1, Text), (2, Message(&TYPE)), (3, Text), (4, Message(&PAIR))],
};
static TYPE: Schema = Schema {
    name: "type",
    size: size_of::<onnx::TypeProto>(),
    fields: &[(1, Message(&TENSOR)), (4, Message(&SEQUENCE)), (5, Message(&MAP)), (6, Text)],
};
static SEQUENCE: Schema = Schema {
    name: "sequence type",
    size: size_of::<onnx::TypeProto>(),
    fields: &[(1, Message(&TYPE))],
};
static MAP: Schema =
    Schema { name: "map type", size: size_of::<onnx::TypeProto>(), fields: &[(2, Message(&TYPE))] };

/// Refuses bytes that are no ONNX, that hold fields no loader here knows, or that would take too much memory.
pub(super) fn check(bytes: &[u8]) -> Result<(), EngineError> {
    check_as(bytes, &MODEL, MEMORY.saturating_add(bytes.len().saturating_mul(PER_BYTE)))
}
