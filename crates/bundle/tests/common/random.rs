//! Random models of every family that is lowered, each with rows that are hard on it.

use gauntlet_bundle::graph::{Graph, Matrix, Vector};
use gauntlet_bundle::{Link, Node, Outputs, TreeEnsemble};

use super::{Draws, forest, many, rows};

/// How many models are drawn.
pub const COUNT: u64 = 240;

/// A random model and rows for it.
pub struct Case {
    pub name: String,
    pub model: Vec<u8>,
    /// Whether onnxruntime must give the same bits.
    pub exact: bool,
    pub features: usize,
    /// Rows of `features` numbers.
    pub rows: Vec<f32>,
    /// Outputs that hold the ensemble's scores, of models that are trees alone.
    pub trees: Option<(TreeEnsemble, Vec<String>)>,
}

type Build = fn(&mut Draws, &str) -> Case;

const FAMILIES: [(&str, Build); 16] = [
    ("forest", forest_of_two),
    ("boosting", boosting_of_two),
    ("forest_of_many", forest_of_many),
    ("boosting_of_many", boosting_of_many),
    ("regression", regression),
    ("targets", targets),
    ("isolation", isolation),
    ("logistic", |d, name| plain(d, name, logistic)),
    ("multinomial", |d, name| plain(d, name, multinomial)),
    ("mixture", |d, name| plain(d, name, mixture)),
    ("components", |d, name| plain(d, name, components)),
    ("means", |d, name| plain(d, name, means)),
    ("bayes", |d, name| plain(d, name, bayes)),
    ("kernel", |d, name| plain(d, name, kernel)),
    ("calibrated", calibrated),
    ("conformal", conformal),
];

/// The random model number `seed`.
pub fn case(seed: u64) -> Case {
    let (family, build) = FAMILIES[seed as usize % FAMILIES.len()];
    let mut draws = Draws(seed.wrapping_mul(0x2545_f491_4f6c_dd1d));
    build(&mut draws, &format!("random_{seed:03}_{family}"))
}

/// Sizes of an ensemble: trees, features, depth.
fn sizes(draws: &mut Draws) -> (usize, usize, usize) {
    (1 + draws.below(90), 1 + draws.below(6), draws.below(7))
}

fn start(features: usize) -> (Graph, Matrix<f32>) {
    let mut graph = Graph::new();
    let columns: Vec<Vector<f32>> = (0..features).map(|i| graph.float(&format!("f{i}"))).collect();
    let matrix = graph.stack(&columns);
    (graph, matrix)
}

fn end(
    draws: &mut Draws,
    name: &str,
    graph: Graph,
    ensemble: TreeEnsemble,
    exact: bool,
    outputs: Vec<String>,
) -> Case {
    Case {
        name: name.to_owned(),
        model: graph.finish().unwrap(),
        exact,
        features: ensemble.features,
        rows: rows(draws.next(), &ensemble, 40),
        trees: (!outputs.is_empty()).then_some((ensemble, outputs)),
    }
}

fn forest_of_two(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let ensemble = forest(draws.next(), Link::Mean, trees, features, depth);
    let (mut graph, x) = start(features);
    let score = graph.trees(x, &ensemble);
    graph.classify(score, 0.413);
    end(draws, name, graph, ensemble, true, vec!["probability".into()])
}

fn boosting_of_two(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let mut ensemble = forest(draws.next(), Link::Logistic, trees, features, depth);
    ensemble.add_base(&[draws.unit() as f32]).unwrap();
    let (mut graph, x) = start(features);
    let score = graph.trees(x, &ensemble);
    graph.classify(score, 0.413);
    end(draws, name, graph, ensemble, false, vec!["probability".into()])
}

fn by_class(draws: &mut Draws, name: &str, ensemble: TreeEnsemble) -> Case {
    let (mut graph, x) = start(ensemble.features);
    let probabilities = graph.trees_by_output(x, &ensemble);
    graph.classify_many(probabilities);
    let names = (0..ensemble.outputs.width()).map(|k| format!("probability_{k}")).collect();
    let exact = ensemble.link == Link::Mean;
    end(draws, name, graph, ensemble, exact, names)
}

fn forest_of_many(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let outputs = Outputs::Shares(2 + draws.below(6));
    let ensemble = many(draws.next(), outputs, Link::Mean, trees, features, depth);
    by_class(draws, name, ensemble)
}

fn boosting_of_many(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let classes = 2 + draws.below(6);
    let (outputs, trees) = match draws.below(4) {
        0 => (Outputs::Shares(classes), trees),
        _ => (Outputs::Cycle(classes), trees.div_ceil(classes) * classes),
    };
    let mut ensemble = many(draws.next(), outputs, Link::Softmax, trees, features, depth);
    let base: Vec<f32> = (0..classes).map(|_| draws.unit() as f32).collect();
    ensemble.add_base(&base).unwrap();
    by_class(draws, name, ensemble)
}

