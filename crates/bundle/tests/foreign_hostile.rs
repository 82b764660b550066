//! Bytes from a stranger: loading and running them gives an answer or an error, within bounds.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use gauntlet_bundle::foreign::{OnnxModel, OutTensor, Tensor, TensorKind};
use gauntlet_bundle::onnx::attribute_proto::AttributeType;
use gauntlet_bundle::onnx::tensor_shape_proto::{Dimension, dimension};
use gauntlet_bundle::onnx::type_proto::{Tensor as TensorType, Value as TypeValue};
use gauntlet_bundle::onnx::{
    AttributeProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TypeProto, ValueInfoProto,
};
use proptest::prelude::*;
use prost::Message as _;

const NAMES: [&str; 10] = [
    "tree_three",
    "imputed",
    "logistic_texts",
    "perceptron_texts",
    "gaussian_bayes",
    "svc_binary",
    "columns_mixed",
    "torch_perceptron",
    "trees_double_tensor_missing_classes",
    "trees_mixed_modes",
];

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/foreign/{name}.onnx", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

/// Loads and, if that works, runs rows of odd values.
fn survive(bytes: &[u8]) {
    let Ok(model) = OnnxModel::load(bytes) else { return };
    let rows = 3;
    let inputs: Vec<OutTensor> = model
        .inputs()
        .iter()
        .map(|info| {
            let count = rows * info.width.unwrap_or(1);
            let odd = [f64::NAN, f64::INFINITY, -1e300, 0.0, 1.0, -0.5];
            let numbers = odd.iter().cycle().take(count);
            match info.kind {
                TensorKind::F32 => OutTensor::F32(numbers.map(|&x| x as f32).collect()),
                TensorKind::F64 => OutTensor::F64(numbers.copied().collect()),
                TensorKind::I64 => OutTensor::I64(numbers.map(|&x| x as i64).collect()),
                TensorKind::I32 => OutTensor::I32(numbers.map(|&x| x as i32).collect()),
                TensorKind::Bool => OutTensor::Bool(vec![true; count]),
                TensorKind::Text => OutTensor::Text(vec!["a".into(); count]),
            }
        })
        .collect();
    let tensors: Vec<Tensor<'_>> = inputs.iter().map(Tensor::from).collect();
    if let Ok(answers) = model.run(rows, &tensors) {
        for (info, answer) in model.outputs().zip(answers) {
            assert_eq!(answer.len(), rows * info.width.unwrap_or(1));
        }
    }
}

/// The places of a model's numbers, of which one is changed.
fn attributes(model: &mut ModelProto) -> Vec<&mut AttributeProto> {
    let nodes = model.graph.iter_mut().flat_map(|graph| &mut graph.node);
    nodes.flat_map(|node| &mut node.attribute).collect()
}

/// Models tried per test; `make fuzz-serve` asks for many more.
fn cases() -> u32 {
    std::env::var("GAUNTLET_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(600)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), ..ProptestConfig::default() })]

    #[test]
    fn changed_bytes_never_panic(
        name in prop::sample::select(NAMES.to_vec()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = fixture(name);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        survive(&bytes);
    }

    #[test]
    fn changed_attributes_never_panic(
        name in prop::sample::select(NAMES.to_vec()),
        at in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        value in prop_oneof![any::<i64>(), -3..40_i64],
        change in 0..6,
    ) {
        let mut model = ModelProto::decode(&*fixture(name)).unwrap();
        let mut all = attributes(&mut model);
        if !all.is_empty() {
            let index = at.index(all.len());
            let attribute = &mut all[index];
            match change {
                0 if !attribute.ints.is_empty() => {
                    let place = place.index(attribute.ints.len());
                    attribute.ints[place] = value;
                }
                1 if !attribute.ints.is_empty() => {
                    attribute.ints.remove(place.index(attribute.ints.len()));
                }
                2 if !attribute.floats.is_empty() => {
                    let place = place.index(attribute.floats.len());
                    attribute.floats[place] = f32::from_bits(value as u32);
                }
                3 if !attribute.strings.is_empty() => {
                    let modes: [&[u8]; 4] = [b"LEAF", b"BRANCH_EQ", b"BRANCH_NEQ", b"BRANCH_GT"];
                    let place = place.index(attribute.strings.len());
                    attribute.strings[place] = modes[value as usize % 4].to_vec();
                }
                4 => attribute.i = Some(value),
                _ => attribute.name = Some("axis".to_owned()),
            }
        }
        survive(&model.encode_to_vec());
    }

    #[test]
    fn changed_wiring_and_shapes_never_panic(
        name in prop::sample::select(NAMES.to_vec()),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
        size in -2..9_i64,
        op in prop::sample::select(vec![
            "Concat", "Gather", "Reshape", "MatMul", "Gemm", "Flatten", "Squeeze", "Transpose", "Where",
            "Softmax", "ArgMax", "ReduceMean", "Slice", "Split", "Cast", "BatchNormalization", "Sum",
            "ArrayFeatureExtractor", "FeatureVectorizer", "OneHotEncoder", "ZipMap", "LabelEncoder",
        ]),
        change in 0..4,
    ) {
        let mut model = ModelProto::decode(&*fixture(name)).unwrap();
        let graph = model.graph.as_mut().unwrap();
        let names: Vec<String> = graph
            .node
            .iter()
            .flat_map(|node| node.input.iter().chain(&node.output).cloned())
            .collect();
        let at = from.index(graph.node.len());
        let node = &mut graph.node[at];
        match change {
            0 => {
                let place = to.index(node.input.len());
                node.input[place] = names[to.index(names.len())].clone();
            }
            1 => node.input.push(names[to.index(names.len())].clone()),
            2 => node.op_type = Some(op.to_owned()),
            _ => {
                if let Some(tensor) = graph.initializer.first_mut() {
                    tensor.dims = vec![size, 1];
                }
            }
        }
        survive(&model.encode_to_vec());
    }
}

fn attribute(name: &str, kind: AttributeType) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_owned()),
        r#type: Some(kind as i32),
        ..AttributeProto::default()
    }
}

