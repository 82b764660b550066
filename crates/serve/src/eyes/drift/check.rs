//! The guide's drift check: what is asked and what is answered.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::assessment::{Assessment, Judged, Query};
use super::autocorrelation::LEAST;
use super::feature::FeatureDrift;
use super::monitor::Monitor;
use crate::problem::Problem;
use crate::time;

/// The body of `POST /api/v1/ml/check_drift`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DriftRequest {
    /// The sensor whose rows are judged; all rows without one.
    pub(crate) sensor_id: Option<String>,
    #[serde(default = "sixty")]
    pub(crate) window_minutes: u32,
    #[serde(default = "five_per_cent")]
    pub(crate) p_value_threshold: f64,
    #[serde(default = "thirty")]
    pub(crate) min_samples: usize,
    /// The model; needed only where several are served.
    pub(crate) model_name: Option<String>,
    /// This column only.
    pub(crate) feature: Option<String>,
    /// Values of that column, oldest first, instead of what this server was asked.
    pub(crate) values: Option<Vec<f64>>,
}

/// Values that a client may bring.
const MOST_VALUES: usize = 10_000;

fn sixty() -> u32 {
    60
}

fn five_per_cent() -> f64 {
    0.05
}

fn thirty() -> usize {
    30
}

impl DriftRequest {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first field that is out of range, as the client is told.
    pub(crate) fn check(&self) -> Result<(), Problem> {
        for (good, field, range) in [
            ((1..=1_440).contains(&self.window_minutes), "window_minutes", "1 to 1440"),
            ((6..=10_000).contains(&self.min_samples), "min_samples", "6 to 10000"),
            (
                self.p_value_threshold > 0.0 && self.p_value_threshold < 1.0,
                "p_value_threshold",
                "above 0 and below 1",
            ),
        ] {
            if !good {
                return Err(Problem::unprocessable(format!("`{field}` must be {range}")));
            }
        }
        match &self.values {
            Some(_) if self.feature.is_none() => {
                return Err(Problem::unprocessable("`values` need the `feature` that they are of"));
            }
            Some(values) if values.len() > MOST_VALUES => {
                let detail = format!("`values` must be at most {MOST_VALUES}");
                return Err(Problem::unprocessable(detail));
            }
            _ => {}
        }
        Ok(())
    }

    /// The question as the monitor takes it.
    pub(crate) fn query(&self) -> Query<'_> {
        Query {
            sensor: self.sensor_id.as_deref(),
            span: Duration::from_secs(60 * u64::from(self.window_minutes)),
            min_samples: self.min_samples,
            p_threshold: self.p_value_threshold,
            feature: self.feature.as_deref(),
        }
    }
}

/// The answer. `ks_statistic` and `p_value` are those of the column that drifted most, the latter adjusted
/// for how many columns were judged.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct DriftAnswer {
    sensor_id: Option<String>,
    recent_count: usize,
    /// Training rows that the window is compared with.
    baseline_count: u64,
    window_minutes: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ks_statistic: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p_value: Option<f64>,
    p_value_threshold: f64,
    drift_detected: bool,
    insufficient_data: bool,
    request_id: String,
    evaluated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// The column of `ks_statistic` and `p_value`; absent if that is the score.
    #[serde(skip_serializing_if = "Option::is_none")]
    feature: Option<String>,
    features: BTreeMap<String, FeatureAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<FeatureAnswer>,
}

/// One column's figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct FeatureAnswer {
    #[serde(flatten)]
    drift: FeatureDrift,
    /// The p-value, adjusted for how many columns were judged.
    p_value_adjusted: Option<f64>,
    drift_detected: bool,
    insufficient_data: bool,
}

impl DriftAnswer {
    /// The answer to a request, from what the monitor says.
    pub(crate) fn new(
        request: &DriftRequest,
        assessment: &Assessment,
        monitor: &Monitor,
        request_id: String,
    ) -> Self {
        let one = |judged: &Judged| FeatureAnswer {
            drift: judged.drift.clone(),
            p_value_adjusted: judged.adjusted,
            drift_detected: judged.adjusted.is_some_and(|p| p < request.p_value_threshold),
            insufficient_data: judged.drift.is_insufficient(),
        };
        let worst = assessment.worst();
        let named =
            |judged: &Judged| judged.name.as_deref().map(|name| (name.to_owned(), one(judged)));
        Self {
            sensor_id: request.sensor_id.clone(),
            recent_count: assessment.rows,
            baseline_count: assessment.judged.first().map_or(0, |judged| judged.baseline),
            window_minutes: request.window_minutes,
            ks_statistic: worst.map(|judged| judged.drift.ks_statistic),
            p_value: worst.and_then(|judged| judged.adjusted),
            p_value_threshold: request.p_value_threshold,
            drift_detected: assessment.drift,
            insufficient_data: assessment.insufficient,
            request_id,
            evaluated_at: time::now(),
            notes: notes(request, assessment, monitor),
            feature: worst.and_then(|judged| judged.name.as_deref()).map(str::to_owned),
            features: assessment.judged.iter().filter_map(named).collect(),
            score: assessment.judged.iter().find(|judged| judged.name.is_none()).map(one),
        }
    }
}

