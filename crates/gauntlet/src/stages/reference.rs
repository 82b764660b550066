//! The training distribution, kept with the bundle for drift checks.

use std::collections::BTreeMap;

use gauntlet_core::{Column, Frame};
use gauntlet_features::Matrix;
use serde_json::{Value, json};

/// Quantiles kept per column: every 2.5 %.
const STEPS: usize = 40;

/// Columns of at most so many different values are listed in full: quantiles say little of them.
const LISTED: usize = 32;

/// Quantile sketches of raw columns and features over training rows; counts of categories; and a sketch
/// of `scores`, which are those of rows that the scoring model was not fitted on, as requests are.
pub(crate) fn reference(raw: &Frame, features: &Matrix, scores: &[f32]) -> Value {
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
    let score = sketch(scores.iter().map(|v| f64::from(*v)));
    json!({ "raw": raw, "features": features, "score": score })
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
    let mut sketch = json!({ "rows": all.len(), "missing": missing, "quantiles": quantiles });
    let values: Vec<(f64, usize)> =
        sorted.chunk_by(|a, b| a == b).take(LISTED + 1).map(|same| (same[0], same.len())).collect();
    if values.len() <= LISTED {
        sketch["values"] = json!(values);
    }
    sketch
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
        assert!(sketch.get("values").is_none());
    }

    #[test]
    fn few_different_values_are_listed_with_their_counts() {
        let sketch = sketch([1.0, 0.0, -0.0, 1.0, f64::NAN, 7.0].into_iter());
        assert_eq!(sketch["values"], json!([[-0.0, 2], [1.0, 2], [7.0, 1]]));
        assert_eq!(sketch["quantiles"].as_array().unwrap().len(), STEPS + 1);
    }
}
