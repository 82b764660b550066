//! The engine against the definition of a tree ensemble, and against bytes from strangers.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod common;

use gauntlet_bundle::engine::{Engine, EngineError, Input, Output, RunError};
use gauntlet_bundle::graph::Graph;
use gauntlet_bundle::onnx::{ModelProto, NodeProto};
use gauntlet_bundle::{Link, Node, TreeEnsemble};
use proptest::prelude::*;
use prost::Message as _;

fn columns(rows: &[f32], width: usize) -> Vec<Vec<f32>> {
    (0..width).map(|c| rows.iter().skip(c).step_by(width).copied().collect()).collect()
}

fn scores(engine: &Engine, columns: &[Vec<f32>]) -> (Vec<f32>, Vec<i64>) {
    let inputs: Vec<Input<'_>> = columns.iter().map(|c| Input::Float(c)).collect();
    match <[Output; 2]>::try_from(engine.run(&inputs).unwrap()) {
        Ok([Output::Float(p), Output::Int(l)]) => (p, l),
        other => panic!("{other:?}"),
    }
}

fn assert_equal(ensemble: &TreeEnsemble, rows: &[f32]) {
    let engine = Engine::load(&common::model(ensemble, 0.5)).unwrap();
    let (batch, labels) = scores(&engine, &columns(rows, ensemble.features));
    assert_eq!(labels.len(), batch.len());
    for (i, row) in rows.chunks_exact(ensemble.features).enumerate() {
        assert_eq!(batch[i].to_bits(), ensemble.score(row).to_bits(), "row {i}: {row:?}");
        assert_eq!(labels[i], i64::from(batch[i] >= 0.5));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_engine_is_the_definition_on_and_beside_thresholds_and_on_odd_floats(
        seed in any::<u64>(), trees in 1_usize..40, features in 1_usize..6, depth in 0_usize..7,
        logistic in any::<bool>(), count in 0_usize..400,
    ) {
        let link = if logistic { Link::Logistic } else { Link::Mean };
        let ensemble = common::forest(seed, link, trees, features, depth);
        assert_equal(&ensemble, &common::rows(seed ^ 1, &ensemble, count));
    }

    #[test]
    fn any_bits_at_all_score_as_defined(bits in prop::collection::vec(any::<u32>(), 30)) {
        let ensemble = common::forest(5, Link::Mean, 20, 3, 6);
        let rows: Vec<f32> = bits.into_iter().map(f32::from_bits).collect();
        assert_equal(&ensemble, &rows);
    }

    #[test]
    fn random_bytes_are_an_error_not_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(Engine::load(&bytes).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_model_with_changed_bytes_is_refused_or_still_answers(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = common::machine_model(0.5);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        if let Ok(engine) = Engine::load(&bytes) {
            answer(&engine);
        }
    }

    #[test]
    fn a_model_with_changed_nodes_is_refused_or_still_answers(seed in any::<u64>()) {
        let mut draws = common::Draws(seed);
        let mut model = ModelProto::decode(common::machine_model(0.5).as_slice()).unwrap();
        let graph = model.graph.as_mut().unwrap();
        for _ in 0..1 + draws.below(3) {
            let (a, b) = (draws.below(graph.node.len()), draws.below(graph.node.len()));
            match draws.below(6) {
                0 => graph.node.swap(a, b),
                1 => graph.node[a].input = graph.node[b].input.clone(),
                2 => graph.node[a].op_type = graph.node[b].op_type.clone(),
                3 => graph.node[a].attribute = graph.node[b].attribute.clone(),
                4 => {
                    let at = draws.below(graph.initializer.len());
                    let value = [i64::MIN, -1, 0, 1, 1 << 40, i64::MAX][draws.below(6)];
                    let tensor = &mut graph.initializer[at];
                    match draws.below(2) {
                        0 => tensor.dims.push(value),
                        _ => tensor.int64_data = vec![value],
                    }
                }
                _ => {
                    let trees = graph.node.iter_mut().find(|n| n.op_type() == "TreeEnsembleClassifier");
                    let Some(trees) = trees.filter(|n| !n.attribute.is_empty()) else { continue };
                    let at = draws.below(trees.attribute.len());
                    let ints = &mut trees.attribute[at].ints;
                    if !ints.is_empty() {
                        let at = draws.below(ints.len());
                        ints[at] = [i64::MIN, -1, 0, 1, 2, 99, i64::MAX][draws.below(7)];
                    }
                }
            }
        }
        if let Ok(engine) = Engine::load(&model.encode_to_vec()) {
            answer(&engine);
        }
    }
}

/// Answers a few rows of whatever types the engine takes.
fn answer(engine: &Engine) {
    use gauntlet_bundle::engine::PortKind;
    let inputs: Vec<Input<'_>> = engine
        .inputs()
        .iter()
        .map(|port| match port.kind {
            PortKind::Double => Input::Double(&[1.0, f64::NAN, f64::INFINITY]),
            PortKind::Float => Input::Float(&[1.0, f32::NAN, f32::INFINITY]),
            PortKind::Text => Input::Str(&["L", "", "?"]),
        })
        .collect();
    engine.run(&inputs).unwrap();
}

#[test]
fn every_layout_answers_as_defined() {
    // Nodes name up to 256 columns in a byte, in rows of 16 to 256; more take the wide layout.
    for features in [2, 7, 15, 31, 60, 120, 300] {
        let ensemble = common::forest(7, Link::Mean, 60, features, 7);
        assert_equal(&ensemble, &common::rows(8, &ensemble, 53));
    }
    // As do trees of more nodes than two bytes count.
    let large = common::forest(9, Link::Mean, 1, 2, 20);
    assert!(large.trees[0].nodes.len() > 1 << 16);
    assert_equal(&large, &common::rows(10, &large, 40));
}

#[test]
fn rows_do_not_depend_on_their_neighbours() {
    let ensemble = common::forest(3, Link::Mean, 25, 4, 6);
    let engine = Engine::load(&common::model(&ensemble, 0.5)).unwrap();
    let rows = common::rows(4, &ensemble, 1000);
    let (batch, _) = scores(&engine, &columns(&rows, 4));
    for (i, row) in rows.chunks_exact(4).enumerate() {
        let (single, _) = scores(&engine, &columns(row, 4));
        assert_eq!(single[0].to_bits(), batch[i].to_bits());
    }
}

#[test]
fn no_rows_give_no_answers() {
    let ensemble = common::forest(3, Link::Mean, 2, 2, 2);
    let engine = Engine::load(&common::model(&ensemble, 0.5)).unwrap();
    assert_eq!(scores(&engine, &[vec![], vec![]]), (vec![], vec![]));
}

#[test]
fn inputs_that_do_not_fit_are_named() {
    let engine = Engine::load(&common::machine_model(0.5)).unwrap();
    let (one, two) = ([1.0], [1.0, 2.0]);
    let number = Input::Double(&one);
    let text = Input::Str(&["L"]);
    assert!(matches!(engine.run(&[text]), Err(RunError::Count { expected: 5, found: 1 })));
    let mistyped = engine.run(&[text, number, number, text, number]).unwrap_err();
    assert!(mistyped.to_string().contains("`Rotational speed` must hold doubles"));
    let longer = engine.run(&[text, number, Input::Double(&two), number, number]).unwrap_err();
    assert!(longer.to_string().contains("`Process temperature` has 2 rows"));
}

#[test]
fn the_last_bit_of_a_double_decides_before_the_cast() {
    let mut graph = Graph::new();
    let (process, air) = (graph.number("process"), graph.number("air"));
    let difference = graph.sub(process, air);
    let margin = graph.sub(difference, 8.6);
    let negative = graph.less(margin, 0.0);
    let score = graph.cast::<_, f32, _>(negative);
    graph.classify(score, 0.5);
    let engine = Engine::load(&graph.finish().unwrap()).unwrap();
    let inputs = [Input::Double(&[310.6, 308.7, 308.4]), Input::Double(&[302.0, 300.1, 299.8])];
    let expected: Vec<i64> = [(310.6, 302.0), (308.7, 300.1), (308.4, 299.8)]
        .map(|(p, a): (f64, f64)| i64::from((p - a) - 8.6 < 0.0))
        .into();
    assert_eq!(engine.run(&inputs).unwrap()[1], Output::Int(expected));
}

fn changed(change: impl FnOnce(&mut ModelProto)) -> EngineError {
    let ensemble = common::forest(3, Link::Mean, 2, 2, 2);
    let mut model = ModelProto::decode(common::model(&ensemble, 0.5).as_slice()).unwrap();
    change(&mut model);
    Engine::load(&model.encode_to_vec()).unwrap_err()
}

fn node<'a>(model: &'a mut ModelProto, op: &str) -> &'a mut NodeProto {
    let graph = model.graph.as_mut().unwrap();
    graph.node.iter_mut().find(|node| node.op_type() == op).unwrap()
}

