//! Native model against exported graph: on every training row, on thresholds, on NaN and infinities.

use std::path::Path;

use anyhow::Result;
use gauntlet_bundle::{Prediction, Predictor};
use gauntlet_core::{Column, Frame};
use gauntlet_features::{Expr, RawKind, Recipe};
use gauntlet_learn::gate::Parity;
use gauntlet_learn::models::Fitted;
use serde_json::{Value, json};

use crate::home;

/// Most probe rows placed on thresholds.
const PROBES: usize = 600;

/// Raw rows for the comparison: all of `rows`, then copies of them with a raw column on a threshold of
/// the model, or beside it, and copies with a column NaN or infinite.
pub(super) fn probe(rows: &Frame, recipe: &Recipe, fitted: &Fitted) -> Result<Frame> {
    let inputs: Vec<String> = recipe.inputs.iter().map(|input| input.name.clone()).collect();
    let plain: Vec<Option<&str>> = recipe
        .features
        .iter()
        .map(|f| if let Expr::Column(name) = &f.expr { Some(name.as_str()) } else { None })
        .collect();
    let mut changes: Vec<(&str, f64)> = Vec::new();
    for (feature, threshold) in fitted.thresholds() {
        if let Some(column) = plain[feature] {
            let near = [threshold, threshold.next_up(), threshold.next_down()];
            changes.extend(near.map(|value| (column, f64::from(value))));
        }
    }
    let stride = changes.len().div_ceil(PROBES).max(1);
    // Steps of three would always take the same neighbour of a threshold.
    let stride = if stride.is_multiple_of(3) { stride + 1 } else { stride };
    let mut changes: Vec<(&str, f64)> = changes.into_iter().step_by(stride).collect();
    for input in recipe.inputs.iter().filter(|i| i.kind == RawKind::Number) {
        let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, 0.0, -0.0];
        changes.extend(odd.map(|value| (input.name.as_str(), value)));
    }
    let base = rows.select(&inputs)?;
    let order: Vec<usize> =
        (0..base.rows()).chain((0..changes.len()).map(|i| i % base.rows())).collect();
    let grown = base.take(&order);
    Ok(Frame::new(grown.iter().map(|(name, column)| {
        let mut column = column.clone();
        if let Column::Number(values) = &mut column {
            let own = changes.iter().enumerate().filter(|(_, (changed, _))| *changed == name);
            own.for_each(|(i, (_, value))| values[base.rows() + i] = *value);
        }
        (name.to_owned(), column)
    }))?)
}

/// Compares the exported graph with the native model on `frame`.
pub(super) fn compare(
    frame: &Frame,
    recipe: &Recipe,
    fitted: &Fitted,
    predictor: &Predictor,
) -> Result<(Parity, Prediction)> {
    let native: Vec<f64> = fitted.outputs(&recipe.apply(frame)?)?.column(0).collect();
    let answers = predictor.predict(frame)?;
    let threshold = f64::from(predictor.signature().threshold);
    let rows = frame.rows();
    let tolerance = fitted.tolerance();
    let mut parity = Parity { rows, largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance };
    for ((native, score), label) in native.iter().zip(&answers.probability).zip(&answers.prediction)
    {
        parity.largest = parity.largest.max((native - f64::from(*score)).abs());
        let near = (native - threshold).abs() <= tolerance;
        parity.near_threshold += usize::from(near);
        parity.labels_differ += usize::from(!near && (*native >= threshold) != (*label == 1));
    }
    Ok((parity, answers))
}

/// Leaves the rows and answers where a check with another engine finds them.
pub(super) fn write_case(
    folder: &Path,
    model: &[u8],
    frame: &Frame,
    answers: &Prediction,
    exact: bool,
) -> Result<()> {
    let inputs: Vec<Value> = frame
        .iter()
        .map(|(name, column)| match column {
            Column::Number(values) => {
                let values: Vec<Value> = values.iter().map(|v| number(*v)).collect();
                json!({ "name": name, "type": "double", "values": values })
            }
            Column::Text(values) => json!({ "name": name, "type": "string", "values": values }),
        })
        .collect();
    let scores: Vec<Value> = answers.probability.iter().map(|p| json!(p)).collect();
    let outputs = json!([
        { "name": "probability", "type": "float", "values": scores },
        { "name": "prediction", "type": "int64", "values": answers.prediction },
    ]);
    let tolerance = if exact { "exact" } else { "close" };
    home::write(&folder.join("model.onnx"), model)?;
    home::write(&folder.join("inputs.json"), &serde_json::to_vec(&json!({ "inputs": inputs }))?)?;
    let outputs = json!({ "tolerance": tolerance, "outputs": outputs });
    home::write(&folder.join("outputs.json"), &serde_json::to_vec(&outputs)?)
}

/// JSON has no word for what is not finite.
fn number(value: f64) -> Value {
    if value.is_nan() {
        json!("NaN")
    } else if value.is_infinite() {
        json!(if value > 0.0 { "inf" } else { "-inf" })
    } else {
        json!(value)
    }
}
