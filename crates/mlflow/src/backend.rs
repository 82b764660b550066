//! What answers requests.

use std::future::Future;

use crate::{Endpoint, Result};

/// Answers one kind of request: from a database, or by asking another server.
pub trait Backend<E: Endpoint>: Sync {
    /// The answer.
    ///
    /// # Errors
    /// MLflow's code for it, and a sentence for people.
    fn call(&self, request: E) -> impl Future<Output = Result<E::Answer>> + Send;
}
