//! A value as it was sent, before anybody knows what it should be.

use std::borrow::Cow;
use std::fmt;

use gauntlet_core::Cell;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A cell of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Given<'a> {
    /// Null, or a cell of a CSV file without anything in it.
    Null,
    Number(f64),
    Text(Cow<'a, str>),
    /// Something that no feature is, in words.
    Other(&'static str),
}

impl Given<'_> {
    /// The cell, `None` for null.
    ///
    /// # Errors
    /// What was given instead of a number or a text, in words.
    pub(crate) fn cell(&self) -> Result<Option<Cell<'_>>, &'static str> {
        match self {
            Self::Null => Ok(None),
            Self::Number(number) => Ok(Some(Cell::Number(*number))),
            Self::Text(text) => Ok(Some(Cell::Text(text))),
            Self::Other(what) => Err(what),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Given<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Given<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Given<'de>, E> {
                Ok(Given::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Given<'de>, E> {
                Ok(Given::Other("a boolean"))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Given<'de>, E> {
                Ok(Given::Number(value as f64))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Given<'de>, E> {
                Ok(Given::Number(value as f64))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Given<'de>, E> {
                Ok(Given::Number(value))
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Given<'de>, E> {
                Ok(Given::Text(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Given<'de>, E> {
                Ok(Given::Text(Cow::Owned(value.to_owned())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Given<'de>, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Given::Other("a list"))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Given::Other("an object"))
            }
        }

        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_and_what_no_feature_is_has_a_name() {
        let given = |json: &'static str| serde_json::from_str::<Given<'_>>(json).unwrap();
        assert_eq!(given("null").cell(), Ok(None));
        assert_eq!(given("3").cell(), Ok(Some(Cell::Number(3.0))));
        assert_eq!(given("-3.5").cell(), Ok(Some(Cell::Number(-3.5))));
        assert_eq!(given(r#""L""#).cell(), Ok(Some(Cell::Text("L"))));
        assert_eq!(given(r#""\u00e9""#).cell(), Ok(Some(Cell::Text("é"))));
        assert_eq!(given("true").cell(), Err("a boolean"));
        assert_eq!(given("[1, [2]]").cell(), Err("a list"));
        assert_eq!(given(r#"{"a": {}}"#).cell(), Err("an object"));
    }
}
