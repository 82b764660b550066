//! Random models of every family: the engine answers what their trees say, and any row at all.

#![allow(missing_docs, clippy::panic, clippy::unwrap_used)]

mod common;

use gauntlet_bundle::engine::{Engine, Input, Output};

#[test]
fn the_engine_scores_random_ensembles_bit_by_bit_as_defined() {
    for seed in 0..common::random::COUNT {
        let case = common::random::case(seed);
        let engine = Engine::load(&case.model).unwrap();
        let columns: Vec<Vec<f32>> = (0..case.features)
            .map(|c| case.rows.iter().skip(c).step_by(case.features).copied().collect())
            .collect();
        let inputs: Vec<Input<'_>> = columns.iter().map(|c| Input::Float(c)).collect();
        let answers = engine.run(&inputs).unwrap();
        let Some((ensemble, names)) = case.trees else { continue };
        for (k, name) in names.iter().enumerate() {
            let at = engine.outputs().position(|(output, _)| output == name).unwrap();
            let Output::Float(found) = &answers[at] else { panic!("{name} is no float") };
            for (row, found) in case.rows.chunks_exact(case.features).zip(found) {
                let expected = ensemble.scores(row)[k];
                assert_eq!(found.to_bits(), expected.to_bits(), "{}: {name} of {row:?}", case.name);
            }
        }
    }
}
