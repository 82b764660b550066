//! What the command line asks for: a model, which version of it, and where from.

use std::fmt;
use std::str::FromStr;

use gauntlet_core::{Alias, ModelName, Version};
use gauntlet_registry::Selector;
use serde::{Deserialize, Serialize};

/// A model to serve: `NAME`, `NAME@ALIAS`, `NAME/VERSION`, and any of them with `=PLACE` behind it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub(crate) struct Wanted {
    /// The name it is served under.
    pub(crate) model: ModelName,
    /// Which version of it.
    pub(crate) which: Selector,
    /// A folder, an `.onnx` file or `s3://bucket/prefix` to take it from; `None` is the registry.
    pub(crate) place: Option<String>,
}

impl Wanted {
    /// The champion of a model in the registry.
    pub(crate) fn champion(model: ModelName) -> Self {
        Self { model, which: Selector::Alias(Alias::champion()), place: None }
    }

    /// The alias that is followed, if one is.
    pub(crate) fn alias(&self) -> Option<&Alias> {
        match &self.which {
            Selector::Alias(alias) => Some(alias),
            Selector::Number(_) => None,
        }
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.which {
            Selector::Alias(alias) => write!(f, "{}@{alias}", self.model)?,
            Selector::Number(version) => write!(f, "{}/{version}", self.model)?,
        }
        match &self.place {
            Some(place) => write!(f, "={place}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, place) = match text.split_once('=') {
            Some((_, "")) => {
                return Err("`=` is followed by a folder, a file or s3://bucket/prefix".to_owned());
            }
            Some((name, place)) => (name, Some(place.to_owned())),
            None => (text, None),
        };
        // As MLflow's clients write it.
        let name = name.strip_prefix("models:/").unwrap_or(name);
        let (model, which) = if let Some((model, alias)) = name.rsplit_once('@') {
            (model, Selector::Alias(alias.parse().map_err(|e| format!("{e}"))?))
        } else if let Some((model, number)) = name.rsplit_once('/') {
            let number = number.parse().ok().filter(|number| *number > 0);
            let number =
                number.ok_or("`/` is followed by the number of a version, as in NAME/3")?;
            (model, Selector::Number(Version(number)))
        } else {
            (name, Selector::Alias(Alias::champion()))
        };
        let model = model.parse().map_err(|e| format!("{e}"))?;
        Ok(Self { model, which, place })
    }
}

impl From<Wanted> for String {
    fn from(wanted: Wanted) -> Self {
        wanted.to_string()
    }
}

impl TryFrom<String> for Wanted {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_wanted_by_alias_version_or_place() {
        for (text, shown) in [
            ("m", "m@champion"),
            ("m@challenger", "m@challenger"),
            ("m/3", "m/3"),
            ("models:/m/3", "m/3"),
            ("models:/m@champion", "m@champion"),
            ("m=a/b=c", "m@champion=a/b=c"),
            ("m/2=s3://b/p", "m/2=s3://b/p"),
        ] {
            let wanted: Wanted = text.parse().unwrap();
            assert_eq!(wanted.to_string(), shown);
            assert_eq!(shown.parse::<Wanted>().unwrap(), wanted);
        }
    }

    #[test]
    fn what_names_no_model_or_version_is_refused() {
        for text in ["", "m@", "m@latest", "../m", "m/", "m/0", "m/champion", "m/-1", "=x", "m="] {
            assert!(text.parse::<Wanted>().is_err(), "{text}");
        }
    }
}
