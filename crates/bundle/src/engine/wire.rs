//! Looks through a model's bytes before they are decoded.
//!
//! Decoding turns two bytes of an empty message into hundreds of bytes in memory, so a small file can
//! ask for a lot. This pass walks the encoding without keeping anything: it refuses every field that
//! the engine would refuse later anyway, and counts the messages and texts of those it knows.

use super::error::EngineError;

/// Messages and texts that a model may have, apart from the texts of list attributes.
const MAX_PARTS: usize = 1 << 18;

/// What a length-delimited field holds.
enum Field {
    /// A message of the kind given.
    Message(&'static Schema),
    /// Text, of which there may be many.
    Text,
    /// Numbers, or texts whose count is in proportion to their bytes.
    Data,
}

/// The length-delimited fields of a message that the engine knows.
struct Schema {
    name: &'static str,
    fields: &'static [(u64, Field)],
}

use Field::{Data, Message, Text};

static MODEL: Schema = Schema {
    name: "model",
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
    fields: &[(1, Text), (4, Text), (7, Data), (8, Data), (9, Data), (13, Text)],
};
static CONSTANT: Schema = Schema {
    name: "constant",
    fields: &[(1, Data), (4, Data), (7, Data), (8, Text), (10, Data), (12, Text)],
};
static PORT: Schema =
    Schema { name: "input or output", fields: &[(1, Text), (2, Message(&TYPE)), (3, Text)] };
static TYPE: Schema = Schema { name: "type", fields: &[(1, Message(&TENSOR)), (6, Text)] };
static TENSOR: Schema = Schema { name: "tensor type", fields: &[(2, Message(&SHAPE))] };
static SHAPE: Schema = Schema { name: "shape", fields: &[(1, Message(&DIMENSION))] };
static DIMENSION: Schema = Schema { name: "dimension", fields: &[(2, Text), (3, Text)] };
static PAIR: Schema = Schema { name: "pair", fields: &[(1, Text), (2, Text)] };

/// Refuses bytes that are no ONNX, that hold fields the engine does not know, or too many parts.
pub(super) fn check(bytes: &[u8]) -> Result<(), EngineError> {
    let mut parts = 0;
    walk(bytes, &MODEL, &mut parts)
}

fn walk(mut bytes: &[u8], schema: &Schema, parts: &mut usize) -> Result<(), EngineError> {
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
            Text => count(parts)?,
            Message(inner) => {
                count(parts)?;
                walk(payload, inner, parts)?;
            }
        }
    }
    Ok(())
}

fn count(parts: &mut usize) -> Result<(), EngineError> {
    *parts += 1;
    if *parts > MAX_PARTS { Err(EngineError::TooManyParts(MAX_PARTS)) } else { Ok(()) }
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