fn node(
    domain: &str,
    op: &str,
    inputs: &[&str],
    outputs: &[&str],
    attributes: Vec<AttributeProto>,
) -> NodeProto {
    NodeProto {
        input: inputs.iter().map(|&name| name.to_owned()).collect(),
        output: outputs.iter().map(|&name| name.to_owned()).collect(),
        op_type: Some(op.to_owned()),
        domain: Some(domain.to_owned()),
        attribute: attributes,
        ..NodeProto::default()
    }
}

fn port(name: &str, sizes: &[Option<i64>]) -> ValueInfoProto {
    let dim = |size: &Option<i64>| Dimension {
        value: size.map(dimension::Value::DimValue),
        ..Dimension::default()
    };
    let tensor = TensorType {
        elem_type: Some(1),
        shape: Some(TensorShapeProto { dim: sizes.iter().map(dim).collect() }),
    };
    ValueInfoProto {
        name: Some(name.to_owned()),
        r#type: Some(TypeProto {
            value: Some(TypeValue::TensorType(tensor)),
            ..TypeProto::default()
        }),
        ..ValueInfoProto::default()
    }
}

/// A model with the input `x: [rows, width]` and the output `y`.
fn model(width: i64, nodes: Vec<NodeProto>, constants: Vec<TensorProto>) -> Vec<u8> {
    let import = |domain: &str, version| OperatorSetIdProto {
        domain: Some(domain.to_owned()),
        version: Some(version),
    };
    let graph = GraphProto {
        node: nodes,
        initializer: constants,
        input: vec![port("x", &[None, Some(width)])],
        output: vec![port("y", &[None, Some(width)])],
        ..GraphProto::default()
    };
    ModelProto {
        ir_version: Some(8),
        opset_import: vec![import("", 17), import("ai.onnx.ml", 3)],
        graph: Some(graph),
        ..ModelProto::default()
    }
    .encode_to_vec()
}

fn ints(name: &str, ints: Vec<i64>) -> AttributeProto {
    AttributeProto { ints, ..attribute(name, AttributeType::Ints) }
}

/// A regressor whose tree has a chain of `depth` branches; `link` may change where a branch leads.
fn chain(depth: i64, mode: &str, link: impl Fn(i64) -> (i64, i64)) -> Vec<u8> {
    let count = 2 * depth + 1;
    let is_leaf = |id: i64| id >= depth;
    let list = |f: &dyn Fn(i64) -> i64| (0..count).map(f).collect::<Vec<i64>>();
    let modes = (0..count)
        .map(|id| if is_leaf(id) { b"LEAF".to_vec() } else { mode.as_bytes().to_vec() })
        .collect();
    let leaves: Vec<i64> = (depth..count).collect();
    let strings =
        AttributeProto { strings: modes, ..attribute("nodes_modes", AttributeType::Strings) };
    let floats = |name: &str, count: usize| AttributeProto {
        floats: vec![0.5; count],
        ..attribute(name, AttributeType::Floats)
    };
    let attributes = vec![
        AttributeProto { i: Some(1), ..attribute("n_targets", AttributeType::Int) },
        ints("nodes_treeids", list(&|_| 0)),
        ints("nodes_nodeids", list(&|id| id)),
        ints("nodes_featureids", list(&|_| 0)),
        strings,
        floats("nodes_values", count as usize),
        ints("nodes_truenodeids", list(&|id| if is_leaf(id) { 0 } else { link(id).0 })),
        ints("nodes_falsenodeids", list(&|id| if is_leaf(id) { 0 } else { link(id).1 })),
        ints("target_treeids", vec![0; leaves.len()]),
        ints("target_ids", vec![0; leaves.len()]),
        floats("target_weights", leaves.len()),
        ints("target_nodeids", leaves),
    ];
    model(1, vec![node("ai.onnx.ml", "TreeEnsembleRegressor", &["x"], &["y"], attributes)], vec![])
}