#[test]
fn what_is_outside_the_set_is_named_when_the_model_is_loaded() {
    let op = changed(|m| node(m, "Concat").op_type = Some("Einsum".into()));
    assert!(op.to_string().contains("`Einsum`"), "{op}");
    let domain = changed(|m| node(m, "Concat").domain = Some("com.microsoft".into()));
    assert!(domain.to_string().contains("`com.microsoft.Concat`"), "{domain}");
    let opset = changed(|m| m.opset_import[0].version = Some(18));
    assert!(opset.to_string().contains("ai.onnx version 18"), "{opset}");
    let ir = changed(|m| m.ir_version = Some(99));
    assert!(ir.to_string().contains("ir version 99"), "{ir}");
    let axis = changed(|m| node(m, "Concat").attribute[0].i = Some(0));
    assert!(axis.to_string().contains("`axis` must be 1"), "{axis}");
    let attribute = changed(|m| node(m, "Concat").attribute[0].name = Some("axes".into()));
    assert!(attribute.to_string().contains("`axes` is not supported"), "{attribute}");
    let kind = changed(|m| node(m, "Cast").attribute[0].i = Some(10));
    assert!(kind.to_string().contains("`to` is 10"), "{kind}");
    let mode = changed(|m| {
        let trees = node(m, "TreeEnsembleClassifier");
        let modes = trees.attribute.iter_mut().find(|a| a.name() == "nodes_modes").unwrap();
        modes.strings[0] = b"BRANCH_GTE".to_vec();
    });
    assert!(mode.to_string().contains("node"), "{mode}");
    let label = changed(|m| {
        let name = node(m, "TreeEnsembleClassifier").output[0].clone();
        node(m, "Cast").input[0] = name;
    });
    assert!(label.to_string().contains("labels of trees"), "{label}");
    let twice = changed(|m| {
        let graph = m.graph.as_mut().unwrap();
        graph.node.push(graph.node[0].clone());
    });
    assert!(matches!(twice, EngineError::Duplicate(_)), "{twice}");
    let order = changed(|m| m.graph.as_mut().unwrap().node.reverse());
    assert!(order.to_string().contains("is not defined"), "{order}");
}

#[test]
fn lines_that_double_forever_are_refused() {
    let mut graph = Graph::new();
    let a = graph.float("a");
    let b = graph.float("b");
    let mut matrix = graph.stack(&[a, b]);
    for _ in 0..40 {
        matrix = graph.concat(&[matrix, matrix]);
    }
    let score = graph.pick(matrix, 0);
    graph.classify(score, 0.5);
    let error = Engine::load(&graph.finish().unwrap()).unwrap_err();
    assert!(matches!(error, EngineError::TooWide(_)), "{error}");
}

#[test]
fn leaves_alone_make_a_constant_model() {
    for link in [Link::Mean, Link::Logistic] {
        let leaf = gauntlet_bundle::Tree::new(vec![Node::Leaf { weight: 0.3, cover: 1.0 }]);
        let ensemble = TreeEnsemble::new(2, link, vec![leaf]).unwrap();
        assert_equal(&ensemble, &[1.0, f32::NAN, 2.0, 3.0]);
    }
}
