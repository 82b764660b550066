//! Writes models and bundles with this engine's answers, for comparison with onnxruntime and MLflow.
//!
//! ```text
//! cargo run -p gauntlet-bundle --example parity_cases -- CASES_DIR
//! python crates/bundle/tests/onnxruntime_parity.py CASES_DIR
//! python crates/bundle/tests/mlflow_opens.py CASES_DIR/bundles/*
//! ```
//!
//! Together the cases use every operator that the graph builder can write.

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::Path;

use gauntlet_bundle::engine::{Engine, Input, Output};
use gauntlet_bundle::graph::{Float, Graph, Matrix, Vector};
use gauntlet_bundle::{Draft, Link};
use gauntlet_core::Column;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

/// The values of an input.
enum Values {
    Double(Vec<f64>),
    Float(Vec<f32>),
    Text(Vec<String>),
}

fn main() -> Result<(), Failure> {
    let dir = std::env::args().nth(1).ok_or("give the folder to write the cases to")?;
    let dir = Path::new(&dir);
    for (link, name) in [(Link::Mean, "mean"), (Link::Logistic, "logistic")] {
        for (trees, features, depth, rows) in
            [(1, 1, 0, 9), (1, 3, 4, 60), (30, 1, 3, 60), (79, 8, 8, 257), (100, 8, 10, 1000)]
        {
            let ensemble = common::forest(trees as u64, link, trees, features, depth);
            let values = common::rows(7, &ensemble, rows);
            let inputs = (0..features)
                .map(|c| {
                    let column = values.iter().skip(c).step_by(features).copied().collect();
                    (format!("f{c}"), Values::Float(column))
                })
                .collect();
            // The exponential is another library's in the second case.
            let exact = link == Link::Mean;
            let model = common::model(&ensemble, 0.47);
            case(dir, &format!("{name}_{trees}_trees_of_depth_{depth}"), exact, &model, inputs)?;
        }
    }
    machines(dir)?;
    case(dir, "maths_single", false, &maths::<f32>(Graph::float, 1.5, &W32)?, floats())?;
    case(dir, "maths_double", false, &maths::<f64>(Graph::number, 1.5, &W64)?, doubles())?;
    case(dir, "exact_single", true, &exact::<f32>(Graph::float, 0.25)?, floats())?;
    case(dir, "exact_double", true, &exact::<f64>(Graph::number, 0.25)?, doubles())?;
    texts(dir)?;
    for seed in 0..common::random::COUNT {
        random(dir, &common::random::case(seed))?;
    }
    bundles(&dir.join("bundles"))
}

const W32: [f32; 6] = [0.5, -1.0, 2.0, 0.25, 1.5, -0.75];
const W64: [f64; 6] = [0.5, -1.0, 2.0, 0.25, 1.5, -0.75];

fn specials() -> [Vec<f64>; 2] {
    let mut draws = common::Draws(5);
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0, 1e-310, 0.25, 1.0, -1.0, 3.5];
    let pairs = odd.iter().flat_map(|&a| odd.iter().map(move |&b| (a, b)));
    let (mut left, mut right): (Vec<f64>, Vec<f64>) = pairs.unzip();
    for side in [&mut left, &mut right] {
        side.extend((0..200).map(|_| 4.0 * draws.unit()));
    }
    [left, right]
}

fn doubles() -> Vec<(String, Values)> {
    let [a, b] = specials();
    vec![("a".into(), Values::Double(a)), ("b".into(), Values::Double(b))]
}

fn floats() -> Vec<(String, Values)> {
    let single = |values: Vec<f64>| Values::Float(values.iter().map(|&x| x as f32).collect());
    let [a, b] = specials();
    vec![("a".into(), single(a)), ("b".into(), single(b))]
}

