//! Clauses that a subject's rules have checked.

use super::{Op, Operand};
use crate::{Error, Result};

/// What is compared or sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One of the subject's own fields, by its one name.
    Attribute(&'static str),
    /// The latest value of a metric.
    Metric(String),
    /// A parameter.
    Param(String),
    /// A tag.
    Tag(String),
    /// A field of a dataset that was read.
    Dataset(&'static str),
}

/// How values are compared, with what is compared to.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// `=`, `!=`, `<`, `<=`, `>` or `>=` with a number.
    Number(&'static str, f64),
    /// `=`, `!=`, `LIKE` or `ILIKE` with a text.
    Text(&'static str, String),
    /// One of these.
    In(Vec<String>),
    /// None of these.
    NotIn(Vec<String>),
    /// There is such a row, or there is none.
    Present(bool),
}

/// A condition that what is searched for fulfils.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What is compared.
    pub subject: Subject,
    /// How, and with what.
    pub test: Test,
}

/// What results are sorted by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// What it is.
    pub subject: Subject,
    /// Smallest first.
    pub ascending: bool,
}

impl Subject {
    /// The attribute of that name.
    ///
    /// # Errors
    /// `INVALID_PARAMETER_VALUE` with the names there are.
    pub(super) fn attribute(
        key: &str,
        valid: &[(&'static str, &'static str)],
    ) -> Result<&'static str> {
        let found = valid.iter().find(|(name, _)| *name == key).map(|(_, attribute)| *attribute);
        found.ok_or_else(|| {
            let names: Vec<String> = valid.iter().map(|(name, _)| format!("'{name}'")).collect();
            Error::invalid(format!(
                "Invalid attribute key '{key}' specified. Valid keys are '{{{}}}'",
                names.join(", ")
            ))
        })
    }
}

/// `Invalid comparator ...`, with those there are.
pub(super) fn no_such_comparison(op: &Op, valid: &[&str]) -> Error {
    Error::invalid(format!(
        "Invalid comparator '{}' not one of '{{'{}'}}'",
        op.as_str(),
        valid.join("', '")
    ))
}

const ORDER: [&str; 6] = [">", ">=", "!=", "=", "<", "<="];
const LIKENESS: [&str; 6] = ["!=", "=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"];
const LIKENESS_AND_LISTS: [&str; 6] = ["!=", "=", "LIKE", "ILIKE", "IN", "NOT IN"];

/// A comparison with a number.
pub(super) fn number(op: &Op, value: &Operand, refused: impl Fn(String) -> String) -> Result<Test> {
    let Operand::Number(number, _) = value else {
        return Err(Error::invalid(refused(value.shown())));
    };
    let op = match op {
        Op::Eq => "=",
        Op::Ne => "!=",
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::Lt => "<",
        Op::Le => "<=",
        _ => return Err(no_such_comparison(op, &ORDER)),
    };
    Ok(Test::Number(op, *number))
}

/// A comparison with a text, in quotes.
pub(super) fn text(op: &Op, value: &Operand, refused: impl Fn(String) -> String) -> Result<Test> {
    one_of(op, value, &LIKENESS, refused)
}

fn one_of(
    op: &Op,
    value: &Operand,
    valid: &[&str],
    refused: impl Fn(String) -> String,
) -> Result<Test> {
    let text = match value {
        Operand::Text(text) => text,
        Operand::Bare(bare) => {
            return Err(Error::invalid(format!(
                "Parameter value is either not quoted or unidentified quote types used for string value {bare}. \
                Use either single or double quotes."
            )));
        }
        _ => return Err(Error::invalid(refused(value.shown()))),
    };
    let op = match op {
        Op::Eq => "=",
        Op::Ne => "!=",
        Op::Like => "LIKE",
        Op::Ilike => "ILIKE",
        _ => return Err(no_such_comparison(op, valid)),
    };
    Ok(Test::Text(op, text.clone()))
}

/// A comparison with a text or with a list of them.
pub(super) fn text_or_list(
    op: &Op,
    value: &Operand,
    refused: impl Fn(String) -> String,
) -> Result<Test> {
    match (op, value) {
        (Op::In, Operand::List(list)) => Ok(Test::In(list.clone())),
        (Op::NotIn, Operand::List(list)) => Ok(Test::NotIn(list.clone())),
        (_, Operand::List(_)) => Err(no_such_comparison(op, &LIKENESS_AND_LISTS)),
        _ => one_of(op, value, &LIKENESS_AND_LISTS, refused),
    }
}
