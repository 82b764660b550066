//! Bundles of every task: outputs, answers by batch and by row, and the record of them.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod common;

use gauntlet_bundle::{Answers, Bundle, BundleError, Draft, Predictor, Tolerance};
use gauntlet_core::{Cell, Task};
use serde_json::json;

#[test]
fn bundles_of_every_task_answer_by_row_what_they_answer_by_batch_and_record_it() {
    for parts in common::tasks() {
        let task = parts.signature.task.clone();
        let rows = common::numbers(5, 200, parts.signature.raw.len());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bundle");
        let draft = Draft::new(parts).unwrap();
        draft.pack(&json!({})).unwrap().write(&path).unwrap();
        let bundle = Bundle::open(&path).unwrap();
        bundle.self_test(Tolerance::Exact).unwrap();
        assert_eq!(bundle.signature().task, task);
        let batch = bundle.answers(&rows).unwrap();
        assert_eq!(draft.answers(&rows).unwrap(), batch);
        for row in 0..rows.rows() {
            let cells: Vec<Cell<'_>> = rows.iter().map(|(_, column)| column.cell(row)).collect();
            let single = bundle.answers_row(&cells).unwrap();
            for (one, all) in single.floats().iter().zip(batch.floats()) {
                assert_eq!(one.values, &all.values[row * all.width..(row + 1) * all.width]);
            }
            if !batch.labels().is_empty() {
                assert_eq!(single.labels(), &batch.labels()[row..=row]);
            }
        }
        assert_eq!(bundle.predict(&rows).is_ok(), task == Task::Binary);
    }
}

#[test]
fn probabilities_of_several_classes_sum_to_one_and_the_label_is_the_largest() {
    for parts in common::tasks() {
        let Task::Multiclass { classes } = parts.signature.task.clone() else { continue };
        let rows = common::numbers(6, 300, parts.signature.raw.len());
        let Answers::Multiclass(found) = Draft::new(parts).unwrap().answers(&rows).unwrap() else {
            panic!("another task")
        };
        assert_eq!(found.classes, classes.len());
        for (line, &label) in found.probabilities.chunks(found.classes).zip(&found.prediction) {
            assert!((line.iter().sum::<f32>() - 1.0).abs() < 1e-5, "{line:?}");
            assert!(line.iter().all(|&p| p <= line[label as usize]));
        }
        assert!(found.prediction.iter().any(|&label| label != found.prediction[0]));
    }
}

#[test]
fn a_signature_of_another_task_than_the_graphs_is_refused() {
    let all = common::tasks();
    for parts in &all {
        for other in &all {
            let same = parts.signature.task == other.signature.task;
            let predictor = Predictor::new(&parts.model, other.signature.clone());
            assert_eq!(predictor.is_ok(), same, "{:?}", other.signature.task);
        }
    }
    let mut parts = common::tasks().remove(1);
    parts.signature.task = Task::Multiclass { classes: vec!["only".into()] };
    let error = Draft::new(parts).unwrap_err();
    assert!(matches!(error, BundleError::Signature(_)), "{error}");
}
