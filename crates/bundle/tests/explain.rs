//! Explanations of whole models: names, units, the features that the graph makes, additivity.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod common;

use gauntlet_bundle::explain::ExplainError;
use gauntlet_bundle::{Answers, BundleError, Explainer, Graph, Predictor};
use gauntlet_core::Cell;

#[test]
fn contributions_add_up_to_the_score_and_name_the_features() {
    let parts = common::parts();
    let explainer = Explainer::new(&parts.model, parts.signature.clone()).unwrap();
    let predictor = Predictor::new(&parts.model, parts.signature.clone()).unwrap();
    let rows = common::machine_rows(17, 50);
    let scores = predictor.predict(&rows).unwrap().probability;
    for (at, explanation) in explainer.explain_frame(&rows).unwrap().iter().enumerate() {
        let names: Vec<&str> = explanation.features.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names, ["type", "speed", "torque", "power", "margin"]);
        let sum: f64 = explanation.features.iter().map(|f| f.contributions[0]).sum();
        assert!((explanation.base[0] + sum - explanation.margin[0]).abs() < 1e-12);
        assert!((explanation.margin[0] - f64::from(scores[at])).abs() < 1e-6);
        let cells: Vec<Cell<'_>> = rows.iter().map(|(_, column)| column.cell(at)).collect();
        let single = explainer.explain_row(&cells).unwrap();
        assert_eq!((&single.margin, &single.base), (&explanation.margin, &explanation.base));
    }
}

#[test]
fn features_are_what_the_trees_read() {
    let parts = common::parts();
    let explainer = Explainer::new(&parts.model, parts.signature).unwrap();
    let cells = [Cell::Text("L"), Cell::Number(300.0), Cell::Number(f64::NAN)];
    let cells = [&cells[..], &[Cell::Number(1700.0), Cell::Number(40.0)]].concat();
    let features = explainer.explain_row(&cells).unwrap().features;
    // Centred and scaled, as the graph of the sample does.
    assert_eq!(features[0].value, 1.0);
    assert_eq!(features[1].value, 1.0);
    assert!(features[4].value.is_nan());
}

#[test]
fn every_task_on_trees_is_explained_output_by_output() {
    for parts in common::tasks() {
        let rows = common::numbers(3, 20, 4);
        let explainer = Explainer::new(&parts.model, parts.signature.clone()).unwrap();
        let answers = Predictor::new(&parts.model, parts.signature).unwrap().answers(&rows);
        let explanations = explainer.explain_frame(&rows).unwrap();
        if let Answers::Multiclass(found) = answers.unwrap() {
            assert!(explanations.iter().all(|e| e.margin.len() == found.classes));
            for (e, label) in explanations.iter().zip(&found.prediction) {
                let most = e.margin.iter().copied().fold(f64::MIN, f64::max);
                assert!(most - e.margin[*label as usize] < 1e-6);
            }
        }
    }
}

#[test]
fn a_model_without_trees_says_so() {
    let parts = common::single_field();
    let error = Explainer::new(&parts.model, parts.signature).unwrap_err();
    assert!(matches!(error, BundleError::Explain(ExplainError::NoTrees)), "{error}");
    let mut graph = Graph::new();
    let a = graph.float("a");
    graph.classify(a, 0.5);
    assert!(Explainer::new(&graph.finish().unwrap(), common::signature()).is_err());
}
