//! `[access]` of the settings: who may ask, and how often.

use std::fmt;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;

/// Who may ask, and how often.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AccessSettings {
    /// A TOML file of keys, kept as digests.
    pub(crate) keys_file: Option<PathBuf>,
    /// Keys as they are sent, from the command line or the environment; each has every scope.
    #[serde(skip)]
    pub(crate) keys: Vec<PlainKey>,
    /// Whether this machine may ask without a key. It never may what needs `admin`.
    pub(crate) anonymous: bool,
    /// Bearer tokens of an identity provider.
    pub(crate) jwt: Option<JwtSettings>,
    /// Requests per minute of each caller; without it, as many as they like.
    pub(crate) rate_per_minute: Option<NonZeroU32>,
    /// Wrong keys and tokens per minute and address that get an answer of their own.
    pub(crate) failures_per_minute: NonZeroU32,
}

const FAILURES: NonZeroU32 = NonZeroU32::new(60).unwrap();

impl Default for AccessSettings {
    fn default() -> Self {
        Self {
            keys_file: None,
            keys: Vec::new(),
            anonymous: false,
            jwt: None,
            rate_per_minute: None,
            failures_per_minute: FAILURES,
        }
    }
}

/// Which JSON web tokens are accepted.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct JwtSettings {
    /// The only algorithm that is accepted, whatever a token says of itself.
    pub(crate) algorithm: JwtAlgorithm,
    /// HS256: a file with the shared secret.
    pub(crate) secret_file: Option<PathBuf>,
    /// HS256: an environment variable with the shared secret.
    pub(crate) secret_env: Option<String>,
    /// RS256: the issuer's public key as PEM, or its keys as a JWKS document.
    pub(crate) public_key_file: Option<PathBuf>,
    /// What has to be among the token's `aud`.
    pub(crate) audience: String,
    /// What the token's `iss` has to be.
    pub(crate) issuer: Option<String>,
    /// How many seconds the issuer's clock may differ, at most 60.
    #[serde(default)]
    pub(crate) leeway_seconds: u8,
}

/// How a token is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum JwtAlgorithm {
    /// A secret that both sides know, and HMAC with SHA-256.
    HS256,
    /// The issuer's RSA key, PKCS #1 v1.5 and SHA-256.
    RS256,
}

/// A key as a client sends it. It is not printed.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct PlainKey(String);

impl PlainKey {
    pub(crate) fn new(key: String) -> Self {
        Self(key)
    }

    /// The key itself.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for PlainKey {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.trim().to_owned()))
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_say_which_line_is_wrong() {
        for (text, line, word) in [
            ("anonymous = true\nkeys = [\"x\"]", "line 2", "keys"),
            ("\nrate_per_minute = 0", "line 2", "nonzero"),
            ("[jwt]\nalgorithm = \"none\"\naudience = \"a\"", "line 2", "HS256"),
            ("[jwt]\nalgorithm = \"HS256\"", "line 1", "audience"),
        ] {
            let error = toml::from_str::<AccessSettings>(text).unwrap_err().to_string();
            assert!(error.contains(line) && error.contains(word), "{error}");
        }
    }

    #[test]
    fn a_plain_key_is_not_printed() {
        let settings =
            AccessSettings { keys: vec![" s3cret ".parse().unwrap()], ..Default::default() };
        assert_eq!(settings.keys[0].reveal(), "s3cret");
        assert!(!format!("{settings:?}").contains("s3cret"));
    }
}
