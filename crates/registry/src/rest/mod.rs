//! Registries over HTTP: ours with all it can do, and a real MLflow as far as it goes.
//!
//! [`MlflowClient`] speaks MLflow's protocol to any server that understands it. It needs no code per endpoint: it
//! implements [`gauntlet_mlflow::Backend`] for every [`gauntlet_mlflow::Endpoint`]. [`MlflowRegistry`] keeps the
//! registry's rules on top of it, [`RemoteRegistry`] uses the endpoints that only our server has, and
//! [`connect`] finds out which of the two it is talking to.
//!
//! Artefacts are [`crate::FileStore`]s, whether they pass through the server ([`ProxiedFiles`]) or lie in a
//! bucket, which a [`FileStores`] opens: this crate links no S3 SDK.
//!
//! # What is tried again
//!
//! A connection that could not be made, and an answer that says the server did nothing (429 and 503): always. A
//! connection that broke later, and 408, 500, 502 and 504: only calls that do the same when done twice. That is all
//! of them but those that make something with a number of the server's choosing; MLflow's own client repeats these
//! too, and may then leave two runs. The waits grow from 0.2 to 20 seconds, each a random part of that; `Retry-After`
//! is honoured up to a minute.

mod artifacts;
mod client;
mod config;
mod mlflow;
mod ours;
mod proxied;
pub(crate) mod retry;
pub(crate) mod transport;
mod url;

pub use artifacts::{Everywhere, FileStores, Progress, copy_file, fetch_bundle, unwrapped};
pub use client::MlflowClient;
pub use config::{Auth, RestConfig};
pub use mlflow::MlflowRegistry;
pub use ours::RemoteRegistry;
pub use proxied::ProxiedFiles;

use crate::{Registry, Result};
use std::sync::Arc;

/// The registry at an address: ours if the server has our endpoints, else an MLflow.
///
/// # Errors
/// The server cannot be reached.
pub async fn connect(
    client: MlflowClient,
    files: Arc<dyn FileStores>,
) -> Result<Arc<dyn Registry>> {
    if RemoteRegistry::is_at(&client).await? {
        Ok(Arc::new(RemoteRegistry::new(client)))
    } else {
        Ok(Arc::new(MlflowRegistry::new(client, files)))
    }
}
