//! Sample models that tests and the parity cases share. Numbers are drawn by a fixed generator.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use gauntlet_bundle::graph::{Graph, Vector};
use gauntlet_bundle::{Link, Node, Parts, Tree, TreeEnsemble};
use gauntlet_core::{Column, Digest, Field, FieldKind, Frame, Lineage, Origin, Seed, Signature};
use serde_json::json;

/// SplitMix64.
#[derive(Debug)]
pub struct Draws(pub u64);

impl Draws {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// Uniform in [-1, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// A random tree, depth first, with children after their parents.
pub fn tree(draws: &mut Draws, features: usize, depth: usize, scale: f32) -> Tree {
    let mut nodes = Vec::new();
    grow(draws, features, depth, scale, &mut nodes);
    Tree::new(nodes)
}

fn grow(draws: &mut Draws, features: usize, depth: usize, scale: f32, nodes: &mut Vec<Node>) {
    if depth == 0 || draws.below(8) == 0 {
        let weight = (draws.unit() as f32).abs() * scale;
        return nodes.push(Node::Leaf { weight, cover: 1.0 });
    }
    let at = nodes.len();
    nodes.push(Node::Leaf { weight: 0.0, cover: 0.0 });
    let left = nodes.len() as u32;
    grow(draws, features, depth - 1, scale, nodes);
    let right = nodes.len() as u32;
    grow(draws, features, depth - 1, scale, nodes);
    let threshold = match draws.below(10) {
        0 => 0.0,
        1 => f32::MIN_POSITIVE / 4.0,
        2 => 8.6,
        _ => draws.unit() as f32,
    };
    nodes[at] = Node::Split {
        feature: draws.below(features) as u32,
        threshold,
        left,
        right,
        missing_left: draws.below(2) == 0,
        cover: 2.0,
    };
}

pub fn forest(seed: u64, link: Link, trees: usize, features: usize, depth: usize) -> TreeEnsemble {
    let mut draws = Draws(seed);
    let scale = if link == Link::Mean { 1.0 / trees as f32 } else { 0.3 };
    let mut trees: Vec<Tree> =
        (0..trees).map(|_| tree(&mut draws, features, depth, scale)).collect();
    if link == Link::Logistic {
        for node in trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
            if let Node::Leaf { weight, .. } = node {
                *weight -= 0.15;
            }
        }
    }
    TreeEnsemble::new(features, link, trees).unwrap()
}

/// Rows that lie on thresholds, beside them, and where floats are odd.
pub fn rows(seed: u64, ensemble: &TreeEnsemble, count: usize) -> Vec<f32> {
    let mut draws = Draws(seed);
    let mut special = vec![
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        0.0,
        -0.0,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        -f32::from_bits(1),
        f32::MAX,
    ];
    for node in ensemble.trees.iter().flat_map(|tree| &tree.nodes) {
        if let Node::Split { threshold, .. } = *node {
            special.extend([threshold, threshold.next_up(), threshold.next_down()]);
        }
    }
    (0..count * ensemble.features)
        .map(|_| match draws.below(3) {
            0 => draws.unit() as f32,
            _ => special[draws.below(special.len())],
        })
        .collect()
}

/// A model of an ensemble alone, whose inputs are floats called `f0`, `f1`, ...
pub fn model(ensemble: &TreeEnsemble, threshold: f32) -> Vec<u8> {
    let mut graph = Graph::new();
    let columns: Vec<Vector<f32>> =
        (0..ensemble.features).map(|i| graph.float(&format!("f{i}"))).collect();
    let matrix = graph.stack(&columns);
    let score = graph.trees(matrix, ensemble);
    graph.classify(score, threshold);
    graph.finish().unwrap()
}

pub fn field(name: &str, kind: FieldKind) -> Field {
    Field { name: name.into(), kind, unit: String::new(), nullable: false }
}

