//! The guide's answer: what was found, with its evidence.

use gauntlet_core::Digest;
use serde::Serialize;

use super::evidence::Compared;
use super::readings::{Moment, Readings};
use super::tail::{least_share, share_from};
use super::typical::Typical;
use super::words;
use crate::answer::ModelInfo;
use crate::live::Served;
use crate::model::Answered;
use crate::read::Rows;
use crate::time;

/// Readings that the evidence of a finding holds, the oddest first.
const SHOWN: usize = 5;

/// The answer to `POST /api/v1/ml/detect_anomaly`.
#[derive(Debug, Serialize)]
pub(crate) struct Detection<'a> {
    anomalies_detected: Vec<Finding<'a>>,
    total_readings_analyzed: usize,
    anomaly_count: usize,
    model_info: ModelInfo<'a>,
    /// The score from which a row was an anomaly at this sensitivity.
    threshold: f32,
    bundle_digest: Digest,
    analysis_timestamp: String,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
}

/// One row that is an anomaly.
#[derive(Debug, Serialize)]
struct Finding<'a> {
    id: String,
    sensor_id: &'a str,
    anomaly_type: &'static str,
    severity: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    confidence: Option<f64>,
    description: String,
    evidence: Evidence<'a>,
    recommended_actions: Vec<String>,
    created_at: String,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct Evidence<'a> {
    /// That of the row's readings.
    timestamp: &'a str,
    score: f32,
    threshold: f32,
    /// The share of training rows that score as high.
    #[serde(skip_serializing_if = "Option::is_none")]
    training_share: Option<f64>,
    features: Vec<Compared<'a>>,
}

impl<'a> Detection<'a> {
    /// The findings among rows that were answered; `threshold` is the one of the request's sensitivity.
    pub(crate) fn new(
        served: &'a Served,
        readings: &'a Readings<'_>,
        rows: &'a Rows,
        answered: &Answered,
        threshold: f32,
        request_id: &'a str,
    ) -> Self {
        let now = time::now();
        let scores = answered.scores().iter().copied();
        let odd = scores.enumerate().filter(|(_, score)| *score >= threshold);
        let anomalies_detected: Vec<Finding<'_>> = odd
            .map(|(row, score)| {
                let features = compare(served, &readings.moments[row], rows, row);
                let typical = served.typical.as_ref();
                finding(typical, &readings.moments[row], features, score, threshold, &now)
            })
            .collect();
        Self {
            total_readings_analyzed: readings.count,
            anomaly_count: anomalies_detected.len(),
            anomalies_detected,
            model_info: ModelInfo::new(served),
            threshold,
            bundle_digest: served.digest,
            analysis_timestamp: now,
            request_id,
            warnings: &rows.warnings,
        }
    }
}

/// Every reading of a row beside training, the oddest first.
fn compare<'a>(
    served: &'a Served,
    moment: &'a Moment<'_>,
    rows: &Rows,
    row: usize,
) -> Vec<Compared<'a>> {
    let cells = rows.columns.iter().map(|column| column.cell(row));
    let fields = served.model.fields().iter().zip(&moment.sensors).zip(cells).enumerate();
    let mut compared: Vec<Compared<'_>> = fields
        .map(|(at, ((field, sensor), cell))| {
            let sketch = served.typical.as_ref().and_then(|t| t.fields.get(at)?.as_ref());
            Compared::new(field, sensor, cell, sketch)
        })
        .collect();
    compared.sort_by(|a, b| b.oddness.total_cmp(&a.oddness));
    compared
}

fn finding<'a>(
    typical: Option<&Typical>,
    moment: &'a Moment<'_>,
    mut features: Vec<Compared<'a>>,
    score: f32,
    threshold: f32,
    now: &str,
) -> Finding<'a> {
    let has_reference = typical.is_some_and(|t| t.fields.iter().any(Option::is_some));
    let scores = typical.and_then(|typical| typical.scores.as_ref());
    let shares = scores.map(|scores| {
        let least = least_share(scores);
        let share = |score| share_from(scores, score).max(least);
        (share(score), share(threshold))
    });
    let recommended_actions = words::actions(&features, has_reference);
    let description =
        words::description(score, threshold, &moment.timestamp, &features, has_reference);
    let anomaly_type = words::kind(&features, has_reference);
    let sensor_id = features.first().map_or("", |first| first.sensor_id);
    features.truncate(SHOWN);
    Finding {
        id: time::request_id(),
        sensor_id,
        anomaly_type,
        // Where training scores do not reach the threshold, they tell nothing apart beyond it.
        severity: match shares.zip(scores) {
            Some(((own, limit), scores)) if limit > least_share(scores) => {
                severity_of_share(own, limit)
            }
            _ => severity_of_excess(score, threshold),
        },
        confidence: shares.map(|(own, _)| 1.0 - own),
        description,
        evidence: Evidence {
            timestamp: &moment.timestamp,
            score,
            threshold,
            training_share: shares.map(|(own, _)| own),
            features,
        },
        recommended_actions,
        created_at: now.to_owned(),
        status: "open",
    }
}

/// 1 at the threshold, and one more each time that the share of training rows with such a score halves.
fn severity_of_share(own: f64, limit: f64) -> u8 {
    level((limit / own).log2())
}

/// 1 at the threshold, and one more for each half of the threshold by which the score exceeds it.
fn severity_of_excess(score: f32, threshold: f32) -> u8 {
    level(2.0 * f64::from(score - threshold) / f64::from(threshold.abs()))
}

/// 1 to 5.
fn level(steps: f64) -> u8 {
    // A threshold of zero has no half; so rounding of what is not a number to 0 is right.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 4")]
    let steps = if steps.is_finite() { steps.clamp(0.0, 4.0) as u8 } else { 0 };
    steps + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn severity_grows_as_training_rows_get_rarer() {
        let levels =
            [0.1, 0.06, 0.05, 0.025, 0.0125, 0.00625, 1e-5].map(|own| severity_of_share(own, 0.1));
        assert_eq!(levels, [1, 1, 2, 3, 4, 5, 5]);
    }

    #[test]
    fn without_training_scores_severity_grows_with_the_excess() {
        let levels =
            [2.0, 2.9, 3.0, 4.0, 5.0, 6.0, 90.0].map(|score| severity_of_excess(score, 2.0));
        assert_eq!(levels, [1, 1, 2, 3, 4, 5, 5]);
        assert_eq!(severity_of_excess(7.0, 0.0), 1);
    }
}
