//! Tiny bundles, one of a kind.

use gauntlet_bundle::{Graph, Parts};
use gauntlet_core::{
    AlarmPolicy, Column, Digest, Field, FieldKind, Frame, Lineage, Origin, Plausible, Seed,
    Signature, Task,
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
/// 40 to 60 kN and scores of 0 to 2, evenly. A missing load adds nothing.
pub(crate) fn detector(with_reference: bool) -> (Parts, Value) {
    let mut graph = Graph::new();
    let (vibration, load) = (graph.number("vibration"), graph.number("load"));
    let (vibration, load) = (graph.cast(vibration), graph.cast(load));
    let vibration = graph.sub(vibration, 2.0_f32);
    let vibration = graph.abs(vibration);
    let load = graph.sub(load, 50.0_f32);
    let load = graph.abs(load);
    let load = graph.div(load, 10.0_f32);
    let missing = graph.is_nan(load);
    let load = graph.select(missing, 0.0_f32, load);
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

/// `score = rms / rms_baseline` with the threshold 2; two rows of three have to reach it. It hears snapshots at 20,480 Hz.
pub(crate) fn listener() -> (Parts, Value) {
    let mut graph = Graph::new();
    let (rms, baseline) = (graph.number("rms"), graph.number("rms_baseline"));
    let (rms, baseline) = (graph.cast(rms), graph.cast(baseline));
    let score = graph.div(rms, baseline);
    graph.detect(score, 2.0_f32);
    let example = Frame::new([
        ("rms".to_owned(), Column::Number(vec![1.0, 9.0])),
        ("rms_baseline".to_owned(), Column::Number(vec![1.0, 1.0])),
    ]);
    let recipe = "columns = [\"rms\", \"rms_baseline\"]\n[signal]\nkind = \"vibration\"\n\
                  [signal.setup]\nsampling_rate_hz = 20480.0\nshaft_hz = 33.3\n";
    let number = |name| field(name, FieldKind::Number, "g");
    let parts = Parts {
        model: graph.finish().unwrap(),
        recipe: recipe.into(),
        signature: Signature {
            raw: vec![number("rms"), number("rms_baseline")],
            features: vec!["rms".into(), "rms_baseline".into()],
            threshold: 2.0,
            task: Task::Anomaly,
            alarm: Some(AlarmPolicy { needed: 2, window: 3, refractory: None }),
            ..Signature::default()
        },
        example: example.unwrap(),
        reference: json!({}),
        lineage: lineage("bearing", 1, Origin::Real),
    };
    (parts, json!({}))
}

/// `score = |frame_0_mel_00|`, of spectrograms of one band at 16 kHz; a clip's score is the mean of its frames'.
pub(crate) fn hearer() -> (Parts, Value) {
    let mut graph = Graph::new();
    let level = graph.number("frame_0_mel_00");
    let level = graph.cast(level);
    let score = graph.abs(level);
    graph.detect(score, 20.0_f32);
    let example = Frame::new([("frame_0_mel_00".to_owned(), Column::Number(vec![1.0, 30.0]))]);
    let recipe = "[signal]\nkind = \"audio_frames\"\nchannel = 0\ncontext = 1\n[signal.setup]\n\
                  sampling_rate_hz = 16000\nn_fft = 1024\nhop = 512\nmels = 1\nscale = \"htk\"\n";
    let parts = Parts {
        model: graph.finish().unwrap(),
        recipe: recipe.into(),
        signature: Signature {
            raw: vec![field("frame_0_mel_00", FieldKind::Number, "dB")],
            features: vec!["frame_0_mel_00".into()],
            threshold: 20.0,
            task: Task::Anomaly,
            ..Signature::default()
        },
        example: example.unwrap(),
        reference: json!({}),
        lineage: lineage("sound", 1, Origin::Real),
    };
    (parts, json!({}))
}
