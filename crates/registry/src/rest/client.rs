//! MLflow's protocol to a server, without a line per endpoint.

use bytes::Bytes;
use gauntlet_mlflow::{Backend, Endpoint, Error, ErrorCode, Method};
use reqwest::Url;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::retry::is_repeatable;
use super::transport::{Call, Transport};
use super::url::{encode, join};
use super::{ProxiedFiles, RestConfig};
use crate::{RegistryError, Result};

/// A client of one server.
#[derive(Debug, Clone)]
pub struct MlflowClient {
    transport: Transport,
}

impl MlflowClient {
    /// A client of the server that `config` names. Nothing is sent yet.
    ///
    /// # Errors
    /// The certificates to trust cannot be read.
    pub fn new(config: RestConfig) -> Result<Self> {
        Ok(Self { transport: Transport::new(config)? })
    }

    /// The server's address, without secrets.
    #[must_use]
    pub fn address(&self) -> String {
        self.transport.shown()
    }

    /// Asks the server.
    ///
    /// # Errors
    /// [`RegistryError::Remote`] with MLflow's code, or [`RegistryError::Unreachable`].
    pub async fn ask<E: Endpoint>(&self, request: E) -> Result<E::Answer> {
        let operation = E::PATH.rsplit("/mlflow/").next().unwrap_or(E::PATH);
        let unwritable = |error: serde_json::Error| RegistryError::Invalid {
            field: "request",
            value: operation.to_owned(),
            rule: error.to_string(),
        };
        let fields = match serde_json::to_value(&request).map_err(unwritable)? {
            Value::Object(fields) => fields,
            _ => Map::new(),
        };
        let path = filled(E::PATH, &fields);
        let mut url = join_encoded(self.transport.base(), &format!("/api{path}"));
        let json = if E::METHOD == Method::Get {
            query(&mut url, fields);
            None
        } else {
            Some(serde_json::to_vec(&fields).map_err(unwritable)?.into())
        };
        let method = match E::METHOD {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let repeatable = is_repeatable(E::METHOD, E::PATH);
        let call = Call { operation: operation.to_owned(), method, url, json, repeatable };
        let bytes = self.transport.call(&call).await?;
        self.parsed(operation, &bytes)
    }

    /// Reads a path that is not MLflow's, such as those of our server.
    pub(super) async fn get<A: DeserializeOwned>(&self, operation: &str, path: &str) -> Result<A> {
        let url = join(self.transport.base(), path);
        let call = Call {
            operation: operation.to_owned(),
            method: reqwest::Method::GET,
            url,
            json: None,
            repeatable: true,
        };
        let bytes = self.transport.call(&call).await?;
        self.parsed(operation, &bytes)
    }

    /// Sends JSON to a path that is not MLflow's.
    pub(super) async fn post<A: DeserializeOwned>(
        &self,
        operation: &str,
        path: &str,
        body: &impl Serialize,
        repeatable: bool,
    ) -> Result<A> {
        let url = join(self.transport.base(), path);
        let json = serde_json::to_vec(body).map_err(|error| RegistryError::Invalid {
            field: "request",
            value: operation.to_owned(),
            rule: error.to_string(),
        })?;
        let call = Call {
            operation: operation.to_owned(),
            method: reqwest::Method::POST,
            url,
            json: Some(Bytes::from(json)),
            repeatable,
        };
        let bytes = self.transport.call(&call).await?;
        self.parsed(operation, &bytes)
    }

    pub(super) fn transport(&self) -> &Transport {
        &self.transport
    }

    /// The files that the server passes on, below `root`: what follows `mlflow-artifacts:/`.
    #[must_use]
    pub fn proxied(&self, root: &str) -> ProxiedFiles {
        ProxiedFiles::new(self.clone(), root)
    }

    pub(super) fn parsed<A: DeserializeOwned>(&self, operation: &str, bytes: &[u8]) -> Result<A> {
        serde_json::from_slice(bytes).map_err(|error| {
            let problem = format!("its answer is not what MLflow answers: {error}");
            self.transport.unreadable(operation, &problem)
        })
    }
}

impl<E: Endpoint> Backend<E> for MlflowClient {
    async fn call(&self, request: E) -> gauntlet_mlflow::Result<E::Answer> {
        self.ask(request).await.map_err(|error| match error {
            RegistryError::Remote { code, message, .. } => {
                Error::new(ErrorCode::of_name(&code), message)
            }
            RegistryError::Unreachable { .. } => {
                Error::new(ErrorCode::TemporarilyUnavailable, error.to_string())
            }
            other => Error::internal(other.to_string()),
        })
    }
}

/// The path with `{name}` replaced by the field of that name. MLflow wants it in the body a second time.
fn filled(path: &str, fields: &Map<String, Value>) -> String {
    let parts: Vec<String> = path
        .split('/')
        .map(|part| match part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) {
            None => part.to_owned(),
            Some(name) => encode(&text(fields.get(name).cloned().unwrap_or_default())),
        })
        .collect();
    parts.join("/")
}

fn join_encoded(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

/// Lists are repeated keys.
fn query(url: &mut Url, fields: Map<String, Value>) {
    if fields.is_empty() {
        return;
    }
    let mut pairs = url.query_pairs_mut();
    for (name, value) in fields {
        match value {
            Value::Array(values) => {
                pairs.extend_pairs(values.into_iter().map(|value| (&name, text(value))));
            }
            value => {
                pairs.append_pair(&name, &text(value));
            }
        }
    }
}

fn text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_go_into_the_path_or_the_query() {
        let fields =
            r#"{"model_id":"a/b","filter":"x = 'ü'","order_by":["a","b"],"max_results":3}"#;
        let fields = serde_json::from_str(fields).unwrap();
        assert_eq!(
            filled("/2.0/mlflow/logged-models/{model_id}/tags", &fields),
            "/2.0/mlflow/logged-models/a%2Fb/tags"
        );
        let mut url = Url::parse("http://h/").unwrap();
        query(&mut url, fields);
        assert_eq!(
            url.query(),
            Some("filter=x+%3D+%27%C3%BC%27&max_results=3&model_id=a%2Fb&order_by=a&order_by=b")
        );
    }
}
