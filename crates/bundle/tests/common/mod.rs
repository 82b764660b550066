//! Sample models that tests and the parity cases share. Numbers are drawn by a fixed generator.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

pub mod random;

use gauntlet_bundle::graph::{Graph, Matrix, Vector};
use gauntlet_bundle::{Link, Node, Outputs, Parts, Tree, TreeEnsemble};
use gauntlet_core::{
    Column, Digest, Field, FieldKind, Frame, Lineage, Origin, Plausible, Seed, Signature, Task,
};
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
    Field {
        name: name.into(),
        kind,
        unit: String::new(),
        nullable: false,
        plausible: Plausible::default(),
    }
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

/// A forest of several outputs: random trees whose leaves are as `outputs` takes them.
pub fn many(
    seed: u64,
    outputs: Outputs,
    link: Link,
    trees: usize,
    features: usize,
    depth: usize,
) -> TreeEnsemble {
    let mut draws = Draws(seed);
    let width = outputs.width();
    let trees = (0..trees)
        .map(|_| {
            let mut tree = tree(&mut draws, features, depth, 1.0);
            for node in &mut tree.nodes {
                let Node::Leaf { weight, cover } = node else { continue };
                match outputs {
                    Outputs::Shares(_) => {
                        let row = (tree.shares.len() / width) as u32;
                        tree.shares.extend(shares(&mut draws, link, width, trees));
                        *node = Node::Shares { row, cover: *cover };
                    }
                    _ => *weight = (*weight - 0.5) * 0.3,
                }
            }
            tree
        })
        .collect();
    TreeEnsemble::with_outputs(features, outputs, link, trees).unwrap()
}

/// What a leaf adds: shares of a whole, many of them zero, or any numbers.
fn shares(draws: &mut Draws, link: Link, width: usize, trees: usize) -> Vec<f32> {
    if link != Link::Mean {
        return (0..width).map(|_| draws.unit() as f32).collect();
    }
    let counts: Vec<f32> = (0..width).map(|_| draws.below(5).saturating_sub(2) as f32).collect();
    let total = counts.iter().sum::<f32>();
    let share = |(class, count)| match (total > 0.0, class) {
        (true, _) => count / total / trees as f32,
        (false, 0) => 1.0 / trees as f32,
        _ => 0.0,
    };
    counts.into_iter().enumerate().map(share).collect()
}

/// Rows of `width` columns of numbers called `x0`, `x1`, ...
pub fn numbers(seed: u64, rows: usize, width: usize) -> Frame {
    let mut draws = Draws(seed);
    let mut column = |_| Column::Number((0..rows).map(|_| draws.unit()).collect());
    Frame::new((0..width).map(|i| (format!("x{i}"), column(i))).collect::<Vec<_>>()).unwrap()
}

/// A bundle of each task, on four numbers.
pub fn tasks() -> Vec<Parts> {
    let classes =
        |n: usize| Task::Multiclass { classes: (0..n).map(|i| format!("c{i}")).collect() };
    let interval = |interval| Task::Regression { unit: "h".into(), interval };
    type Build = fn(&mut Graph, Matrix<f32>);
    let all: Vec<(Task, Build)> = vec![
        (Task::Binary, |g, x| {
            let score = g.trees(x, &forest(1, Link::Logistic, 20, 4, 4));
            g.classify(score, 0.5);
        }),
        (classes(3), |g, x| {
            let ensemble = many(2, Outputs::Shares(3), Link::Mean, 20, 4, 5);
            let probabilities = g.trees_by_output(x, &ensemble);
            g.classify_many(probabilities);
        }),
        (classes(4), |g, x| {
            let ensemble = many(3, Outputs::Cycle(4), Link::Softmax, 20, 4, 4);
            let probabilities = g.trees_by_output(x, &ensemble);
            g.classify_many(probabilities);
        }),
        (interval(false), |g, x| {
            let value = g.trees(x, &many(4, Outputs::One, Link::Identity, 20, 4, 4));
            g.regress(value, None);
        }),
        (interval(true), |g, x| {
            let values =
                g.trees_by_output(x, &many(5, Outputs::Shares(2), Link::Identity, 9, 4, 4));
            let (value, half) = (g.pick(values, 0), g.pick(values, 1));
            let half = g.abs(half);
            let bounds = [g.sub(value, half), g.add(value, half)];
            g.regress(value, Some(bounds));
        }),
        (Task::Anomaly, |g, x| {
            // An isolation forest: two to the power of the negative mean path over its expectation.
            let depth = g.trees(x, &many(6, Outputs::One, Link::Identity, 50, 4, 6));
            let exponent = g.div(depth, -1.7);
            let score = g.pow(2.0, exponent);
            g.detect(score, 0.9);
        }),
    ];
    all.into_iter().map(|(task, build)| of_task(task, build)).collect()
}

fn of_task(task: Task, build: fn(&mut Graph, Matrix<f32>)) -> Parts {
    let mut graph = Graph::new();
    let columns: Vec<Vector<f32>> = (0..4)
        .map(|i| {
            let number = graph.number(&format!("x{i}"));
            graph.cast(number)
        })
        .collect();
    let matrix = graph.stack(&columns);
    build(&mut graph, matrix);
    let threshold = match task {
        Task::Binary => 0.5,
        Task::Anomaly => 0.9,
        Task::Multiclass { .. } | Task::Regression { .. } => 0.0,
    };
    let names: Vec<String> = (0..4).map(|i| format!("x{i}")).collect();
    let raw = names.iter().map(|name| field(name, FieldKind::Number)).collect();
    Parts {
        model: graph.finish().unwrap(),
        signature: Signature { raw, features: names, threshold, task, ..Signature::default() },
        example: numbers(9, 6, 4),
        ..parts()
    }
}