fn regression(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let mut ensemble = many(draws.next(), Outputs::One, Link::Identity, trees, features, depth);
    ensemble.add_base(&[100.0 * draws.unit() as f32]).unwrap();
    let (mut graph, x) = start(features);
    let value = graph.trees(x, &ensemble);
    graph.regress(value, None);
    end(draws, name, graph, ensemble, true, vec!["prediction".into()])
}

fn targets(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let width = 2 + draws.below(4);
    let (outputs, trees) = match draws.below(2) {
        0 => (Outputs::Shares(width), trees),
        _ => (Outputs::Cycle(width), trees.div_ceil(width) * width),
    };
    let ensemble = many(draws.next(), outputs, Link::Identity, trees, features, depth);
    let (mut graph, x) = start(features);
    let values = graph.trees_by_output(x, &ensemble);
    let names: Vec<String> = (0..width).map(|k| format!("target_{k}")).collect();
    for (k, name) in names.iter().enumerate() {
        let value = graph.pick(values, k);
        graph.output(name, value);
    }
    end(draws, name, graph, ensemble, true, names)
}

fn isolation(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let mut ensemble = many(draws.next(), Outputs::One, Link::Identity, trees, features, depth);
    for node in ensemble.trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
        if let Node::Leaf { weight, .. } = node {
            *weight = (*weight + 1.0) * 8.0 / trees as f32;
        }
    }
    let (mut graph, x) = start(features);
    let length = graph.trees(x, &ensemble);
    let exponent = graph.div(length, -8.3);
    let score = graph.pow(2.0, exponent);
    graph.detect(score, 0.487);
    end(draws, name, graph, ensemble, false, vec![])
}

/// A calibrator on a forest: a piecewise linear function through random knots, and a Platt scaling.
fn calibrated(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let ensemble = forest(draws.next(), Link::Mean, trees, features, depth);
    let (mut graph, x) = start(features);
    let g = &mut graph;
    let score = g.trees(x, &ensemble);
    let wide: Vector<f64> = g.cast(score);
    let column = g.column(wide);
    let knots: Vec<f64> = (0..5).map(|i| f64::from(i) / 5.0).collect();
    let lefts: Vec<f64> = knots.iter().map(|k| -k).collect();
    let beyond = g.gemm(column, &[1.0; 5], &lefts);
    let inside = g.clip(beyond, 0.0, 0.2);
    let slopes: Vec<f64> = (0..5).map(|_| draws.unit().abs()).collect();
    let isotonic = g.matmul(inside, &slopes, 1);
    let isotonic = g.pick(isotonic, 0);
    let margin = g.mul(wide, 3.0 + draws.unit());
    let margin = g.add(margin, draws.unit());
    let platt = g.sigmoid(margin);
    let platt: Vector<f32> = g.cast(platt);
    g.output("platt", platt);
    let calibrated: Vector<f32> = g.cast(isotonic);
    g.classify(calibrated, 0.413);
    end(draws, name, graph, ensemble, false, vec![])
}

/// A regression between bounds that a second ensemble scales.
fn conformal(draws: &mut Draws, name: &str) -> Case {
    let (trees, features, depth) = sizes(draws);
    let value = many(draws.next(), Outputs::One, Link::Identity, trees, features, depth);
    let spread = many(draws.next(), Outputs::One, Link::Identity, 7, features, 3);
    let (mut graph, x) = start(features);
    let (middle, spread) = (graph.trees(x, &value), graph.trees(x, &spread));
    let spread = graph.abs(spread);
    let half = graph.mul(spread, 1.5 + draws.unit() as f32);
    let bounds = [graph.sub(middle, half), graph.add(middle, half)];
    graph.regress(middle, Some(bounds));
    end(draws, name, graph, value, true, vec!["prediction".into()])
}

/// A model of matrices: missing values are imputed and outliers clipped, then everything is double.
fn plain(draws: &mut Draws, name: &str, build: fn(&mut Draws, &mut Graph, Matrix<f64>)) -> Case {
    let features = 1 + draws.below(6);
    let (mut graph, x) = start(features);
    let g = &mut graph;
    let x: Matrix<f64> = g.cast(x);
    let means = line(draws, features);
    let missing = g.is_nan(x);
    let known = g.select(missing, means.as_slice(), x);
    let tame = g.clip(known, -3.0, 3.0);
    let scales: Vec<f64> = means.iter().map(|mean| 1.5 + mean).collect();
    let centred = g.sub(tame, means.as_slice());
    let scaled = g.div(centred, scales.as_slice());
    build(draws, g, scaled);
    let stand_in = forest(draws.next(), Link::Mean, 3, features, 3);
    end(draws, name, graph, stand_in, false, vec![])
}

fn line(draws: &mut Draws, width: usize) -> Vec<f64> {
    (0..width).map(|_| draws.unit()).collect()
}

