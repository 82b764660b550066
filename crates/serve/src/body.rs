//! The body of a prediction request, read strictly: no key twice, no field unknown, nothing padded.

use std::collections::BTreeMap;
use std::fmt;

use axum::http::StatusCode;
use gauntlet_core::{Cell, ModelName, Version};
use serde::Deserialize;
use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::problem::Problem;

/// A request for a prediction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Body {
    pub(crate) model_name: ModelName,
    #[serde(default)]
    pub(crate) model_version: Asked,
    features: Features,
    // Accepted as the guide's clients send them; the server keeps no state of sensors.
    #[serde(default, rename = "sensor_id")]
    _sensor_id: Option<String>,
    #[serde(default, rename = "explain")]
    _explain: Option<bool>,
}

/// Which version is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "Spelled")]
pub(crate) enum Asked {
    /// The champion.
    #[default]
    Auto,
    /// The version of that number.
    Number(Version),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`model_version` must be `auto` or a version's number")]
enum Spelled {
    Number(u32),
    Text(String),
}

impl TryFrom<Spelled> for Asked {
    type Error = String;

    fn try_from(spelled: Spelled) -> Result<Self, String> {
        match spelled {
            Spelled::Number(number) => Ok(Self::Number(Version(number))),
            Spelled::Text(text) if text == "auto" => Ok(Self::Auto),
            Spelled::Text(text) => text.parse().map(|n| Self::Number(Version(n))).map_err(|_| {
                format!("`model_version` must be `auto` or a version's number, not `{text}`")
            }),
        }
    }
}

impl Body {
    /// Reads a body.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        // Serde would also take a list of the fields in their order.
        if bytes.trim_ascii_start().starts_with(b"[") {
            return Err(Problem::unprocessable("the body must be an object, not a list"));
        }
        serde_json::from_slice(bytes).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => {
                Problem::unprocessable(format!("the request does not fit: {error}"))
            }
            _ => Problem::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")),
        })
    }

    /// The features as the signature checks them, `None` for null.
    pub(crate) fn features(&self) -> Result<BTreeMap<String, Option<Cell<'_>>>, Problem> {
        self.features.0.iter().map(|(name, value)| Ok((name.clone(), value.cell(name)?))).collect()
    }
}

impl Given {
    fn cell(&self, name: &str) -> Result<Option<Cell<'_>>, Problem> {
        match self {
            Self::Null => Ok(None),
            Self::Number(number) => Ok(Some(Cell::Number(*number))),
            Self::Text(text) => Ok(Some(Cell::Text(text))),
            Self::Other(what) => {
                let detail = format!("feature `{name}` must be a number or a text, not {what}");
                Err(Problem::unprocessable(detail))
            }
        }
    }
}

/// Feature values by name; a name that stands twice is refused.
#[derive(Debug)]
struct Features(BTreeMap<String, Given>);

/// A value as it was sent.
#[derive(Debug)]
enum Given {
    Null,
    Number(f64),
    Text(String),
    Other(&'static str),
}

impl<'de> Deserialize<'de> for Features {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Once;

        impl<'de> Visitor<'de> for Once {
            type Value = Features;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`features` as an object of names and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Features, A::Error> {
                let mut features = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, Given>()? {
                    if features.contains_key(&name) {
                        return Err(A::Error::custom(format!("feature `{name}` stands twice")));
                    }
                    features.insert(name, value);
                }
                Ok(Features(features))
            }
        }

        deserializer.deserialize_map(Once)
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }

            fn visit_unit<E>(self) -> Result<Given, E> {
                Ok(Given::Null)
            }

            fn visit_bool<E>(self, _: bool) -> Result<Given, E> {
                Ok(Given::Other("a boolean"))
            }

            fn visit_i64<E>(self, value: i64) -> Result<Given, E> {
                Ok(Given::Number(value as f64))
            }

            fn visit_u64<E>(self, value: u64) -> Result<Given, E> {
                Ok(Given::Number(value as f64))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Given, E> {
                Ok(Given::Number(value))
            }

            fn visit_str<E>(self, value: &str) -> Result<Given, E> {
                Ok(Given::Text(value.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Given, A::Error> {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Given::Other("a list"))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Given, A::Error> {
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

    fn refused(json: &str) -> (u16, String) {
        let problem = match Body::read(json.as_bytes()) {
            Ok(body) => body.features().unwrap_err(),
            Err(problem) => problem,
        };
        (problem.status().as_u16(), problem.detail().to_owned())
    }

    #[test]
    fn a_request_is_read_with_its_defaults() {
        let body =
            Body::read(br#"{"model_name":"m","features":{"a":1,"b":"x","c":null}}"#).unwrap();
        assert_eq!(body.model_version, Asked::Auto);
        let features = body.features().unwrap();
        assert_eq!(features["a"], Some(Cell::Number(1.0)));
        assert_eq!(features["b"], Some(Cell::Text("x")));
        assert_eq!(features["c"], None);
        let numbered = br#"{"model_name":"m","model_version":"3","features":{}}"#;
        assert_eq!(Body::read(numbered).unwrap().model_version, Asked::Number(Version(3)));
        let plain = br#"{"model_name":"m","model_version":3,"features":{}}"#;
        assert_eq!(Body::read(plain).unwrap().model_version, Asked::Number(Version(3)));
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (json, status, word) in [
            ("{", 400, "not JSON"),
            ("", 400, "not JSON"),
            (r#" ["m", "auto", {}]"#, 422, "not a list"),
            (r#"{"features":{}}"#, 422, "model_name"),
            (r#"{"model_name":"m"}"#, 422, "features"),
            (r#"{"model_name":"../m","features":{}}"#, 422, "../m"),
            (r#"{"model_name":"m","features":[1]}"#, 422, "features"),
            (r#"{"model_name":"m","features":{"a":1,"a":2}}"#, 422, "`a` stands twice"),
            (r#"{"model_name":"m","features":{"a":true}}"#, 422, "`a` must be a number or a text"),
            (r#"{"model_name":"m","features":{"a":[1]}}"#, 422, "a list"),
            (r#"{"model_name":"m","features":{"a":{}}}"#, 422, "an object"),
            (r#"{"model_name":"m","features":{},"feature":1}"#, 422, "`feature`"),
            (r#"{"model_name":"m","model_name":"m","features":{}}"#, 422, "model_name"),
            (r#"{"model_name":"m","model_version":"new","features":{}}"#, 422, "model_version"),
            (r#"{"model_name":"m","model_version":-1,"features":{}}"#, 422, "model_version"),
        ] {
            let (found, detail) = refused(json);
            assert_eq!(found, status, "{json}: {detail}");
            assert!(detail.contains(word), "{json}: {detail}");
        }
    }

    #[test]
    fn deep_nesting_and_endless_numbers_are_refused() {
        let deep = format!(r#"{{"model_name":"m","features":{{"a":{}"#, "[".repeat(100_000));
        assert_eq!(refused(&deep).0, 400);
        assert_eq!(refused(r#"{"model_name":"m","features":{"a":1e999}}"#).0, 400);
    }
}
