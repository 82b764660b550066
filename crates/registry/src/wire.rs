//! The registry over HTTP: the shapes that our server and our client exchange.
//!
//! All paths are below [`BASE`], bodies are JSON, errors have MLflow's shape.
//!
//! | method and path | request | answer |
//! | --- | --- | --- |
//! | `GET models` | – | [`Models`] |
//! | `GET models/{model}/versions` | – | [`Versions`] |
//! | `GET models/{model}/versions/{selector}` | a number, or an alias after `@` | [`VersionAnswer`] |
//! | `GET models/{model}/history` | – | [`History`] |
//! | `GET audit` | – | [`History`], of all models, oldest first |
//! | `POST files/missing` | [`MissingFiles`] | [`MissingFiles`] |
//! | `PUT files/{digest}` | the bytes of one file | [`Stored`] |
//! | `POST register` | [`Register`] | [`crate::Receipt`] |
//! | `POST aliases/move` | [`MoveAlias`] | [`crate::Moved`] |
//! | `POST aliases/rollback` | [`TakeBack`] | [`crate::Moved`] |
//!
//! A bundle travels file by file, each named by the digest of its bytes, `manifest.json` included: that one's
//! digest is the bundle's. What the server has is not sent again, and nothing of a bundle is visible before it is
//! registered.

use std::collections::BTreeMap;

use gauntlet_core::{Alias, Digest, ModelName, Origin, Verdict, Version};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{
    AliasMove, Event, Model, ModelVersion, Move, NewVersion, Registration, Rollback, TrialRun,
};

/// Where the paths begin.
pub const BASE: &str = "/api/2.0/gauntlet/registry";

/// All models, by name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Models {
    /// The models.
    pub models: Vec<Model>,
}

/// Versions of one model, newest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Versions {
    /// The versions.
    pub versions: Vec<VersionAnswer>,
}

/// Moves of aliases, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// The moves.
    pub events: Vec<Event>,
}

/// Digests of files: in the request those of interest, in the answer those that have to be uploaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingFiles {
    /// The digests.
    pub files: Vec<Digest>,
}

/// A file that the server has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// The digest of its bytes, as the server counted it.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// A double of which no value gets lost in JSON.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Number(pub f64);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.collect_str(&self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Finite(f64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Finite(value) => Ok(Self(value)),
            Written::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

fn numbers(metrics: &BTreeMap<String, f64>) -> BTreeMap<String, Number> {
    metrics.iter().map(|(key, value)| (key.clone(), Number(*value))).collect()
}

fn doubles(metrics: BTreeMap<String, Number>) -> BTreeMap<String, f64> {
    metrics.into_iter().map(|(key, value)| (key, value.0)).collect()
}

/// A version: the fields of [`ModelVersion`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "the fields are those of `ModelVersion`")]
pub struct VersionAnswer {
    pub model: ModelName,
    pub version: Version,
    pub aliases: Vec<Alias>,
    pub digest: Option<Digest>,
    pub artifact: Option<String>,
    pub origin: Option<Origin>,
    pub verdict: Option<Verdict>,
    pub verdict_digest: Option<Digest>,
    pub description: Option<String>,
    pub created_ms: i64,
    pub user: Option<String>,
    pub run_id: Option<String>,
    pub experiment: Option<String>,
    pub params: BTreeMap<String, String>,
    pub metrics: BTreeMap<String, Number>,
    pub tags: BTreeMap<String, String>,
}

impl From<ModelVersion> for VersionAnswer {
    fn from(v: ModelVersion) -> Self {
        Self {
            metrics: numbers(&v.metrics),
            model: v.model,
            version: v.version,
            aliases: v.aliases,
            digest: v.digest,
            artifact: v.artifact,
            origin: v.origin,
            verdict: v.verdict,
            verdict_digest: v.verdict_digest,
            description: v.description,
            created_ms: v.created_ms,
            user: v.user,
            run_id: v.run_id,
            experiment: v.experiment,
            params: v.params,
            tags: v.tags,
        }
    }
}

impl From<VersionAnswer> for ModelVersion {
    fn from(v: VersionAnswer) -> Self {
        Self {
            model: v.model,
            version: v.version,
            aliases: v.aliases,
            digest: v.digest,
            artifact: v.artifact,
            origin: v.origin,
            verdict: v.verdict,
            verdict_digest: v.verdict_digest,
            description: v.description,
            created_ms: v.created_ms,
            user: v.user,
            run_id: v.run_id,
            experiment: v.experiment,
            params: v.params,
            metrics: doubles(v.metrics),
            tags: v.tags,
        }
    }
}

/// Registers what one run made; its files were uploaded before.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of `Registration`")]
pub struct Register {
    pub experiment: String,
    /// Who registers; with a token, the token's name takes its place.
    pub who: String,
    pub reason: String,
    pub started_ms: Option<i64>,
    pub versions: Vec<RegisterVersion>,
}

/// One version to register: the fields of [`NewVersion`] without a folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of `NewVersion`")]
pub struct RegisterVersion {
    pub model: ModelName,
    pub digest: Digest,
    pub verdict: Verdict,
    pub params: BTreeMap<String, String>,
    pub metrics: BTreeMap<String, Number>,
    pub tags: BTreeMap<String, String>,
    pub description: String,
    pub aliases: Vec<RegisterAlias>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub trials: Vec<RegisterTrial>,
}

