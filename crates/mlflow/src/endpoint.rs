//! What ties a request to a path.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::Message;

/// The method of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Fields in the query.
    Get,
    /// Fields in a JSON body.
    Post,
    /// Fields in a JSON body.
    Patch,
    /// Fields in a JSON body.
    Delete,
}

impl Method {
    /// Its name in HTTP.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// A request that MLflow's servers answer.
pub trait Endpoint: Message + Serialize + DeserializeOwned + Send + 'static {
    /// Its method. Two searches are also answered to `GET`; the client never needs that.
    const METHOD: Method;
    /// Its path below `/api` and `/ajax-api`; `{name}` stands for the field of that name.
    const PATH: &'static str;
    /// What it is answered with.
    type Answer: Message + Serialize + DeserializeOwned + Send + 'static;
}
