//! Where the server is and who asks, under the names that MLflow's client uses.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::Url;

use crate::{RegistryError, Result};

/// How the client says who it is.
#[derive(Clone, Default)]
pub enum Auth {
    /// It does not.
    #[default]
    Nobody,
    /// With a name and a password (`MLFLOW_TRACKING_USERNAME`, `MLFLOW_TRACKING_PASSWORD`, or in the address).
    Basic {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// With a token (`MLFLOW_TRACKING_TOKEN`).
    Bearer(String),
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => f.write_str("Nobody"),
            Self::Basic { user, .. } => {
                f.debug_struct("Basic").field("user", user).finish_non_exhaustive()
            }
            Self::Bearer(_) => f.write_str("Bearer(..)"),
        }
    }
}

/// How to reach a server. [`RestConfig::from_env`] reads it from the environment.
#[derive(Debug, Clone)]
pub struct RestConfig {
    /// The server's address, without user, password and slash at its end.
    pub(crate) base: Url,
    /// Who asks.
    pub auth: Auth,
    /// Whether any certificate will do (`MLFLOW_TRACKING_INSECURE_TLS`).
    pub insecure_tls: bool,
    /// A file of certificates to trust beside the system's (`MLFLOW_TRACKING_SERVER_CERT_PATH`).
    pub ca_bundle: Option<PathBuf>,
    /// How long to wait for a byte (`MLFLOW_HTTP_REQUEST_TIMEOUT`, in seconds).
    pub timeout: Duration,
    /// How often a call is tried again (`MLFLOW_HTTP_REQUEST_MAX_RETRIES`).
    pub retries: u32,
    /// Bytes of the longest answer that is read, downloads aside.
    pub longest_answer: usize,
}

/// Answers are listings and messages; one of this size is something else.
const LONGEST_ANSWER: usize = 1 << 30;

impl RestConfig {
    /// The server at `address`, with nobody asking and MLflow's timeout and retries.
    ///
    /// # Errors
    /// It is no address of a web server.
    pub fn new(address: &str) -> Result<Self> {
        let invalid = |rule: &str| RegistryError::Invalid {
            field: "address of the registry",
            // It may hold a password that is written in a way that cannot be found and hidden.
            value: address.split('@').next_back().unwrap_or_default().to_owned(),
            rule: rule.to_owned(),
        };
        let mut base = Url::parse(address).map_err(|error| invalid(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(invalid("it starts with `http://` or `https://` and a host"));
        }
        let auth = match base.password() {
            Some(password) => {
                Auth::Basic { user: decoded(base.username()), password: decoded(password) }
            }
            None => Auth::Nobody,
        };
        // Neither can fail on an address with a host.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        base.set_query(None);
        base.set_fragment(None);
        let path = base.path().trim_end_matches('/').to_owned();
        base.set_path(&path);
        Ok(Self {
            base,
            auth,
            insecure_tls: false,
            ca_bundle: None,
            timeout: Duration::from_secs(120),
            retries: 7,
            longest_answer: LONGEST_ANSWER,
        })
    }

    /// The server at `address`, and the rest from the environment.
    ///
    /// # Errors
    /// It is no address of a web server, or a variable has a value that cannot be used.
    pub fn from_env(address: &str) -> Result<Self> {
        Self::from_lookup(address, |key| std::env::var(key).ok())
    }

    /// The server at `address`, and the rest as `env` gives it.
    ///
    /// # Errors
    /// Those of [`Self::from_env`].
    pub fn from_lookup(address: &str, env: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let env = |key: &str| env(key).filter(|value| !value.is_empty());
        let mut config = Self::new(address)?;
        if let Some(token) = env("MLFLOW_TRACKING_TOKEN") {
            config.auth = Auth::Bearer(token);
        }
        // As in MLflow, a name and a password come before a token.
        if let (Some(user), Some(password)) =
            (env("MLFLOW_TRACKING_USERNAME"), env("MLFLOW_TRACKING_PASSWORD"))
        {
            config.auth = Auth::Basic { user, password };
        }
        config.insecure_tls = env("MLFLOW_TRACKING_INSECURE_TLS")
            .is_some_and(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "1"));
        config.ca_bundle = env("MLFLOW_TRACKING_SERVER_CERT_PATH").map(PathBuf::from);
        if config.insecure_tls && config.ca_bundle.is_some() {
            return Err(RegistryError::Invalid {
                field: "MLFLOW_TRACKING_INSECURE_TLS",
                value: "true".to_owned(),
                rule: "it contradicts MLFLOW_TRACKING_SERVER_CERT_PATH: set one of the two"
                    .to_owned(),
            });
        }
        if let Some(seconds) = number(&env, "MLFLOW_HTTP_REQUEST_TIMEOUT")? {
            config.timeout = Duration::from_secs(u64::from(seconds.max(1)));
        }
        if let Some(retries) = number(&env, "MLFLOW_HTTP_REQUEST_MAX_RETRIES")? {
            config.retries = retries.min(20);
        }
        Ok(config)
    }
}

fn number(env: &impl Fn(&str) -> Option<String>, key: &'static str) -> Result<Option<u32>> {
    let Some(value) = env(key) else { return Ok(None) };
    let rule = "it is a whole number".to_owned();
    value.parse().map(Some).map_err(|_| RegistryError::Invalid { field: key, value, rule })
}

/// A name or password as it was before it was written into an address.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let (mut plain, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                plain.push(byte);
                at += 3;
            }
            (byte, _) => {
                plain.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(address: &str, pairs: &[(&str, &str)]) -> Result<RestConfig> {
        RestConfig::from_lookup(address, |key| {
            pairs.iter().find(|(name, _)| *name == key).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_password_in_the_address_leaves_it_and_is_never_shown() {
        let found = config("https://ann:p%40ss%2f@host:81/ml/?x=1#y", &[]).unwrap();
        assert_eq!(found.base.as_str(), "https://host:81/ml");
        assert!(
            matches!(&found.auth, Auth::Basic { user, password } if user == "ann" && password == "p@ss/")
        );
        assert!(!format!("{found:?}").contains("p@ss"));
        let error = config("ftp://ann:secret@host", &[]).unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn the_environment_has_mlflows_names() {
        let token = ("MLFLOW_TRACKING_TOKEN", "hush");
        let found = config("http://h", &[token, ("MLFLOW_HTTP_REQUEST_TIMEOUT", "3")]).unwrap();
        assert!(matches!(&found.auth, Auth::Bearer(token) if token == "hush"));
        assert!(!format!("{found:?}").contains("hush"));
        assert_eq!((found.timeout, found.retries), (Duration::from_secs(3), 7));
        let both =
            [token, ("MLFLOW_TRACKING_USERNAME", "ann"), ("MLFLOW_TRACKING_PASSWORD", "hush")];
        assert!(matches!(config("http://h", &both).unwrap().auth, Auth::Basic { .. }));
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        for address in ["", "host", "sqlite:///x.db", "file:///x", "http://"] {
            assert!(config(address, &[]).is_err(), "{address}");
        }
        let retries =
            config("http://h", &[("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "many")]).unwrap_err();
        assert!(retries.to_string().contains("MLFLOW_HTTP_REQUEST_MAX_RETRIES"));
        let both = [
            ("MLFLOW_TRACKING_INSECURE_TLS", "true"),
            ("MLFLOW_TRACKING_SERVER_CERT_PATH", "/etc/ca.pem"),
        ];
        assert!(config("https://h", &both).is_err());
    }
}
