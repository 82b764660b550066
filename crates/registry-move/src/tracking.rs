//! One end of a move: a registry that answers MLflow's requests, and the artefacts it names.

use std::sync::Arc;

use gauntlet_mlflow::*;
use gauntlet_registry::rest::FileStores;
use gauntlet_registry::{Entry, FileStore};

use crate::{MoveError, Result};

/// Rows per page; more pages are fetched as long as there are any.
const PAGE: i64 = 1000;

macro_rules! tracking {
    ($($request:ident)*) => {
        /// Everything that moving asks of a registry. Whoever answers these requests is one.
        pub trait Tracking: Send + Sync $(+ Backend<$request>)* {}

        impl<T: Send + Sync $(+ Backend<$request>)*> Tracking for T {}
    };
}

tracking! {
    SearchExperiments GetExperimentByName CreateExperiment SetExperimentTag DeleteExperiment RestoreExperiment
    SearchRuns GetRun CreateRun UpdateRun DeleteRun RestoreRun LogBatch LogInputs LogOutputs GetMetricHistory
    SearchLoggedModels CreateLoggedModel FinalizeLoggedModel GetLoggedModel LogLoggedModelParams SetLoggedModelTags
    SearchRegisteredModels GetRegisteredModel CreateRegisteredModel SetRegisteredModelAlias
    SearchModelVersions CreateModelVersion GetModelVersion DeleteModelVersion TransitionModelVersionStage
}

/// A registry and its artefacts.
#[derive(Debug, Clone)]
pub struct End<T> {
    /// Its address, without secrets.
    pub address: String,
    /// What answers.
    pub tracking: T,
    /// What opens the artefacts that it names.
    pub files: Arc<dyn FileStores>,
}

/// What is told while moving.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// So many units are to be moved in all.
    Found(u64),
    /// A unit is complete.
    Unit(String),
    /// So many more bytes of files have passed.
    Bytes(u64),
}

impl<T: Tracking> End<T> {
    /// Asks the registry; `operation` says what for.
    pub(crate) async fn ask<E: Endpoint>(&self, operation: &str, request: E) -> Result<E::Answer>
    where
        T: Backend<E>,
    {
        self.tracking
            .call(request)
            .await
            .map_err(|source| MoveError::Refused { operation: operation.to_owned(), source })
    }

    pub(crate) fn open(&self, owner: &str, root: &str) -> Result<Arc<dyn FileStore>> {
        self.files.open(root).map_err(|source| MoveError::Artefact {
            owner: owner.to_owned(),
            source: Box::new(source),
        })
    }

    pub(crate) async fn experiments(&self) -> Result<Vec<Experiment>> {
        let (mut all, mut page_token) = (Vec::new(), None);
        loop {
            let request = SearchExperiments {
                view_type: Some(ViewType::All),
                max_results: Some(PAGE),
                page_token,
                ..SearchExperiments::default()
            };
            let page = self.ask("list experiments", request).await?;
            all.extend(page.experiments);
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(all);
            }
        }
    }

    pub(crate) async fn runs(&self, experiment: &str, filter: Option<String>) -> Result<Vec<Run>> {
        let (mut all, mut page_token) = (Vec::new(), None);
        loop {
            let request = SearchRuns {
                experiment_ids: vec![experiment.to_owned()],
                filter: filter.clone(),
                run_view_type: Some(ViewType::All),
                max_results: i32::try_from(PAGE).ok(),
                page_token,
                ..SearchRuns::default()
            };
            let page = self.ask("list runs", request).await?;
            all.extend(page.runs);
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(all);
            }
        }
    }

    pub(crate) async fn history(&self, run: &str, key: &str) -> Result<Vec<Metric>> {
        let (mut all, mut page_token) = (Vec::new(), None);
        loop {
            let request = GetMetricHistory {
                run_id: Some(run.to_owned()),
                metric_key: Some(key.to_owned()),
                max_results: Some(25_000),
                page_token,
                ..GetMetricHistory::default()
            };
            let page = self.ask(&format!("read metric `{key}` of run {run}"), request).await?;
            all.extend(page.metrics);
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(all);
            }
        }
    }

    pub(crate) async fn logged_models(
        &self,
        experiment: &str,
        filter: Option<String>,
    ) -> Result<Vec<LoggedModel>> {
        let (mut all, mut page_token) = (Vec::new(), None);
        loop {
            let request = SearchLoggedModels {
                experiment_ids: vec![experiment.to_owned()],
                filter: filter.clone(),
                max_results: Some(100),
                page_token,
                ..SearchLoggedModels::default()
            };
            let page = self.ask("list logged models", request).await?;
            all.extend(page.models);
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(all);
            }
        }
    }

    pub(crate) async fn models(&self) -> Result<Vec<RegisteredModel>> {
        let (mut all, mut page_token) = (Vec::new(), None);
        loop {
            let request = SearchRegisteredModels {
                max_results: Some(PAGE),
                page_token,
                ..SearchRegisteredModels::default()
            };
            let page = self.ask("list registered models", request).await?;
            all.extend(page.registered_models);
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                return Ok(all);
            }
        }
    }

    /// Versions of a model, ascending.
    pub(crate) async fn versions(&self, model: &str) -> Result<Vec<ModelVersion>> {
        let (mut all, mut page_token) = (Vec::new(), None);
        let quote = if model.contains('\'') { '"' } else { '\'' };
        loop {
            let request = SearchModelVersions {
                filter: Some(format!("name = {quote}{model}{quote}")),
                max_results: Some(PAGE),
                page_token,
                ..SearchModelVersions::default()
            };
            let page = self.ask(&format!("list versions of {model}"), request).await?;
            all.extend(page.model_versions);
            page_token = page.next_page_token.filter(|token| !token.is_empty());
            if page_token.is_none() {
                all.sort_by_key(number);
                return Ok(all);
            }
        }
    }
}

/// A version's number, 0 if it is none.
pub(crate) fn number(version: &ModelVersion) -> u64 {
    version.version.as_deref().and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// All files of a store, however deep, by path.
pub(crate) async fn walk(owner: &str, files: &dyn FileStore) -> Result<Vec<(String, u64)>> {
    let (mut found, mut folders) = (Vec::new(), vec![String::new()]);
    while let Some(folder) = folders.pop() {
        let entries = files.list(&folder).await;
        let entries = entries.map_err(|source| MoveError::Artefact {
            owner: owner.to_owned(),
            source: Box::new(source),
        })?;
        for Entry { name, size } in entries {
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            match size {
                Some(size) => found.push((path, size)),
                None => folders.push(path),
            }
        }
    }
    found.sort();
    Ok(found)
}
