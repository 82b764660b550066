//! Where the bucket is and who asks, under the names that MLflow and the AWS tools use.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::profile;
use crate::{RegistryError, Result};

/// When uploads carry a checksum and downloads are checked against one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Checksums {
    /// Whenever the operation knows one, as Amazon's S3 wants it.
    #[default]
    Supported,
    /// Only where the operation demands it: for stores that do not understand them.
    Required,
}

/// How to reach a store. [`S3Config::from_env`] reads it from the environment.
#[derive(Clone)]
pub struct S3Config {
    /// Address of an S3-compatible store (`MLFLOW_S3_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`);
    /// Amazon's if `None`. With an address, buckets are named in the path and not in the host.
    pub endpoint: Option<String>,
    /// `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile's, or `us-east-1`.
    pub region: String,
    /// `AWS_ACCESS_KEY_ID`, or the profile's.
    pub access_key: Option<String>,
    /// `AWS_SECRET_ACCESS_KEY`, or the profile's.
    pub secret_key: Option<String>,
    /// `AWS_SESSION_TOKEN`, or the profile's.
    pub session_token: Option<String>,
    /// `AWS_REQUEST_CHECKSUM_CALCULATION=when_required`; [`Checksums::Supported`] otherwise.
    pub checksums: Checksums,
    /// A file of certificates to trust beside the system's (`AWS_CA_BUNDLE`).
    pub ca_bundle: Option<PathBuf>,
    /// How often an operation is tried that failed for a moment (`AWS_MAX_ATTEMPTS`).
    pub attempts: u32,
    /// How long to wait for a byte before giving an attempt up.
    pub read_timeout: Duration,
}

impl Default for S3Config {
    fn default() -> Self {
        Self {
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key: None,
            secret_key: None,
            session_token: None,
            checksums: Checksums::default(),
            ca_bundle: None,
            attempts: 3,
            read_timeout: Duration::from_secs(60),
        }
    }
}

impl fmt::Debug for S3Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Config")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("access_key", &self.access_key)
            .field("secret_key", &self.secret_key.as_ref().map(|_| "hidden"))
            .field("checksums", &self.checksums)
            .finish_non_exhaustive()
    }
}

impl S3Config {
    /// The configuration that the environment gives.
    ///
    /// # Errors
    /// A value that cannot be used, or a file of a profile that cannot be read.
    pub fn from_env() -> Result<Self> {
        Self::from_lookup(|key| std::env::var(key).ok())
    }

    /// The configuration that `env` gives.
    ///
    /// # Errors
    /// Those of [`Self::from_env`].
    pub fn from_lookup(env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let env = |key: &str| env(key).filter(|value| !value.trim().is_empty());
        let first = |keys: &[&str]| keys.iter().find_map(|key| env(key));
        if let Some(value) = env("MLFLOW_S3_IGNORE_TLS").filter(|value| is_true(value)) {
            let rule = "certificates are always checked: name the authority's certificate in AWS_CA_BUNDLE";
            return Err(invalid("MLFLOW_S3_IGNORE_TLS", value, rule));
        }
        let mut config = Self {
            endpoint: first(&["MLFLOW_S3_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"]),
            access_key: env("AWS_ACCESS_KEY_ID"),
            secret_key: env("AWS_SECRET_ACCESS_KEY"),
            session_token: env("AWS_SESSION_TOKEN"),
            ca_bundle: env("AWS_CA_BUNDLE").map(PathBuf::from),
            ..Self::default()
        };
        if let Some(endpoint) = &config.endpoint
            && !["http://", "https://"].iter().any(|scheme| endpoint.starts_with(scheme))
        {
            let rule = "it starts with `http://` or `https://`";
            return Err(invalid("MLFLOW_S3_ENDPOINT_URL", endpoint.clone(), rule));
        }
        if let Some(attempts) = env("AWS_MAX_ATTEMPTS") {
            config.attempts =
                attempts.parse().ok().filter(|attempts| *attempts > 0).ok_or_else(|| {
                    invalid("AWS_MAX_ATTEMPTS", attempts, "it is a number from 1")
                })?;
        }
        match env("AWS_REQUEST_CHECKSUM_CALCULATION")
            .map(|value| value.to_ascii_lowercase())
            .as_deref()
        {
            None | Some("when_supported") => {}
            Some("when_required") => config.checksums = Checksums::Required,
            Some(other) => {
                let rule = "it is `when_supported` or `when_required`";
                return Err(invalid("AWS_REQUEST_CHECKSUM_CALCULATION", other.to_owned(), rule));
            }
        }
        let name = first(&["AWS_PROFILE", "AWS_DEFAULT_PROFILE"]);
        let profile = profile::read(&env, name.as_deref().unwrap_or("default"))?;
        let of_profile = |key: &str| profile.get(key).cloned();
        if config.access_key.is_none() {
            config.access_key = of_profile("aws_access_key_id");
            config.secret_key = of_profile("aws_secret_access_key");
            config.session_token = of_profile("aws_session_token");
        }
        let region = first(&["AWS_REGION", "AWS_DEFAULT_REGION"]).or_else(|| of_profile("region"));
        config.region = region.unwrap_or(config.region);
        Ok(config)
    }
}

fn is_true(value: &str) -> bool {
    matches!(value.to_ascii_lowercase().as_str(), "true" | "1")
}

fn invalid(field: &'static str, value: String, rule: &str) -> RegistryError {
    RegistryError::Invalid { field, value, rule: rule.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(pairs: &[(&str, &str)]) -> Result<S3Config> {
        S3Config::from_lookup(|key| {
            pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_environment_has_the_names_of_mlflow_and_aws() {
        let found = config(&[
            ("MLFLOW_S3_ENDPOINT_URL", "http://127.0.0.1:1"),
            ("AWS_ENDPOINT_URL", "http://ignored"),
            ("AWS_ACCESS_KEY_ID", "id"),
            ("AWS_SECRET_ACCESS_KEY", "top"),
            ("AWS_DEFAULT_REGION", "eu-west-1"),
            ("AWS_REQUEST_CHECKSUM_CALCULATION", "WHEN_REQUIRED"),
        ])
        .unwrap();
        assert_eq!(found.endpoint.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!((found.region.as_str(), found.checksums), ("eu-west-1", Checksums::Required));
        assert_eq!(found.access_key.as_deref(), Some("id"));
        assert!(!format!("{found:?}").contains("top"));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        for (key, value) in [
            ("MLFLOW_S3_ENDPOINT_URL", "minio:9000"),
            ("AWS_MAX_ATTEMPTS", "0"),
            ("AWS_REQUEST_CHECKSUM_CALCULATION", "never"),
            ("MLFLOW_S3_IGNORE_TLS", "true"),
        ] {
            let error = config(&[(key, value)]).unwrap_err().to_string();
            assert!(error.contains(key) && error.contains(value), "{error}");
        }
        assert_eq!(config(&[]).unwrap().region, "us-east-1");
    }
}
