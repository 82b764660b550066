//! Logged models.

use gauntlet_mlflow::*;

use super::Importer;
use crate::journal::Unit;
use crate::tracking::Tracking;
use crate::{IMPORTED_MODEL, MoveError, Result};

/// The tag that lists the versions made of a logged model.
const MODEL_VERSIONS: &str = "mlflow.modelVersions";

impl<T: Tracking> Importer<'_, T> {
    pub(super) async fn logged_model(&mut self, unit: &Unit) -> Result<()> {
        let (model, _): (LoggedModel, _) = self.first(unit)?;
        let (info, data) = (model.info.unwrap_or_default(), model.data.unwrap_or_default());
        let id = info.model_id.clone().unwrap_or_default();
        let experiment = self
            .target("experiments", info.experiment_id.as_deref())
            .ok_or_else(|| MoveError::Incomplete { path: self.folder.clone() })?;
        let operation = format!("import logged model {id}");
        let filter = format!("tags.`{IMPORTED_MODEL}` = '{id}'");
        let made = match self.to.logged_models(&experiment, Some(filter)).await?.pop() {
            Some(found) => found.info.unwrap_or_default(),
            None => {
                let mut tags = super::own(&info.tags, IMPORTED_MODEL);
                tags.push(KeyValue::new(IMPORTED_MODEL, &id));
                let request = CreateLoggedModel {
                    experiment_id: Some(experiment),
                    name: info.name.clone(),
                    model_type: info.model_type.clone(),
                    source_run_id: self.target("runs", info.source_run_id.as_deref()),
                    params: data.params,
                    tags,
                };
                let made = self.to.ask(&operation, request).await?;
                made.model.and_then(|model| model.info).unwrap_or_default()
            }
        };
        let target = made.model_id.clone().unwrap_or_default();
        if let (Some(before), Some(after)) = (&info.artifact_uri, &made.artifact_uri) {
            self.roots.insert(before.clone(), after.clone());
        }
        self.upload(unit, made.artifact_uri.as_deref()).await?;
        for metric in data.metrics {
            if let Some(run) = metric.run_id.clone() {
                let logged = (run, metric.key, metric.timestamp, metric.step);
                self.measured.entry(logged).or_default().push(target.clone());
            }
        }
        let ended =
            matches!(info.status, Some(LoggedModelStatus::Ready | LoggedModelStatus::UploadFailed));
        if ended && made.status != info.status {
            let request =
                FinalizeLoggedModel { model_id: Some(target.clone()), status: info.status };
            self.to.ask(&operation, request).await?;
        }
        self.complete(unit, target)
    }

    /// Says again which versions were made of a logged model: servers write that tag at every new version, and some
    /// then forget what it said.
    pub(super) async fn versions_of(&self, unit: &Unit) -> Result<()> {
        let (model, _): (LoggedModel, _) = self.first(unit)?;
        let info = model.info.unwrap_or_default();
        let told = |tag: &KeyValue| tag.key.as_deref() == Some(MODEL_VERSIONS);
        let tags: Vec<KeyValue> = info.tags.into_iter().filter(told).collect();
        let model_id = self.target("logged-models", info.model_id.as_deref());
        if tags.is_empty() || model_id.is_none() {
            return Ok(());
        }
        let operation = format!("tag logged model {}", info.model_id.unwrap_or_default());
        self.to.ask(&operation, SetLoggedModelTags { model_id, tags }).await?;
        Ok(())
    }
}
