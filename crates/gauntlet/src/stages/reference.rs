//! The training distribution, kept with the bundle for drift checks.

use std::collections::BTreeMap;

use gauntlet_core::{Column, Frame};
use gauntlet_features::Matrix;
use serde_json::{Value, json};

/// Quantiles kept per column: every 2.5 %.
const STEPS: usize = 40;

/// Quantile sketches of raw columns and features over training rows; counts of categories.
pub(super) fn reference(raw: &Frame, features: &Matrix) -> Value {
    let raw: BTreeMap<&str, Value> = raw
        .iter()
        .map(|(name, column)| match column {
            Column::Number(values) => (name, sketch(values.iter().copied())),
            Column::Text(values) => {
                let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                values.iter().for_each(|v| *counts.entry(v).or_default() += 1);
                (name, json!({ "counts": counts }))
            }
        })
        .collect();
    let columns = features.names.iter().zip(&features.columns);
    let features: BTreeMap<&str, Value> = columns
        .map(|(name, values)| (name.as_str(), sketch(values.iter().map(|v| f64::from(*v)))))
        .collect();
    json!({ "raw": raw, "features": features })
}

fn sketch(values: impl Iterator<Item = f64>) -> Value {
    let all: Vec<f64> = values.collect();
    let mut sorted: Vec<f64> = all.iter().copied().filter(|v| !v.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let missing = all.len() - sorted.len();
    let quantiles: Vec<f64> = match sorted.len() {
        0 => Vec::new(),
        n => (0..=STEPS).map(|step| sorted[step * (n - 1) / STEPS]).collect(),
    };
    json!({ "rows": all.len(), "missing": missing, "quantiles": quantiles })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sketch_runs_from_the_smallest_to_the_largest_value() {
        let sketch = sketch((0..=400).rev().map(f64::from).chain([f64::NAN]));
        assert_eq!(sketch["missing"], 1);
        assert_eq!(sketch["quantiles"][0], 0.0);
        assert_eq!(sketch["quantiles"][20], 200.0);
        assert_eq!(sketch["quantiles"][40], 400.0);
    }
}
