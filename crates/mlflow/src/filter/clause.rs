//! Clauses of a filter: what is compared, how, and with what.

use super::lexer::{Kind, Token, tokens};
use super::list;
use crate::{Error, Result};

/// How values are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Op {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
    Like,
    Ilike,
    In,
    NotIn,
    IsNull,
    IsNotNull,
    /// What SQL knows and no subject has, such as `==` or `NOT LIKE`.
    Unknown(String),
}

/// What is on the right of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// In single or double quotes, without them.
    Text(String),
    /// A number, and how it was written.
    Number(f64, String),
    /// Of `IN (...)`; never empty.
    List(Vec<String>),
    /// Neither: a name without quotes, or one in backticks.
    Bare(String),
    /// Of `IS NULL` and `IS NOT NULL`.
    None,
}

/// One comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What stands before the first dot, without backticks.
    pub entity: Option<String>,
    /// What stands after it, without quotes.
    pub key: String,
    /// How it is compared.
    pub op: Op,
    /// With what.
    pub value: Operand,
}

impl Op {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Eq => "=",
            Self::Ne => "!=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Like => "LIKE",
            Self::Ilike => "ILIKE",
            Self::In => "IN",
            Self::NotIn => "NOT IN",
            Self::IsNull => "IS NULL",
            Self::IsNotNull => "IS NOT NULL",
            Self::Unknown(text) => text,
        }
    }

    fn read(text: &str) -> Self {
        match text {
            "=" => Self::Eq,
            "!=" => Self::Ne,
            ">" => Self::Gt,
            ">=" => Self::Ge,
            "<" => Self::Lt,
            "<=" => Self::Le,
            "LIKE" => Self::Like,
            "ILIKE" => Self::Ilike,
            _ => Self::Unknown(text.to_owned()),
        }
    }
}

impl Operand {
    /// As it was written, for complaints.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => format!("'{text}'"),
            Self::Number(_, text) | Self::Bare(text) => text.clone(),
            Self::List(list) => format!("('{}')", list.join("', '")),
            Self::None => "NULL".to_owned(),
        }
    }

    fn read(token: &Token<'_>) -> Result<Self> {
        let text = token.text;
        Ok(match token.kind {
            Kind::Number => match text.parse() {
                Ok(number) => Self::Number(number, text.to_owned()),
                Err(_) => Self::Bare(text.to_owned()),
            },
            Kind::Group => Self::List(list::parse(text)?),
            _ => unquoted(text)
                .map_or_else(|| Self::Bare(text.to_owned()), |inner| Self::Text(inner.to_owned())),
        })
    }
}

/// Reads a filter. One that is empty has no clauses.
///
/// # Errors
/// `INVALID_PARAMETER_VALUE` if it is more than comparisons joined by `AND`.
pub fn parse_filter(text: &str) -> Result<Vec<Clause>> {
    parse(text, |word| format!("'{word}'"), |text| format!("'{text}'"))
}

/// [`parse_filter`] with the words that MLflow has for experiments, registered models and versions.
///
/// # Errors
/// As there.
pub fn parse_filter_of_entities(text: &str) -> Result<Vec<Clause>> {
    let quoted =
        |text: &str| if text.contains('\'') { format!("\"{text}\"") } else { format!("'{text}'") };
    parse(text, str::to_owned, quoted)
}

/// `stray` and `whole` say how a stray word and a whole filter are shown.
fn parse(text: &str, stray: fn(&str) -> String, whole: fn(&str) -> String) -> Result<Vec<Clause>> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    let tokens = tokens(text);
    if tokens.is_empty() {
        return Err(Error::invalid(format!("Invalid filter '{text}'. Could not be parsed.")));
    }
    if tokens.iter().rev().skip(1).any(|token| token.text == ";") {
        return Err(Error::invalid(format!(
            "Search filter contained multiple expression {}. Provide AND-ed expression list.",
            whole(text)
        )));
    }
    let mut found = Vec::new();
    let mut strays = Vec::new();
    let mut rest = tokens.as_slice();
    while let [first, after @ ..] = rest {
        if let Some((comparison, length)) = comparison(rest) {
            found.push(comparison);
            rest = &rest[length..];
            continue;
        }
        if !first.is_keyword("AND") {
            strays.push(stray(first.text));
        }
        rest = after;
    }
    if !strays.is_empty() {
        return Err(Error::invalid(format!(
            "Invalid clause(s) in filter string: {}",
            strays.join(", ")
        )));
    }
    found.iter().map(Comparison::read).collect()
}

