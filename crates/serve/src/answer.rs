//! The guide's answers, field by field.

use std::collections::BTreeMap;

use gauntlet_bundle::foreign::OutTensor;
use gauntlet_bundle::{Answers, Explanation};
use gauntlet_core::{AlarmPolicy, Digest, ModelName, Origin, Task};
use serde::Serialize;
use serde_json::json;

use crate::live::Served;
use crate::model::{Answered, Output};
use crate::time;

/// The answer to a prediction request.
#[derive(Debug, Serialize)]
pub(crate) struct Prediction<'a> {
    prediction: [Label; 1],
    /// The score of the class that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f32>,
    /// The score of the positive class.
    #[serde(skip_serializing_if = "Option::is_none")]
    probability: Option<f32>,
    /// The score of each class.
    #[serde(skip_serializing_if = "Option::is_none")]
    probabilities: Option<BTreeMap<&'a str, f32>>,
    /// The name of the class that was answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<&'a str>,
    /// How odd the row is.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f32>,
    /// Bounds of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    interval: Option<[f32; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'a str>,
    /// From this score on, a row is positive or an anomaly.
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<f32>,
    /// How many consecutive rows have to reach the threshold before there is an alarm.
    #[serde(skip_serializing_if = "Option::is_none")]
    alarm_policy: Option<&'a AlarmPolicy>,
    model_info: ModelInfo<'a>,
    bundle_digest: Digest,
    timestamp: String,
    request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shap_values: Option<BTreeMap<String, f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    feature_importance: Option<Vec<Reason>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shap_base_value: Option<f64>,
    /// Why there is no explanation although one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    explanation_note: Option<String>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

/// What was answered: a class or a number.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Label {
    Class(i64),
    Number(f32),
    Other(serde_json::Value),
}

/// How one feature moved the answer.
#[derive(Debug, Serialize)]
struct Reason {
    feature: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    unit: String,
    /// Its value in this row; null if it is missing.
    value: f32,
    /// What it added to the margin.
    contribution: f64,
}

/// Which model answered.
#[derive(Debug, Serialize)]
pub(crate) struct ModelInfo<'a> {
    model_name: &'a ModelName,
    model_version: String,
    loaded_from: String,
    /// Requests are never padded or cut to fit a model.
    feature_adaptation: &'static str,
    data_origin: Option<Origin>,
}

impl<'a> ModelInfo<'a> {
    pub(crate) fn new(served: &'a Served) -> Self {
        Self {
            model_name: &served.located.model,
            model_version: served.located.version.to_string(),
            loaded_from: served.place(),
            feature_adaptation: "none",
            data_origin: served.origin,
        }
    }
}

impl<'a> Prediction<'a> {
    /// The answer to the only row of `answered`.
    pub(crate) fn new(
        served: &'a Served,
        answered: &'a Answered,
        warnings: &'a [String],
        request_id: &'a str,
    ) -> Self {
        let mut answer = Self {
            prediction: [Label::Class(0)],
            confidence: None,
            probability: None,
            probabilities: None,
            label: None,
            score: None,
            interval: None,
            unit: None,
            threshold: served.model.threshold(),
            alarm_policy: served.model.alarm_policy(),
            model_info: ModelInfo::new(served),
            bundle_digest: served.digest,
            timestamp: time::now(),
            request_id,
            shap_values: None,
            feature_importance: None,
            shap_base_value: None,
            explanation_note: None,
            warnings,
        };
        match answered {
            Answered::Bundle { answers, .. } => answer.fill(answers, served.model.task()),
            Answered::Foreign(outputs) => answer.fill_foreign(outputs),
        }
        answer
    }

    /// The label of a foreign model is its first output of one value a row; what has a value a class are
    /// probabilities.
    fn fill_foreign(&mut self, outputs: &'a [Output]) {
        let label = outputs.iter().find(|output| output.width.unwrap_or(1) == 1);
        let row = label.or(outputs.first()).map(|output| json!(output.row(0)));
        self.prediction = [Label::Other(row.unwrap_or_default())];
        let classes = outputs.iter().find(|output| output.width.is_some_and(|width| width > 1));
        let Some(OutTensor::F32(values)) = classes.map(|output| &output.values) else { return };
        self.confidence = values.iter().copied().reduce(f32::max);
        if let [_, positive] = values.as_slice() {
            self.probability = Some(*positive);
        }
        let keys = classes.and_then(|output| output.keys.as_ref());
        self.probabilities =
            keys.map(|keys| keys.iter().map(String::as_str).zip(values.iter().copied()).collect());
    }

    fn fill(&mut self, answers: &Answers, task: Option<&'a Task>) {
        let one = |values: &[f32]| values.first().copied();
        let class = answers.labels().first().copied().unwrap_or_default();
        self.prediction = [Label::Class(class)];
        match answers {
            Answers::Binary(answers) => {
                let probability = one(&answers.probability);
                self.probability = probability;
                self.confidence = probability.map(|p| if class == 1 { p } else { 1.0 - p });
            }
            Answers::Multiclass(answers) => {
                let Some(Task::Multiclass { classes }) = task else { return };
                let names = classes.iter().map(String::as_str);
                let at = usize::try_from(class).unwrap_or_default();
                self.confidence = answers.probabilities.get(at).copied();
                self.label = classes.get(at).map(String::as_str);
                self.probabilities =
                    Some(names.zip(answers.probabilities.iter().copied()).collect());
            }
            Answers::Regression(answers) => {
                self.prediction = [Label::Number(one(&answers.prediction).unwrap_or(f32::NAN))];
                let bounds = answers.interval.as_ref();
                self.interval = bounds.and_then(|i| Some([one(&i.lower)?, one(&i.upper)?]));
                if let Some(Task::Regression { unit, .. }) = task {
                    self.unit = Some(unit.as_str()).filter(|unit| !unit.is_empty());
                }
            }
            Answers::Anomaly(answers) => self.score = one(&answers.score),
        }
    }

    /// Adds which features moved it, the strongest first.
    ///
    /// Of several outputs the one that was answered is explained.
    pub(crate) fn explain(&mut self, explanation: Result<Explanation, String>) {
        let explanation = match explanation {
            Ok(explanation) => explanation,
            Err(why) => return self.explanation_note = Some(why),
        };
        let class = match self.prediction[0] {
            Label::Class(class) => usize::try_from(class).unwrap_or_default(),
            Label::Number(_) | Label::Other(_) => 0,
        };
        let at = class.min(explanation.base.len().saturating_sub(1));
        self.shap_base_value = explanation.base.get(at).copied();
        let mut reasons: Vec<Reason> = explanation
            .features
            .into_iter()
            .map(|feature| Reason {
                contribution: feature.contributions.get(at).copied().unwrap_or_default(),
                feature: feature.name,
                unit: feature.unit,
                value: feature.value,
            })
            .collect();
        let pair = |reason: &Reason| (reason.feature.clone(), reason.contribution);
        self.shap_values = Some(reasons.iter().map(pair).collect());
        reasons.sort_by(|a, b| b.contribution.abs().total_cmp(&a.contribution.abs()));
        self.feature_importance = Some(reasons);
    }
}
