//! Final models as graphs: the server's engine answers what the native model answers, bounds included.

use gauntlet_bundle::{Answers, Predictor};
use gauntlet_core::{Column, Frame, Plausible, Signature, Task};
use gauntlet_features::{Feature, RawInput, RawKind, Recipe, parse};

use super::simulate::{contenders, lives, protocol, setup};
use crate::rul::{Life, RulContender, RulError, fit_final, vector_names, vectors};
use crate::{LearnError, build_graph};

/// A recipe that takes a vector as it is.
fn recipe() -> Recipe {
    let names = vector_names(&setup());
    let inputs = names.iter().map(|name| RawInput {
        name: name.clone(),
        kind: RawKind::Number,
        nullable: false,
    });
    let features = names.iter().map(|name| Feature {
        name: name.clone(),
        expr: parse(name).unwrap(),
        unit: String::new(),
        limit: None,
    });
    Recipe { name: "vector".into(), inputs: inputs.collect(), features: features.collect() }
}

/// The vectors of a life that no model was fitted on, after its onset, as a request.
fn request(life: &Life) -> Frame {
    let (vectors, onset) = (vectors(life, &setup()).unwrap(), life.onset.unwrap());
    let columns = vectors.names.into_iter().zip(vectors.columns);
    Frame::new(columns.map(|(name, column)| (name, Column::Number(column[onset..].to_vec()))))
        .unwrap()
}

#[test]
fn a_graph_answers_remaining_life_and_bounds_as_the_native_model_does() {
    let (known, new) = (lives(10, 21), lives(3, 99));
    let recipe = recipe();
    let fields = recipe.fields(|_| (String::new(), Plausible::default()));
    for (id, contender) in contenders().iter().filter(|(_, contender)| contender.exports()) {
        let fitted = fit_final(&known, contender, &protocol()).unwrap();
        assert_eq!((&fitted.names, fitted.bearings.len()), (&vector_names(&setup()), 10));
        let signature = Signature {
            raw: fields.clone(),
            features: fitted.names.clone(),
            task: Task::Regression { unit: "min".into(), interval: true },
            ..Signature::default()
        };
        let graph = build_graph(&recipe, &fitted.model, 0.0).unwrap();
        let predictor = Predictor::new(&graph, signature).unwrap();
        let mut largest = 0.0_f64;
        for life in &new {
            let frame = request(life);
            let native = fitted.model.outputs(&recipe.apply(&frame).unwrap()).unwrap();
            let Answers::Regression(served) = predictor.answers(&frame).unwrap() else {
                unreachable!("the signature says so")
            };
            let bounds = served.interval.unwrap();
            for row in 0..native.rows() {
                let line = native.line(row);
                assert!(
                    0.0 <= line[1] && line[1] <= line[0] && line[0] <= line[2],
                    "{id} {line:?}"
                );
                let served = [served.prediction[row], bounds.lower[row], bounds.upper[row]];
                for (native, served) in line.iter().zip(served) {
                    let off = (native - f64::from(served)).abs() / native.abs().max(1.0);
                    largest = largest.max(off);
                }
            }
        }
        assert!(largest <= fitted.model.tolerance(), "{id}: {largest}");
    }
}

#[test]
fn what_cannot_be_exported_says_why() {
    let known = lives(10, 21);
    let error = fit_final(&known, &RulContender::Exponential, &protocol()).unwrap_err();
    assert!(matches!(error, LearnError::JudgeOnly { kind: "exponential", .. }), "{error}");
    let error = fit_final(&known[..3], &contenders()[0].1, &protocol()).unwrap_err();
    assert!(matches!(error, LearnError::Rul(RulError::Few { found: 3, needed: 4 })), "{error}");
}

#[test]
fn an_interval_of_its_own_is_refused() {
    let text = "kind = 'smartcore_ridge'\ninterval = { method = 'split' }";
    let spec = toml::from_str(text).unwrap();
    let error = RulContender::learned(&spec).unwrap_err();
    assert!(matches!(error, LearnError::Parameter { parameter: "interval", .. }), "{error}");
    assert_eq!(RulContender::standard().unwrap().len(), 4);
}
