//! Bearer tokens: JSON web tokens of an issuer that is trusted.
//!
//! Everything that decides comes from the settings. A token cannot choose its algorithm, bring its key or say
//! where one is; it can only name, by `kid`, one of the keys that are known.

use std::path::Path;

use anyhow::{Context as _, anyhow};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;

use super::credential::invalid;
use super::provider;
use super::rsa_key::TrustedKeys;
use super::scope::Scopes;
use super::secret_file;
use super::settings::{JwtAlgorithm, JwtSettings};
use crate::problem::Problem;

/// Bytes of the longest token that is looked at.
const LONGEST: usize = 8 << 10;

/// Bytes of the shortest secret: as many as the digest has (RFC 7518, 3.2).
const SHORTEST_SECRET: usize = 32;

/// What checks tokens.
pub(super) struct Jwt {
    keys: TrustedKeys,
    validation: Validation,
}

/// Who a token is about, and what they may.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Bearer {
    pub(super) subject: String,
    pub(super) scopes: Scopes,
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Divided by spaces (RFC 8693).
    scope: Option<String>,
    scopes: Option<Vec<String>>,
}

impl Jwt {
    /// Reads the secret or keys that the settings name.
    ///
    /// # Errors
    /// There is none for the algorithm, or one that cannot be used.
    pub(super) fn open(settings: &JwtSettings) -> anyhow::Result<Self> {
        provider::install();
        let (keys, algorithm) = match settings.algorithm {
            JwtAlgorithm::HS256 => (TrustedKeys::One(secret(settings)?), Algorithm::HS256),
            JwtAlgorithm::RS256 => (public_keys(settings)?, Algorithm::RS256),
        };
        if settings.audience.is_empty() {
            return Err(anyhow!("[access.jwt] audience is empty"));
        }
        if settings.leeway_seconds > 60 {
            return Err(anyhow!("[access.jwt] leeway_seconds is more than 60"));
        }
        let mut validation = Validation::new(algorithm);
        validation.leeway = u64::from(settings.leeway_seconds);
        validation.validate_nbf = true;
        validation.set_audience(&[&settings.audience]);
        validation.set_required_spec_claims(&["exp", "aud", "sub"]);
        if let Some(issuer) = &settings.issuer {
            validation.set_issuer(&[issuer]);
            validation.required_spec_claims.insert("iss".to_owned());
        }
        Ok(Self { keys, validation })
    }

    /// Who a token is about, if it is good.
    ///
    /// # Errors
    /// It is not; the reason is for whoever sent it.
    pub(super) fn check(&self, token: &str) -> Result<Bearer, Problem> {
        if token.len() > LONGEST {
            return Err(invalid(format!("the token has more than {LONGEST} bytes")));
        }
        let header = decode_header(token).map_err(|error| self.refuse(&error))?;
        if header.crit.is_some() {
            return Err(invalid("the token asks in `crit` for what is not understood here"));
        }
        let key = match (&self.keys, header.kid) {
            (TrustedKeys::One(key), _) => key,
            (TrustedKeys::Named(keys), Some(name)) => keys
                .get(&name)
                .ok_or_else(|| invalid("the token's `kid` names no key that is known"))?,
            (TrustedKeys::Named(_), None) => return Err(invalid("the token has no `kid`")),
        };
        let token = decode::<Claims>(token, key, &self.validation);
        let Claims { sub, scope, scopes } = token.map_err(|error| self.refuse(&error))?.claims;
        if sub.is_empty() || sub.len() > 256 || sub.chars().any(char::is_control) {
            return Err(invalid("the token's `sub` is empty, too long or no plain text"));
        }
        // An issuer has scopes of other services too.
        let spaced = scope.iter().flat_map(|scope| scope.split(' '));
        let listed = scopes.iter().flatten().map(String::as_str);
        let scopes = spaced.chain(listed).filter_map(|word| word.parse().ok()).collect();
        Ok(Bearer { subject: sub, scopes })
    }

    fn refuse(&self, error: &Error) -> Problem {
        let algorithm = self.validation.algorithms[0];
        invalid(match error.kind() {
            ErrorKind::ExpiredSignature => "the token is expired".to_owned(),
            ErrorKind::ImmatureSignature => "the token is not valid yet: see its `nbf`".to_owned(),
            ErrorKind::InvalidAudience => "the token is for another audience".to_owned(),
            ErrorKind::InvalidIssuer => "the token is of another issuer".to_owned(),
            ErrorKind::InvalidSignature => "the token's signature is wrong".to_owned(),
            ErrorKind::MissingRequiredClaim(claim) | ErrorKind::InvalidClaimFormat(claim) => {
                format!("the token's `{claim}` is missing or of the wrong kind")
            }
            ErrorKind::InvalidAlgorithm | ErrorKind::UnsupportedAlgorithm => {
                format!("the token is not signed with {algorithm:?}")
            }
            _ => "the token is no JSON web token that can be read".to_owned(),
        })
    }
}

impl std::fmt::Debug for Jwt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Jwt")
            .field("algorithms", &self.validation.algorithms)
            .finish_non_exhaustive()
    }
}

fn secret(settings: &JwtSettings) -> anyhow::Result<DecodingKey> {
    if settings.public_key_file.is_some() {
        return Err(anyhow!("[access.jwt] public_key_file is for RS256, and algorithm is HS256"));
    }
    let (place, bytes) = match (&settings.secret_file, &settings.secret_env) {
        (Some(path), None) => (path.display().to_string(), secret_file::read(path)?),
        (None, Some(name)) => {
            let value = std::env::var_os(name);
            let value =
                value.with_context(|| format!("[access.jwt] secret_env: {name} is not set"))?;
            (name.clone(), value.into_encoded_bytes())
        }
        _ => return Err(anyhow!("[access.jwt] HS256 needs one of secret_file and secret_env")),
    };
    // An editor's newline is no part of a secret.
    let secret = bytes.trim_ascii();
    if secret.starts_with(b"-----BEGIN") {
        return Err(anyhow!("{place} is a PEM file: a public key is no secret; use RS256"));
    }
    if secret.len() < SHORTEST_SECRET {
        let length = secret.len();
        return Err(anyhow!(
            "the secret in {place} has {length} bytes; HS256 needs {SHORTEST_SECRET}"
        ));
    }
    DecodingKey::from_secret(secret).with_context(|| format!("cannot use the secret in {place}"))
}

fn public_keys(settings: &JwtSettings) -> anyhow::Result<TrustedKeys> {
    if settings.secret_file.is_some() || settings.secret_env.is_some() {
        return Err(anyhow!("[access.jwt] secrets are for HS256, and algorithm is RS256"));
    }
    let path: &Path =
        settings.public_key_file.as_deref().context("[access.jwt] RS256 needs public_key_file")?;
    let text = fs_err::read_to_string(path)?;
    TrustedKeys::read(&text).with_context(|| format!("{} cannot be used", path.display()))
}

#[cfg(test)]
pub(super) mod tests;
