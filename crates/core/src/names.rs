//! Names under which models are found. The rules are MLflow's, so that every name fits both registries.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not the name it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid {what}: {rule}")]
pub struct NameError {
    what: &'static str,
    text: String,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $type:ident, $what:literal, $rule:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        pub struct $type(String);

        impl $type {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $type {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                let check: fn(&str) -> bool = $check;
                if check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NameError { what: $what, text: text.to_owned(), rule: $rule })
                }
            }
        }

        impl From<$type> for String {
            fn from(name: $type) -> Self {
                name.0
            }
        }

        impl TryFrom<String> for $type {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                text.parse()
            }
        }
    };
}

name!(
    /// The name of a registered model, such as `ai4i_classifier`. Safe as a file name.
    ModelName,
    "model name",
    "1 to 250 characters, no `/`, `:`, `\\` or control character, and not `.` or `..`",
    |text| {
        !text.is_empty()
            && text.len() <= 250
            && text != "."
            && text != ".."
            && !text.chars().any(|c| matches!(c, '/' | ':' | '\\') || c.is_control())
    }
);

name!(
    /// The name of an alias, such as `champion`.
    Alias,
    "alias",
    "1 to 255 letters, digits, `_` or `-`, not `latest`, and not `v` and a number",
    |text| {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        let number = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit());
        !text.is_empty()
            && text.len() <= 255
            && text.chars().all(word)
            && !text.eq_ignore_ascii_case("latest")
            && !text.strip_prefix(['v', 'V']).is_some_and(number)
    }
);

impl Alias {
    /// `champion`: the version that is served.
    #[must_use]
    pub fn champion() -> Self {
        Self("champion".to_owned())
    }

    /// `challenger`: the newest version that the gate did not promote.
    #[must_use]
    pub fn challenger() -> Self {
        Self("challenger".to_owned())
    }

    /// `previous`: the champion before this one.
    #[must_use]
    pub fn previous() -> Self {
        Self("previous".to_owned())
    }
}

/// The number of a registered version, from 1 upwards and never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_names_cannot_leave_their_folder() {
        for bad in ["", ".", "..", "a/b", "a\\b", "models:x", "a\nb"] {
            assert!(bad.parse::<ModelName>().is_err(), "{bad:?}");
        }
        assert!("ai4i_classifier_randomforest_baseline".parse::<ModelName>().is_ok());
    }

    #[test]
    fn aliases_follow_mlflow() {
        for bad in ["", "latest", "Latest", "v1", "V22", "a b", "a/b"] {
            assert!(bad.parse::<Alias>().is_err(), "{bad:?}");
        }
        for good in ["champion", "v", "v1a", "previous"] {
            assert!(good.parse::<Alias>().is_ok(), "{good:?}");
        }
    }
}
