//! Why the server did not start or stopped: the cause chain, one hint, and the exit code.

use std::io::Write as _;
use std::process::ExitCode;

/// A failure whose exit code or hint is not the ordinary one.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    message: String,
    code: u8,
    hint: &'static str,
}

impl Failure {
    /// The command line asks for something that is refused.
    pub(crate) fn usage(message: String, hint: &'static str) -> Self {
        Self { message, code: 2, hint }
    }

    /// A pointer or a model is missing.
    pub(crate) fn missing(message: String, hint: &'static str) -> Self {
        Self { message, code: 3, hint }
    }

    /// Something is there and cannot be used.
    pub(crate) fn failed(message: String, hint: &'static str) -> Self {
        Self { message, code: 1, hint }
    }
}

/// Prints an error with its causes and a hint, and returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    let failure = error.downcast_ref::<Failure>();
    if let Some(failure) = failure {
        text.push_str(&format!("hint: {}\n", failure.hint));
    }
    // Nobody can be told that standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(failure.map_or(1, |failure| failure.code))
}
