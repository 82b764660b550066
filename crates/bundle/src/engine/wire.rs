//! Looks through a model's bytes before they are decoded.
//!
//! Decoding turns two bytes of an empty message into hundreds of bytes in memory, so a small file can
//! ask for a lot. This pass walks the encoding without keeping anything: it refuses every field that
//! the engine would refuse later anyway, and counts the messages and texts of those it knows, and the
//! memory that they will take.

use super::error::EngineError;
use crate::onnx;

/// Messages and texts that a model may have, apart from the texts of list attributes.
const MAX_PARTS: usize = 1 << 18;
/// Messages inside each other: those of ours are ten deep, and subgraphs are refused anyway.
const MAX_DEPTH: usize = 40;
/// Bytes that an empty text takes in a list.
const TEXT: usize = 32;

/// What a length-delimited field holds.
pub(crate) enum Field {
    /// A message of the kind given.
    Message(&'static Schema),
    /// Text, of which there may be many.
    Text,
    /// Numbers, or texts whose count is in proportion to their bytes.
    Data,
}

/// The length-delimited fields of a message that the engine knows.
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    /// Bytes that a decoded message takes, empty.
    pub(crate) size: usize,
    pub(crate) fields: &'static [(u64, Field)],
}

use Field::{Data, Message, Text};

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
    ],
};
static ATTRIBUTE: Schema = Schema {
    name: "attribute",
    size: size_of::<onnx::AttributeProto>(),
    fields: &[(1, Text), (4, Text), (7, Data), (8, Data), (9, Data), (13, Text)],
};
static CONSTANT: Schema = Schema {
    name: "constant",
    size: size_of::<onnx::TensorProto>(),
    fields: &[(1, Data), (4, Data), (7, Data), (8, Text), (10, Data), (12, Text)],
};
static PORT: Schema = Schema {
    name: "input or output",
    size: size_of::<onnx::ValueInfoProto>(),
    fields: &[(1, Text), (2, Message(&TYPE)), (3, Text)],
};
static TYPE: Schema = Schema {
    name: "type",
    size: size_of::<onnx::TypeProto>(),
    fields: &[(1, Message(&TENSOR)), (6, Text)],
};
pub(crate) static TENSOR: Schema = Schema {
    name: "tensor type",
    size: size_of::<onnx::type_proto::Tensor>(),
    fields: &[(2, Message(&SHAPE))],
};
pub(crate) static SHAPE: Schema = Schema {
    name: "shape",
    size: size_of::<onnx::TensorShapeProto>(),
    fields: &[(1, Message(&DIMENSION))],
};
static DIMENSION: Schema = Schema {
    name: "dimension",
    size: size_of::<onnx::tensor_shape_proto::Dimension>(),
    fields: &[(2, Text), (3, Text)],
};
pub(crate) static PAIR: Schema = Schema {
    name: "pair",
    size: size_of::<onnx::StringStringEntryProto>(),
    fields: &[(1, Text), (2, Text)],
};

/// What the messages of a model may still take.
struct Budget {
    parts: usize,
    memory: usize,
    limit: usize,
}

/// Refuses bytes that are no ONNX, that hold fields the engine does not know, or too many parts.
pub(super) fn check(bytes: &[u8]) -> Result<(), EngineError> {
    check_as(bytes, &MODEL, usize::MAX)
}

/// Refuses bytes that are no message of this kind, or whose messages would take more than `limit` bytes.
pub(crate) fn check_as(bytes: &[u8], schema: &Schema, limit: usize) -> Result<(), EngineError> {
    walk(bytes, schema, 0, &mut Budget { parts: 0, memory: 0, limit })
}

fn walk(
    mut bytes: &[u8],
    schema: &Schema,
    depth: usize,
    budget: &mut Budget,
) -> Result<(), EngineError> {
    if depth > MAX_DEPTH {
        return Err(EngineError::Malformed(schema.name));
    }
    while !bytes.is_empty() {
        let key = varint(&mut bytes, schema)?;
        let size = match key & 7 {
            0 => {
                varint(&mut bytes, schema)?;
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes, schema)?,
            5 => 4,
            _ => return Err(EngineError::Malformed(schema.name)),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let (payload, rest) =
            bytes.split_at_checked(size).ok_or(EngineError::Malformed(schema.name))?;
        bytes = rest;
        if key & 7 != 2 {
            continue;
        }
        let field = schema.fields.iter().find(|(number, _)| *number == key >> 3);
        let unknown = EngineError::Field { message: schema.name, field: key >> 3 };
        match field.map(|(_, field)| field).ok_or(unknown)? {
            Data => {}
            Text => budget.count(TEXT)?,
            Message(inner) => {
                budget.count(inner.size)?;
                walk(payload, inner, depth + 1, budget)?;
            }
        }
    }
    Ok(())
}

impl Budget {
    fn count(&mut self, size: usize) -> Result<(), EngineError> {
        self.parts += 1;
        self.memory = self.memory.saturating_add(size);
        if self.parts > MAX_PARTS {
            Err(EngineError::TooManyParts(MAX_PARTS))
        } else if self.memory > self.limit {
            Err(EngineError::Memory(self.limit))
        } else {
            Ok(())
        }
    }
}

fn varint(bytes: &mut &[u8], schema: &Schema) -> Result<u64, EngineError> {
    let mut value = 0;
    for at in 0..10 {
        let (&byte, rest) = bytes.split_first().ok_or(EngineError::Malformed(schema.name))?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Ok(value);
        }
    }
    Err(EngineError::Malformed(schema.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length-delimited field.
    fn field(number: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![number << 3 | 2];
        let mut size = payload.len();
        while size >= 0x80 {
            bytes.push(size as u8 | 0x80);
            size >>= 7;
        }
        bytes.push(size as u8);
        [&bytes[..], payload].concat()
    }

    #[test]
    fn a_million_empty_nodes_are_refused_before_they_take_memory() {
        let bomb = field(7, &field(1, &[]).repeat(1_000_000));
        assert!(matches!(check(&bomb), Err(EngineError::TooManyParts(_))));
        let names = field(7, &field(1, &field(1, &[]).repeat(1_000_000)));
        assert!(matches!(check(&names), Err(EngineError::TooManyParts(_))));
    }

    #[test]
    fn fields_that_the_engine_does_not_know_are_named() {
        let unknown = check(&field(9, &[])).unwrap_err().to_string();
        assert!(unknown.contains("field 9 of the model"), "{unknown}");
        let subgraph = field(7, &field(1, &field(5, &field(11, &[]))));
        let subgraph = check(&subgraph).unwrap_err().to_string();
        assert!(subgraph.contains("field 11 of the attribute"), "{subgraph}");
        let raw = field(7, &field(5, &field(9, &[0; 8])));
        assert!(check(&raw).unwrap_err().to_string().contains("field 9 of the constant"));
    }

    #[test]
    fn lengths_beyond_the_end_and_groups_are_malformed() {
        for bytes in [&[0x3a, 0x05, 0x00][..], &[0x3a], &[0x80; 20], &[0x0b], &[0x0d, 0x00]] {
            assert!(matches!(check(bytes), Err(EngineError::Malformed(_))), "{bytes:?}");
        }
    }
}