/// Operators whose result IEEE 754 fixes to the bit.
fn exact<T: Float>(input: fn(&mut Graph, &str) -> Vector<T>, half: T) -> Result<Vec<u8>, Failure> {
    let mut graph = Graph::new();
    let g = &mut graph;
    let (a, b) = (input(g, "a"), input(g, "b"));
    for (name, value) in [
        ("add", g.add(a, b)),
        ("sub", g.sub(half, b)),
        ("mul", g.mul(a, b)),
        ("div", g.div(a, b)),
        ("min", g.min(a, b)),
        ("max", g.max(a, half)),
        ("clip", g.clip(a, half, half)),
        ("neg", g.neg(a)),
        ("abs", g.abs(a)),
    ] {
        g.output(name, value);
    }
    let root = g.abs(a);
    let root = g.sqrt(root);
    g.output("sqrt", root);
    let tests = [
        ("less", g.less(a, b)),
        ("less_or_equal", g.less_or_equal(a, half)),
        ("greater", g.greater(a, b)),
        ("greater_or_equal", g.greater_or_equal(a, b)),
        ("equal", g.equal(a, b)),
        ("is_nan", g.is_nan(a)),
    ];
    for (name, test) in tests {
        let label: Vector<i64> = g.cast(test);
        g.output(name, label);
    }
    let missing = g.is_nan(a);
    let imputed = g.select(missing, half, a);
    g.output("imputed", imputed);
    let both = g.and(tests[0].1, tests[1].1);
    let any = g.or(both, tests[4].1);
    let none = g.not(any);
    let code: Vector<f32> = g.cast(none);
    g.output("logic", code);
    let wide: Vector<f64> = g.cast(none);
    g.output("logic_wide", wide);
    let pair = g.stack(&[a, b]);
    let low = g.less(pair, [half, half].as_slice());
    let kept = g.select(low, pair, [half, half].as_slice());
    let swapped = g.gather(kept, &[1, 0, 1]);
    let joined = g.concat(&[swapped, kept]);
    for column in [0, 1, 4] {
        let picked = g.pick(joined, column);
        g.output(&format!("column_{column}"), picked);
    }
    let missing = g.is_nan(pair);
    let known = g.select(missing, half, pair);
    let smallest = g.arg_min(known);
    g.output("arg_min", smallest);
    for (name, value) in [("largest", g.largest(known)), ("smallest", g.smallest(known))] {
        g.output(name, value);
    }
    let largest = g.arg_max(pair);
    g.output("arg_max", largest);
    let small = g.less(largest, 1_i64);
    let chosen = g.select(small, 10_i64, largest);
    g.output("chosen", chosen);
    let number: Vector<f64> = g.cast(chosen);
    g.output("chosen_number", number);
    Ok(graph.finish()?)
}

/// Operators whose last digits differ between mathematical libraries, on finite inputs.
fn maths<T: Float>(
    input: fn(&mut Graph, &str) -> Vector<T>,
    limit: T,
    weights: &[T; 6],
) -> Result<Vec<u8>, Failure> {
    let mut graph = Graph::new();
    let g = &mut graph;
    let (a, b) = (input(g, "a"), input(g, "b"));
    let clean = |g: &mut Graph, x: Vector<T>| {
        let missing = g.is_nan(x);
        let known = g.select(missing, limit, x);
        let low = g.min(known, limit);
        let positive = g.abs(low);
        g.min(positive, limit)
    };
    let (a, b) = (clean(g, a), clean(g, b));
    for (name, value) in [
        ("exp", g.exp(a)),
        ("sigmoid", g.sigmoid(a)),
        ("tanh", g.tanh(a)),
        ("pow", g.pow(a, b)),
        ("power_of", g.pow(limit, b)),
    ] {
        g.output(name, value);
    }
    let shifted = g.add(a, limit);
    let log = g.log(shifted);
    g.output("log", log);
    let pair: Matrix<T> = g.stack(&[a, b]);
    let linear = g.gemm(pair, weights, &weights[..3]);
    let soft = g.softmax(linear);
    let product = g.matmul(soft, weights, 2);
    let scaled = g.mul(product, &weights[..2]);
    for (name, value) in [
        ("sum", g.sum(linear)),
        ("mean", g.mean(scaled)),
        ("sum_of_squares", g.sum_of_squares(linear)),
        ("log_sum_exp", g.log_sum_exp(linear)),
    ] {
        g.output(name, value);
    }
    for column in 0..3 {
        let value = g.pick(soft, column);
        g.output(&format!("soft_{column}"), value);
    }
    Ok(graph.finish()?)
}

