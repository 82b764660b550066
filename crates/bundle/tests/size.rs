//! A forest's file grows with its nodes, and by how much.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod common;

use gauntlet_bundle::{Graph, Link, ModelSize, Outputs};

#[test]
fn a_node_takes_about_thirty_bytes() {
    for link in [Link::Mean, Link::Logistic] {
        let ensemble = common::forest(3, link, 100, 8, 9);
        let nodes: usize = ensemble.trees.iter().map(|tree| tree.nodes.len()).sum();
        let size = ModelSize::of(&common::model(&ensemble, 0.5)).unwrap();
        assert_eq!((size.trees, size.nodes), (100, nodes));
        let bytes = size.bytes_per_node().unwrap();
        assert!((20.0..34.0).contains(&bytes), "{link:?}: {bytes}");
    }
}

#[test]
fn classes_that_a_leaf_never_saw_take_no_room() {
    let bytes = |classes| {
        let ensemble = common::many(3, Outputs::Shares(classes), Link::Mean, 20, 4, 8);
        let mut graph = Graph::new();
        let columns: Vec<_> = (0..4).map(|i| graph.float(&format!("f{i}"))).collect();
        let matrix = graph.stack(&columns);
        let probabilities = graph.trees_by_output(matrix, &ensemble);
        graph.classify_many(probabilities);
        ModelSize::of(&graph.finish().unwrap()).unwrap().bytes_per_node().unwrap()
    };
    // A leaf of the sample has two classes in five.
    assert!(bytes(10) < 21.0 + 8.0 * 0.5 * 10.0 * 0.55, "{}", bytes(10));
    assert!(bytes(5) < bytes(10));
}

#[test]
fn a_model_without_trees_has_no_nodes() {
    let mut graph = Graph::new();
    let a = graph.float("a");
    graph.classify(a, 0.5);
    let size = ModelSize::of(&graph.finish().unwrap()).unwrap();
    assert_eq!((size.nodes, size.bytes_per_node()), (0, None));
    assert!(ModelSize::of(b"no model").is_err());
}
