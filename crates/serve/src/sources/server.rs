//! A registry behind HTTP: ours, or a real MLflow. Both speak MLflow's protocol, and nothing else is used here.
//!
//! The watcher's question is one request, `registered-models/alias`. What costs more is asked when a model is
//! fetched, or when one was not found and the answer should say what there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use gauntlet_core::{Alias, Digest, ModelName, Version};
use gauntlet_mlflow::{
    GetLoggedModel, GetModelVersion, GetModelVersionByAlias, GetModelVersionDownloadUri,
    GetRegisteredModel, GetRun, KeyValue, ModelVersion, ModelVersionStatus, RegisteredModel,
    SearchModelVersions, SearchRegisteredModels,
};
use gauntlet_registry::rest::{Everywhere, FileStores as _, MlflowClient, RestConfig};
use gauntlet_registry::{Kind, RegistryError, Result, Selector, Tag, local_root, rules};

use super::located::{ListedModel, ListedVersion, Located};
use super::stores::{Files, Stores};
use super::wanted::Wanted;
use super::{Source, limits};

/// Rows per page.
const PAGE: i64 = 1000;

/// How often a request is made again. The watcher comes back anyway, and the last good model is there meanwhile.
const RETRIES: u32 = 2;

/// A registry's server.
#[derive(Debug)]
pub(super) struct Server {
    client: MlflowClient,
    files: Everywhere,
}

impl Server {
    /// The server at `address`, with the environment's names and passwords for MLflow.
    ///
    /// # Errors
    /// It is no address, or the environment has a value that cannot be used.
    pub(super) fn new(address: &str, stores: Arc<Stores>) -> Result<Self> {
        let mut config = RestConfig::from_env(address)?;
        config.timeout = config.timeout.min(limits::READ);
        config.retries = config.retries.min(RETRIES);
        config.longest_answer = limits::ANSWER;
        let client = MlflowClient::new(config)?;
        Ok(Self { files: Everywhere::new(client.clone(), stores), client })
    }

