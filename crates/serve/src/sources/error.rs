//! Why a model could not be had, told apart by what the server does about it.

use std::io;

use gauntlet_registry::{Kind, RegistryError};

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// There is no such model, version, alias or folder.
    NotFound,
    /// The source did not answer; later it may.
    Unreachable,
    /// What the source hands out is not what it should be, and is not used.
    Damaged,
    /// The source lets this server not in.
    Denied,
    /// There is no room on disk.
    DiskFull,
    /// Anything else.
    Other,
}

impl Trouble {
    fn of(error: &RegistryError) -> Self {
        match error {
            RegistryError::Io(error) => Self::of_io(error),
            RegistryError::Remote { kind: Kind::Invalid, .. } => Self::Other,
            error => match error.kind() {
                Kind::NotFound => Self::NotFound,
                Kind::Busy => Self::Unreachable,
                // A path that leads out, a file that is too large: as little to be used as a wrong digest.
                Kind::Damaged | Kind::Invalid => Self::Damaged,
                Kind::Refused => Self::Denied,
                _ => Self::Other,
            },
        }
    }

    fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::NotFound => Self::NotFound,
            _ => Self::Other,
        }
    }
}

/// A failure, with the source and what was asked of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} from {place}: {problem}")]
pub(crate) struct SourceError {
    /// What kind of failure it was.
    pub(crate) trouble: Trouble,
    /// The source, without secrets.
    pub(crate) place: String,
    /// The model and alias or version that were asked for, or what else.
    pub(crate) what: String,
    /// What happened.
    pub(crate) problem: String,
}

impl SourceError {
    pub(crate) fn new(
        trouble: Trouble,
        place: impl Into<String>,
        what: impl Into<String>,
        problem: impl Into<String>,
    ) -> Self {
        Self { trouble, place: place.into(), what: what.into(), problem: problem.into() }
    }

    /// The registry's error with the source and what was asked of it.
    pub(super) fn wrap(place: &str, what: impl ToString, error: &RegistryError) -> Self {
        let mut problem = error.to_string();
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            problem = format!("{problem}: {error}");
            cause = error.source();
        }
        Self::new(Trouble::of(error), place, what.to_string(), problem)
    }

    /// What to try, in a few words.
    pub(crate) fn hint(&self) -> &'static str {
        match self.trouble {
            Trouble::NotFound => {
                "run a gauntlet until it promotes a model, or name another model or registry"
            }
            Trouble::Unreachable => "see that the registry runs and that its address is right",
            Trouble::Damaged => "register the same bundle again; this one is not served",
            Trouble::Denied => {
                "set MLFLOW_TRACKING_TOKEN, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to what may read it"
            }
            Trouble::DiskFull => "free room on the disk of --state-dir; it is tried again",
            Trouble::Other => "see the log of the registry",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trouble(error: RegistryError) -> Trouble {
        SourceError::wrap("registry", "m@champion", &error).trouble
    }

    #[test]
    fn failures_are_told_apart_by_what_to_do_about_them() {
        let io = |kind| RegistryError::Io(io::Error::from(kind));
        assert_eq!(trouble(io(io::ErrorKind::StorageFull)), Trouble::DiskFull);
        assert_eq!(trouble(io(io::ErrorKind::PermissionDenied)), Trouble::Denied);
        let remote = |kind| RegistryError::Remote {
            url: "u".into(),
            operation: "o".into(),
            code: "c".into(),
            message: "m".into(),
            kind,
        };
        assert_eq!(trouble(remote(Kind::Refused)), Trouble::Denied);
        assert_eq!(trouble(remote(Kind::Busy)), Trouble::Unreachable);
        assert_eq!(trouble(remote(Kind::Invalid)), Trouble::Other);
        let outside = RegistryError::OutsideRoot { path: "../x".into(), root: "r".into() };
        assert_eq!(trouble(outside), Trouble::Damaged);
    }

    #[test]
    fn an_error_names_what_was_asked_and_where() {
        let inner = io::Error::new(io::ErrorKind::StorageFull, "no space left");
        let error = SourceError::wrap("s3://b/p", "m@champion", &RegistryError::Io(inner));
        let text = error.to_string();
        assert!(text.starts_with("m@champion from s3://b/p: ") && text.ends_with("no space left"));
        assert!(error.hint().contains("--state-dir"));
    }
}
