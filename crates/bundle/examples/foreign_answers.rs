//! Answers rows with the models of other tools, so that a Python script can compare with onnxruntime.
//!
//! `foreign_answers CASES_DIR`: every folder in it with an `inputs.json` beside a `model.onnx`, or in a folder
//! that MLflow wrote, gets an `answers.json`, with the outputs or with the error for which the model was refused.

use std::error::Error;
use std::path::Path;

use gauntlet_bundle::foreign::{Column, Labels, MlflowModel, OnnxModel, OutTensor, Tensor};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Inputs {
    rows: usize,
    inputs: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
    r#type: String,
    values: Vec<Value>,
}

/// The values of one input, typed.
enum Owned {
    F32(Vec<f32>),
    F64(Vec<f64>),
    I64(Vec<i64>),
    I32(Vec<i32>),
    Bool(Vec<bool>),
    Text(Vec<String>),
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args_os().nth(1).ok_or("usage: foreign_answers CASES_DIR")?;
    for entry in fs_err::read_dir(folder)? {
        let folder = entry?.path();
        if folder.join("inputs.json").is_file() {
            let answers = match answer(&folder) {
                Ok(outputs) => json!({ "outputs": outputs }),
                Err(error) => json!({ "error": error.to_string() }),
            };
            fs_err::write(folder.join("answers.json"), answers.to_string())?;
        }
    }
    Ok(())
}

fn answer(folder: &Path) -> Result<Vec<Value>, Box<dyn Error>> {
    let inputs: Inputs = serde_json::from_slice(&fs_err::read(folder.join("inputs.json"))?)?;
    let mut owned = Vec::new();
    for input in &inputs.inputs {
        owned.push((input.name.as_str(), read(input)?));
    }
    if !folder.join("MLmodel").is_file() {
        let model = OnnxModel::load(&fs_err::read(folder.join("model.onnx"))?)?;
        return run(&model, inputs.rows, &in_order(&model, &owned)?);
    }
    let saved = MlflowModel::open(folder)?;
    if saved.columns().is_none() {
        return run(saved.model(), inputs.rows, &in_order(saved.model(), &owned)?);
    }
    let mut columns = Vec::new();
    for (name, values) in &owned {
        columns.push((*name, values.column().ok_or("a column of a type that tables do not have")?));
    }
    let tensors = saved.feed(inputs.rows, &columns)?;
    run(saved.model(), inputs.rows, &tensors.iter().map(Tensor::from).collect::<Vec<_>>())
}

/// The tensors in the order of the model's inputs.
fn in_order<'a>(
    model: &OnnxModel,
    owned: &'a [(&str, Owned)],
) -> Result<Vec<Tensor<'a>>, Box<dyn Error>> {
    let find =
        |name: &str| owned.iter().find(|given| given.0 == name).map(|given| given.1.borrow());
    let tensors: Option<Vec<_>> = model.inputs().iter().map(|info| find(&info.name)).collect();
    Ok(tensors.ok_or("an input is missing")?)
}

fn run(
    model: &OnnxModel,
    rows: usize,
    tensors: &[Tensor<'_>],
) -> Result<Vec<Value>, Box<dyn Error>> {
    let answers = model.run(rows, tensors)?;
    Ok(model
        .outputs()
        .zip(answers)
        .map(|(info, values)| {
            let keys = info.keys.as_ref().map(|keys| match keys {
                Labels::Int(keys) => json!(keys),
                Labels::Text(keys) => json!(keys),
            });
            json!({ "name": info.name, "keys": keys, "values": write(values) })
        })
        .collect())
}

fn read(input: &Input) -> Result<Owned, Box<dyn Error>> {
    let float = |value: &Value| match value {
        Value::String(text) => text.parse().ok(),
        value => value.as_f64(),
    };
    let unfit = || format!("input `{}` does not hold what it should", input.name);
    let values = input.values.iter();
    let read = match input.r#type.as_str() {
        "float" => {
            values.map(|v| float(v).map(|x| x as f32)).collect::<Option<_>>().map(Owned::F32)
        }
        "double" => values.map(float).collect::<Option<_>>().map(Owned::F64),
        "int64" => values.map(Value::as_i64).collect::<Option<_>>().map(Owned::I64),
        "int32" => {
            let int = |v: &Value| v.as_i64().and_then(|x| i32::try_from(x).ok());
            values.map(int).collect::<Option<_>>().map(Owned::I32)
        }
        "bool" => values.map(Value::as_bool).collect::<Option<_>>().map(Owned::Bool),
        _ => values.map(|v| v.as_str().map(str::to_owned)).collect::<Option<_>>().map(Owned::Text),
    };
    Ok(read.ok_or_else(unfit)?)
}

impl Owned {
    fn column(&self) -> Option<Column<'_>> {
        Some(match self {
            Self::F64(values) => Column::F64(values),
            Self::I64(values) => Column::I64(values),
            Self::Bool(values) => Column::Bool(values),
            Self::Text(values) => Column::Text(values),
            Self::F32(_) | Self::I32(_) => return None,
        })
    }

    fn borrow(&self) -> Tensor<'_> {
        match self {
            Self::F32(values) => Tensor::F32(values),
            Self::F64(values) => Tensor::F64(values),
            Self::I64(values) => Tensor::I64(values),
            Self::I32(values) => Tensor::I32(values),
            Self::Bool(values) => Tensor::Bool(values),
            Self::Text(values) => Tensor::Text(values),
        }
    }
}

/// JSON has no number for what is not finite.
fn write(values: OutTensor) -> Vec<Value> {
    let float = |x: f64| if x.is_finite() { json!(x) } else { json!(x.to_string()) };
    match values {
        OutTensor::F32(values) => values.into_iter().map(|x| float(f64::from(x))).collect(),
        OutTensor::F64(values) => values.into_iter().map(float).collect(),
        OutTensor::I64(values) => values.into_iter().map(|x| json!(x)).collect(),
        OutTensor::I32(values) => values.into_iter().map(|x| json!(x)).collect(),
        OutTensor::Bool(values) => values.into_iter().map(|x| json!(x)).collect(),
        OutTensor::Text(values) => values.into_iter().map(|x| json!(&*x)).collect(),
    }
}
