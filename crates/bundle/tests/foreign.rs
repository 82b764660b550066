//! Models that scikit-learn and others made, with onnxruntime's answers as `foreign_models.py` recorded them,
//! and what becomes of MLflow's folders.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use gauntlet_bundle::foreign::{
    Column, ColumnError, Labels, MlflowKind, MlflowModel, OnnxModel, OutTensor, Tensor, TensorKind,
};
use serde_json::Value;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/foreign");

fn bytes(name: &str) -> Vec<u8> {
    std::fs::read(format!("{FOLDER}/{name}.onnx")).unwrap()
}

fn float(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn tensor(part: &Value) -> OutTensor {
    let values = part["values"].as_array().unwrap().iter();
    match part["type"].as_str().unwrap() {
        "float" => OutTensor::F32(values.map(|x| float(x) as f32).collect()),
        "double" => OutTensor::F64(values.map(float).collect()),
        "int64" => OutTensor::I64(values.map(|x| x.as_i64().unwrap()).collect()),
        _ => OutTensor::Text(values.map(|x| x.as_str().unwrap().into()).collect()),
    }
}

fn same(mine: &OutTensor, theirs: &[Value], case: &str) {
    let close = |x: f64, y: f64| {
        (x.is_nan() && y.is_nan()) || x == y || (x - y).abs() <= 1e-5 * y.abs().max(1.0)
    };
    assert_eq!(mine.len(), theirs.len(), "{case}");
    let fits = match mine {
        OutTensor::F32(x) => x.iter().zip(theirs).all(|(x, y)| close(f64::from(*x), float(y))),
        OutTensor::F64(x) => x.iter().zip(theirs).all(|(x, y)| close(*x, float(y))),
        OutTensor::I64(x) => x.iter().zip(theirs).all(|(x, y)| Some(*x) == y.as_i64()),
        OutTensor::Text(x) => x.iter().zip(theirs).all(|(x, y)| Some(&**x) == y.as_str()),
        other => panic!("{other:?}"),
    };
    assert!(fits, "{case}: {mine:?} instead of {theirs:?}");
}

#[test]
fn recorded_models_answer_as_onnxruntime_did_whatever_rows_are_beside() {
    let mut models = 0;
    for entry in std::fs::read_dir(FOLDER).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let recorded: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        let model =
            OnnxModel::load(&bytes(&name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let rows = recorded["rows"].as_u64().unwrap() as usize;
        let inputs: Vec<OutTensor> =
            recorded["inputs"].as_array().unwrap().iter().map(tensor).collect();
        let tensors: Vec<Tensor<'_>> = inputs.iter().map(Tensor::from).collect();
        let answers = model.run(rows, &tensors).unwrap();
        for (info, answer) in model.outputs().zip(&answers) {
            let outputs = recorded["outputs"].as_array().unwrap();
            let theirs = outputs.iter().find(|output| output["name"] == *info.name).unwrap();
            same(answer, theirs["values"].as_array().unwrap(), &format!("{name}, {}", info.name));
            assert_eq!(info.keys.is_some(), theirs["keys"].is_array(), "{name}");
        }
        // Again and again, so that a batch is cut, and no rows at all.
        let none: Vec<OutTensor> = inputs.iter().map(|input| repeated(input, 0)).collect();
        let none: Vec<Tensor<'_>> = none.iter().map(Tensor::from).collect();
        assert!(model.run(0, &none).unwrap().iter().all(|answer| answer.len() == 0));
        let many: Vec<OutTensor> = inputs.iter().map(|input| repeated(input, 50)).collect();
        let many: Vec<Tensor<'_>> = many.iter().map(Tensor::from).collect();
        let again = model.run(rows * 50, &many).unwrap();
        for (answer, again) in answers.iter().zip(&again) {
            assert_eq!(format!("{:?}", repeated(answer, 50)), format!("{again:?}"), "{name}");
        }
        models += 1;
    }
    assert_eq!(models, 10);
}

fn repeated(values: &OutTensor, times: usize) -> OutTensor {
    match values {
        OutTensor::F32(x) => OutTensor::F32(x.repeat(times)),
        OutTensor::F64(x) => OutTensor::F64(x.repeat(times)),
        OutTensor::I64(x) => OutTensor::I64(x.repeat(times)),
        OutTensor::I32(x) => OutTensor::I32(x.repeat(times)),
        OutTensor::Bool(x) => OutTensor::Bool(x.repeat(times)),
        OutTensor::Text(x) => {
            OutTensor::Text(std::iter::repeat_n(x, times).flatten().cloned().collect())
        }
    }
}

#[test]
fn inputs_and_outputs_are_described_with_their_columns_and_keys() {
    let model = OnnxModel::load(&bytes("columns_mixed")).unwrap();
    let inputs: Vec<_> =
        model.inputs().iter().map(|i| (i.name.as_str(), i.kind, i.width)).collect();
    let one = Some(1);
    assert_eq!(
        inputs,
        [
            ("speed", TensorKind::F32, one),
            ("load", TensorKind::F32, one),
            ("machine", TensorKind::Text, one),
            ("shift", TensorKind::I64, one),
        ]
    );
    let outputs: Vec<_> = model.outputs().cloned().collect();
    assert_eq!((outputs[0].kind, outputs[0].width), (TensorKind::I64, None));
    assert_eq!(outputs[1].keys, Some(Labels::Int(vec![0, 1])));
    assert!(model.run(1, &[]).is_err() && model.run(2, &[Tensor::F32(&[1.0]); 4]).is_err());
}

/// A folder as MLflow writes it.
fn folder(model: &str, mlmodel: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("model.onnx"), bytes(model)).unwrap();
    std::fs::write(folder.path().join("MLmodel"), mlmodel).unwrap();
    folder
}

const COLUMNS: &str = r#"flavors:
  onnx:
    code: null
    data: model.onnx
    providers:
    - CPUExecutionProvider
signature:
  inputs: '[{"type": "float", "name": "speed", "required": true}, {"type": "float",
    "name": "load", "required": false}, {"type": "string", "name": "machine", "required":
    true}, {"type": "long", "name": "shift", "required": true}]'
  outputs: null
