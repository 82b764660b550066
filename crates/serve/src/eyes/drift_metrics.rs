//! Drift of each model version as gauges.

use std::sync::Arc;
use std::time::Instant;

use super::drift::assessment::{Assessment, Judged};
use super::drift::monitor::Monitor;
use super::exposition::Exposition;
use super::metrics::Key;
use super::model_metrics::ModelMetrics;

/// A version whose window was judged.
struct Row<'a> {
    model: &'a str,
    version: &'a str,
    monitor: &'a Monitor,
    assessment: Arc<Assessment>,
}

/// Appends the drift of every version that has a reference.
pub(super) fn render(text: &mut Exposition, versions: &[(Key, Arc<ModelMetrics>)], now: Instant) {
    let judged = versions.iter().filter_map(|((model, version), counts)| {
        let monitor = counts.monitor().filter(|monitor| monitor.has_reference())?;
        Some(Row { model, version, monitor, assessment: monitor.latest(now) })
    });
    let rows: Vec<Row<'_>> = judged.collect();
    let mut gauge = |name: &str, help: &str, value: fn(&Row<'_>) -> Option<f64>| {
        text.family(name, "gauge", help);
        for row in &rows {
            if let Some(value) = value(row) {
                text.sample(name, &[("model", row.model), ("version", row.version)], value);
            }
        }
    };
    gauge(
        "gauntlet_serve_drift",
        "1 if the latest rows differ from training, dependence and number of columns allowed for.",
        |row| Some(f64::from(u8::from(row.assessment.drift))),
    );
    gauge("gauntlet_serve_drift_insufficient", "1 if no column could be judged.", |row| {
        Some(f64::from(u8::from(row.assessment.insufficient)))
    });
    #[expect(clippy::cast_precision_loss, reason = "windows are short")]
    gauge("gauntlet_serve_drift_window_rows", "Rows that were judged.", |row| {
        Some(row.assessment.rows as f64)
    });
    gauge(
        "gauntlet_serve_score_psi",
        "Population stability index of the score, where the bundle has its reference.",
        |row| {
            let score = row.assessment.judged.iter().find(|judged| judged.name.is_none())?;
            Some(score.drift.psi)
        },
    );
    let mut by_feature = |name: &str, help: &str, value: fn(&Judged) -> Option<f64>| {
        text.family(name, "gauge", help);
        for row in &rows {
            for judged in &row.assessment.judged {
                if let (Some(feature), Some(value)) = (&judged.name, value(judged)) {
                    let labels =
                        [("model", row.model), ("version", row.version), ("feature", &**feature)];
                    text.sample(name, &labels, value);
                }
            }
        }
    };
    by_feature(
        "gauntlet_serve_drift_psi",
        "Population stability index of a column against training.",
        |judged| (judged.drift.n > 0).then_some(judged.drift.psi),
    );
    by_feature(
        "gauntlet_serve_drift_psi_noise",
        "The index that a window worth as much has on average without drift.",
        |judged| (judged.drift.n > 0).then_some(judged.drift.psi_noise),
    );
    by_feature(
        "gauntlet_serve_drift_p_value",
        "Chance of a column's distance from training, adjusted for how many columns there are.",
        |judged| judged.adjusted,
    );
    by_feature(
        "gauntlet_serve_drift_effective_rows",
        "Independent rows that a column's window is worth.",
        |judged| Some(judged.drift.n_eff),
    );
    let name = "gauntlet_serve_drift_rows_left_out_total";
    text.family(name, "counter", "Rows that were not taken into the window, to sample busy times.");
    for row in &rows {
        let labels = [("model", row.model), ("version", row.version)];
        text.sample(name, &labels, row.monitor.left_out());
    }
}

#[cfg(test)]
mod tests {
    use gauntlet_core::{Column, Field, FieldKind, Plausible, Signature};
    use serde_json::json;

    use super::*;
    use crate::eyes::settings::DriftSettings;

    #[test]
    fn a_column_that_moved_shows_in_its_gauges_and_the_models_flag() {
        let now = Instant::now();
        let field = Field {
            name: "load \"x\"".into(),
            kind: FieldKind::Number,
            unit: String::new(),
            nullable: false,
            plausible: Plausible::default(),
        };
        let signature = Signature { raw: vec![field], ..Signature::default() };
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let reference = json!({ "raw": { "load \"x\"": { "rows": 900, "missing": 0, "quantiles": quantiles } } });
        let counts = Arc::new(ModelMetrics::default());
        let monitor = counts.monitor_or(|| {
            Monitor::new(&signature, &reference, &DriftSettings::default(), now).unwrap()
        });
        let values = (0..120).map(|i| f64::from(i * 17 % 41) + 25.0).collect();
        monitor.note(now, None, &[Column::Number(values)], &[0.5; 120]);
        let mut text = Exposition::default();
        render(&mut text, &[(("m".into(), "1".into()), counts)], now);
        let text = text.finish();
        let line = |start: &str| {
            let found = text.lines().find_map(|line| line.strip_prefix(start));
            found.unwrap_or_else(|| panic!("{start}\n{text}")).to_owned()
        };
        assert_eq!(line("gauntlet_serve_drift{model=\"m\",version=\"1\"} "), "1");
        assert_eq!(line("gauntlet_serve_drift_window_rows{model=\"m\",version=\"1\"} "), "120");
        let feature = "{model=\"m\",version=\"1\",feature=\"load \\\"x\\\"\"} ";
        let value = |name: &str| line(&format!("{name}{feature}")).parse::<f64>().unwrap();
        assert!(value("gauntlet_serve_drift_psi") > 1.0);
        assert!(value("gauntlet_serve_drift_psi_noise") < 0.2);
        assert!(value("gauntlet_serve_drift_p_value") < 0.001);
        assert!(!text.contains("score_psi{"));
    }
}
