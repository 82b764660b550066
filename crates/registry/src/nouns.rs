//! What a registry answers with. Field names are those of the command line's JSON.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use gauntlet_core::{Alias, Digest, ModelName, NameError, Origin, Verdict, Version};
use serde::{Deserialize, Serialize};

/// A registered model: a name with versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// Its name.
    pub model: ModelName,
    /// What it is, for people.
    pub description: Option<String>,
    /// When it was first registered, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it last got a version or its alias last moved.
    pub updated_ms: i64,
    /// Number of versions.
    pub versions: u32,
    /// The newest version.
    pub latest: Option<Version>,
    /// Where each alias is.
    pub aliases: BTreeMap<Alias, Version>,
}

/// One version of a model, with all that is known about it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ModelVersion {
    /// The model.
    pub model: ModelName,
    /// Its number.
    pub version: Version,
    /// Aliases that point at it.
    pub aliases: Vec<Alias>,
    /// Its bundle; `None` for a version that another client registered.
    pub digest: Option<Digest>,
    /// Where its bundle is, relative to the registry's root.
    pub artifact: Option<String>,
    /// Where its rows came from.
    pub origin: Option<Origin>,
    /// The gate's newest verdict on it.
    pub verdict: Option<Verdict>,
    /// The digest of that verdict.
    pub verdict_digest: Option<Digest>,
    /// What it is, for people.
    pub description: Option<String>,
    /// When it was registered, in milliseconds since 1970.
    pub created_ms: i64,
    /// Who registered it.
    pub user: Option<String>,
    /// The run that made it.
    pub run_id: Option<String>,
    /// The experiment the run belongs to.
    pub experiment: Option<String>,
    /// The run's parameters.
    pub params: BTreeMap<String, String>,
    /// The run's metrics; one that is not a number is `null` in JSON.
    pub metrics: BTreeMap<String, f64>,
    /// The version's tags.
    pub tags: BTreeMap<String, String>,
}

/// Why an alias moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A registration moved it to a version of its batch.
    Register,
    /// Somebody moved it.
    Move,
    /// Somebody took an earlier move back.
    Rollback,
    /// `previous` followed `champion`.
    Follow,
    /// Somebody removed it.
    Remove,
}

impl EventKind {
    /// The word it is stored as.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::Move => "move",
            Self::Rollback => "rollback",
            Self::Follow => "follow",
            Self::Remove => "remove",
        }
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Register, Self::Move, Self::Rollback, Self::Follow, Self::Remove]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| format!("`{text}` is no kind of event"))
    }
}

/// One move of one alias.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Its number: 1 for the registry's first, and each one more than the one before.
    pub id: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// Who.
    pub who: String,
    /// Why it moved.
    pub kind: EventKind,
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: Alias,
    /// Where it was.
    pub from: Option<Version>,
    /// Where it went; `None` if it was removed.
    pub to: Option<Version>,
    /// The verdict on the version it went to.
    pub verdict_digest: Option<Digest>,
    /// Whether it went there although the gate did not promote that version.
    pub forced: bool,
    /// The reason given.
    pub reason: String,
    /// The event that a rollback took back.
    pub undoes: Option<i64>,
}

/// What became of one version of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// The model.
    pub model: ModelName,
    /// The version's number.
    pub version: Version,
    /// Its bundle.
    pub digest: Digest,
    /// Whether it was registered before this batch.
    pub existing: bool,
    /// The run that made it.
    pub run_id: Option<String>,
}

/// What a registration did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Each version of the batch, in its order.
    pub versions: Vec<Registered>,
    /// Each move of an alias, in order.
    pub events: Vec<Event>,
}

/// What a move did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: Alias,
    /// Where it was.
    pub from: Option<Version>,
    /// Where it is now.
    pub to: Version,
    /// The events that were recorded; none if the alias was there already.
    pub events: Vec<Event>,
}

/// Which version: by number or by alias.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selector {
    /// The version of that number.
    Number(Version),
    /// The version that the alias points at.
    Alias(Alias),
}

impl FromStr for Selector {
    type Err = NameError;

    /// A number, or an alias with or without `@` before it.
    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.parse() {
            Ok(number) => Ok(Self::Number(Version(number))),
            Err(_) => text.strip_prefix('@').unwrap_or(text).parse().map(Self::Alias),
        }
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(version) => version.fmt(f),
            Self::Alias(alias) => write!(f, "@{alias}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selector_is_a_number_or_an_alias() {
        let select = |text: &str| text.parse::<Selector>();
        assert_eq!(select("3"), Ok(Selector::Number(Version(3))));
        assert_eq!(select("@champion"), Ok(Selector::Alias(Alias::champion())));
        assert_eq!(select("champion").unwrap().to_string(), "@champion");
        assert!(select("latest").is_err());
        assert!(select("").is_err());
    }

    #[test]
    fn kinds_of_events_read_back() {
        use EventKind::{Follow, Move, Register, Remove, Rollback};
        for kind in [Register, Move, Rollback, Follow, Remove] {
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
        assert!("jump".parse::<EventKind>().is_err());
    }
}
