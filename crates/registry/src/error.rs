//! What can go wrong in a registry, as data: which name, version or file, never only a sentence.

use std::io;
use std::path::PathBuf;

use gauntlet_core::{Alias, Decision, Digest, ModelName, Origin, Version};

use crate::Damage;

/// The result of a registry operation.
pub type Result<T, E = RegistryError> = std::result::Result<T, E>;

/// The family an error belongs to: what a protocol maps to its codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The model, version, alias or artefact does not exist.
    NotFound,
    /// The name is taken.
    AlreadyExists,
    /// Somebody else moved first.
    Conflict,
    /// A rule of the registry forbids it: no `Promote` verdict, wrong origin, not allowed to.
    Refused,
    /// The request itself is wrong.
    Invalid,
    /// Bytes that were good once are not any more.
    Damaged,
    /// Another writer is at work; later it may succeed.
    Busy,
    /// This registry cannot do it, whoever asks.
    Unsupported,
    /// The disk or the database failed.
    Storage,
}

/// Why a registry operation failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// No model of that name.
    #[error("there is no model `{model}`{}", listing("known are", known))]
    ModelNotFound {
        /// The name asked for.
        model: ModelName,
        /// Models there are.
        known: Vec<ModelName>,
    },
    /// The model has no such version.
    #[error("model `{model}` has no version {version}")]
    VersionNotFound {
        /// The model.
        model: ModelName,
        /// The version asked for.
        version: Version,
    },
    /// The model has no such alias.
    #[error("model `{model}` has no alias `{alias}`{}", listing("it has", known))]
    AliasNotFound {
        /// The model.
        model: ModelName,
        /// The alias asked for.
        alias: Alias,
        /// Aliases the model has.
        known: Vec<Alias>,
    },
    /// The experiment's name belongs to a deleted experiment.
    #[error("the experiment `{experiment}` was deleted, and its name stays reserved")]
    ExperimentDeleted {
        /// The experiment.
        experiment: String,
    },
    /// The alias does not point where the caller thought.
    #[error(
        "alias `{alias}` of `{model}` was expected at {}, but is at {}",
        place(*expected),
        place(*found)
    )]
    Conflict {
        /// The model.
        model: ModelName,
        /// The alias.
        alias: Alias,
        /// Where the caller thought it was; `None` is nowhere.
        expected: Option<Version>,
        /// Where it is.
        found: Option<Version>,
    },
    /// Only a promoted version can be champion.
    #[error(
        "version {version} of `{model}` cannot be champion: {}",
        match decision {
            Some(decision) => format!("its verdict is {decision}, not Promote"),
            None => "it has no verdict".to_owned(),
        }
    )]
    NotPromoted {
        /// The model.
        model: ModelName,
        /// The version, 0 if it has none yet.
        version: Version,
        /// What the gate decided.
        decision: Option<Decision>,
    },
    /// Simulated and real models never share a name.
    #[error(
        "a version made from {origin} rows cannot take alias `{alias}` of `{model}`: names of simulated models end with `_sim`, and only theirs"
    )]
    WrongOrigin {
        /// The model.
        model: ModelName,
        /// The alias.
        alias: Alias,
        /// Where the version's rows came from.
        origin: Origin,
    },
    /// The registry's settings do not let this caller move the alias.
    #[error("`{who}` may not {action} alias `{alias}`{}", listing("allowed are", allowed))]
    NotAllowed {
        /// The caller.
        who: String,
        /// `move` or `force`.
        action: &'static str,
        /// The alias.
        alias: Alias,
        /// Who may.
        allowed: Vec<String>,
    },
    /// The alias was never anywhere else, or all its moves were taken back.
    #[error("alias `{alias}` of `{model}` has nothing to go back to")]
    NothingToRollBack {
        /// The model.
        model: ModelName,
        /// The alias.
        alias: Alias,
    },
    /// The version has no bundle that could be verified.
    #[error("version {version} of `{model}` has no bundle")]
    NoBundle {
        /// The model.
        model: ModelName,
        /// The version.
        version: Version,
    },
    /// A field of the request breaks a rule.
    #[error("{field} `{value}` is not accepted: {rule}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What was given.
        value: String,
        /// The rule it breaks.
        rule: String,
    },
    /// No artefact of that digest is stored.
    #[error("bundle {digest} is not in the artefact store at {}", path.display())]
    ArtifactNotFound {
        /// The bundle.
        digest: Digest,
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A bundle's files are not what its manifest says.
    #[error("bundle {digest} is damaged: {}: {damage}", path.display())]
    Damaged {
        /// The bundle.
        digest: Digest,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Box<Damage>,
    },
    /// A published pointer cannot be read.
    #[error("pointer {} is damaged: {problem}", path.display())]
    DamagedPointer {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A path would leave the folder it belongs to.
    #[error("path `{path}` leaves {}", root.display())]
    OutsideRoot {
        /// The path as written.
        path: String,
        /// The folder it must stay in.
        root: PathBuf,
    },
    /// The database holds a value that this program did not write.
    #[error("`{value}` in {column} of the database cannot be read: {problem}")]
    Unreadable {
        /// Table and column.
        column: &'static str,
        /// The value.
        value: String,
        /// Why not.
        problem: String,
    },
    /// Settings that cannot be used.
    #[error("{} cannot be used: {problem}", path.display())]
    Settings {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The database was written by a newer release.
    #[error("the registry has schema {found}, this release knows up to {known}")]
    TooNew {
        /// Schema of the database.
        found: i64,
        /// Newest schema known.
        known: i64,
    },
    /// The database is of a make or release that must not be written to.
    #[error("the database cannot be used: {problem}")]
    Schema {
        /// Whose it seems to be.
        problem: String,
    },
    /// Another process holds the registry's lock.
    #[error("another writer held {} for {waited_ms} ms", path.display())]
    Busy {
        /// The lock file.
        path: PathBuf,
        /// How long this one waited.
        waited_ms: u64,
    },
    /// There is no file of that path in the artefact store.
    #[error("there is no artefact `{path}`")]
    FileNotFound {
        /// The path, relative to the store's root.
        path: String,
    },
    /// A registry of another make lacks what was asked for.
    #[error("{registry} cannot {operation}")]
    Unsupported {
        /// What was asked for.
        operation: &'static str,
        /// Which registry.
        registry: String,
    },
    /// A server answered with an error.
    #[error("{url} refused to {operation}: {code}: {message}")]
    Remote {
        /// The server.
        url: String,
        /// What was being done.
        operation: String,
        /// MLflow's code.
        code: String,
        /// What the server says.
        message: String,
        /// The family the code belongs to.
        kind: Kind,
    },
    /// A server could not be reached, or gave no answer that can be read.
    #[error("{url} gave no answer while it was asked to {operation}: {problem}")]
    Unreachable {
        /// The server.
        url: String,
        /// What was being done.
        operation: String,
        /// What happened, without secrets.
        problem: String,
    },
    /// An object store failed.
    #[error("bucket `{bucket}`, key `{key}`: could not {operation}: {problem}; {remedy}")]
    Bucket {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What was being done.
        operation: &'static str,
        /// What the store says.
        problem: String,
        /// What to do about it.
        remedy: String,
        /// Whether the same may succeed later.
        transient: bool,
    },
    /// The file system failed; the source names the path.
    #[error("the file system failed")]
    Io(#[from] io::Error),
    /// The database failed.
    #[error("the database failed while {operation}")]
    Database {
        /// What was being done.
        operation: &'static str,
        /// Whether the database was only busy.
        busy: bool,
        /// Its own words.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl RegistryError {
    /// The family of this error.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::ModelNotFound { .. }
            | Self::VersionNotFound { .. }
            | Self::AliasNotFound { .. }
            | Self::NothingToRollBack { .. }
            | Self::FileNotFound { .. }
            | Self::ArtifactNotFound { .. } => Kind::NotFound,
            Self::ExperimentDeleted { .. } => Kind::AlreadyExists,
            Self::Conflict { .. } => Kind::Conflict,
            Self::NotPromoted { .. }
            | Self::WrongOrigin { .. }
            | Self::NotAllowed { .. }
            | Self::NoBundle { .. } => Kind::Refused,
            Self::Invalid { .. } | Self::OutsideRoot { .. } | Self::Settings { .. } => {
                Kind::Invalid
            }
            Self::Damaged { .. } | Self::DamagedPointer { .. } | Self::Unreadable { .. } => {
                Kind::Damaged
            }
            Self::Unsupported { .. } => Kind::Unsupported,
            Self::Remote { kind, .. } => *kind,
            Self::Busy { .. }
            | Self::Unreachable { .. }
            | Self::Bucket { transient: true, .. }
            | Self::Database { busy: true, .. } => Kind::Busy,
            Self::Io(_)
            | Self::Bucket { .. }
            | Self::Database { .. }
            | Self::Schema { .. }
            | Self::TooNew { .. } => Kind::Storage,
        }
    }

    /// Whether the same call may succeed later without anybody changing anything.
    #[must_use]
    pub fn retryable(&self) -> bool {
        self.kind() == Kind::Busy
    }

    /// What to try next, where there is something to say.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::Conflict { .. } => {
                "look at the history, then try again from where the alias is now"
            }
            Self::NotPromoted { .. } => "promote it by force with a reason if you know better",
            Self::Damaged { .. } => {
                "move the damaged folder out of the way and register the same bundle again"
            }
            Self::ArtifactNotFound { .. } => "register the same bundle again to restore it",
            Self::DamagedPointer { .. } => "open the registry once: it repairs its pointers",
            Self::Busy { .. } => "wait for the other run, then try again",
            Self::Unreachable { .. } => "see that the server runs and that its address is right",
            Self::Remote { kind: Kind::Refused, .. } => {
                "set MLFLOW_TRACKING_TOKEN to a token of that registry which may do this"
            }
            Self::Unsupported { .. } => {
                "use the embedded registry or `gauntlet registry serve`, which keep verdicts and history"
            }
            Self::TooNew { .. } => "use the release that wrote this registry, or a newer one",
            _ => return None,
        })
    }
}

