//! Tiny bundles, one of a kind.

use gauntlet_bundle::{Graph, Parts};
use gauntlet_core::{
    Column, Digest, Field, FieldKind, Frame, Lineage, Origin, Plausible, Seed, Signature, Task,
};
use serde_json::{Value, json};

fn field(name: &str, kind: FieldKind, unit: &str) -> Field {
    let plausible = Plausible::default();
    Field { name: name.into(), kind, unit: unit.into(), nullable: false, plausible }
}

fn lineage(gauntlet: &str, seed: u32, origin: Origin) -> Lineage {
    Lineage {
        gauntlet: gauntlet.into(),
        kind: "formula".into(),
        recipe: "raw".into(),
        origin,
        dataset: Digest::of(b"dataset"),
        split: Digest::of(b"split"),
        pipeline: Digest::of(b"pipeline"),
        seed: Seed(u64::from(seed)),
    }
}

/// `probability = sigmoid(torque + 0 or 1 for the type)`, told apart by `seed`.
pub(crate) fn motor(seed: u32, origin: Origin) -> (Parts, Value) {
    let mut graph = Graph::new();
    let (torque, kind) = (graph.number("torque"), graph.text("type"));
    let torque = graph.cast(torque);
    let codes = [("H".to_owned(), 0.0), ("L".to_owned(), 1.0)];
    let kind = graph.encode(kind, &codes);
    let sum = graph.add(torque, kind);
    let score = graph.sigmoid(sum);
    graph.classify(score, 0.5);
    let categories = FieldKind::Category { values: vec!["H".into(), "L".into()] };
    let example = Frame::new([
        ("torque".to_owned(), Column::Number(vec![-2.0, 0.5, 3.0])),
        ("type".to_owned(), Column::Text(vec!["H".into(), "L".into(), "H".into()])),
    ]);
    let parts = Parts {
        model: graph.finish().unwrap(),
        recipe: "columns = [\"torque\", \"type\"]\n".into(),
        signature: Signature {
            raw: vec![field("torque", FieldKind::Number, ""), field("type", categories, "")],
            features: vec!["torque".into(), "type".into()],
            threshold: 0.5,
            ..Signature::default()
        },
        example: example.unwrap(),
        reference: json!({}),
        lineage: lineage("motor", seed, origin),
    };
    (parts, json!({}))
}

/// `score = |vibration - 2| + |load - 50| / 10` with the threshold 4. Training saw vibrations of 1 to 3 mm/s, loads of
/// 40 to 60 kN and scores of 0 to 2, evenly.
pub(crate) fn detector(with_reference: bool) -> (Parts, Value) {
    let mut graph = Graph::new();
    let (vibration, load) = (graph.number("vibration"), graph.number("load"));
    let (vibration, load) = (graph.cast(vibration), graph.cast(load));
    let vibration = graph.sub(vibration, 2.0_f32);
    let vibration = graph.abs(vibration);
    let load = graph.sub(load, 50.0_f32);
    let load = graph.abs(load);
    let load = graph.div(load, 10.0_f32);
    let score = graph.add(vibration, load);
    graph.detect(score, 4.0);
    let example = Frame::new([
        ("vibration".to_owned(), Column::Number(vec![2.0, 9.0])),
        ("load".to_owned(), Column::Number(vec![50.0, 45.0])),
    ]);
    let even = |low: f64, high: f64| {
        let steps: Vec<f64> = (0..=40).map(|i| low + (high - low) * f64::from(i) / 40.0).collect();
        json!({ "rows": 1000, "missing": 0, "quantiles": steps })
    };
    let reference = json!({
        "raw": { "vibration": even(1.0, 3.0), "load": even(40.0, 60.0) }, "score": even(0.0, 2.0),
    });
    let plausible = Plausible { min: Some(0.0), max: Some(200.0) };
    let parts = Parts {
        model: graph.finish().unwrap(),
        recipe: "columns = [\"vibration\", \"load\"]\n".into(),
        signature: Signature {
            raw: vec![
                Field { plausible, ..field("vibration", FieldKind::Number, "mm/s") },
                Field { nullable: true, ..field("load", FieldKind::Number, "kN") },
            ],
            features: vec!["vibration".into(), "load".into()],
            threshold: 4.0,
            task: Task::Anomaly,
            ..Signature::default()
        },
        example: example.unwrap(),
        reference: if with_reference { reference } else { json!({}) },
        lineage: lineage("pump", 1, Origin::Real),
    };
    (parts, json!({}))
}
