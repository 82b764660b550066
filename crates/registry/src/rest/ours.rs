//! The registry on our server: everything, in one call each.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use gauntlet_core::{Alias, Digest, ModelName, Version};

use super::MlflowClient;
use super::artifacts::{from_disk, with_retries};
use super::url::join;
use crate::wire::{
    BASE, History, MissingFiles, Models, MoveAlias, Register, TakeBack, VersionAnswer, Versions,
};
use crate::{
    Event, Kind, Model, ModelVersion, Move, Moved, Observer, Receipt, Registration, Registry,
    RegistryError, Result, Rollback, Selector, Step, bundle, verify_folder,
};

/// The registry on a server of ours.
#[derive(Debug, Clone)]
pub struct RemoteRegistry {
    client: MlflowClient,
}

impl RemoteRegistry {
    /// The registry of a server that has our endpoints; see [`Self::is_at`].
    #[must_use]
    pub fn new(client: MlflowClient) -> Self {
        Self { client }
    }

    /// Whether the server has our endpoints.
    ///
    /// # Errors
    /// It cannot be reached, or lets nobody in.
    pub async fn is_at(client: &MlflowClient) -> Result<bool> {
        match client.get::<Models>("find out what it is", &format!("{BASE}/models")).await {
            Ok(_) => Ok(true),
            Err(RegistryError::Remote {
                kind: Kind::NotFound | Kind::Invalid | Kind::Unsupported,
                ..
            }) => Ok(false),
            // A server without our endpoints may answer with its page.
            Err(RegistryError::Unreachable { problem, .. })
                if problem.contains("not what MLflow answers") =>
            {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    async fn upload(&self, files: &BTreeMap<Digest, PathBuf>) -> Result<()> {
        let all = MissingFiles { files: files.keys().copied().collect() };
        let at = format!("{BASE}/files/missing");
        let missing: MissingFiles =
            self.client.post("ask which files it lacks", &at, &all, true).await?;
        for digest in &missing.files {
            let Some(path) = files.get(digest) else { continue };
            let url =
                join(self.client.transport().base(), &format!("{BASE}/files/{}", digest.hex()));
            let operation = format!("upload {}", path.display());
            let silent: super::Progress = Arc::new(|_| {});
            with_retries(|| async {
                let bytes = from_disk(path, &silent).await?;
                self.client.transport().upload(&operation, url.clone(), bytes).await
            })
            .await?;
        }
        Ok(())
    }

    fn models_path(model: &ModelName) -> String {
        // A name may hold anything but a slash, and the path is encoded part by part.
        format!("{BASE}/models/{model}")
    }
}

#[async_trait]
impl Registry for RemoteRegistry {
    async fn register(
        &self,
        registration: &Registration,
        observer: &dyn Observer,
    ) -> Result<Receipt> {
        registration.check()?;
        let mut files = BTreeMap::new();
        for version in &registration.versions {
            let manifest = verify_folder(&version.bundle, &version.digest)?;
            version.check_manifest(&manifest)?;
            files.insert(version.digest, version.bundle.join(bundle::MANIFEST));
            for entry in &manifest.files {
                files.insert(entry.sha256, version.bundle.join(&entry.path));
            }
        }
        if !files.is_empty() {
            self.upload(&files).await?;
        }
        observer.done(Step::ArtifactsStored);
        // The server verifies, writes and publishes before it answers. Sent twice, it registers once.
        let at = format!("{BASE}/register");
        let receipt =
            self.client.post("register", &at, &Register::from(registration), true).await?;
        for step in [Step::ArtifactsVerified, Step::Committed, Step::PointersPublished] {
            observer.done(step);
        }
        Ok(receipt)
    }

    async fn models(&self) -> Result<Vec<Model>> {
        let models: Models = self.client.get("list models", &format!("{BASE}/models")).await?;
        Ok(models.models)
    }

    async fn versions(&self, model: &ModelName) -> Result<Vec<ModelVersion>> {
        let at = format!("{}/versions", Self::models_path(model));
        let versions: Versions = self.client.get(&format!("list versions of {model}"), &at).await?;
        Ok(versions.versions.into_iter().map(ModelVersion::from).collect())
    }

    async fn version(&self, model: &ModelName, which: &Selector) -> Result<ModelVersion> {
        let at = format!("{}/versions/{which}", Self::models_path(model));
        let version: VersionAnswer =
            self.client.get(&format!("show {which} of {model}"), &at).await?;
        Ok(version.into())
    }

    async fn move_alias(&self, request: &Move) -> Result<Moved> {
        request.check()?;
        let at = format!("{BASE}/aliases/move");
        let operation = format!("move `{}` of {}", request.alias, request.model);
        // Done twice it would be a conflict with itself.
        self.client.post(&operation, &at, &MoveAlias::from(request), false).await
    }

    async fn rollback(&self, request: &Rollback) -> Result<Moved> {
        request.check()?;
        let at = format!("{BASE}/aliases/rollback");
        let operation = format!("roll `{}` of {} back", request.alias, request.model);
        self.client.post(&operation, &at, &TakeBack::from(request), false).await
    }

    async fn history(&self, model: &ModelName) -> Result<Vec<Event>> {
        let at = format!("{}/history", Self::models_path(model));
        let history: History =
            self.client.get(&format!("show the history of {model}"), &at).await?;
        Ok(history.events)
    }

    async fn find_alias(&self, model: &ModelName, alias: &Alias) -> Result<Option<Version>> {
        match self.alias(model, alias).await {
            Ok(version) => Ok(Some(version)),
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
