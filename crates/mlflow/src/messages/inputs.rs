//! What runs read and make: datasets and models.

use super::{Empty, KeyValue};
use crate::macros::{endpoints, messages};

messages! {
    /// A dataset, named by its digest.
    Dataset {
        name: required String,
        digest: required String,
        source_type: required String,
        source: required String,
        schema: optional String,
        profile: optional String,
    }
    /// A dataset that a run read, and as what.
    DatasetInput { tags: repeated KeyValue, dataset: required Dataset }
    /// A dataset and the experiment that read it.
    DatasetSummary {
        experiment_id: required String,
        name: required String,
        digest: required String,
        context: optional String,
    }
    /// A logged model that a run read.
    ModelInput { model_id: required String }
    /// A logged model that a run made, and at which step.
    ModelOutput { model_id: required String, step: required i64 }
    /// What a run read.
    RunInputs { dataset_inputs: repeated DatasetInput, model_inputs: repeated ModelInput }
    /// What a run made.
    RunOutputs { model_outputs: repeated ModelOutput }

    /// Notes what a run read.
    LogInputs { run_id: required String, datasets: repeated DatasetInput, models: repeated ModelInput }
    /// Notes what a run made.
    LogOutputs { run_id: required String, models: repeated ModelOutput }
}

impl DatasetInput {
    /// The value of a tag, such as `mlflow.data.context`.
    #[must_use]
    pub fn tag(&self, key: &str) -> Option<&str> {
        let found = self.tags.iter().find(|tag: &&KeyValue| tag.key.as_deref() == Some(key))?;
        found.value.as_deref()
    }
}

endpoints! {
    LogInputs Post "/2.0/mlflow/runs/log-inputs" => Empty;
    LogOutputs Post "/2.0/mlflow/runs/outputs" => Empty;
}