    async fn version(&self, wanted: &Wanted) -> Result<ModelVersion> {
        let name = Some(wanted.model.to_string());
        let answer = match &wanted.which {
            Selector::Alias(alias) => {
                let alias = Some(alias.to_string());
                self.client.ask(GetModelVersionByAlias { name, alias }).await
            }
            Selector::Number(version) => {
                let version = Some(version.to_string());
                self.client.ask(GetModelVersion { name, version }).await
            }
        };
        match answer {
            Ok(answer) => match answer.model_version {
                Some(version) if version.name.as_deref() == Some(wanted.model.as_str()) => {
                    Ok(version)
                }
                _ => Err(self.unreadable("it answers with no version of that model")),
            },
            // MLflow calls an unknown alias an invalid parameter.
            Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Invalid) => {
                Err(self.missing(wanted, error).await)
            }
            Err(error) => Err(error),
        }
    }

    /// What there is instead of what was asked for.
    async fn missing(&self, wanted: &Wanted, error: RegistryError) -> RegistryError {
        let model = wanted.model.clone();
        let request = GetRegisteredModel { name: Some(model.to_string()) };
        match (self.client.ask(request).await, &wanted.which) {
            (Ok(answer), Selector::Alias(alias)) => {
                let registered = answer.registered_model.unwrap_or_default();
                let known = aliases(&registered).into_keys().collect();
                RegistryError::AliasNotFound { model, alias: alias.clone(), known }
            }
            (Ok(_), Selector::Number(version)) => {
                RegistryError::VersionNotFound { model, version: *version }
            }
            (Err(refused), _) if refused.kind() == Kind::NotFound => self.unknown(&model).await,
            (Err(_), _) => error,
        }
    }

    async fn unknown(&self, model: &ModelName) -> RegistryError {
        let known = self.models().await.unwrap_or_default();
        let known = known.into_iter().map(|(name, _)| name).collect();
        RegistryError::ModelNotFound { model: model.clone(), known }
    }

    /// All models whose names ours accept: others cannot be asked for either.
    async fn models(&self) -> Result<Vec<(ModelName, RegisteredModel)>> {
        let (mut models, mut page_token) = (Vec::new(), None);
        loop {
            let request = SearchRegisteredModels {
                max_results: Some(PAGE),
                order_by: vec!["name ASC".to_owned()],
                page_token: page_token.clone(),
                ..SearchRegisteredModels::default()
            };
            let page = self.client.ask(request).await?;
            let named = page.registered_models.into_iter();
            models.extend(
                named.filter_map(|model| Some((model.name.as_deref()?.parse().ok()?, model))),
            );
            let next = page.next_page_token.filter(|token| !token.is_empty());
            if next.is_none() || next == page_token || models.len() > limits::MODELS {
                return Ok(models);
            }
            page_token = next;
        }
    }

    async fn all_versions(&self, model: &ModelName) -> Result<Vec<ModelVersion>> {
        // A name with both kinds of quotes cannot be asked for: MLflow's filters know no escape.
        let quote = if model.as_str().contains('\'') { '"' } else { '\'' };
        let (mut versions, mut page_token) = (Vec::new(), None);
        loop {
            let request = SearchModelVersions {
                filter: Some(format!("name = {quote}{model}{quote}")),
                max_results: Some(PAGE),
                page_token: page_token.clone(),
                ..SearchModelVersions::default()
            };
            let page = self.client.ask(request).await?;
            versions.extend(page.model_versions);
            let next = page.next_page_token.filter(|token| !token.is_empty());
            if next.is_none() || next == page_token || versions.len() > limits::MODELS {
                return Ok(versions);
            }
            page_token = next;
        }
    }

    /// Where the files are, once `runs:/` and `models:/` are followed.
    async fn resolved(&self, uri: &str) -> Result<String> {
        if let Some((run_id, path)) = uri.strip_prefix("runs:/").and_then(|u| u.split_once('/')) {
            let request = GetRun { run_id: Some(run_id.to_owned()), run_uuid: None };
            let info = self.client.ask(request).await?.run.and_then(|run| run.info);
            let root = info.and_then(|info| info.artifact_uri);
            let root = root.ok_or_else(|| self.unreadable("its run has no artefacts"))?;
            return Ok(format!("{}/{path}", root.trim_end_matches('/')));
        }
        if let Some(model_id) = uri.strip_prefix("models:/").filter(|id| id.starts_with("m-")) {
            let request =
                GetLoggedModel { model_id: Some(model_id.to_owned()), allow_deleted: None };
            let info = self.client.ask(request).await?.model.and_then(|model| model.info);
            let root = info.and_then(|info| info.artifact_uri);
            return root.ok_or_else(|| self.unreadable("its logged model has no artefacts"));
        }
        Ok(uri.to_owned())
    }

    fn unreadable(&self, problem: &str) -> RegistryError {
        RegistryError::Unreachable {
            url: self.client.address(),
            operation: "say where a model is".to_owned(),
            problem: problem.to_owned(),
        }
    }
}

#[async_trait]
impl Source for Server {
    fn place(&self) -> String {
        self.client.address()
    }

    async fn champions(&self) -> Result<Vec<Wanted>> {
        let models = self.models().await?.into_iter();
        let crowned = models.filter(|(_, model)| aliases(model).contains_key(&Alias::champion()));
        Ok(crowned.map(|(name, _)| Wanted::champion(name)).collect())
    }

    async fn locate(&self, wanted: &Wanted) -> Result<Located> {
        let version = self.version(wanted).await?;
        let number = number(&version).ok_or_else(|| self.unreadable("its version is no number"))?;
        if !matches!(version.status, None | Some(ModelVersionStatus::Ready)) {
            let status = version.status_message.unwrap_or_else(|| "not ready".to_owned());
            return Err(self.unreadable(&format!("version {number} is not ready: {status}")));
        }
        let created = version.creation_timestamp.unwrap_or(0);
        let tags = pairs(version.tags);
        let digest = match tags.get(Tag::BUNDLE) {
            Some(text) => Some(text.parse::<Digest>().map_err(|error| RegistryError::Invalid {
                field: Tag::BUNDLE,
                value: text.chars().take(100).collect(),
                rule: error.to_string(),
            })?),
            None => None,
        };
        Ok(Located {
            model: wanted.model.clone(),
            version: number,
            alias: wanted.alias().cloned(),
            digest,
            origin: tags.get(Tag::ORIGIN).and_then(|origin| rules::parse_origin(origin)),
            artifact: version.source.unwrap_or_default(),
            // A registry that was made anew may number another model the same.
            stamp: Some(created.to_string()),
            updated_ms: version.last_updated_timestamp.unwrap_or(created),
            run_id: version.run_id.filter(|run| !run.is_empty()),
            description: version.description.filter(|text| !text.is_empty()),
            tags,
        })
    }

