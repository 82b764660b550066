//! The pointers that an embedded registry publishes, in its folder or in a bucket with the same layout.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use gauntlet_core::{Alias, ModelName, Version};
use gauntlet_registry::published::{self, Pointer};
use gauntlet_registry::s3::BucketReader;
use gauntlet_registry::{RegistryError, Result, Selector, resolve_inside};

use super::located::{ListedModel, ListedVersion, Located};
use super::save::read_small;
use super::stores::{Files, Stores};
use super::wanted::Wanted;
use super::{Source, blocking, limits};

/// A registry's root.
#[derive(Debug, Clone)]
pub(super) enum Root {
    /// A folder.
    Folder(PathBuf),
    /// A prefix of a bucket.
    Bucket(BucketReader),
}

/// The pointers below a registry's root.
#[derive(Debug)]
pub(super) struct Pointers {
    root: Root,
    stores: Arc<Stores>,
}

impl Pointers {
    pub(super) fn new(root: Root, stores: Arc<Stores>) -> Self {
        Self { root, stores }
    }

    async fn read(&self, model: &ModelName, alias: &Alias) -> Result<Pointer> {
        let reader = match &self.root {
            Root::Folder(root) => {
                let (root, model, alias) = (root.clone(), model.clone(), alias.clone());
                return blocking(move || published::read(&root, &model, &alias)).await;
            }
            Root::Bucket(reader) => reader,
        };
        match read_pointer(reader, model, alias).await {
            Err(RegistryError::FileNotFound { .. }) => {}
            other => return other,
        }
        let mut known: BTreeMap<ModelName, Vec<Alias>> = BTreeMap::new();
        for (model, alias) in names(reader).await? {
            known.entry(model).or_default().push(alias);
        }
        Err(match known.remove(model) {
            Some(known) => {
                RegistryError::AliasNotFound { model: model.clone(), alias: alias.clone(), known }
            }
            None => RegistryError::ModelNotFound {
                model: model.clone(),
                known: known.into_keys().collect(),
            },
        })
    }

    async fn list(&self) -> Result<Vec<Pointer>> {
        match &self.root {
            Root::Folder(root) => {
                let root = root.clone();
                blocking(move || published::list(&root)).await
            }
            Root::Bucket(reader) => {
                let mut pointers = Vec::new();
                for (model, alias) in names(reader).await? {
                    match read_pointer(reader, &model, &alias).await {
                        // Removed since it was listed.
                        Err(RegistryError::FileNotFound { .. }) => {}
                        other => pointers.push(other?),
                    }
                }
                Ok(pointers)
            }
        }
    }

    async fn numbered(&self, model: &ModelName, version: Version) -> Result<Pointer> {
        let mut pointers = self.list().await?;
        if !pointers.iter().any(|pointer| pointer.model == *model) {
            let mut known: Vec<ModelName> = pointers.into_iter().map(|p| p.model).collect();
            known.dedup();
            return Err(RegistryError::ModelNotFound { model: model.clone(), known });
        }
        let found = pointers.iter().position(|p| p.model == *model && p.version == version);
        // Only what an alias points at is published.
        let found =
            found.ok_or(RegistryError::VersionNotFound { model: model.clone(), version })?;
        Ok(pointers.swap_remove(found))
    }
}

async fn read_pointer(reader: &BucketReader, model: &ModelName, alias: &Alias) -> Result<Pointer> {
    let path = format!("{}/{model}/{alias}.json", published::FOLDER);
    let bytes = read_small(reader, &path, limits::MANIFEST).await?;
    published::parse(&bytes, Path::new(&format!("{}/{path}", reader.location())), model, alias)
}

/// Models and aliases that have a pointer in a bucket, sorted.
async fn names(reader: &BucketReader) -> Result<Vec<(ModelName, Alias)>> {
    let mut names = Vec::new();
    for object in reader.below(published::FOLDER)?.objects().await? {
        // What no alias could have made is not ours.
        let Some((model, file)) = object.path.split_once('/') else { continue };
        if let (Ok(model), Some(Ok(alias))) =
            (model.parse(), file.strip_suffix(".json").map(str::parse))
        {
            names.push((model, alias));
        }
    }
    names.sort();
    Ok(names)
}

#[async_trait]
impl Source for Pointers {
    fn place(&self) -> String {
        match &self.root {
            Root::Folder(root) => root.display().to_string(),
            Root::Bucket(reader) => reader.location().to_string(),
        }
    }

    async fn champions(&self) -> Result<Vec<Wanted>> {
        let champions = self.list().await?.into_iter().filter(|p| p.alias == Alias::champion());
        Ok(champions.map(|pointer| Wanted::champion(pointer.model)).collect())
    }

    async fn locate(&self, wanted: &Wanted) -> Result<Located> {
        let pointer = match &wanted.which {
            Selector::Alias(alias) => self.read(&wanted.model, alias).await?,
            Selector::Number(version) => self.numbered(&wanted.model, *version).await?,
        };
        Ok(Located {
            model: pointer.model,
            version: pointer.version,
            alias: wanted.alias().cloned(),
            digest: Some(pointer.digest),
            origin: Some(pointer.origin),
            artifact: pointer.artifact,
            stamp: None,
            updated_ms: pointer.updated_ms,
            run_id: None,
            description: None,
            tags: BTreeMap::new(),
        })
    }

    async fn files(&self, located: &Located) -> Result<Files> {
        if located.artifact.starts_with("s3://") {
            let bucket = self.stores.bucket(located.artifact.parse()?)?;
            return Ok(Files::Store(Arc::new(bucket)));
        }
        match &self.root {
            Root::Folder(root) => Ok(Files::Folder(resolve_inside(root, &located.artifact)?)),
            Root::Bucket(reader) => Ok(Files::Store(Arc::new(reader.below(&located.artifact)?))),
        }
    }

    async fn catalogue(&self) -> Result<Vec<ListedModel>> {
        let mut models: BTreeMap<ModelName, ListedModel> = BTreeMap::new();
        for pointer in self.list().await? {
            let model = models
                .entry(pointer.model.clone())
                .or_insert_with(|| ListedModel::named(pointer.model.clone()));
            model.aliases.insert(pointer.alias, pointer.version);
            let updated = model.last_updated_timestamp.max(Some(pointer.updated_ms));
            model.last_updated_timestamp = updated;
            if model.latest_version < Some(pointer.version) {
                model.latest_version = Some(pointer.version);
                model.digest = Some(pointer.digest);
            }
        }
        Ok(models.into_values().collect())
    }

    async fn versions(&self, model: &ModelName) -> Result<Vec<ListedVersion>> {
        let mut versions: BTreeMap<Version, ListedVersion> = BTreeMap::new();
        let pointers = self.list().await?;
        for pointer in pointers.iter().filter(|pointer| pointer.model == *model) {
            let version = versions.entry(pointer.version).or_insert_with(|| ListedVersion {
                version: pointer.version,
                current_stage: None,
                status: Some("READY".to_owned()),
                creation_timestamp: None,
                aliases: Vec::new(),
                digest: Some(pointer.digest),
            });
            version.aliases.push(pointer.alias.clone());
        }
        if versions.is_empty() {
            let mut known: Vec<ModelName> = pointers.into_iter().map(|p| p.model).collect();
            known.dedup();
            return Err(RegistryError::ModelNotFound { model: model.clone(), known });
        }
        Ok(versions.into_values().rev().collect())
    }
}
