//! A node with its operands looked up, and the questions that compiling asks about it.

use super::plan::{Plan, Value};
use super::value::{Elem, TensorKind};
use crate::engine::EngineError;
use crate::onnx::NodeProto;
use crate::proto::{AttributeError, Attributes, ML};

/// Operator versions that a model imports.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opsets {
    pub(super) plain: i64,
    pub(super) ml: i64,
}

/// Which node of a graph something is about.
#[derive(Debug, Clone)]
pub(super) struct Place {
    at: usize,
    name: String,
    op: String,
}

impl Place {
    fn of(at: usize, proto: &NodeProto) -> Self {
        let name = match proto.name() {
            "" => proto.output.first().map_or("", String::as_str),
            name => name,
        };
        let op = match proto.domain() {
            "" | "ai.onnx" => proto.op_type().to_owned(),
            domain => format!("{domain}.{}", proto.op_type()),
        };
        Self { at, name: name.to_owned(), op }
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> EngineError {
        let Self { at, name, op } = self.clone();
        EngineError::Node { node: at, name, op, problem: problem.into() }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "node {} `{}`, {},", self.at, self.name, self.op)
    }
}

pub(super) struct Node<'a> {
    pub(super) place: Place,
    proto: &'a NodeProto,
    pub(super) opsets: Opsets,
    plan: &'a Plan,
    /// Nothing where an optional operand is left out.
    operands: Vec<Option<&'a Value>>,
}

impl<'a> Node<'a> {
    pub(super) fn new(
        at: usize,
        proto: &'a NodeProto,
        opsets: Opsets,
        plan: &'a Plan,
    ) -> Result<Self, EngineError> {
        let (place, operands) = (Place::of(at, proto), Vec::with_capacity(proto.input.len()));
        let mut node = Self { place, proto, opsets, plan, operands };
        for name in &proto.input {
            let found = match (name.as_str(), plan.get(name)) {
                ("", _) => None,
                (_, None) => {
                    return Err(node.error(format!("operand `{name}` is not defined before it")));
                }
                (_, found) => found,
            };
            node.operands.push(found);
        }
        if let Some(attribute) =
            proto.attribute.iter().find(|a| a.g.is_some() || !a.graphs.is_empty())
        {
            let problem = format!("attribute `{}` holds a subgraph", attribute.name());
            return Err(node.error(problem));
        }
        Ok(node)
    }

    /// The operator's name without its domain.
    pub(super) fn kind(&self) -> &'a str {
        self.proto.op_type()
    }

    pub(super) fn domain(&self) -> &'a str {
        match self.proto.domain() {
            "ai.onnx" => "",
            domain => domain,
        }
    }

    pub(super) fn is_ml(&self) -> bool {
        self.domain() == ML
    }

    pub(super) fn error(&self, problem: impl Into<String>) -> EngineError {
        self.place.error(problem)
    }

    /// The node's attributes, which may only be those called `known`.
    pub(super) fn attributes(&self, known: &[&str]) -> Result<Attributes<'a>, EngineError> {
        self.lift(Attributes::new(&self.proto.attribute, known))
    }

    /// Adds this node to an error about an attribute.
    pub(super) fn lift<T>(&self, result: Result<T, AttributeError>) -> Result<T, EngineError> {
        result.map_err(|error| self.error(error.to_string()))
    }

    /// An attribute that is text, or `default`.
    pub(super) fn text(
        &self,
        attributes: Attributes<'a>,
        name: &'static str,
        default: &'a str,
    ) -> Result<&'a str, EngineError> {
        match self.lift(attributes.optional_string(name))? {
            None => Ok(default),
            Some(bytes) => std::str::from_utf8(bytes)
                .map_err(|_| self.error(format!("attribute `{name}` is not UTF-8 text"))),
        }
    }

    /// An attribute that is a list of texts, empty if it is not there.
    pub(super) fn texts(
        &self,
        attributes: Attributes<'a>,
        name: &'static str,
    ) -> Result<Vec<&'a str>, EngineError> {
        let texts = self.lift(attributes.optional_strings(name))?.unwrap_or_default();
        texts
            .iter()
            .map(|text| std::str::from_utf8(text))
            .collect::<Result<_, _>>()
            .map_err(|_| self.error(format!("attribute `{name}` holds text that is not UTF-8")))
    }

    /// An attribute that is a number, or `default`.
    pub(super) fn float(
        &self,
        attributes: Attributes<'a>,
        name: &'static str,
        default: f32,
    ) -> Result<f32, EngineError> {
        Ok(self.lift(attributes.float(name))?.unwrap_or(default))
    }

    /// An attribute that is an integer, or `default`.
    pub(super) fn int(
        &self,
        attributes: Attributes<'a>,
        name: &'static str,
        default: i64,
    ) -> Result<i64, EngineError> {
        Ok(self.lift(attributes.int(name))?.unwrap_or(default))
    }

    /// How many results are named.
    pub(super) fn results(&self) -> usize {
        self.proto.output.len()
    }

    /// All operands, none of which may be left out.
    pub(super) fn all(&self) -> Result<Vec<&'a Value>, EngineError> {
        let all: Option<Vec<_>> = self.operands.iter().copied().collect();
        match all {
            Some(all) if !all.is_empty() => Ok(all),
            _ => Err(self.error("an operand is missing")),
        }
    }

    /// How many elements the node reads, if all of them are constant.
    pub(super) fn constant(&self) -> Option<usize> {
        let mut operands = self.operands.iter().flatten();
        operands.try_fold(0, |sum: usize, value| {
            value.is_constant().then(|| sum.saturating_add(value.shape.width()))
        })
    }

    /// Counts elements of a constant that the compiled node has to copy.
    pub(super) fn copy(&self, elements: usize) -> Result<(), EngineError> {
        self.plan.copy(elements)
    }

    /// The operand at this position, if it is there.
    pub(super) fn optional(&self, at: usize) -> Option<&'a Value> {
        self.operands.get(at).copied().flatten()
    }

    pub(super) fn operand(&self, at: usize) -> Result<&'a Value, EngineError> {
        self.optional(at).ok_or_else(|| self.error(format!("operand {at} is missing")))
    }

    /// The operands, of which there may be no more than `N`, and at least one.
    pub(super) fn only<const N: usize>(&self) -> Result<[&'a Value; N], EngineError> {
        match <[&Value; N]>::try_from(self.all()?) {
            Ok(operands) => Ok(operands),
            Err(found) => Err(self.error(format!("{} operands instead of {N}", found.len()))),
        }
    }

    /// Demands at most so many operands.
    pub(super) fn at_most(&self, count: usize) -> Result<(), EngineError> {
        if self.operands.len() > count {
            return Err(self.error(format!("{} operands, more than {count}", self.operands.len())));
        }
        Ok(())
    }

    /// The elements of a constant.
    pub(super) fn fixed<T: Elem>(
        &self,
        value: &'a Value,
        what: &str,
    ) -> Result<&'a [T], EngineError> {
        value
            .fixed::<T>()
            .ok_or_else(|| self.error(format!("{what} must be a constant of {}", T::KIND.plural())))
    }

    pub(super) fn mistyped(&self, kind: TensorKind) -> EngineError {
        self.error(format!("is not supported on {}", kind.plural()))
    }

    pub(super) fn misshapen(&self, value: &Value) -> EngineError {
        self.error(format!("is not supported on the shape {}", value.shape))
    }
}
