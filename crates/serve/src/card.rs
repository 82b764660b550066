//! A served model for people: what it is, what it takes, and what its judges found.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use gauntlet_core::{Alias, Column, Digest, Field, Frame, Implausible, Origin, Task, Version};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::live::Slot;

/// One place of a model.
#[derive(Debug, Serialize)]
pub(crate) struct Card {
    model_version: Version,
    alias: Option<Alias>,
    bundle_digest: Digest,
    data_origin: Option<Origin>,
    loaded_from: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    task: Option<Task>,
    threshold: Option<f32>,
    implausible: Implausible,
    fields: Vec<Field>,
    /// A row that it takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<Report>,
    /// Nothing where drift is not watched.
    drift: Option<Drift>,
    /// Why the alias is not followed at the moment.
    trouble: Option<String>,
    /// Whether somebody rolled it back.
    held: bool,
}

/// What its judges found on rows that it was not made from.
#[derive(Debug, Default, PartialEq, Serialize)]
struct Report {
    title: Option<String>,
    test_rows: Option<u64>,
    /// By metric: `value`, and the bounds `low` and `high` of its interval.
    metrics: BTreeMap<String, Value>,
    /// The same metrics of what it has to beat, by baseline.
    baselines: BTreeMap<String, BTreeMap<String, Value>>,
    /// The best F1 that any model could have.
    ceiling_f1: Option<f64>,
    /// Findings of the leak guard that a person waived.
    waivers: usize,
}

/// Whether requests look like training.
#[derive(Debug, Serialize)]
struct Drift {
    rows: usize,
    drift_detected: bool,
    insufficient_data: bool,
    /// The field that moved most; nothing if that is the score.
    feature: Option<String>,
    p_value: Option<f64>,
}

impl Card {
    /// The card of what a place serves now. Reads the whole report.
    pub(crate) fn new(slot: &Arc<Slot>) -> Self {
        let served = slot.current();
        let drift = served.monitor.as_ref().map(|monitor| {
            let latest = monitor.latest(Instant::now());
            let worst = latest.worst();
            Drift {
                rows: latest.rows,
                drift_detected: latest.drift,
                insufficient_data: latest.insufficient,
                feature: worst.and_then(|judged| judged.name.as_deref()).map(str::to_owned),
                p_value: worst.and_then(|judged| judged.adjusted),
            }
        });
        Self {
            model_version: served.located.version,
            alias: slot.wanted.alias().cloned(),
            bundle_digest: served.digest,
            data_origin: served.origin,
            loaded_from: served.place(),
            description: served.located.description.clone(),
            task: served.model.task().cloned(),
            threshold: served.model.threshold(),
            implausible: served.model.policy(),
            fields: served.model.fields().to_vec(),
            example: served.model.example().as_ref().map(first_row),
            report: served.model.report().as_ref().and_then(Report::of),
            drift,
            trouble: slot.trouble(),
            held: slot.is_held(),
        }
    }
}

/// The first row by name; a missing value is null.
fn first_row(frame: &Frame) -> Map<String, Value> {
    let cell = |column: &Column| match column {
        Column::Number(values) => values.first().copied().map_or(Value::Null, Value::from),
        Column::Text(values) => match values.first().map(String::as_str) {
            None | Some("") => Value::Null,
            Some(text) => Value::from(text),
        },
    };
    frame.iter().map(|(name, column)| (name.to_owned(), cell(column))).collect()
}

impl Report {
    /// The figures of a report, if it is one that holds some.
    fn of(report: &Value) -> Option<Self> {
        let metrics = metrics(&report["test"]["metrics"])?;
        let baselines = report["baselines"].as_object().into_iter().flatten();
        Some(Self {
            title: report["title"].as_str().map(str::to_owned),
            test_rows: report["protocol"]["test_rows"].as_u64(),
            metrics,
            baselines: baselines
                .filter_map(|(name, baseline)| Some((name.clone(), self::metrics(baseline)?)))
                .collect(),
            ceiling_f1: report["ceiling_f1_all_rows"].as_f64(),
            waivers: report["waivers"].as_array().map_or(0, Vec::len),
        })
    }
}

/// Metrics that are numbers with their bounds.
fn metrics(written: &Value) -> Option<BTreeMap<String, Value>> {
    let metrics = written.as_object()?.iter();
    let metrics = metrics.filter(|(_, estimate)| estimate["value"].is_number());
    Some(metrics.map(|(name, estimate)| (name.clone(), estimate.clone())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_is_cut_to_its_figures() {
        let f1 = json!({ "value": 0.8, "low": 0.7, "high": 0.9 });
        let report = json!({
            "title": "AI4I", "protocol": { "test_rows": 2000 }, "waivers": [{}],
            "test": { "metrics": { "f1": f1 }, "scores": { "score": [0.1, 0.2] } },
            "baselines": { "rules": { "f1": f1 }, "odd": 3 }, "ceiling_f1_all_rows": 0.96,
        });
        let cut = Report::of(&report).unwrap();
        assert_eq!(cut.metrics["f1"], f1);
        assert_eq!(cut.baselines["rules"]["f1"], f1);
        assert_eq!((cut.baselines.len(), cut.test_rows, cut.waivers), (1, Some(2000), 1));
        assert_eq!(Report::of(&json!({ "auc": 0.5 })), None);
    }

    #[test]
    fn an_example_has_null_where_nothing_was_measured() {
        let frame = Frame::new([
            ("load".to_owned(), Column::Number(vec![f64::NAN, 1.0])),
            ("type".to_owned(), Column::Text(vec!["L".into(), "H".into()])),
        ]);
        let row = first_row(&frame.unwrap());
        assert_eq!(Value::from(row), json!({ "load": null, "type": "L" }));
    }
}
