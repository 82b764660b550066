//! TOML into types, with errors that name the line and the nearest key that is known.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

/// Why a TOML file is not what its type asks for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}, line {line}: {message}{}", path.display(), suggestion.as_ref().map_or(String::new(), |s| format!(": did you mean `{s}`?")))]
pub struct TomlError {
    /// The file.
    pub path: PathBuf,
    /// The line of the offending text, from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
    /// The known word that is nearest to an unknown one.
    pub suggestion: Option<String>,
}

/// Parses `text`, which was read from `path`.
///
/// # Errors
/// Text that is no TOML, or does not fit `T`. For an unknown key or variant the nearest known one is named.
pub fn parse_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, TomlError> {
    toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or_default();
        let full = error.message().lines().next().unwrap_or_default();
        let suggestion = nearest_in(full);
        let message = match (&suggestion, full.split_once(", expected ")) {
            (Some(_), Some((head, _))) => head.to_owned(),
            _ => full.to_owned(),
        };
        TomlError {
            path: path.to_owned(),
            line: before.matches('\n').count() + 1,
            message: message.replace("unknown field", "unknown key"),
            suggestion,
        }
    })
}

/// In "unknown field `x`, expected one of `a`, `b`" the known word nearest to `x`.
fn nearest_in(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let unknown = quoted.next()?;
    gauntlet_core::nearest(unknown, quoted).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Shelf {
        #[serde(rename = "licence")]
        _licence: String,
        #[serde(rename = "title")]
        _title: String,
    }

    fn fail(text: &str) -> TomlError {
        parse_toml::<Shelf>(Path::new("shelf.toml"), text).unwrap_err()
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_known_key() {
        let error = fail("title = \"t\"\nlicense = \"l\"\n");
        assert_eq!(
            error.to_string(),
            "shelf.toml, line 2: unknown key `license`: did you mean `licence`?"
        );
    }

    #[test]
    fn a_missing_key_is_named_without_a_suggestion() {
        let error = fail("title = \"t\"\n");
        assert!(error.message.contains("`licence`"), "{error}");
        assert_eq!(error.suggestion, None);
    }

    #[test]
    fn text_that_is_no_toml_names_its_line() {
        assert_eq!(fail("title = \"t\"\nlicence = \n").line, 2);
    }
}