fn place(version: Option<Version>) -> String {
    version.map_or_else(|| "no version".to_owned(), |v| format!("version {v}"))
}

fn listing<T: std::fmt::Display>(lead: &str, names: &[T]) -> String {
    if names.is_empty() {
        return String::new();
    }
    let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
    format!("; {lead} {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_names_both_places_and_is_not_retryable() {
        let error = RegistryError::Conflict {
            model: "m".parse().unwrap(),
            alias: Alias::champion(),
            expected: None,
            found: Some(Version(2)),
        };
        let text = error.to_string();
        assert!(text.contains("expected at no version, but is at version 2"), "{text}");
        assert_eq!((error.kind(), error.retryable()), (Kind::Conflict, false));
    }

    #[test]
    fn only_a_busy_registry_is_worth_retrying() {
        let database =
            |busy| RegistryError::Database { operation: "reading", busy, source: "locked".into() };
        assert!(database(true).retryable());
        assert!(!database(false).retryable());
        assert!(RegistryError::Busy { path: "l".into(), waited_ms: 1 }.retryable());
    }

    #[test]
    fn a_missing_alias_lists_those_that_exist() {
        let error = RegistryError::AliasNotFound {
            model: "m".parse().unwrap(),
            alias: Alias::champion(),
            known: vec![Alias::challenger()],
        };
        assert!(error.to_string().ends_with("no alias `champion`; it has `challenger`"));
    }
}
