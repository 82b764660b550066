//! What MLflow answers, in the registry's nouns.

use std::collections::BTreeMap;

use gauntlet_core::{Alias, ModelName, Verdict, Version};
use gauntlet_mlflow::{
    ExperimentAnswer, GetExperiment, GetModelVersion, GetModelVersionByAlias, GetRegisteredModel,
    GetRun, KeyValue, RegisteredModel, Run, SearchModelVersions, SearchRegisteredModels,
};

use super::{MlflowRegistry, VERDICT};
use crate::{
    Kind, Model, ModelVersion, RegistryError, Result, Selector, Tag, rules, verdict_digest,
};

/// Rows per page; more pages are fetched as long as there are any.
const PAGE: i64 = 1000;

impl MlflowRegistry {
    pub(super) async fn read_models(&self) -> Result<Vec<Model>> {
        let (mut models, mut page_token) = (Vec::new(), None);
        loop {
            let request = SearchRegisteredModels {
                max_results: Some(PAGE),
                order_by: vec!["name ASC".to_owned()],
                page_token,
                ..SearchRegisteredModels::default()
            };
            let page = self.client.ask(request).await?;
            for model in page.registered_models {
                // A name that ours does not accept cannot be asked for either.
                let Some(name) = model.name.as_deref().and_then(|name| name.parse().ok()) else {
                    continue;
                };
                let versions = self.version_numbers(&name).await?;
                models.push(noun(name, &versions, &model));
            }
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(models);
            }
        }
    }

    pub(super) async fn read_versions(&self, model: &ModelName) -> Result<Vec<ModelVersion>> {
        let registered = self.registered(model).await?;
        let mut versions = Vec::new();
        for number in self.version_numbers(model).await?.into_iter().rev() {
            versions.push(self.numbered(&registered, model, number).await?);
        }
        Ok(versions)
    }

    pub(super) async fn read_version(
        &self,
        model: &ModelName,
        which: &Selector,
    ) -> Result<ModelVersion> {
        let registered = self.registered(model).await?;
        let number = match which {
            Selector::Number(number) => *number,
            Selector::Alias(alias) => {
                let request = GetModelVersionByAlias {
                    name: Some(model.to_string()),
                    alias: Some(alias.to_string()),
                };
                let found = match self.client.ask(request).await {
                    Ok(answer) => answer.model_version.and_then(|v| v.version),
                    // MLflow calls an unknown alias an invalid parameter.
                    Err(error) if matches!(error.kind(), Kind::NotFound | Kind::Invalid) => None,
                    Err(error) => return Err(error),
                };
                let number = found.and_then(|number| number.parse().ok()).map(Version);
                number.ok_or_else(|| RegistryError::AliasNotFound {
                    model: model.clone(),
                    alias: alias.clone(),
                    known: aliases(&registered).into_keys().collect(),
                })?
            }
        };
        self.numbered(&registered, model, number).await
    }

    pub(super) async fn registered(&self, model: &ModelName) -> Result<RegisteredModel> {
        let request = GetRegisteredModel { name: Some(model.to_string()) };
        match self.client.ask(request).await {
            Ok(answer) => Ok(answer.registered_model.unwrap_or_default()),
            Err(error) if error.kind() == Kind::NotFound => {
                Err(RegistryError::ModelNotFound { model: model.clone(), known: Vec::new() })
            }
            Err(error) => Err(error),
        }
    }

    /// Numbers of all versions, ascending.
    async fn version_numbers(&self, model: &ModelName) -> Result<Vec<Version>> {
        let found = self.search(model, "").await?;
        let mut numbers: Vec<Version> =
            found.into_iter().filter_map(|v| v.version?.parse().ok()).map(Version).collect();
        numbers.sort();
        Ok(numbers)
    }

    /// Versions of a model for which `and` holds, which is empty or begins with `AND`.
    pub(super) async fn search(
        &self,
        model: &ModelName,
        and: &str,
    ) -> Result<Vec<gauntlet_mlflow::ModelVersion>> {
        let (mut found, mut page_token) = (Vec::new(), None);
        // A name with both kinds of quotes cannot be asked for: MLflow's filters know no escape.
        let quote = if model.as_str().contains('\'') { '"' } else { '\'' };
        loop {
            let request = SearchModelVersions {
                filter: Some(format!("name = {quote}{model}{quote} {and}").trim_end().to_owned()),
                max_results: Some(PAGE),
                page_token,
                ..SearchModelVersions::default()
            };
            let page = self.client.ask(request).await?;
            found.extend(page.model_versions);
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn numbered(
        &self,
        registered: &RegisteredModel,
        model: &ModelName,
        number: Version,
    ) -> Result<ModelVersion> {
        let request =
            GetModelVersion { name: Some(model.to_string()), version: Some(number.to_string()) };
        let version = match self.client.ask(request).await {
            Ok(answer) => answer.model_version.unwrap_or_default(),
            Err(error) if error.kind() == Kind::NotFound => {
                return Err(RegistryError::VersionNotFound {
                    model: model.clone(),
                    version: number,
                });
            }
            Err(error) => return Err(error),
        };
        let run = self.run(version.run_id.as_deref()).await?.unwrap_or_default();
        let (info, data) = (run.info.unwrap_or_default(), run.data.unwrap_or_default());
        let experiment = match info.experiment_id {
            None => None,
            Some(id) => {
                let request = GetExperiment { experiment_id: Some(id) };
                let ExperimentAnswer { experiment } = self.client.ask(request).await?;
                experiment.and_then(|experiment| experiment.name)
            }
        };
        let mut tags = pairs(version.tags);
        let verdict: Option<Verdict> =
            tags.remove(VERDICT).and_then(|text| serde_json::from_str(&text).ok());
        let aliases = aliases(registered);
        Ok(ModelVersion {
            model: model.clone(),
            version: number,
            aliases: aliases.into_iter().filter(|(_, at)| *at == number).map(|(a, _)| a).collect(),
            digest: tags.get(Tag::BUNDLE).and_then(|digest| digest.parse().ok()),
            artifact: version.source,
            origin: tags.get(Tag::ORIGIN).and_then(|origin| rules::parse_origin(origin)),
            verdict_digest: verdict.as_ref().map(verdict_digest).transpose()?,
            verdict,
            description: version.description,
            created_ms: version.creation_timestamp.unwrap_or(0),
            user: version.user_id.filter(|user| !user.is_empty()).or(info.user_id),
            run_id: version.run_id.filter(|run| !run.is_empty()),
            experiment,
            params: pairs(data.params),
            metrics: data
                .metrics
                .into_iter()
                .filter_map(|metric| Some((metric.key?, metric.value?.0)))
                .collect(),
            tags,
        })
    }

    pub(super) async fn run(&self, run_id: Option<&str>) -> Result<Option<Run>> {
        let Some(run_id) = run_id.filter(|run_id| !run_id.is_empty()) else { return Ok(None) };
        let request = GetRun { run_id: Some(run_id.to_owned()), run_uuid: None };
        match self.client.ask(request).await {
            Ok(answer) => Ok(answer.run),
            // Runs can be removed for good; the version stays.
            Err(error) if error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

pub(super) fn aliases(model: &RegisteredModel) -> BTreeMap<Alias, Version> {
    let pairs = model.aliases.iter();
    pairs
        .filter_map(|pair| {
            let version = pair.version.as_deref()?.parse().ok()?;
            Some((pair.alias.as_deref()?.parse().ok()?, Version(version)))
        })
        .collect()
}

fn noun(name: ModelName, versions: &[Version], model: &RegisteredModel) -> Model {
    Model {
        model: name,
        description: model.description.clone().filter(|text| !text.is_empty()),
        created_ms: model.creation_timestamp.unwrap_or(0),
        updated_ms: model.last_updated_timestamp.unwrap_or(0),
        versions: u32::try_from(versions.len()).unwrap_or(u32::MAX),
        latest: versions.last().copied(),
        aliases: aliases(model),
    }
}

fn pairs(pairs: Vec<KeyValue>) -> BTreeMap<String, String> {
    pairs.into_iter().filter_map(|pair| Some((pair.key?, pair.value.unwrap_or_default()))).collect()
}
