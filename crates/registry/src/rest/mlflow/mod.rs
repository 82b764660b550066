//! The registry on a real MLflow, as far as that goes.
//!
//! A version's verdict and digest are tags of it, its bundle is the folder `model` of its run's artefacts. Rules
//! are checked before anything is written, so a batch that breaks one leaves nothing; but MLflow has no
//! transaction over several calls. What that means:
//!
//! - A failure in the middle of a batch leaves runs without versions, or versions without aliases; registering the
//!   same batch again completes it.
//! - A move is check, then set: of two at once, both may win.
//! - There is no history, so [`crate::Registry::history`] and [`crate::Registry::rollback`] are
//!   [`RegistryError::Unsupported`], and no events are answered.

mod alias;
mod read;
mod register;

use std::sync::Arc;

use async_trait::async_trait;
use gauntlet_core::ModelName;

use super::{FileStores, MlflowClient};
use crate::{
    Event, Model, ModelVersion, Move, Moved, Observer, Receipt, Registration, Registry,
    RegistryError, Result, Rollback, Selector,
};

/// The version's verdict, as JSON.
const VERDICT: &str = "gauntlet.verdict";

/// The folder of a run's artefacts that holds the bundle.
const FOLDER: &str = "model";

/// A registry on a server that knows only MLflow's protocol.
#[derive(Debug, Clone)]
pub struct MlflowRegistry {
    client: MlflowClient,
    files: Arc<dyn FileStores>,
}

impl MlflowRegistry {
    /// The registry of the server that `client` speaks to; `files` opens artefacts that lie outside it.
    #[must_use]
    pub fn new(client: MlflowClient, files: Arc<dyn FileStores>) -> Self {
        Self { client, files }
    }

    fn unsupported(&self, operation: &'static str) -> RegistryError {
        let registry = format!("the MLflow server at {}", self.client.address());
        RegistryError::Unsupported { operation, registry }
    }
}

#[async_trait]
impl Registry for MlflowRegistry {
    async fn register(
        &self,
        registration: &Registration,
        observer: &dyn Observer,
    ) -> Result<Receipt> {
        self.register_all(registration, observer).await
    }

    async fn models(&self) -> Result<Vec<Model>> {
        self.read_models().await
    }

    async fn versions(&self, model: &ModelName) -> Result<Vec<ModelVersion>> {
        self.read_versions(model).await
    }

    async fn version(&self, model: &ModelName, which: &Selector) -> Result<ModelVersion> {
        self.read_version(model, which).await
    }

    async fn move_alias(&self, request: &Move) -> Result<Moved> {
        self.move_checked(request).await
    }

    async fn rollback(&self, _: &Rollback) -> Result<Moved> {
        Err(self.unsupported("take a move back: it keeps no history"))
    }

    async fn history(&self, _: &ModelName) -> Result<Vec<Event>> {
        Err(self.unsupported("tell how its aliases moved: it keeps no history"))
    }
}