fn notes(request: &DriftRequest, assessment: &Assessment, monitor: &Monitor) -> Option<String> {
    let mut notes = Vec::new();
    if !monitor.has_reference() {
        notes.push("the model's bundle holds no reference to compare with".to_owned());
    } else if assessment.rows < request.min_samples {
        let (rows, least) = (assessment.rows, request.min_samples);
        notes.push(format!("{rows} rows were seen and `min_samples` is {least}"));
    } else if assessment.insufficient {
        notes.push(format!(
            "the rows follow each other so closely that the window is worth fewer than {LEAST} \
             independent rows: ask for a longer one"
        ));
    }
    if request.window_minutes > monitor.minutes() {
        notes.push(format!("rows are kept for {} minutes", monitor.minutes()));
    }
    (!notes.is_empty()).then(|| notes.join("; "))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use gauntlet_core::{Column, Field, FieldKind, Plausible, Signature};
    use serde_json::{Value, json};

    use super::*;
    use crate::eyes::settings::DriftSettings;

    fn request(fields: Value) -> DriftRequest {
        serde_json::from_value(fields).unwrap()
    }

    fn answer(request: &DriftRequest, values: Vec<f64>) -> Value {
        let now = Instant::now();
        let load = Field {
            name: "load".into(),
            kind: FieldKind::Number,
            unit: String::new(),
            nullable: false,
            plausible: Plausible::default(),
        };
        let signature = Signature { raw: vec![load], ..Signature::default() };
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let reference =
            json!({ "raw": { "load": { "rows": 900, "missing": 0, "quantiles": quantiles } } });
        let monitor = Monitor::new(&signature, &reference, &DriftSettings::default(), now).unwrap();
        let scores = vec![0.5; values.len()];
        monitor.note(now, Some("s"), &[Column::Number(values)], &scores);
        let assessment = monitor.assess(now, &request.query());
        serde_json::to_value(DriftAnswer::new(request, &assessment, &monitor, "id".into())).unwrap()
    }

    #[test]
    fn an_answer_has_the_fields_of_the_guide() {
        let asked = request(json!({ "sensor_id": "s" }));
        let answer = answer(&asked, (0..120).map(|i| f64::from(i * 17 % 41) + 20.0).collect());
        assert_eq!(answer["sensor_id"], "s");
        assert_eq!(answer["recent_count"], 120);
        assert_eq!(answer["baseline_count"], 900);
        assert_eq!(answer["window_minutes"], 60);
        assert_eq!(answer["p_value_threshold"], 0.05);
        assert_eq!(answer["drift_detected"], true);
        assert_eq!(answer["insufficient_data"], false);
        assert_eq!(answer["request_id"], "id");
        assert!(answer["evaluated_at"].is_string() && answer.get("notes").is_none());
        assert!(answer["ks_statistic"].as_f64().unwrap() > 0.4);
        assert!(answer["p_value"].as_f64().unwrap() < 0.001);
        assert_eq!(answer["features"]["load"]["n"], 120);
    }

    #[test]
    fn too_little_is_said_and_not_judged() {
        let few = answer(&request(json!({ "window_minutes": 90 })), vec![1.0; 5]);
        assert_eq!(
            (&few["insufficient_data"], &few["drift_detected"]),
            (&json!(true), &json!(false))
        );
        assert!(few.get("p_value").is_none());
        let notes = few["notes"].as_str().unwrap();
        assert!(notes.contains("5 rows") && notes.contains("60 minutes"), "{notes}");
        let ramp = answer(&request(json!({})), (0..200).map(|i| f64::from(i) / 10.0).collect());
        assert!(ramp["notes"].as_str().unwrap().contains("ask for a longer one"), "{ramp}");
    }

    #[test]
    fn ranges_are_those_of_the_guide() {
        for (bad, field) in [
            (json!({ "window_minutes": 0 }), "window_minutes"),
            (json!({ "window_minutes": 1_441 }), "window_minutes"),
            (json!({ "min_samples": 5 }), "min_samples"),
            (json!({ "p_value_threshold": 1.0 }), "p_value_threshold"),
        ] {
            let problem = request(bad).check().unwrap_err();
            assert!(problem.detail().contains(field), "{}", problem.detail());
        }
        assert!(request(json!({})).check().is_ok());
    }
}
