//! A statement and its values, written once for both databases.

use std::fmt::Write as _;

/// A value bound to a `?`. Each kind has its own null, because PostgreSQL gives nulls a type.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number.
    Int(Option<i64>),
    /// A double.
    Real(Option<f64>),
    /// A text.
    Text(Option<String>),
    /// True or false.
    Bool(Option<bool>),
}

macro_rules! values {
    ($($from:ty => |$value:ident| $to:expr;)*) => {$(
        impl From<$from> for Value {
            fn from($value: $from) -> Self {
                $to
            }
        }
    )*};
}

values! {
    i64 => |v| Self::Int(Some(v));
    i32 => |v| Self::Int(Some(v.into()));
    u32 => |v| Self::Int(Some(v.into()));
    Option<i64> => |v| Self::Int(v);
    f64 => |v| Self::Real(Some(v));
    Option<f64> => |v| Self::Real(v);
    bool => |v| Self::Bool(Some(v));
    String => |v| Self::Text(Some(v));
    &String => |v| Self::Text(Some(v.clone()));
    &str => |v| Self::Text(Some(v.to_owned()));
    Option<String> => |v| Self::Text(v);
    Option<&str> => |v| Self::Text(v.map(str::to_owned));
}

/// A statement with `?` for each value, in order.
///
/// A `?` stands for a value wherever it is, so no literal in the text may contain one; whatever comes from
/// a caller is bound and never part of the text.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sql {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

/// A statement, with its values still to be bound.
#[must_use]
pub fn sql(text: impl Into<String>) -> Sql {
    Sql { text: text.into(), values: Vec::new() }
}

impl Sql {
    /// Binds the next value.
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends text that has no `?`, or whose values are bound next.
    pub fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends `?` and binds it.
    pub fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.text.push('?');
        self.values.push(value.into());
        self
    }

    /// Appends another statement's text and values.
    pub fn push_sql(&mut self, other: Self) -> &mut Self {
        self.text.push_str(&other.text);
        self.values.extend(other.values);
        self
    }

    /// Appends `(?, ?, ...)` for a list of values.
    pub fn push_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        let mut mark = '(';
        for value in values {
            self.text.push(mark);
            self.push_bind(value);
            mark = ',';
        }
        if mark == '(' {
            // No value is in an empty list.
            self.text.push_str("(NULL");
        }
        self.push(")")
    }

    /// The text as PostgreSQL numbers its values.
    pub(super) fn numbered(&self) -> String {
        let mut text = String::with_capacity(self.text.len() + 2 * self.values.len());
        let mut parts = self.text.split('?');
        text.push_str(parts.next().unwrap_or_default());
        for (index, part) in parts.enumerate() {
            let _ = write!(text, "${}{part}", index + 1);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_for_postgresql() {
        let mut select = sql("SELECT a FROM t WHERE b = ? AND c IN ").bind(1_i64);
        select.push_list(["x", "y"]).push(" LIMIT ").push_bind(5_i64);
        assert_eq!(select.text, "SELECT a FROM t WHERE b = ? AND c IN (?,?) LIMIT ?");
        assert_eq!(select.numbered(), "SELECT a FROM t WHERE b = $1 AND c IN ($2,$3) LIMIT $4");
        assert_eq!(select.values.len(), 4);
    }

    #[test]
    fn nothing_is_in_an_empty_list() {
        let mut select = sql("SELECT a FROM t WHERE b IN ");
        select.push_list(Vec::<i64>::new());
        assert_eq!(select.text, "SELECT a FROM t WHERE b IN (NULL)");
    }
}
