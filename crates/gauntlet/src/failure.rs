//! Errors of the command line, and the exit code each one has.

use std::process::ExitCode;

/// What ends a command early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The command line or a pipeline file is wrong: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Data is missing: exit code 3.
    #[error("{what}")]
    Missing {
        /// What is missing.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
    /// The gate did not promote, and promotion was required: exit code 4.
    #[error("{0}")]
    NotPromoted(String),
    /// The leak guard refused the run: exit code 1.
    #[error("the leak guard refuses this run\n{0}")]
    Leak(String),
    /// Anything else, with a hint: exit code 1.
    #[error("{what}")]
    Other {
        /// What went wrong.
        what: String,
        /// What to do.
        hint: Option<String>,
    },
}

impl Failure {
    fn code(&self) -> u8 {
        match self {
            Self::Leak(_) | Self::Other { .. } => 1,
            Self::Usage(_) => 2,
            Self::Missing { .. } => 3,
            Self::NotPromoted(_) => 4,
        }
    }

    pub(crate) fn hint(&self) -> Option<&str> {
        match self {
            Self::Missing { hint, .. } | Self::Other { hint, .. } => hint.as_deref(),
            Self::Leak(_) => Some(
                "remove the columns from the recipes, or write a waiver with a reason: \
                 [[waivers]] column = \"...\", reason = \"...\"",
            ),
            Self::Usage(_) | Self::NotPromoted(_) => None,
        }
    }
}

impl From<gauntlet_data::DataError> for Failure {
    fn from(error: gauntlet_data::DataError) -> Self {
        let (what, hint) = (error.to_string(), error.hint());
        if error.is_missing() { Self::Missing { what, hint } } else { Self::Other { what, hint } }
    }
}

/// Prints the error, its causes and one hint, and returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  caused by: {cause}");
    }
    let failure = error.downcast_ref::<Failure>();
    if let Some(hint) = failure.and_then(Failure::hint) {
        eprintln!("hint: {hint}");
    }
    ExitCode::from(failure.map_or(1, Failure::code))
}