fn refused(bytes: &[u8]) -> String {
    OnnxModel::load(bytes).unwrap_err().to_string()
}

#[test]
fn chains_of_any_depth_run_and_circles_are_refused() {
    for mode in ["BRANCH_LEQ", "BRANCH_EQ", "BRANCH_NEQ"] {
        let depth = 20_000;
        // Branch `i` leads to leaf `depth + i`, the last one to both of its leaves.
        let bytes =
            chain(depth, mode, |id| (depth + id, if id + 1 < depth { id + 1 } else { 2 * depth }));
        let model = OnnxModel::load(&bytes).unwrap();
        assert!(model.run(2, &[Tensor::F32(&[0.0, 1.0])]).is_ok());
    }
    let shared = refused(&chain(3, "BRANCH_LT", |id| (id + 1, id + 1)));
    assert!(shared.contains("two parents"), "{shared}");
    // Node 0 is a tree of its own, while 1 and 2 lead to each other.
    let circle = refused(&chain(3, "BRANCH_LT", |id| [(3, 4), (2, 5), (1, 6)][id as usize]));
    assert!(circle.contains("circle"), "{circle}");
    let itself = refused(&chain(1, "BRANCH_LT", |_| (0, 1)));
    assert!(itself.contains("circle") || itself.contains("root"), "{itself}");
    let beyond = refused(&chain(2, "BRANCH_LT", |id| (id + 1, 99)));
    assert!(beyond.contains("a child is not in the tree"), "{beyond}");
}

#[test]
fn what_is_not_supported_is_named_with_its_node() {
    let plain = |op: &str, inputs: &[&str], attributes| {
        refused(&model(2, vec![node("", op, inputs, &["y"], attributes)], vec![]))
    };
    assert_eq!(plain("LSTM", &["x"], vec![]), "node 0 `y`, LSTM: the operator is not supported");
    let branch = AttributeProto {
        g: Some(GraphProto::default()),
        ..attribute("then_branch", AttributeType::Graph)
    };
    let subgraph = plain("If", &["x"], vec![branch]);
    assert_eq!(subgraph, "node 0 `y`, If: attribute `then_branch` holds a subgraph");
    let undefined = plain("Neg", &["z"], vec![]);
    assert_eq!(undefined, "node 0 `y`, Neg: operand `z` is not defined before it");
    let itself = plain("Neg", &["y"], vec![]);
    assert!(itself.contains("`y` is not defined before it"), "{itself}");
    let mode = AttributeProto { i: Some(1), ..attribute("exotic", AttributeType::Int) };
    assert!(plain("Neg", &["x"], vec![mode]).contains("attribute `exotic` is not supported"));
    let foreign = refused(&model(2, vec![node("com.ms", "Gelu", &["x"], &["y"], vec![])], vec![]));
    assert!(foreign.contains("com.ms.Gelu: operators of this domain"), "{foreign}");
    let mixed = plain("ReduceSum", &["x"], vec![]);
    assert!(mixed.contains("rows of the same batch would be mixed"), "{mixed}");
    let twice = vec![node("", "Neg", &["x"], &["y"], vec![]); 2];
    assert!(refused(&model(2, twice, vec![])).contains("given to two values"));
}

/// The most memory that this process has had, in bytes.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM"))?;
    line.split_whitespace().nth(1)?.parse::<usize>().ok().map(|kb| kb << 10)
}

/// A length-delimited field.
fn field(number: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2];
    prost::encoding::encode_varint(payload.len() as u64, &mut bytes);
    [&bytes[..], payload].concat()
}

