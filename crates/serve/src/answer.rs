//! Answers, field by field.

use gauntlet_bundle::Answer;
use gauntlet_core::{Alias, Digest, ModelName, Origin, Version};
use serde::Serialize;

use crate::models::{Models, Served};
use crate::time;

/// The answer to a prediction request.
#[derive(Debug, Serialize)]
pub(crate) struct Prediction<'a> {
    prediction: [i64; 1],
    /// The score of the class that was answered.
    confidence: f64,
    /// The score of the positive class.
    probability: f64,
    /// From this score on, a row is positive.
    threshold: f64,
    model_info: ModelInfo<'a>,
    bundle_digest: Digest,
    timestamp: String,
    request_id: String,
}

#[derive(Debug, Serialize)]
struct ModelInfo<'a> {
    model_name: &'a ModelName,
    model_version: String,
    loaded_from: String,
    /// Requests are never padded or cut to fit a model.
    feature_adaptation: &'static str,
    data_origin: Origin,
}

impl<'a> Prediction<'a> {
    pub(crate) fn new(served: &'a Served, answer: Answer) -> Self {
        let pointer = &served.pointer;
        let probability = decimal(answer.probability);
        Self {
            prediction: [answer.prediction],
            confidence: if answer.prediction == 1 {
                probability
            } else {
                decimal(1.0 - answer.probability)
            },
            probability,
            threshold: decimal(served.bundle.signature().threshold),
            model_info: ModelInfo {
                model_name: &pointer.model,
                model_version: pointer.version.to_string(),
                loaded_from: format!("models:/{}@{}", pointer.model, pointer.alias),
                feature_adaptation: "none",
                data_origin: pointer.origin,
            },
            bundle_digest: pointer.digest,
            timestamp: time::now(),
            request_id: time::request_id(),
        }
    }
}

/// The shortest decimal that means this single-precision number: 0.9, not 0.8999999761581421.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or(f64::from(number))
}

/// The answer to a health check.
#[derive(Debug, Serialize)]
pub(crate) struct Health<'a> {
    status: &'static str,
    version: &'static str,
    models: Vec<Model<'a>>,
}

#[derive(Debug, Serialize)]
struct Model<'a> {
    model_name: &'a ModelName,
    model_version: Version,
    alias: &'a Alias,
    bundle_digest: Digest,
    data_origin: Origin,
}

impl<'a> Health<'a> {
    pub(crate) fn new(models: &'a Models) -> Self {
        let model = |served: &'a Served| Model {
            model_name: &served.pointer.model,
            model_version: served.pointer.version,
            alias: &served.pointer.alias,
            bundle_digest: served.pointer.digest,
            data_origin: served.pointer.origin,
        };
        let models = models.iter().map(model).collect();
        Self { status: "healthy", version: env!("CARGO_PKG_VERSION"), models }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_precision_is_printed_as_short_as_it_is_meant() {
        assert_eq!(decimal(0.9), 0.9);
        assert_eq!(decimal(1.0), 1.0);
        assert_eq!(decimal(f32::MIN_POSITIVE) as f32, f32::MIN_POSITIVE);
    }
}
