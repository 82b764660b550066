//! Why the server did not start or stopped: the cause chain, one hint, and the exit code.

use std::io::Write as _;
use std::process::ExitCode;

use crate::sources::{SourceError, Trouble};

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
}

/// Prints an error with its causes and a hint, and returns the exit code.
pub(crate) fn report(error: &anyhow::Error) -> ExitCode {
    let mut text = format!("error: {error}\n");
    for cause in error.chain().skip(1) {
        text.push_str(&format!("  caused by: {cause}\n"));
    }
    let (code, hint) = verdict(error);
    if let Some(hint) = hint {
        text.push_str(&format!("hint: {hint}\n"));
    }
    // Nobody can be told that standard error is closed.
    let _ = std::io::stderr().write_all(text.as_bytes());
    ExitCode::from(code)
}

/// The exit code and the hint of whatever lies at the bottom of an error.
fn verdict(error: &anyhow::Error) -> (u8, Option<&str>) {
    if let Some(failure) = error.downcast_ref::<Failure>() {
        return (failure.code, Some(failure.hint));
    }
    if let Some(error) = error.downcast_ref::<SourceError>() {
        let code = if error.trouble == Trouble::NotFound { 3 } else { 1 };
        return (code, Some(error.hint()));
    }
    (1, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_an_error_has_the_exit_code_and_the_hint() {
        let source = |trouble| {
            let error = SourceError::new(trouble, "registry", "m@champion", "gone");
            let error = anyhow::Error::from(error).context("cannot serve model `m`");
            let (code, hint) = verdict(&error);
            (code, hint.unwrap_or_default().to_owned())
        };
        assert_eq!(source(Trouble::NotFound).0, 3);
        assert_eq!(source(Trouble::Damaged).0, 1);
        assert!(source(Trouble::Unreachable).1.contains("address"));
        let usage = anyhow::Error::from(Failure::usage("no".to_owned(), "say yes"));
        assert_eq!(verdict(&usage.context("at start")), (2, Some("say yes")));
        assert_eq!(verdict(&anyhow::anyhow!("else")), (1, None));
    }
}