#[test]
fn a_megabyte_of_anything_takes_little_memory_and_time() {
    let many = 500_000;
    let empty = |number: u8| field(number, &[]).repeat(many);
    let in_node = |bytes: &[u8]| field(7, &field(1, bytes));
    let big = |op: &str, attributes| node("", op, &["x"], &["y"], attributes);
    let wide = |size: i64| {
        let rows = TensorProto {
            data_type: Some(7),
            dims: vec![2],
            int64_data: vec![-1, size],
            name: Some("shape".to_owned()),
            ..TensorProto::default()
        };
        model(2, vec![node("", "Reshape", &["x", "shape"], &["y"], vec![])], vec![rows])
    };
    // Each line doubles the width.
    let doubling: Vec<NodeProto> = (0..60)
        .map(|at| {
            let from = if at == 0 { "x".to_owned() } else { format!("v{at}") };
            let axis = AttributeProto { i: Some(1), ..attribute("axis", AttributeType::Int) };
            let to = format!("v{}", at + 1);
            node("", "Concat", &[&from, &from], &[&to], vec![axis])
        })
        .collect();
    let huge = TensorProto {
        data_type: Some(1),
        dims: vec![1 << 40, 1 << 40],
        raw_data: Some(vec![0; 8]),
        name: Some("huge".to_owned()),
        ..TensorProto::default()
    };
    let constant = TensorProto {
        data_type: Some(1),
        dims: vec![500, 500],
        raw_data: Some(vec![0; 1_000_000]),
        name: Some("c".to_owned()),
        ..TensorProto::default()
    };
    let folding: Vec<NodeProto> = (0..2_000)
        .map(|at| {
            let from = if at == 0 { "c".to_owned() } else { format!("v{at}") };
            node("", "Exp", &[&from], &[&format!("v{}", at + 1)], vec![])
        })
        .collect();
    // One constant that many nodes would copy, or fold.
    let gemm = |at: usize| {
        let turned = AttributeProto { i: Some(1), ..attribute("transB", AttributeType::Int) };
        node("", "Gemm", &["x", "c"], &[&format!("g{at}")], vec![turned])
    };
    let copying = (0..2_000).map(gemm).collect();
    let reduce = |at: usize| node("", "ReduceMean", &["c"], &[&format!("r{at}")], vec![]);
    let reducing = (0..5_000).map(reduce).collect();
    // Each node adds eight dimensions.
    let index = TensorProto {
        data_type: Some(7),
        dims: vec![1; 8],
        int64_data: vec![0],
        name: Some("i".to_owned()),
        ..TensorProto::default()
    };
    let gather = |at: usize| {
        let from = if at == 0 { "i".to_owned() } else { format!("v{at}") };
        node("", "Gather", &[&from, "i"], &[&format!("v{}", at + 1)], vec![])
    };
    let growing = (0..9_000).map(gather).collect();
    let bombs = [
        ("nodes", field(7, &empty(1))),
        ("constants", field(7, &empty(5))),
        ("inputs", field(7, &empty(11))),
        ("names", in_node(&empty(1))),
        ("attributes", in_node(&empty(5))),
        ("tensors", in_node(&field(5, &empty(10)))),
        ("texts", in_node(&field(5, &empty(9)))),
        ("graphs", in_node(&field(5, &empty(11)))),
        ("integers", in_node(&field(5, &field(8, &vec![1; 1_000_000])))),
        ("imports", empty(8)),
        ("wide input", model(1 << 40, vec![big("Neg", vec![])], vec![])),
        ("wide shape", wide(1 << 40)),
        ("doubling", model(1_000, doubling, vec![])),
        ("huge constant", model(2, vec![big("Neg", vec![])], vec![huge])),
        ("copying", model(500, copying, vec![constant.clone()])),
        ("reducing", model(2, reducing, vec![constant.clone()])),
        ("growing", model(2, growing, vec![index])),
        ("folding", model(2, folding, vec![constant])),
    ];
    for (name, bytes) in bombs {
        let (before, start) = (peak(), Instant::now());
        assert!(OnnxModel::load(&bytes).is_err(), "{name}");
        assert!(start.elapsed() < Duration::from_secs(2), "{name}: {:?}", start.elapsed());
        if let (Some(before), Some(after)) = (before, peak()) {
            assert!(after - before < 100 << 20, "{name}: {} bytes", after - before);
        }
    }
    // Messages inside each other, deeper than any stack likes.
    let mut deep = Vec::new();
    for _ in 0..5_000 {
        deep = in_node_graph(&deep);
    }
    assert!(OnnxModel::load(&field(7, &deep)).is_err());
}

/// A graph with a node with an attribute that holds a graph.
fn in_node_graph(graph: &[u8]) -> Vec<u8> {
    field(1, &field(5, &field(6, graph)))
}
