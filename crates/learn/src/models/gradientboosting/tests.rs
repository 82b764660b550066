//! What the pipeline file can ask of boosting.

use super::*;
use crate::Target;
use crate::models::{ContenderSpec, KindSpec};
use crate::testing::{noisy, train, train_for};

fn spec(text: &str) -> Spec {
    let written = format!("kind = \"gradientboosting\"\ntrees = 20\n{text}");
    match toml::from_str::<ContenderSpec>(&written).unwrap().model {
        KindSpec::GradientBoosting(spec) => spec,
        other => panic!("{other:?}"),
    }
}

fn fitted(spec: &Spec, rows: &Train<Samples>) -> Result<Boosted, LearnError> {
    <Spec as Kind>::fit(&spec.check()?, rows, Seed(1))
}

fn numbers(n: usize) -> Train<Samples> {
    let (columns, _) = noisy(n, 4);
    let y = columns[1].iter().map(|x| f64::from(*x)).collect();
    train_for(columns, Target::Values(y))
}

#[test]
fn losses_weights_growth_and_constraints_are_written_in_toml() {
    let rows = numbers(300);
    let quantile = fitted(&spec("loss = { quantile = 0.9 }"), &rows).unwrap();
    let median =
        fitted(&spec("loss = \"absolute\"\ngrowth = \"leaf_wise\"\nmax_leaves = 5"), &rows);
    let mean = |model: &Boosted| model.outputs(&rows.x).column(0).sum::<f64>() / 300.0;
    assert!(mean(&quantile) > mean(&median.unwrap()));
    // How far the prediction climbs when `x1` does, everything else held.
    let climb = |direction: &str| {
        let model = fitted(&spec(&format!("[monotone]\nx1 = \"{direction}\"")), &rows).unwrap();
        let ends = vec![vec![0.0; 2], vec![-1.0, 1.0], vec![0.0; 2], vec![1.5; 2]];
        let ends = train(ends, vec![false, true]);
        let outputs: Vec<f64> = model.outputs(&ends.x).column(0).collect();
        outputs[1] - outputs[0]
    };
    let (rising, falling) = (climb("rising"), climb("falling"));
    assert!(rising > 0.5 && falling <= 0.0, "{rising} {falling}");
    let (columns, y) = noisy(400, 4);
    let labelled = train(columns, y);
    let sum =
        |spec: &Spec| fitted(spec, &labelled).unwrap().outputs(&labelled.x).column(0).sum::<f64>();
    let heavy = spec("class_weight = { 1 = 30.0 }");
    assert!(sum(&heavy) > sum(&spec("")));
}

#[test]
fn early_stopping_watches_whole_groups_and_keeps_the_best_round() {
    let (columns, y) = noisy(400, 4);
    let rows = train(columns, y);
    let text = "learning_rate = 0.9\nearly_stopping = { patience = 5, share = 0.3 }";
    let model = fitted(&Spec { trees: 500, ..spec(text) }, &rows).unwrap();
    let (kept, losses) = model.rounds();
    assert!(kept < 400 && losses.len() == kept + 5, "{kept} {}", losses.len());
    assert!(losses.iter().all(|loss| *loss >= losses[kept - 1]));
}

#[test]
fn what_does_not_fit_the_target_is_refused_by_name() {
    let (columns, y) = noisy(60, 4);
    let labelled = train(columns, y);
    for (text, word) in [
        ("loss = \"absolute\"", "loss"),
        ("[monotone]\npressure = \"rising\"", "pressure"),
        ("class_weight = { broken = 2.0 }", "broken"),
        ("loss = { quantile = 1.5 }", "1.5"),
        ("early_stopping = { patience = 5, share = 0.9 }", "0.9"),
        ("max_bins = 256", "256"),
    ] {
        let error = fitted(&spec(text), &labelled).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let error = fitted(&spec("class_weight = \"balanced\""), &numbers(40)).unwrap_err();
    assert!(error.to_string().contains("class_weight"));
}