/// The tokens of a clause, before they are judged: a stray word anywhere is complained about first.
struct Comparison<'t, 'a> {
    left: &'t Token<'a>,
    op: Op,
    right: Option<&'t Token<'a>>,
}

/// The comparison that the tokens begin with, and how many it takes.
fn comparison<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(Comparison<'t, 'a>, usize)> {
    let (left, rest) = tokens.split_first()?;
    let found = |op, right, length| Some((Comparison { left, op, right }, length));
    if left.kind == Kind::Identifier {
        match rest {
            [is, null, ..] if is.is_keyword("IS") && null.is_keyword("NULL") => {
                return found(Op::IsNull, None, 3);
            }
            [is, not, null, ..]
                if is.is_keyword("IS") && not.is_keyword("NOT") && null.is_keyword("NULL") =>
            {
                return found(Op::IsNotNull, None, 4);
            }
            [is_in, list, ..] if is_in.is_keyword("IN") && list.kind == Kind::Group => {
                return found(Op::In, Some(list), 3);
            }
            [not, is_in, list, ..]
                if not.is_keyword("NOT") && is_in.is_keyword("IN") && list.kind == Kind::Group =>
            {
                return found(Op::NotIn, Some(list), 4);
            }
            _ => {}
        }
    }
    if !is_value(left) {
        return None;
    }
    let like = |token: &Token<'_>| ["LIKE", "ILIKE", "RLIKE"].iter().any(|w| token.is_keyword(w));
    match rest {
        [not, op, right, ..] if not.is_keyword("NOT") && like(op) && is_value(right) => {
            found(Op::Unknown(format!("NOT {}", op.text.to_uppercase())), Some(right), 4)
        }
        [op, right, ..] if (op.kind == Kind::Comparison || like(op)) && is_value(right) => {
            found(Op::read(&op.text.to_uppercase()), Some(right), 3)
        }
        _ => None,
    }
}

fn is_value(token: &Token<'_>) -> bool {
    matches!(
        token.kind,
        Kind::Identifier | Kind::Text | Kind::Number | Kind::Group | Kind::Operation
    ) || token.is_keyword("NULL")
}

impl Comparison<'_, '_> {
    fn read(&self) -> Result<Clause> {
        let name = self.left.text;
        if self.left.kind != Kind::Identifier {
            return Err(Error::invalid(format!(
                "Invalid comparison clause. Expected 'Identifier' found '{name}'"
            )));
        }
        let value = self.right.map_or(Ok(Operand::None), Operand::read)?;
        let (entity, key) = identifier(name);
        Ok(Clause { entity, key, op: self.op.clone(), value })
    }
}

/// Splits `entity.key` at its first dot.
pub(super) fn identifier(text: &str) -> (Option<String>, String) {
    let (entity, key) = match text.split_once('.') {
        Some((entity, key)) => (Some(entity), key),
        None => (None, text),
    };
    let entity = entity.map(|entity| inside(entity, '`').unwrap_or(entity).to_owned());
    let key = unquoted(key).unwrap_or(key);
    (entity, inside(key, '`').unwrap_or(key).to_owned())
}

fn unquoted(text: &str) -> Option<&str> {
    inside(text, '\'').or_else(|| inside(text, '"'))
}

