//! Stages, which old clients use where newer ones use aliases.

use gauntlet_mlflow::{Error, Result};

/// All stages.
pub(super) const ALL: [&str; 4] = ["None", "Staging", "Production", "Archived"];
/// Where versions that are replaced go.
pub(super) const ARCHIVED: &str = "Archived";
/// Where deleted versions are: their numbers are not given out again.
pub(super) const DELETED: &str = "Deleted_Internal";

/// The stage of that name, in any case.
pub(super) fn canonical(text: &str) -> Result<&'static str> {
    ALL.into_iter().find(|stage| stage.eq_ignore_ascii_case(text)).ok_or_else(|| {
        Error::invalid(format!(
            "Invalid Model Version stage: {text}. Value must be one of {}.",
            ALL.join(", ")
        ))
    })
}

/// Checks that a move to `stage`, written as `text`, may archive what is there.
pub(super) fn check_archiving(stage: &str, text: &str) -> Result<()> {
    if matches!(stage, "Staging" | "Production") {
        return Ok(());
    }
    // MLflow answers with a code that makes clients try again for minutes.
    Err(Error::invalid(format!(
        "Model version transition cannot archive existing model versions because '{text}' is not an Active stage. \
        Valid stages are ['Staging', 'Production']"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_read_in_any_case_and_only_active_ones_archive() {
        assert_eq!(canonical("pRODUCTION"), Ok("Production"));
        let error = canonical("x").unwrap_err();
        let expected = "Invalid Model Version stage: x. Value must be one of None, Staging, Production, Archived.";
        assert_eq!(error.message, expected);
        assert!(check_archiving("Staging", "staging").is_ok());
        assert!(check_archiving("None", "none").is_err());
        assert!(canonical(DELETED).is_err());
    }
}