fn logistic(draws: &mut Draws, g: &mut Graph, x: Matrix<f64>) {
    let weights = line(draws, x.width());
    let margin = g.gemm(x, &weights, &[draws.unit()]);
    let margin = g.pick(margin, 0);
    let score = g.sigmoid(margin);
    let score: Vector<f32> = g.cast(score);
    g.classify(score, 0.413);
}

fn multinomial(draws: &mut Draws, g: &mut Graph, x: Matrix<f64>) {
    let classes = 2 + draws.below(5);
    let (weights, bias) = (line(draws, x.width() * classes), line(draws, classes));
    let margins = g.gemm(x, &weights, &bias);
    probabilities(g, margins);
}

fn probabilities(g: &mut Graph, margins: Matrix<f64>) {
    let soft = g.softmax(margins);
    let soft: Matrix<f32> = g.cast(soft);
    g.classify_many(soft);
}

/// The log-likelihood of a mixture of normal distributions with full covariances.
fn mixture(draws: &mut Draws, g: &mut Graph, x: Matrix<f64>) {
    let (width, parts) = (x.width(), 1 + draws.below(4));
    let (whiten, bias) = (line(draws, width * width * parts), line(draws, width * parts));
    let white = g.gemm(x, &whiten, &bias);
    let squares = g.mul(white, white);
    let mut blocks = vec![0.0; width * parts * parts];
    for row in 0..width * parts {
        blocks[row * parts + row / width] = -0.5;
    }
    let logs = g.gemm(squares, &blocks, &line(draws, parts));
    let density = g.log_sum_exp(logs);
    let oddness = g.neg(density);
    let score: Vector<f32> = g.cast(oddness);
    g.detect(score, 2.13);
}

/// The reconstruction error of principal components.
fn components(draws: &mut Draws, g: &mut Graph, x: Matrix<f64>) {
    let (width, kept) = (x.width(), 1 + draws.below(x.width()));
    let axes = line(draws, width * kept);
    let projected = g.matmul(x, &axes, kept);
    let back: Vec<f64> = (0..kept * width).map(|at| axes[at % width * kept + at / width]).collect();
    let restored = g.matmul(projected, &back, width);
    let residual = g.sub(x, restored);
    let squares = g.sum_of_squares(residual);
    let distance = g.sqrt(squares);
    let score: Vector<f32> = g.cast(distance);
    g.detect(score, 1.013);
}

/// The nearest of some centres, and how far it is.
fn means(draws: &mut Draws, g: &mut Graph, x: Matrix<f64>) {
    let distances: Vec<Vector<f64>> = (0..2 + draws.below(4))
        .map(|_| {
            let offset = g.sub(x, line(draws, x.width()).as_slice());
            g.sum_of_squares(offset)
        })
        .collect();
    let distances = g.stack(&distances);
    let nearest = g.arg_min(distances);
    g.output("cluster", nearest);
    let squared = g.smallest(distances);
    let farthest = g.largest(distances);
    let ratio = g.div(squared, farthest);
    let score: Vector<f32> = g.cast(ratio);
    g.detect(score, 0.213);
}

/// Gaussian naive Bayes: one matrix for `x`, one for its squares.
fn bayes(draws: &mut Draws, g: &mut Graph, x: Matrix<f64>) {
    let classes = 2 + draws.below(4);
    let quadratic: Vec<f64> =
        line(draws, x.width() * classes).iter().map(|precision| -precision.abs()).collect();
    let (linear, prior) = (line(draws, x.width() * classes), line(draws, classes));
    let squares = g.mul(x, x);
    let first = g.matmul(squares, &quadratic, classes);
    let second = g.gemm(x, &linear, &prior);
    let joint = g.add(first, second);
    probabilities(g, joint);
}

/// A support vector machine: radial and sigmoid kernels.
fn kernel(draws: &mut Draws, g: &mut Graph, x: Matrix<f64>) {
    let (width, vectors) = (x.width(), 3 + draws.below(12));
    let support = line(draws, width * vectors);
    let norms: Vec<f64> =
        (0..vectors).map(|v| (0..width).map(|c| support[c * vectors + v].powi(2)).sum()).collect();
    let double: Vec<f64> = support.iter().map(|s| -2.0 * s).collect();
    let cross = g.gemm(x, &double, &norms);
    let own = g.sum_of_squares(x);
    let own = g.column(own);
    let own = g.gather(own, &vec![0; vectors]);
    let distances = g.add(cross, own);
    let radial = g.mul(distances, -0.7);
    let radial = g.exp(radial);
    let inner = g.matmul(x, &support, vectors);
    let sigmoid = g.tanh(inner);
    let (first, second) = (line(draws, vectors), line(draws, vectors));
    let (first, second) = (g.matmul(radial, &first, 1), g.matmul(sigmoid, &second, 1));
    let margin = g.add(first, second);
    let margin = g.pick(margin, 0);
    let score = g.sigmoid(margin);
    let score: Vector<f32> = g.cast(score);
    g.classify(score, 0.413);
}
