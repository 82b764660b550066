//! JSON objects in the order in which they were sent, every key once.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

/// Keys and values of an object; a key that stands twice is refused.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Once<'a, V>(pub(crate) Vec<(Cow<'a, str>, V)>);

impl<'de: 'a, 'a, V: Deserialize<'de>> Deserialize<'de> for Once<'a, V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys<V>(PhantomData<V>);

        impl<'de, V: Deserialize<'de>> Visitor<'de> for Keys<V> {
            type Value = Once<'de, V>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs: Vec<(Cow<'de, str>, V)> = Vec::new();
                while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
                    if pairs.len() >= MAX_KEYS {
                        return Err(A::Error::custom(format!("more than {MAX_KEYS} names")));
                    }
                    pairs.push((name, map.next_value()?));
                }
                match twice(&pairs) {
                    Some(name) => Err(A::Error::custom(format!("`{name}` stands twice"))),
                    None => Ok(Once(pairs)),
                }
            }
        }

        deserializer.deserialize_map(Keys(PhantomData))
    }
}

/// Names that an object may have: far more than any model has fields.
const MAX_KEYS: usize = 10_000;

fn twice<'a, V>(pairs: &'a [(Cow<'_, str>, V)]) -> Option<&'a str> {
    // Few names are compared faster than sorted.
    if pairs.len() <= 32 {
        let seen = |(at, (name, _)): (usize, &'a (Cow<'_, str>, V))| {
            pairs[..at].iter().any(|(other, _)| other == name).then_some(name.as_ref())
        };
        return pairs.iter().enumerate().find_map(seen);
    }
    let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_ref()).collect();
    names.sort_unstable();
    names.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

/// A text that is borrowed from the request wherever it has no escapes.
#[derive(Debug, Deserialize)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order_and_a_second_one_is_named() {
        let read = |json: &'static str| {
            serde_json::from_str::<Once<'_, u8>>(json).map_err(|error| error.to_string())
        };
        let Once(pairs) = read(r#"{"b": 1, "a": 2, "\u0063": 3}"#).unwrap();
        let names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_ref()).collect();
        assert_eq!(names, ["b", "a", "c"]);
        assert!(read(r#"{"a": 1, "\u0061": 2}"#).unwrap_err().contains("`a` stands twice"));
        assert!(read("[1]").unwrap_err().contains("an object"));
        let many: String = (0..40).map(|i| format!("\"{}\":0,", i % 39)).collect();
        let json = format!("{{{}}}", many.trim_end_matches(','));
        let error = serde_json::from_str::<Once<'_, u8>>(&json).unwrap_err().to_string();
        assert!(error.contains("`0` stands twice"), "{error}");
    }
}
