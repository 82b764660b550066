//! Lowers a model of every kind, for every task it does, and records what the bundle's engine answers:
//! the cases of `crates/bundle/tests/onnxruntime_parity.py`.
//!
//! ```text
//! cargo run -p gauntlet-learn --example model_cases -- CASES_DIR
//! ```

use std::path::Path;

use gauntlet_bundle::engine::{Engine, Input, Output};
use gauntlet_core::{Seed, Split, Train};
use gauntlet_features::Matrix;
use gauntlet_learn::models::{ContenderSpec, KindSpec};
use gauntlet_learn::{LearnError, Samples, Target, Task, feature_graph};
use rand::RngExt;
use serde_json::{Value, json};

type Failure = Box<dyn std::error::Error>;

const ROWS: usize = 300;

/// Contenders with something around them, which no default has.
const WRAPPED: &[&str] = &[
    "kind = 'randomforest'\ntrees = 10\ncalibration = 'isotonic'",
    "kind = 'linfa_svm'\nkernel = 'linear'\nscaling = 'minmax'",
    "kind = 'linfa_logistic'\nimpute = 'median'\nwhitening = 'zca'",
    "kind = 'linfa_pca'\nstatistic = 't2'\nvariance = 0.5",
    "kind = 'linfa_pca'\nstatistic = 'spe'\nvariance = 0.5",
    "kind = 'nearest'\nk = 3\nreferences = 20",
    "kind = 'mahalanobis'\nscaling = 'standard'\nshrinkage = 'ledoit_wolf'",
    "kind = 'linfa_gmm'\nscaling = 'standard'\nprojection = { components = 2 }",
    "kind = 'committee'\nmembers = [{ kind = 'isolationforest' }, { kind = 'linfa_pca' }]",
    "kind = 'smartcore_ridge'\ninterval = { method = 'split', level = 0.8 }",
    "kind = 'gradientboosting'\ntrees = 20\n[interval]\nmethod = 'cqr'\nlevel = 0.8\n\
     lower = { kind = 'gradientboosting', trees = 20, loss = { quantile = 0.1 } }\n\
     upper = { kind = 'gradientboosting', trees = 20, loss = { quantile = 0.9 } }",
];

fn main() -> Result<(), Failure> {
    let Some(folder) = std::env::args().nth(1) else {
        return Err("usage: model_cases CASES_DIR".into());
    };
    let plain = KindSpec::all().into_iter().map(ContenderSpec::from);
    let wrapped = WRAPPED.iter().map(|text| toml::from_str(text));
    let specs: Vec<ContenderSpec> =
        plain.map(Ok).chain(wrapped).collect::<Result<_, toml::de::Error>>()?;
    for (number, spec) in specs.iter().enumerate() {
        let contender = spec.check()?;
        for task in Task::ALL.into_iter().filter(|task| contender.does(*task)) {
            let train = rows(task)?;
            let model = contender.fit(&train, Seed(1))?;
            let bytes = match feature_graph(&model) {
                Ok(bytes) => bytes,
                Err(LearnError::JudgeOnly { .. }) => continue,
                Err(error) => return Err(error.into()),
            };
            let name = format!("model_{}_{number}_{task}", spec.kind());
            write(&Path::new(&folder).join(name), &bytes, &train.x)?;
        }
    }
    Ok(())
}

/// Four features, one of them in a wide unit, and a target that two of them decide.
fn rows(task: Task) -> Result<Train<Samples>, Failure> {
    let mut rng = Seed(17).rng();
    let mut columns: Vec<Vec<f32>> =
        (0..4).map(|_| (0..=ROWS).map(|_| rng.random::<f32>() * 2.0 - 1.0).collect()).collect();
    columns[3].iter_mut().for_each(|v| *v = *v * 1e4 + 3e5);
    let inside = |row: usize| columns[0][row].powi(2) + columns[1][row].powi(2) < 0.5;
    let all = 0..=ROWS;
    let target = match task {
        Task::Binary => Target::Binary(all.map(inside).collect()),
        Task::Multiclass => Target::Classes {
            of: all
                .map(|row| if inside(row) { 0 } else { 1 + u32::from(columns[0][row] > 0.0) })
                .collect(),
            names: ["inside", "left", "right"].map(String::from).to_vec(),
        },
        Task::Regression => Target::Values(
            all.map(|row| f64::from(3.0 * columns[0][row] - columns[1][row])).collect(),
        ),
        Task::Anomaly => Target::None(ROWS + 1),
    };
    let names = (0..4).map(|i| format!("x{i}")).collect();
    let samples = Samples::independent(Matrix { names, columns, limits: vec![None; 4] }, target);
    let split = Split { train: (0..ROWS as u32).collect(), test: vec![ROWS as u32] };
    Ok(split.seal(&samples, ROWS + 1)?.0)
}

/// Writes a model with inputs and the engine's answers.
fn write(folder: &Path, model: &[u8], x: &Matrix) -> Result<(), Failure> {
    let engine = Engine::load(model)?;
    let given: Vec<Input<'_>> = x.columns.iter().map(|column| Input::Float(column)).collect();
    let answers = engine.run(&given)?;
    let inputs: Vec<Value> = x
        .names
        .iter()
        .zip(&x.columns)
        .map(|(name, values)| json!({ "name": name, "type": "float", "values": values }))
        .collect();
    let outputs = engine.outputs().zip(&answers).map(|((name, _), output)| match output {
        Output::Float(values) => Ok(json!({ "name": name, "type": "float", "values": values })),
        other => Err(format!("`{name}` holds {other:?}")),
    });
    let outputs: Vec<Value> = outputs.collect::<Result<_, _>>()?;
    fs_err::create_dir_all(folder)?;
    fs_err::write(folder.join("model.onnx"), model)?;
    fs_err::write(folder.join("inputs.json"), json!({ "inputs": inputs }).to_string())?;
    let outputs = json!({ "tolerance": "close", "outputs": outputs });
    Ok(fs_err::write(folder.join("outputs.json"), outputs.to_string())?)
}