pub fn signature() -> Signature {
    let types = FieldKind::Category { values: vec!["H".into(), "L".into(), "M".into()] };
    Signature {
        raw: vec![
            field("Type", types),
            field("Air temperature", FieldKind::Number),
            field("Process temperature", FieldKind::Number),
            field("Rotational speed", FieldKind::Number),
            field("Torque", FieldKind::Number),
        ],
        features: ["type", "speed", "torque", "power", "margin"].map(str::to_owned).into(),
        threshold: 0.52,
        ..Signature::default()
    }
}

/// Row arithmetic in doubles, a margin whose last bit matters, a category and a forest.
pub fn machine_model(threshold: f32) -> Vec<u8> {
    let mut graph = Graph::new();
    let kind = graph.text("Type");
    let air = graph.number("Air temperature");
    let process = graph.number("Process temperature");
    let speed = graph.number("Rotational speed");
    let torque = graph.number("Torque");
    let codes = [("H", 0.0), ("L", 1.0), ("M", 2.0)].map(|(text, code)| (text.to_owned(), code));
    let kind = graph.encode(kind, &codes);
    let angular = graph.mul(speed, std::f64::consts::TAU / 60.0);
    let power = graph.mul(torque, angular);
    let difference = graph.sub(process, air);
    let margin = graph.sub(difference, 8.6);
    let numbers = [speed, torque, power, margin].map(|x| graph.cast::<_, f32, _>(x));
    let mut columns = vec![kind];
    columns.extend(numbers);
    let matrix = graph.stack(&columns);
    let centred = graph.sub(matrix, [0.0, 1500.0, 40.0, 6000.0, 0.0].as_slice());
    let scaled = graph.div(centred, [1.0, 200.0, 10.0, 2000.0, 1.0].as_slice());
    let score = graph.trees(scaled, &forest(11, Link::Mean, 30, 5, 6));
    graph.classify(score, threshold);
    graph.finish().unwrap()
}

pub fn machine_rows(seed: u64, count: usize) -> Frame {
    let mut draws = Draws(seed);
    let types = (0..count).map(|_| ["H", "L", "M"][draws.below(3)].to_owned()).collect();
    let mut numbers = |centre: f64, spread: f64, step: f64| {
        let draw = |_| ((centre + spread * draws.unit()) / step).round() * step;
        Column::Number((0..count).map(draw).collect())
    };
    Frame::new([
        ("Type".to_owned(), Column::Text(types)),
        ("Air temperature".to_owned(), numbers(300.0, 3.0, 0.1)),
        ("Process temperature".to_owned(), numbers(309.0, 3.0, 0.1)),
        ("Rotational speed".to_owned(), numbers(1500.0, 300.0, 1.0)),
        ("Torque".to_owned(), numbers(40.0, 25.0, 0.1)),
    ])
    .unwrap()
}

pub fn lineage() -> Lineage {
    Lineage {
        gauntlet: "machines".into(),
        kind: "randomforest".into(),
        recipe: "engineered".into(),
        origin: Origin::Simulated,
        dataset: Digest::of(b"dataset"),
        split: Digest::of(b"split"),
        pipeline: Digest::of(b"pipeline"),
        seed: Seed(7),
    }
}

pub fn parts() -> Parts {
    Parts {
        model: machine_model(0.52),
        recipe: "name = \"engineered\"\n".into(),
        signature: signature(),
        example: machine_rows(3, 8),
        reference: json!({ "torque": [1.5, 2.5], "speed": [1.0] }),
        lineage: lineage(),
    }
}

/// A bundle whose model takes one number, some of which are missing.
pub fn single_field() -> Parts {
    let mut graph = Graph::new();
    let level = graph.number("level's \"°C\"");
    let missing = graph.is_nan(level);
    let known = graph.select(missing, 1.0, level);
    let score = graph.cast(known);
    let score = graph.sigmoid::<f32, _>(score);
    graph.classify(score, 0.52);
    let raw = Field { nullable: true, ..field("level's \"°C\"", FieldKind::Number) };
    let values = Column::Number(vec![0.5, f64::NAN, -3.25, 1e300]);
    Parts {
        model: graph.finish().unwrap(),
        signature: Signature { raw: vec![raw.clone()], ..signature() },
        example: Frame::new([(raw.name, values)]).unwrap(),
        ..parts()
    }
}