/// A run below that of a version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of `TrialRun`")]
pub struct RegisterTrial {
    pub name: String,
    pub params: BTreeMap<String, String>,
    pub metrics: BTreeMap<String, Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// An alias to move to a version that is being registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of `AliasMove`")]
pub struct RegisterAlias {
    pub alias: Alias,
    pub expect: Option<Version>,
    #[serde(default)]
    pub force: bool,
}

impl From<&Registration> for Register {
    fn from(registration: &Registration) -> Self {
        let version = |v: &NewVersion| RegisterVersion {
            model: v.model.clone(),
            digest: v.digest,
            verdict: v.verdict.clone(),
            params: v.params.clone(),
            metrics: numbers(&v.metrics),
            tags: v.tags.clone(),
            description: v.description.clone(),
            aliases: v.aliases.iter().map(RegisterAlias::from).collect(),
            trials: v.trials.iter().map(RegisterTrial::from).collect(),
        };
        Self {
            experiment: registration.experiment.clone(),
            who: registration.who.clone(),
            reason: registration.reason.clone(),
            started_ms: registration.started_ms,
            versions: registration.versions.iter().map(version).collect(),
        }
    }
}

impl From<&TrialRun> for RegisterTrial {
    fn from(trial: &TrialRun) -> Self {
        Self {
            name: trial.name.clone(),
            params: trial.params.clone(),
            metrics: numbers(&trial.metrics),
            failure: trial.failure.clone(),
        }
    }
}

impl From<RegisterTrial> for TrialRun {
    fn from(trial: RegisterTrial) -> Self {
        Self {
            name: trial.name,
            params: trial.params,
            metrics: doubles(trial.metrics),
            failure: trial.failure,
        }
    }
}

impl From<&AliasMove> for RegisterAlias {
    fn from(alias: &AliasMove) -> Self {
        Self { alias: alias.alias.clone(), expect: alias.expect, force: alias.force }
    }
}

impl RegisterVersion {
    /// The version, with the folder in which its bundle was put together.
    #[must_use]
    pub fn with_bundle(self, bundle: std::path::PathBuf) -> NewVersion {
        let alias =
            |a: RegisterAlias| AliasMove { alias: a.alias, expect: a.expect, force: a.force };
        NewVersion {
            model: self.model,
            bundle,
            digest: self.digest,
            verdict: self.verdict,
            params: self.params,
            metrics: doubles(self.metrics),
            tags: self.tags,
            description: self.description,
            aliases: self.aliases.into_iter().map(alias).collect(),
            trials: self.trials.into_iter().map(TrialRun::from).collect(),
        }
    }
}

/// Moves an alias by compare-and-swap: the fields of [`Move`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of `Move`")]
pub struct MoveAlias {
    pub model: ModelName,
    pub alias: Alias,
    pub to: Version,
    /// Where it is thought to be; `null` is nowhere.
    pub expect: Option<Version>,
    #[serde(default)]
    pub force: bool,
    pub who: String,
    pub reason: String,
}

impl From<&Move> for MoveAlias {
    fn from(m: &Move) -> Self {
        Self {
            model: m.model.clone(),
            alias: m.alias.clone(),
            to: m.to,
            expect: m.expect,
            force: m.force,
            who: m.who.clone(),
            reason: m.reason.clone(),
        }
    }
}

impl From<MoveAlias> for Move {
    fn from(m: MoveAlias) -> Self {
        Self {
            model: m.model,
            alias: m.alias,
            to: m.to,
            expect: m.expect,
            force: m.force,
            who: m.who,
            reason: m.reason,
        }
    }
}

/// Takes the newest move of an alias back: the fields of [`Rollback`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the fields are those of `Rollback`")]
pub struct TakeBack {
    pub model: ModelName,
    pub alias: Alias,
    pub who: String,
    pub reason: String,
}

impl From<&Rollback> for TakeBack {
    fn from(r: &Rollback) -> Self {
        Self {
            model: r.model.clone(),
            alias: r.alias.clone(),
            who: r.who.clone(),
            reason: r.reason.clone(),
        }
    }
}

impl From<TakeBack> for Rollback {
    fn from(r: TakeBack) -> Self {
        Self { model: r.model, alias: r.alias, who: r.who, reason: r.reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_double_is_lost_in_json() {
        for value in [0.1, -0.0, f64::MAX, f64::INFINITY, f64::NEG_INFINITY] {
            let text = serde_json::to_string(&Number(value)).unwrap();
            assert_eq!(serde_json::from_str::<Number>(&text).unwrap(), Number(value), "{text}");
        }
        let text = serde_json::to_string(&Number(f64::NAN)).unwrap();
        assert!(serde_json::from_str::<Number>(&text).unwrap().0.is_nan());
        assert!(serde_json::from_str::<Number>("\"many\"").is_err());
    }

    #[test]
    fn a_misspelt_field_is_refused() {
        let text = r#"{"model":"m","alias":"champion","to":1,"expects":2,"who":"a","reason":""}"#;
        assert!(
            serde_json::from_str::<MoveAlias>(text).unwrap_err().to_string().contains("expects")
        );
    }

    #[test]
    fn a_move_reads_back() {
        let request = Move {
            model: "m".parse().unwrap(),
            alias: Alias::champion(),
            to: Version(3),
            expect: None,
            force: true,
            who: "ann".into(),
            reason: "tested".into(),
        };
        let text = serde_json::to_string(&MoveAlias::from(&request)).unwrap();
        assert_eq!(Move::from(serde_json::from_str::<MoveAlias>(&text).unwrap()), request);
    }
}