"#;

#[test]
fn named_columns_become_one_tensor_each_or_one_for_all() {
    let folder = folder("columns_mixed", COLUMNS);
    let model = MlflowModel::open(folder.path()).unwrap();
    let columns = model.columns().unwrap();
    assert_eq!((columns[2].kind, columns[1].required), (MlflowKind::Text, false));
    let given = [
        ("machine", Column::Str(&["a", "other"])),
        ("shift", Column::F64(&[1.0, 2.0])),
        ("speed", Column::F64(&[0.1, -2.5])),
    ];
    let tensors = model.feed(2, &given).unwrap();
    assert_eq!(tensors[0], OutTensor::F32(vec![0.1, -2.5]));
    assert!(matches!(&tensors[1], OutTensor::F32(x) if x.iter().all(|x| x.is_nan())));
    assert_eq!(tensors[3], OutTensor::I64(vec![1, 2]));
    let tensors: Vec<Tensor<'_>> = tensors.iter().map(Tensor::from).collect();
    assert_eq!(model.model().run(2, &tensors).unwrap()[0].len(), 2);

    let error = |given: &[(&str, Column<'_>)]| model.feed(2, given).unwrap_err();
    assert_eq!(error(&given[..2]), ColumnError::Missing("speed".to_owned()));
    let unknown = [given[0], ("sped", Column::F64(&[1.0, 2.0]))];
    assert_eq!(error(&unknown), ColumnError::Unknown("sped".to_owned()));
    let half = [given[0], given[2], ("shift", Column::F64(&[1.0, 2.5]))];
    assert!(error(&half).to_string().contains("column `shift`, row 1: 2.5"));
    let text = [given[0], given[1], ("speed", Column::Str(&["1", "2"]))];
    assert!(matches!(error(&text), ColumnError::Type { .. }));
    assert!(matches!(error(&[("shift", Column::I64(&[1]))]), ColumnError::Rows { found: 1, .. }));
    assert!(matches!(error(&[given[0], given[0]]), ColumnError::Duplicate(_)));
}

#[test]
fn the_columns_of_a_single_tensor_stand_in_the_order_of_the_signature() {
    let names = ["d", "c", "b", "a"]
        .map(|name| format!(r#"{{"type": "double", "name": "{name}", "required": true}}"#));
    let mlmodel = format!(
        "flavors:\n  onnx:\n    data: model.onnx\nsignature:\n  inputs: '[{}]'\n",
        names.join(", ")
    );
    let folder = folder("tree_three", &mlmodel);
    let model = MlflowModel::open(folder.path()).unwrap();
    let given = ["a", "b", "c", "d"].map(|name| match name {
        "a" => (name, Column::I64(&[1, 10])),
        "b" => (name, Column::F64(&[2.0, 20.0])),
        "c" => (name, Column::F64(&[3.0, f64::NAN])),
        _ => (name, Column::Bool(&[true, false])),
    });
    let OutTensor::F32(lines) = model.feed(2, &given).unwrap().remove(0) else { panic!() };
    assert_eq!(lines[..4], [1.0, 3.0, 2.0, 1.0]);
    assert!(lines[4] == 0.0 && lines[5].is_nan() && lines[6..] == [20.0, 10.0]);
    let bare = MlflowModel::open(&folder.path().join("model.onnx")).unwrap();
    assert_eq!(bare.digest(), model.digest());
    assert_eq!(bare.feed(1, &[]), Err(ColumnError::NoNames));
}

#[test]
fn folders_that_are_not_what_they_say_are_refused_with_the_reason() {
    let refused = |mlmodel: &str| {
        let folder = folder("tree_three", mlmodel);
        MlflowModel::open(folder.path()).unwrap_err().to_string()
    };
    let with = |data: &str| format!("flavors:\n  onnx:\n    data: {data}\n");
    assert!(refused("flavors:\n  sklearn: {}\n").contains("flavors.onnx.data"));
    for outside in ["../model.onnx", "/etc/passwd", "a/model.onnx", "..", "'..\\model.onnx'"] {
        assert!(refused(&with(outside)).contains("no file of the folder"), "{outside}");
    }
    let three = r#"[{"type": "double", "name": "a"}, {"type": "double", "name": "b"}]"#;
    let error = refused(&format!("{}signature:\n  inputs: '{three}'\n", with("model.onnx")));
    assert!(error.contains("2 columns, input `X` takes 4"), "{error}");
    let tensor = r#"[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 5]}}]"#;
    let error = refused(&format!("{}signature:\n  inputs: '{tensor}'\n", with("model.onnx")));
    assert!(error.contains("does not fit input `X`"), "{error}");
    assert!(refused("a: &x [1]\nb: *x\n").contains("aliases"));
}

#[cfg(unix)]
#[test]
fn a_link_in_place_of_the_model_is_refused() {
    let folder = folder("tree_three", "flavors:\n  onnx:\n    data: linked.onnx\n");
    let target = folder.path().join("model.onnx");
    std::os::unix::fs::symlink(target, folder.path().join("linked.onnx")).unwrap();
    let error = MlflowModel::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("not a regular file"), "{error}");
}

#[test]
fn constants_beside_the_model_are_read_from_its_folder_only() {
    use gauntlet_bundle::onnx::{ModelProto, StringStringEntryProto};
    use prost::Message as _;

    let entry = |key: &str, value: &str| StringStringEntryProto {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    let moved = |location: &str, length: &str| {
        let mut model = ModelProto::decode(&*bytes("torch_perceptron")).unwrap();
        let weights = &mut model.graph.as_mut().unwrap().initializer[0];
        let raw = weights.raw_data.take().unwrap();
        weights.data_location = Some(1);
        weights.external_data =
            vec![entry("location", location), entry("offset", "3"), entry("length", length)];
        let folder = folder("torch_perceptron", "flavors:\n  onnx:\n    data: model.onnx\n");
        std::fs::write(folder.path().join("model.onnx"), model.encode_to_vec()).unwrap();
        std::fs::write(folder.path().join("some.data"), [b"xyz", &raw[..]].concat()).unwrap();
        folder
    };
    let whole = moved("some.data", "128");
    let model = MlflowModel::open(whole.path()).unwrap();
    let inline = OnnxModel::load(&bytes("torch_perceptron")).unwrap();
    let x = [0.5, -1.0, 2.0, 0.25];
    assert_eq!(model.model().run(1, &[Tensor::F32(&x)]), inline.run(1, &[Tensor::F32(&x)]));
    let alone = std::fs::read(whole.path().join("model.onnx")).unwrap();
    assert!(OnnxModel::load(&alone).unwrap_err().to_string().contains("another file"));
    for (location, length) in [("../some.data", "128"), ("some.data", "129"), ("some.data", "-1")] {
        assert!(MlflowModel::open(moved(location, length).path()).is_err(), "{location} {length}");
    }
}
