//! Who is asking. Credentials come from the environment, go only where they belong, and are never shown.

use std::fmt;

use reqwest::{RequestBuilder, Url};

/// What may be said to whom.
///
/// `KAGGLE_USERNAME` and `KAGGLE_KEY` go to kaggle.com over https only; `GAUNTLET_DATA_TOKEN`, or else
/// `GAUNTLET_DATA_USER` and `GAUNTLET_DATA_PASSWORD`, go to the mirror only. A redirect to another host drops them.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    kaggle: Option<Auth>,
    mirror: Option<Auth>,
}

/// One way to say who is asking.
#[derive(Clone)]
pub(crate) enum Auth {
    Basic { user: String, password: String },
    Bearer(String),
}

impl Credentials {
    /// The credentials in this process's environment.
    #[must_use]
    pub fn from_env() -> Self {
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// The credentials that `lookup` knows by the names of the environment; an empty one is none.
    #[must_use]
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let get = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let basic = |user: &str, password: &str| {
            let (user, password) = (get(user)?, get(password)?);
            Some(Auth::Basic { user, password })
        };
        let token = get("GAUNTLET_DATA_TOKEN").map(Auth::Bearer);
        Self {
            kaggle: basic("KAGGLE_USERNAME", "KAGGLE_KEY"),
            mirror: token.or_else(|| basic("GAUNTLET_DATA_USER", "GAUNTLET_DATA_PASSWORD")),
        }
    }

    /// What to say when asking for `url`.
    pub(crate) fn for_url(&self, url: &Url, mirrored: bool) -> Option<&Auth> {
        if mirrored {
            return self.mirror.as_ref();
        }
        let host = url.host_str().unwrap_or_default();
        let is_kaggle = host == "kaggle.com" || host.ends_with(".kaggle.com");
        self.kaggle.as_ref().filter(|_| is_kaggle && url.scheme() == "https")
    }
}

impl Auth {
    /// Says it.
    pub(crate) fn apply(&self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Self::Basic { user, password } => request.basic_auth(user, Some(password)),
            Self::Bearer(token) => request.bearer_auth(token),
        }
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Basic { .. } => "Basic(..)",
            Self::Bearer(_) => "Bearer(..)",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Credentials {
        Credentials::from_lookup(|name| Some(format!("secret of {name}")))
    }

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn kaggle_credentials_go_to_kaggle_over_https_only() {
        let asks = |text: &str| all().for_url(&url(text), false).is_some();
        assert!(asks("https://www.kaggle.com/api/v1/datasets/download/a/b"));
        assert!(asks("https://kaggle.com/x"));
        assert!(!asks("http://www.kaggle.com/x"));
        assert!(!asks("https://notkaggle.com/x"));
        assert!(!asks("https://kaggle.com.example.org/x"));
    }

    #[test]
    fn a_mirror_gets_its_own_credentials_and_never_those_of_kaggle() {
        let mirror = url("https://www.kaggle.com/mirror");
        assert!(matches!(all().for_url(&mirror, true), Some(Auth::Bearer(_))));
        let kaggle_only = Credentials::from_lookup(|name| {
            name.starts_with("KAGGLE").then(|| "secret".to_owned())
        });
        assert!(kaggle_only.for_url(&mirror, true).is_none());
    }

    #[test]
    fn half_a_pair_or_an_empty_one_is_none() {
        let half = Credentials::from_lookup(|name| match name {
            "KAGGLE_USERNAME" => Some("me".into()),
            "GAUNTLET_DATA_USER" => Some("me".into()),
            _ => Some(String::new()),
        });
        assert!(half.kaggle.is_none() && half.mirror.is_none());
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!("{:?}", all());
        assert!(!shown.contains("secret"), "{shown}");
    }
}
