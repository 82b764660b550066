//! Laws that every kind obeys, run over all of them.
//!
//! A kind that cannot obey one is listed here with the reason; today none is.

use gauntlet_core::{Seed, Subset};

use super::{Contender, ContenderSpec};
use crate::testing::{noisy, train};
use crate::{LearnError, Samples};

fn kinds() -> Vec<Contender> {
    let specs = [
        ContenderSpec::RandomForest(super::randomforest::Spec { trees: 20, ..Default::default() }),
        ContenderSpec::GradientBoosting(super::gradientboosting::Spec {
            trees: 30,
            ..Default::default()
        }),
        ContenderSpec::ExtraTrees(super::extratrees::Spec { trees: 10, ..Default::default() }),
        ContenderSpec::DecisionTree(super::decisiontree::Spec::default()),
    ];
    specs.iter().map(|spec| spec.check().unwrap()).collect()
}

fn scores(ensemble: &gauntlet_bundle::TreeEnsemble, samples: &Samples) -> Vec<f32> {
    crate::ensemble_scores(ensemble, &samples.x)
}

#[test]
fn refitting_gives_the_same_model_on_one_thread_and_on_four() {
    let (columns, y) = noisy(700, 3);
    for kind in kinds() {
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let rows = train(columns.clone(), y.clone());
            pool.install(|| kind.fit(&rows, Seed(5)).unwrap().lower().unwrap())
        };
        let first = fit(1);
        // Hash keys differ from map to map, so several refits in one process do find hash order.
        for threads in [1, 4, 4, 1] {
            assert_eq!(first, fit(threads), "{kind:?}");
        }
    }
}

#[test]
fn lowered_trees_score_what_the_library_scores() {
    let (columns, y) = noisy(500, 4);
    let rows = train(columns, y);
    for kind in kinds() {
        let fitted = kind.fit(&rows, Seed(1)).unwrap();
        let native = fitted.native_scores(&rows).unwrap();
        let lowered = scores(&fitted.lower().unwrap(), &rows);
        for (native, lowered) in native.iter().zip(&lowered) {
            assert!((native - f64::from(*lowered)).abs() < 2e-6, "{kind:?}: {native} {lowered}");
        }
    }
}

#[test]
fn a_rows_score_depends_on_that_row_alone() {
    let (columns, y) = noisy(300, 6);
    let rows = train(columns, y);
    let order: Vec<usize> = (0..300).rev().step_by(3).collect();
    for kind in kinds() {
        let fitted = kind.fit(&rows, Seed(1)).unwrap();
        let whole = fitted.native_scores(&rows).unwrap();
        let part = fitted.native_scores(&rows.subset(&order)).unwrap();
        for (&position, score) in order.iter().zip(part) {
            assert_eq!(whole[position], score, "{kind:?}");
        }
    }
}

#[test]
fn every_kind_learns_something() {
    let (columns, y) = noisy(1200, 7);
    let (fit, valid): (Vec<usize>, Vec<usize>) = (0..1200).partition(|i| i % 4 != 0);
    let rows = train(columns, y);
    let (fit, valid) = rows.part(&fit, &valid);
    for kind in kinds() {
        let ensemble = kind.fit(&fit, Seed(1)).unwrap().lower().unwrap();
        let ranking = crate::metrics::Ranking::new(&scores(&ensemble, &valid), &valid.y);
        let auc = ranking.roc_auc(&vec![1; valid.rows()]);
        assert!(auc > 0.9, "{kind:?}: {auc}");
    }
}

#[test]
fn one_class_and_infinite_features_are_refused_and_a_constant_feature_is_not() {
    for kind in kinds() {
        let one_class = kind.fit(&train(vec![vec![1.0, 2.0]], vec![true, true]), Seed(1));
        assert!(matches!(one_class, Err(LearnError::OneClass { rows: 2 })), "{kind:?}");
        let infinite = train(vec![vec![1.0, f32::INFINITY, 2.0]], vec![true, false, true]);
        assert!(matches!(kind.fit(&infinite, Seed(1)), Err(LearnError::Infinite { row: 1, .. })));
        let y: Vec<bool> = (0..40).map(|i| i % 4 == 0).collect();
        let constant = train(vec![vec![2.0; 40]], y);
        let fitted = kind.fit(&constant, Seed(1)).unwrap();
        let score = fitted.native_scores(&constant).unwrap()[0];
        assert!((score - 0.25).abs() < 0.15, "{kind:?}: {score}");
    }
}

#[test]
fn missing_values_are_learned_from_or_refused_by_name() {
    let values: Vec<f32> = (0..60).map(|i| if i % 3 == 0 { f32::NAN } else { i as f32 }).collect();
    let y: Vec<bool> = (0..60).map(|i| i % 3 == 0).collect();
    let rows = train(vec![values], y.clone());
    for kind in kinds() {
        match kind.fit(&rows, Seed(1)) {
            Ok(fitted) => {
                let scores = scores(&fitted.lower().unwrap(), &rows);
                assert!(scores[0] > 0.5 && scores[1] < 0.5, "{kind:?}");
            }
            Err(error) => assert!(matches!(error, LearnError::Missing { .. }), "{error}"),
        }
    }
}

#[test]
fn inputs_on_thresholds_go_the_same_way_natively_and_lowered() {
    let (columns, y) = noisy(400, 8);
    let rows = train(columns, y);
    for kind in kinds() {
        let fitted = kind.fit(&rows, Seed(2)).unwrap();
        let ensemble = fitted.lower().unwrap();
        let mut probe = rows.subset(&(0..200).collect::<Vec<_>>());
        let splits = ensemble.trees.iter().flat_map(|t| &t.nodes).filter_map(|n| match *n {
            gauntlet_bundle::Node::Split { feature, threshold, .. } => Some((feature, threshold)),
            gauntlet_bundle::Node::Leaf { .. } | gauntlet_bundle::Node::Shares { .. } => None,
        });
        for (row, (feature, threshold)) in (0..200).zip(splits.collect::<Vec<_>>()) {
            let near = [threshold, threshold.next_up(), threshold.next_down()][row % 3];
            probe.x.columns[feature as usize][row] = near;
        }
        let native = fitted.native_scores(&probe).unwrap();
        for (native, lowered) in native.iter().zip(scores(&ensemble, &probe)) {
            assert!((native - f64::from(lowered)).abs() < 2e-6, "{kind:?}");
        }
    }
}