fn machines(dir: &Path) -> Result<(), Failure> {
    let frame = common::machine_rows(9, 500);
    let inputs = frame
        .iter()
        .map(|(name, column)| {
            let values = match column {
                Column::Number(values) => Values::Double(values.clone()),
                Column::Text(values) => Values::Text(values.clone()),
            };
            (name.to_owned(), values)
        })
        .collect();
    case(dir, "machines", true, &common::machine_model(0.52), inputs)
}

/// A single input of text: listed, unknown and empty.
fn texts(dir: &Path) -> Result<(), Failure> {
    let mut graph = Graph::new();
    let text = graph.text("text");
    let code = graph.encode(text, &[("b".into(), 0.75), ("ä".into(), 0.25), ("".into(), 0.5)]);
    graph.classify(code, 0.5);
    let values = ["a", "b", "ä", "", "B"].map(str::to_owned).into();
    case(dir, "single_text", true, &graph.finish()?, vec![("text".into(), Values::Text(values))])
}

fn random(dir: &Path, random: &common::random::Case) -> Result<(), Failure> {
    let inputs = (0..random.features)
        .map(|c| {
            let column = random.rows.iter().skip(c).step_by(random.features).copied().collect();
            (format!("f{c}"), Values::Float(column))
        })
        .collect();
    case(dir, &random.name, random.exact, &random.model, inputs)
}

/// Whole bundles: one with a single field, and one of each task.
fn bundles(dir: &Path) -> Result<(), Failure> {
    let report = json!({ "auc": 0.5 });
    Draft::new(common::parts())?.pack(&report)?.write(&dir.join("machines"))?;
    Draft::new(common::single_field())?.pack(&report)?.write(&dir.join("single_field"))?;
    for (at, parts) in common::tasks().into_iter().enumerate() {
        Draft::new(parts)?.pack(&report)?.write(&dir.join(format!("task_{at}")))?;
    }
    Ok(())
}

fn case(
    dir: &Path,
    name: &str,
    exact: bool,
    model: &[u8],
    inputs: Vec<(String, Values)>,
) -> Result<(), Failure> {
    let engine = Engine::load(model)?;
    let given: Vec<Input<'_>> = inputs
        .iter()
        .map(|(_, values)| match values {
            Values::Double(values) => Input::Double(values),
            Values::Float(values) => Input::Float(values),
            Values::Text(values) => Input::Text(values),
        })
        .collect();
    let answers = engine.run(&given)?;
    let inputs: Vec<Value> = inputs
        .iter()
        .map(|(name, values)| {
            let (kind, values) = match values {
                Values::Double(values) => ("double", numbers(values)),
                Values::Float(values) => ("float", singles(values)),
                Values::Text(values) => ("string", json!(values)),
            };
            json!({ "name": name, "type": kind, "values": values })
        })
        .collect();
    let outputs: Vec<Value> = engine
        .outputs()
        .zip(&answers)
        .map(|((name, _), output)| {
            let (kind, values) = match output {
                Output::Double(values) => ("double", numbers(values)),
                Output::Float(values) => ("float", singles(values)),
                Output::Int(values) => ("int64", json!(values)),
            };
            json!({ "name": name, "type": kind, "values": values })
        })
        .collect();
    let dir = dir.join(name);
    let tolerance = if exact { "exact" } else { "close" };
    fs_err::create_dir_all(&dir)?;
    fs_err::write(dir.join("model.onnx"), model)?;
    fs_err::write(dir.join("inputs.json"), json!({ "inputs": inputs }).to_string())?;
    let outputs = json!({ "tolerance": tolerance, "outputs": outputs });
    Ok(fs_err::write(dir.join("outputs.json"), outputs.to_string())?)
}

fn singles(values: &[f32]) -> Value {
    numbers(&values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>())
}

/// Numbers, those that JSON does not have as text.
fn numbers(values: &[f64]) -> Value {
    let number = |x: &f64| if x.is_finite() { json!(x) } else { json!(x.to_string()) };
    values.iter().map(number).collect()
}