fn inside(text: &str, quote: char) -> Option<&str> {
    text.strip_prefix(quote)?.strip_suffix(quote)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> (Option<String>, String, Op, Operand) {
        let mut clauses = parse_filter(text).unwrap();
        assert_eq!(clauses.len(), 1, "{text}");
        let Clause { entity, key, op, value } = clauses.remove(0);
        (entity, key, op, value)
    }

    fn quoted(text: &str) -> Operand {
        Operand::Text(text.to_owned())
    }

    #[test]
    fn names_are_bare_or_quoted() {
        for (text, entity, key) in [
            ("metrics.rmse = 'x'", Some("metrics"), "rmse"),
            ("metrics.`a b` = 'x'", Some("metrics"), "a b"),
            ("metrics.\"a b\" = 'x'", Some("metrics"), "a b"),
            ("metrics.'a' = 'x'", Some("metrics"), "a"),
            ("`params`.`a` = 'x'", Some("params"), "a"),
            ("tags.mlflow.source.type = 'x'", Some("tags"), "mlflow.source.type"),
            ("params.ünï = 'x'", Some("params"), "ünï"),
            ("metrics.1a = 'x'", Some("metrics"), "1a"),
            ("params. = 'x'", Some("params"), ""),
            ("`run name` = 'x'", None, "run name"),
            ("tags.a.is = 'x'", Some("tags"), "a.is"),
        ] {
            let found = one(text);
            assert_eq!((found.0.as_deref(), found.1.as_str()), (entity, key), "{text}");
        }
    }

    #[test]
    fn values_keep_whether_they_were_quoted() {
        for (text, value) in [
            ("a = 'x'", quoted("x")),
            ("a = \"x\"", quoted("x")),
            ("a = `x`", Operand::Bare("`x`".into())),
            ("a = x", Operand::Bare("x".into())),
            ("a = ''", quoted("")),
            ("a = 'it''s'", quoted("it''s")),
            ("a = 'x;y'", quoted("x;y")),
            ("a = -1.5e3", Operand::Number(-1500.0, "-1.5e3".into())),
            ("a = .5", Operand::Number(0.5, ".5".into())),
            ("a = 5.", Operand::Number(5.0, "5.".into())),
            ("a = nan", Operand::Bare("nan".into())),
            ("a = null", Operand::Bare("null".into())),
            ("a in ('x', 'y')", Operand::List(vec!["x".into(), "y".into()])),
        ] {
            assert_eq!(one(text).3, value, "{text}");
        }
    }

    #[test]
    fn comparisons_are_read_in_any_case_and_unknown_ones_are_kept() {
        for (text, op) in [
            ("a<1", Op::Lt),
            ("a >= 1", Op::Ge),
            ("a != 'x'", Op::Ne),
            ("a like 'x'", Op::Like),
            ("a ILike 'x'", Op::Ilike),
            ("a not in ('x')", Op::NotIn),
            ("a is null", Op::IsNull),
            ("a IS NOT NULL", Op::IsNotNull),
            ("a == 1", Op::Unknown("==".into())),
            ("a <> 1", Op::Unknown("<>".into())),
            ("a not like 'x'", Op::Unknown("NOT LIKE".into())),
        ] {
            assert_eq!(one(text).2, op, "{text}");
        }
    }

    #[test]
    fn clauses_are_joined_by_and_wherever_it_stands() {
        assert_eq!(parse_filter("").unwrap(), []);
        for text in [
            "a='x'and b='y'",
            "a = 'x' b = 'y'",
            "AND a = 'x' AND and b IS NULL AND",
            " a\n=\n'x' AND b IN ('y') ",
        ] {
            assert_eq!(parse_filter(text).unwrap().len(), 2, "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused_by_name() {
        for (text, message) in [
            ("a = 'x' OR b = 'y'", "Invalid clause(s) in filter string: 'OR'"),
            ("(a = 'x')", "Invalid clause(s) in filter string: '(a = 'x')'"),
            ("a", "Invalid clause(s) in filter string: 'a'"),
            ("a =", "Invalid clause(s) in filter string: 'a', '='"),
            ("a = 'x';", "Invalid clause(s) in filter string: ';'"),
            ("a between 1 and 2", "Invalid clause(s) in filter string: 'a', 'between', '1', '2'"),
            ("1 < a", "Invalid comparison clause. Expected 'Identifier' found '1'"),
            ("a-b = 'x'", "Invalid comparison clause. Expected 'Identifier' found 'a-b'"),
            ("  ", "Invalid filter '  '. Could not be parsed."),
            (
                "a = 'x'; b = 'y'",
                "Search filter contained multiple expression 'a = 'x'; b = 'y''. Provide AND-ed expression list.",
            ),
        ] {
            assert_eq!(parse_filter(text), Err(Error::invalid(message)), "{text}");
        }
        for (text, message) in [
            ("a =", "Invalid clause(s) in filter string: a, ="),
            (
                "a = 'x'; b",
                "Search filter contained multiple expression \"a = 'x'; b\". Provide AND-ed expression list.",
            ),
        ] {
            assert_eq!(parse_filter_of_entities(text), Err(Error::invalid(message)), "{text}");
        }
    }
}
