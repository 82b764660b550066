//! The guide's request for a prediction: one row of features by name, or a recording that they are made of.

use std::borrow::Cow;

use gauntlet_core::{Field, ModelName, Version};
use gauntlet_features::Signal;
use serde::Deserialize;

use super::given::Given;
use super::once::{Once, Text};
use super::recording::{self, Sent};
use super::table::Table;
use crate::problem::Problem;

/// A request for a prediction.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Predict<'a> {
    pub(crate) model_name: ModelName,
    #[serde(default)]
    pub(crate) model_version: Asked,
    #[serde(default, borrow)]
    features: Option<Once<'a, Given<'a>>>,
    /// A snapshot of vibration, in the unit that the model was trained on.
    #[serde(default)]
    samples: Option<Vec<f64>>,
    /// A WAV file in base64.
    #[serde(default, borrow)]
    wav: Option<Text<'a>>,
    /// The asset that the row comes from; rows of one asset can be checked for drift on their own.
    #[serde(default, borrow)]
    sensor_id: Option<Text<'a>>,
    /// Whether the answer says which features moved it.
    #[serde(default)]
    pub(crate) explain: bool,
}

/// Which version is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "Spelled<'_>")]
pub(crate) enum Asked {
    /// The champion.
    #[default]
    Auto,
    /// The version of that number.
    Number(Version),
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`model_version` must be `auto` or a version's number")]
enum Spelled<'a> {
    Number(u32),
    Text(#[serde(borrow)] Cow<'a, str>),
}

impl TryFrom<Spelled<'_>> for Asked {
    type Error = String;

    fn try_from(spelled: Spelled<'_>) -> Result<Self, String> {
        match spelled {
            Spelled::Number(number) => Ok(Self::Number(Version(number))),
            Spelled::Text(text) => text.parse(),
        }
    }
}

impl std::str::FromStr for Asked {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        text.parse().map(|number| Self::Number(Version(number))).map_err(|_| {
            format!("`model_version` must be `auto` or a version's number, not `{text}`")
        })
    }
}

impl<'a> Predict<'a> {
    /// The asset that the row comes from.
    pub(crate) fn sensor(&self) -> Option<&str> {
        self.sensor_id.as_ref().map(|Text(id)| id.as_ref())
    }

    /// The features as a table: one row, or as many as the recording has that was sent instead of some of them.
    ///
    /// # Errors
    /// Neither features nor a recording, or a recording that is not what the model hears.
    pub(crate) fn table(
        &mut self,
        signal: Option<&Signal>,
        fields: &[Field],
    ) -> Result<Table<'a>, Problem> {
        let sent = match (self.samples.take(), self.wav.take()) {
            (None, None) => None,
            (Some(samples), None) => Some(Sent::Samples(samples)),
            (None, Some(Text(wav))) => Some(Sent::wav(&wav)?),
            (Some(_), Some(_)) => {
                return Err(Problem::unprocessable("send `samples` or `wav`, not both"));
            }
        };
        let given = self.features.take();
        let given = match (&sent, given) {
            (None, None) => {
                let detail =
                    "missing field `features` (or `samples`, or `wav`, of a model that hears them)";
                return Err(Problem::unprocessable(detail));
            }
            (_, given) => given.map(|Once(given)| given).unwrap_or_default(),
        };
        match sent {
            None => {
                let (names, cells) = given.into_iter().unzip();
                Ok(Table { names, cells, numbered: false })
            }
            Some(sent) => recording::table(&sent, given, signal, fields),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::parse;

    #[test]
    fn a_request_is_read_with_its_defaults() {
        let json = br#"{"model_name":"m","features":{"a":1,"b":"x","c":null}}"#;
        let mut request: Predict<'_> = parse(json).unwrap();
        assert_eq!(request.model_version, Asked::Auto);
        assert!(!request.explain);
        let table = request.table(None, &[]).unwrap();
        assert_eq!(table.names, ["a", "b", "c"]);
        assert_eq!(table.cells[2], Given::Null);
        for version in ["\"3\"", "3"] {
            let json = format!(r#"{{"model_name":"m","model_version":{version},"features":{{}}}}"#);
            let request: Predict<'_> = parse(json.as_bytes()).unwrap();
            assert_eq!(request.model_version, Asked::Number(Version(3)));
        }
    }

    #[test]
    fn what_does_not_fit_is_named() {
        for (json, status, word) in [
            ("{", 400, "not JSON"),
            ("", 400, "not JSON"),
            (r#" ["m", "auto", {}]"#, 422, "not a list"),
            (r#"{"features":{}}"#, 422, "model_name"),
            (r#"{"model_name":"../m","features":{}}"#, 422, "../m"),
            (r#"{"model_name":"m","features":[1]}"#, 422, "an object of names"),
            (r#"{"model_name":"m","features":{"a":1,"a":2}}"#, 422, "`a` stands twice"),
            (r#"{"model_name":"m","features":{},"feature":1}"#, 422, "`feature`"),
            (r#"{"model_name":"m","model_name":"m","features":{}}"#, 422, "model_name"),
            (r#"{"model_name":"m","model_version":"new","features":{}}"#, 422, "model_version"),
            (r#"{"model_name":"m","model_version":-1,"features":{}}"#, 422, "model_version"),
            (r#"{"model_name":"m","explain":"yes","features":{}}"#, 422, "boolean"),
            (r#"{"model_name":"m","sensor_id":7,"features":{}}"#, 422, "string"),
        ] {
            let problem = parse::<Predict<'_>>(json.as_bytes()).unwrap_err();
            let detail = problem.detail();
            assert_eq!(problem.status(), status, "{json}: {detail}");
            assert!(detail.contains(word), "{json}: {detail}");
        }
    }

    #[test]
    fn a_request_without_features_is_refused_by_name() {
        let mut request: Predict<'_> = parse(br#"{"model_name":"m"}"#).unwrap();
        let problem = request.table(None, &[]).unwrap_err();
        assert!(problem.detail().contains("missing field `features`"));
    }

    #[test]
    fn deep_nesting_and_endless_numbers_are_refused() {
        let deep = format!(r#"{{"model_name":"m","features":{{"a":{}"#, "[".repeat(100_000));
        for json in [deep.as_str(), r#"{"model_name":"m","features":{"a":1e999}}"#] {
            assert_eq!(parse::<Predict<'_>>(json.as_bytes()).unwrap_err().status(), 400);
        }
    }
}
