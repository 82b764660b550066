//! What a model takes and gives, as tensors.

use std::sync::Arc;

use gauntlet_core::{FieldKind, Task};
use serde_json::{Value, json};

use crate::live::Slot;

/// The metadata of a place, and the versions of its model that are served.
pub(super) fn of(slots: &[Arc<Slot>], slot: &Slot) -> Value {
    let served = slot.current();
    let mut versions: Vec<_> = slots.iter().map(|slot| slot.current().located.version).collect();
    versions.sort();
    versions.dedup();
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    let inputs: Vec<Value> = served
        .model
        .fields()
        .iter()
        .map(|field| {
            let datatype = if field.kind == FieldKind::Number { "FP64" } else { "BYTES" };
            tensor(&field.name, datatype, &[-1, 1])
        })
        .collect();
    json!({
        "name": served.located.model,
        "versions": versions,
        "platform": "gauntlet_onnx",
        "inputs": inputs,
        "outputs": served.model.task().map(outputs).unwrap_or_default(),
    })
}

fn tensor(name: &str, datatype: &str, shape: &[i64]) -> Value {
    json!({ "name": name, "datatype": datatype, "shape": shape })
}

/// The outputs of a task, as the answer names them.
fn outputs(task: &Task) -> Vec<Value> {
    let float = |name: &str| tensor(name, "FP32", &[-1]);
    let label = || tensor("prediction", "INT64", &[-1]);
    match task {
        Task::Binary => vec![float("probability"), label()],
        Task::Multiclass { classes } => (0..classes.len())
            .map(|class| float(&gauntlet_bundle::graph::class_probability(class)))
            .chain([label()])
            .collect(),
        Task::Regression { interval, .. } => {
            let bounds = if *interval { &["lower", "upper"][..] } else { &[] };
            ["prediction"].iter().chain(bounds).map(|name| float(name)).collect()
        }
        Task::Anomaly => vec![float("score"), label()],
    }
}
