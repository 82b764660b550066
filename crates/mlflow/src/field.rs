//! How a message describes itself.

use crate::Double;

/// One field of a message.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name, in snake case.
    pub name: &'static str,
    /// Whether it must, may, or may repeatedly be there.
    pub label: Label,
    /// What it holds.
    pub kind: FieldKind,
}

/// Whether a field must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Label {
    /// It may be missing, which differs from its default.
    Optional,
    /// The server refuses the request without it.
    Required,
    /// A list, empty if missing.
    Repeated,
}

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub enum FieldKind {
    /// Text.
    String,
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits; as a text in JSON it is accepted too.
    Int64,
    /// A double; `NaN`, `Infinity` and `-Infinity` are texts in JSON.
    Double,
    /// True or false.
    Bool,
    /// One of these names, or its number.
    Enum(&'static [(&'static str, i32)]),
    /// Another message.
    Message(&'static [Field]),
}

/// A Rust type that a field can have.
pub trait Kind {
    /// What it is called here.
    const KIND: FieldKind;
}

/// A type made of named fields.
pub trait Message {
    /// Its fields, in the order of MLflow's declaration.
    const FIELDS: &'static [Field];
}

impl Kind for String {
    const KIND: FieldKind = FieldKind::String;
}

impl Kind for i32 {
    const KIND: FieldKind = FieldKind::Int32;
}

impl Kind for i64 {
    const KIND: FieldKind = FieldKind::Int64;
}

impl Kind for Double {
    const KIND: FieldKind = FieldKind::Double;
}

impl Kind for bool {
    const KIND: FieldKind = FieldKind::Bool;
}

impl<M: Message> Kind for M {
    const KIND: FieldKind = FieldKind::Message(M::FIELDS);
}
