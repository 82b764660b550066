//! What a model takes and gives, as tensors.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::live::Slot;
use crate::model::{Port, datatype};

/// The metadata of a place, and the versions of its model that are served.
pub(super) fn of(slots: &[Arc<Slot>], slot: &Slot) -> Value {
    let served = slot.current();
    let mut versions: Vec<_> = slots.iter().map(|slot| slot.current().located.version).collect();
    versions.sort();
    versions.dedup();
    let versions: Vec<String> = versions.iter().map(ToString::to_string).collect();
    json!({
        "name": served.located.model,
        "versions": versions,
        "platform": "gauntlet_onnx",
        "inputs": described(&served.model.inputs()),
        "outputs": described(&served.model.outputs()),
    })
}

fn described(ports: &[Port]) -> Vec<Value> {
    let describe = |port: &Port| {
        let width = port.width.map(|width| i64::try_from(width).unwrap_or(i64::MAX));
        let shape: Vec<i64> = [-1].into_iter().chain(width).collect();
        json!({ "name": port.name, "datatype": datatype(port.kind), "shape": shape })
    };
    ports.iter().map(describe).collect()
}