    async fn files(&self, located: &Located) -> Result<Files> {
        let request = GetModelVersionDownloadUri {
            name: Some(located.model.to_string()),
            version: Some(located.version.to_string()),
        };
        let uri = self.client.ask(request).await?.artifact_uri;
        let uri = uri.ok_or_else(|| self.unreadable("it does not say where the files are"))?;
        let uri = self.resolved(&uri).await?;
        if let Some(folder) = local_root(&uri).filter(|_| !uri.starts_with("mlflow-artifacts:")) {
            if folder.is_absolute() && folder.is_dir() {
                return Ok(Files::Folder(folder));
            }
            return Err(RegistryError::Invalid {
                field: "artefacts at",
                value: uri,
                rule: "they are in a folder of the registry's machine that is not on this one: share the folder, or \
                       let the registry serve its artefacts"
                    .to_owned(),
            });
        }
        Ok(Files::Store(self.files.open(&uri)?))
    }

    async fn catalogue(&self) -> Result<Vec<ListedModel>> {
        Ok(self.models().await?.into_iter().map(|(name, model)| listed(name, model)).collect())
    }

    async fn versions(&self, model: &ModelName) -> Result<Vec<ListedVersion>> {
        let request = GetRegisteredModel { name: Some(model.to_string()) };
        let registered = match self.client.ask(request).await {
            Ok(answer) => answer.registered_model.unwrap_or_default(),
            Err(error) if error.kind() == Kind::NotFound => return Err(self.unknown(model).await),
            Err(error) => return Err(error),
        };
        // MLflow's search leaves the aliases of versions out.
        let aliases = aliases(&registered);
        let versions = self.all_versions(model).await?.into_iter();
        let mut versions: Vec<ListedVersion> =
            versions.filter_map(|version| listed_version(version, &aliases)).collect();
        versions.sort_by_key(|version| std::cmp::Reverse(version.version));
        Ok(versions)
    }
}

fn number(version: &ModelVersion) -> Option<Version> {
    version.version.as_deref()?.parse().ok().map(Version)
}

fn pairs(pairs: Vec<KeyValue>) -> BTreeMap<String, String> {
    pairs.into_iter().filter_map(|pair| Some((pair.key?, pair.value.unwrap_or_default()))).collect()
}

fn aliases(model: &RegisteredModel) -> BTreeMap<Alias, Version> {
    let pairs = model.aliases.iter();
    pairs
        .filter_map(|pair| {
            let version = pair.version.as_deref()?.parse().ok()?;
            Some((pair.alias.as_deref()?.parse().ok()?, Version(version)))
        })
        .collect()
}

fn listed(name: ModelName, model: RegisteredModel) -> ListedModel {
    let aliases = aliases(&model);
    let latest = model.latest_versions.into_iter().max_by_key(number).unwrap_or_default();
    let latest_version = number(&latest);
    let version_tags = pairs(latest.tags);
    ListedModel {
        name,
        description: model.description.filter(|text| !text.is_empty()),
        latest_version,
        creation_timestamp: model.creation_timestamp,
        last_updated_timestamp: model.last_updated_timestamp,
        tags: pairs(model.tags),
        digest: version_tags.get(Tag::BUNDLE).and_then(|digest| digest.parse().ok()),
        version_tags,
        current_stage: latest.current_stage,
        run_id: latest.run_id.filter(|run| !run.is_empty()),
        aliases,
    }
}

fn listed_version(
    version: ModelVersion,
    aliases: &BTreeMap<Alias, Version>,
) -> Option<ListedVersion> {
    let number = number(&version)?;
    let tags = pairs(version.tags);
    Some(ListedVersion {
        version: number,
        current_stage: version.current_stage,
        status: version.status.map(|status| status.as_str().to_owned()),
        creation_timestamp: version.creation_timestamp,
        aliases: aliases
            .iter()
            .filter(|(_, at)| **at == number)
            .map(|(alias, _)| alias.clone())
            .collect(),
        digest: tags.get(Tag::BUNDLE).and_then(|digest| digest.parse().ok()),
    })
}
