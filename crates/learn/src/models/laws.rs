//! Laws that every kind obeys, run over all of them and every task they do.
//!
//! What a kind does not obey is data, in [`EXCEPTIONS`], with the reason.

use gauntlet_bundle::engine::{Engine, Input, Output};
use gauntlet_core::{Seed, Subset, Train};
use gauntlet_features::Matrix;
use rand::RngExt;

use super::{Contender, ContenderSpec, KindSpec};
use crate::graph::feature_graph;
use crate::testing::{noisy, rows, train_for};
use crate::{LearnError, Outputs, Samples, Target, Task};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Law {
    /// It can be lowered.
    Lowers,
    /// It learns a boundary that is no line.
    Curves,
    /// A constant feature gives each class its share of the rows, or the mean target.
    Shares,
    /// It learns from missing values, if it takes them.
    Missing,
    /// A row that is far off in one feature is stranger than every training row.
    Extremes,
}

/// `(kind, law, reason)` of everything that does not hold.
const EXCEPTIONS: &[(&str, Law, &str)] = &[
    ("smartcore_knn", Law::Lowers, "the model is the training set"),
    (
        "isolationforest",
        Law::Extremes,
        "few trees cut a given feature first, and paths have a bound",
    ),
    ("linfa_logistic", Law::Curves, "linear"),
    ("linfa_logistic", Law::Missing, "it sees the median in their place"),
    ("smartcore_svc", Law::Curves, "two passes from a random start"),
    ("linfa_svm", Law::Curves, "linear with a linear kernel"),
    ("autoencoder", Law::Curves, "a detector"),
    ("committee", Law::Curves, "a detector"),
    ("linfa_kmeans", Law::Curves, "a detector"),
    ("linfa_gmm", Law::Curves, "a detector"),
    ("linfa_pca", Law::Curves, "a detector"),
    ("mahalanobis", Law::Curves, "a detector"),
    ("nearest", Law::Curves, "a detector"),
];

fn obeys(kind: &str, law: Law) -> bool {
    !EXCEPTIONS.iter().any(|(name, broken, _)| *name == kind && *broken == law)
}

/// Every kind, small enough for tests.
fn kinds() -> Vec<Contender> {
    let quick = |spec: KindSpec| match spec {
        KindSpec::RandomForest(spec) => super::randomforest::Spec { trees: 20, ..spec }.into(),
        KindSpec::GradientBoosting(spec) => {
            super::gradientboosting::Spec { trees: 30, ..spec }.into()
        }
        KindSpec::ExtraTrees(spec) => super::extratrees::Spec { trees: 20, ..spec }.into(),
        KindSpec::SmartcoreExtraTrees(spec) => {
            super::smartcore_extratrees::Spec { trees: 10, ..spec }.into()
        }
        KindSpec::SmartcoreRandomForest(spec) => {
            super::smartcore_randomforest::Spec { trees: 10, ..spec }.into()
        }
        KindSpec::Autoencoder(spec) => {
            super::autoencoder::Spec { hidden: vec![16, 2, 16], epochs: 20, ..spec }.into()
        }
        KindSpec::SmartcoreSvc(spec) => super::smartcore_svc::Spec { epochs: 1, ..spec }.into(),
        other => other,
    };
    let plain = KindSpec::all().into_iter().map(|spec| ContenderSpec::from(quick(spec)));
    plain.chain(wrapped()).map(|spec| spec.check().unwrap()).collect()
}

/// Contenders with something around them, which obey the same laws.
const WRAPPED: &[&str] = &[
    "kind = 'randomforest'\ntrees = 10\ncalibration = 'isotonic'",
    "kind = 'gradientboosting'\ntrees = 10\ncalibration = { method = 'platt', folds = 3 }",
    "kind = 'linfa_svm'\nkernel = 'linear'\nscaling = 'minmax'",
    "kind = 'smartcore_svc'\nkernel = 'linear'\nc = 0.1",
    "kind = 'linfa_logistic'\nimpute = 'median'\nscaling = 'none'",
    "kind = 'smartcore_naivebayes'\ncalibration = 'isotonic'",
    "kind = 'linfa_pca'\nstatistic = 't2'\nvariance = 0.5",
    "kind = 'linfa_pca'\nstatistic = 'spe'\nvariance = 0.5",
    "kind = 'mahalanobis'\nshrinkage = 'ledoit_wolf'\nscaling = 'standard'",
    "kind = 'linfa_gmm'\nscaling = 'standard'\nprojection = { components = 2 }",
    "kind = 'mahalanobis'\nscaling = 'standard'\nprojection = { variance = 0.99 }\nwhitening = 'pca'",
    "kind = 'committee'\nfolds = 3\nmembers = [{ kind = 'isolationforest', trees = 20 }, \
     { kind = 'linfa_pca', scaling = 'minmax' }]",
    "kind = 'nearest'\nk = 3\nreferences = 20",
    "kind = 'smartcore_ridge'\ninterval = { method = 'split', level = 0.8 }",
    "kind = 'smartcore_ridge'\n[interval]\nmethod = 'cqr'\nlevel = 0.8\n\
     lower = { kind = 'gradientboosting', trees = 20, loss = { quantile = 0.1 } }\n\
     upper = { kind = 'gradientboosting', trees = 20, loss = { quantile = 0.9 } }",
];

fn wrapped() -> impl Iterator<Item = ContenderSpec> {
    WRAPPED.iter().map(|text| toml::from_str::<ContenderSpec>(text).unwrap())
}

/// Every kind with every task it does.
fn cases() -> Vec<(Contender, Task)> {
    let pairs = kinds().into_iter().flat_map(|kind| Task::ALL.map(|task| (kind.clone(), task)));
    pairs.filter(|(kind, task)| kind.does(*task)).collect()
}

/// Rows of a task that can be learned, on the four features of [`noisy`].
fn learnable(task: Task, n: usize, seed: u64) -> Train<Samples> {
    let (mut columns, y) = noisy(n, seed);
    // Constant features have a law of their own.
    columns[3] = noisy(n, seed + 1).0.swap_remove(1);
    let names = ["inner", "left", "right"].map(String::from).to_vec();
    let class = |i: usize| if y[i] { 0 } else { 1 + u32::from(columns[0][i] > 0.0) };
    let target = match task {
        Task::Binary => Target::Binary(y),
        Task::Multiclass => Target::Classes { of: (0..n).map(class).collect(), names },
        Task::Regression => {
            let value = |i: usize| f64::from(3.0 * columns[0][i] - 2.0 * columns[1][i]) + 10.0;
            Target::Values((0..n).map(value).collect())
        }
        Task::Anomaly => Target::None(n),
    };
    train_for(columns, target)
}

fn lowered(model: &super::Fitted, x: &Matrix) -> Outputs {
    let engine = Engine::load(&feature_graph(model).unwrap()).unwrap();
    let inputs: Vec<Input<'_>> = x.columns.iter().map(|c| Input::Float(c)).collect();
    let columns: Vec<Vec<f32>> = engine
        .run(&inputs)
        .unwrap()
        .into_iter()
        .map(|output| match output {
            Output::Float(values) => values,
            other => panic!("{other:?}"),
        })
        .collect();
    let line = |row: usize| columns.iter().map(move |c| f64::from(c[row]));
    Outputs::lines(columns.len(), (0..x.rows()).flat_map(line).collect())
}

/// Equal to within the precision of single-precision sums.
pub(super) fn assert_close(model: &super::Fitted, x: &Matrix, what: &dyn std::fmt::Debug) {
    let (native, lowered) = (model.outputs(x).unwrap(), lowered(model, x));
    let tolerance = model.tolerance();
    assert_eq!((native.rows(), native.width()), (lowered.rows(), lowered.width()), "{what:?}");
    for (native, lowered) in native.values().iter().zip(lowered.values()) {
        let close = (native - lowered).abs() <= tolerance * native.abs().max(1.0);
        let same = native.is_nan() && lowered.is_nan() || native == lowered;
        assert!(close || same, "{what:?}: {native} {lowered}");
    }
}

#[test]
fn refitting_gives_the_same_model_on_one_thread_and_on_four() {
    for (kind, task) in cases() {
        let rows = learnable(task, 240, 3);
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| kind.fit(&rows, Seed(5)).unwrap().digest(&rows.x).unwrap())
        };
        let first = fit(1);
        // Hash keys differ from map to map, so several refits in one process do find hash order.
        for threads in [1, 4, 4, 1] {
            assert_eq!(first, fit(threads), "{kind:?} {task}");
        }
    }
}

#[test]
fn lowered_models_answer_what_the_library_answers_on_thresholds_too() {
    for (kind, task) in cases().into_iter().filter(|(k, _)| obeys(k.kind(), Law::Lowers)) {
        let rows = learnable(task, 400, 4);
        let fitted = kind.fit(&rows, Seed(2)).unwrap();
        assert_close(&fitted, &rows.x, &(&kind, task));
        let mut probe = rows.x.clone();
        for (row, (feature, threshold)) in (0..400).zip(fitted.thresholds()) {
            let near = [threshold, threshold.next_up(), threshold.next_down()][row % 3];
            probe.columns[feature][row] = near;
        }
        assert_close(&fitted, &probe, &(&kind, task));
    }
}

#[test]
fn what_is_judge_only_says_why() {
    for (kind, task) in cases().into_iter().filter(|(k, _)| !obeys(k.kind(), Law::Lowers)) {
        let rows = learnable(task, 100, 4);
        let fitted = kind.fit(&rows, Seed(2)).unwrap();
        let error = feature_graph(&fitted).unwrap_err();
        assert!(matches!(error, LearnError::JudgeOnly { .. }), "{kind:?}: {error}");
    }
}

#[test]
fn a_rows_answer_depends_on_that_row_alone() {
    let order: Vec<usize> = (0..300).rev().step_by(3).collect();
    for (kind, task) in cases() {
        let rows = learnable(task, 300, 6);
        let fitted = kind.fit(&rows, Seed(1)).unwrap();
        let whole = fitted.outputs(&rows.x).unwrap();
        let part = fitted.outputs(&rows.x.subset(&order)).unwrap();
        for (at, &position) in order.iter().enumerate() {
            assert_eq!(whole.line(position), part.line(at), "{kind:?} {task}");
        }
    }
}

/// How much better than guessing: 1 is perfect, 0 is a constant.
fn skill(outputs: &Outputs, target: &Target) -> f64 {
    match target {
        Target::Binary(labels) => {
            let ranking = crate::metrics::Ranking::new(&outputs.scores(), labels);
            2.0 * ranking.roc_auc(&vec![1; labels.len()]) - 1.0
        }
        Target::Classes { of, .. } => {
            let largest = |line: &[f64]| {
                (0..line.len()).max_by(|&a, &b| line[a].total_cmp(&line[b])).unwrap() as u32
            };
            let hits = (0..of.len()).filter(|&i| largest(outputs.line(i)) == of[i]).count();
            (hits as f64 / of.len() as f64 - 0.4) / 0.6
        }
        Target::Values(values) => {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let squares = |centre: &dyn Fn(usize) -> f64| {
                values.iter().enumerate().map(|(i, v)| (v - centre(i)).powi(2)).sum::<f64>()
            };
            1.0 - squares(&|i| outputs.line(i)[0]) / squares(&|_| mean)
        }
        Target::None(_) => unreachable!("anomaly detectors have their own law"),
    }
}

#[test]
fn every_kind_learns_something() {
    let (fit, valid): (Vec<usize>, Vec<usize>) = (0..700).partition(|i| i % 4 != 0);
    for (kind, task) in cases().into_iter().filter(|(_, task)| *task != Task::Anomaly) {
        let (fit, valid) = learnable(task, 700, 7).part(&fit, &valid);
        let outputs = kind.fit(&fit, Seed(1)).unwrap().outputs(&valid.x).unwrap();
        let skill = skill(&outputs, &valid.target);
        if task == Task::Regression || obeys(kind.kind(), Law::Curves) {
            assert!(skill > 0.7, "{kind:?} {task}: {skill}");
        }
    }
}

#[test]
fn detectors_find_rows_unlike_the_training_rows() {
    for (kind, task) in cases().into_iter().filter(|(_, task)| *task == Task::Anomaly) {
        let rows = learnable(task, 500, 7);
        let fitted = kind.fit(&rows, Seed(1)).unwrap();
        let mut strange = rows.x.subset(&(0..50).collect::<Vec<_>>());
        strange.columns[0].iter_mut().for_each(|v| *v += 9.0);
        let usual = fitted.outputs(&rows.x).unwrap();
        let largest = usual.column(0).fold(f64::NEG_INFINITY, f64::max);
        let strange = fitted.outputs(&strange).unwrap();
        if obeys(kind.kind(), Law::Extremes) {
            assert!(strange.column(0).all(|v| v >= largest), "{kind:?}");
        }
        let mean = |outputs: &Outputs| outputs.column(0).sum::<f64>() / outputs.rows() as f64;
        assert!(mean(&strange) > mean(&usual), "{kind:?}");
    }
}

#[test]
fn one_class_no_rows_and_infinite_features_are_refused() {
    for (kind, task) in cases() {
        let none = kind.fit(&learnable(task, 40, 1).part(&[], &[0]).0, Seed(1));
        assert!(matches!(none, Err(LearnError::Empty)), "{kind:?}");
        let mut infinite = learnable(task, 40, 1).subset(&(0..40).collect::<Vec<_>>());
        infinite.x.columns[1][7] = f32::INFINITY;
        let infinite = train_for(infinite.x.columns, infinite.target);
        let error = kind.fit(&infinite, Seed(1)).unwrap_err();
        assert!(matches!(error, LearnError::Infinite { row: 7, .. }), "{kind:?}: {error}");
        let one_class = match task {
            Task::Binary => Target::Binary(vec![true; 2]),
            Task::Multiclass => {
                Target::Classes { of: vec![1; 2], names: vec!["a".into(), "b".into()] }
            }
            Task::Regression | Task::Anomaly => continue,
        };
        let one_class = kind.fit(&train_for(vec![vec![1.0, 2.0]], one_class), Seed(1));
        assert!(matches!(one_class, Err(LearnError::OneClass { rows: 2 })), "{kind:?}");
    }
}

#[test]
fn another_task_is_refused_by_name() {
    for kind in kinds() {
        for task in Task::ALL.into_iter().filter(|task| !kind.does(*task)) {
            let error = kind.fit(&learnable(task, 40, 1), Seed(1)).unwrap_err();
            assert!(matches!(error, LearnError::Task { .. }), "{kind:?}: {error}");
        }
    }
}

/// The probability of the last class, or the value.
fn last_class(outputs: &Outputs, row: usize) -> f64 {
    let line = outputs.line(row);
    if line.len() == 3 { line[0] } else { line[line.len() - 1] }
}

#[test]
fn constant_features_give_the_same_answer_for_every_row() {
    for (kind, task) in cases() {
        let target = match task {
            Task::Binary => Target::Binary((0..40).map(|i| i % 4 == 0).collect()),
            Task::Multiclass => Target::Classes {
                of: (0..40).map(|i| u32::from(i % 4 == 0)).collect(),
                names: vec!["a".into(), "b".into()],
            },
            Task::Regression => Target::Values((0..40).map(|i| f64::from(i % 4 == 0)).collect()),
            Task::Anomaly => Target::None(40),
        };
        let constant = train_for(vec![vec![2.0; 40]], target);
        let outputs = match kind.fit(&constant, Seed(1)) {
            Ok(fitted) => fitted.outputs(&constant.x).unwrap(),
            Err(error) => {
                assert!(matches!(error, LearnError::Fit { .. }), "{kind:?} {task}: {error}");
                continue;
            }
        };
        assert!((1..40).all(|row| outputs.line(row) == outputs.line(0)), "{kind:?} {task}");
        let share = last_class(&outputs, 0);
        if task != Task::Anomaly && obeys(kind.kind(), Law::Shares) {
            assert!((share - 0.25).abs() < 0.15, "{kind:?} {task}: {share}");
        }
    }
}

#[test]
fn one_row_is_learned_from_or_refused() {
    for (kind, task) in cases() {
        let rows = learnable(task, 40, 1).part(&[3], &[]).0;
        match kind.fit(&rows, Seed(1)) {
            Ok(fitted) => {
                let outputs = fitted.outputs(&rows.x).unwrap();
                assert!(outputs.values().iter().all(|v| v.is_finite()), "{kind:?} {task}");
            }
            Err(error) => assert!(
                matches!(error, LearnError::OneClass { .. } | LearnError::Fit { .. }),
                "{kind:?} {task}: {error}"
            ),
        }
    }
}

#[test]
fn missing_values_are_learned_from_or_refused_by_name() {
    let values: Vec<f32> = (0..60).map(|i| if i % 3 == 0 { f32::NAN } else { i as f32 }).collect();
    for (kind, task) in cases() {
        let event = |i: usize| i.is_multiple_of(3);
        let target = match task {
            Task::Binary => Target::Binary((0..60).map(event).collect()),
            Task::Multiclass => Target::Classes {
                of: (0..60).map(|i| u32::from(event(i))).collect(),
                names: vec!["a".into(), "b".into()],
            },
            Task::Regression => {
                Target::Values((0..60).map(|i| f64::from(u8::from(event(i)))).collect())
            }
            Task::Anomaly => Target::None(60),
        };
        let rows = train_for(vec![values.clone()], target);
        match kind.fit(&rows, Seed(1)) {
            Ok(fitted) => {
                let native = fitted.outputs(&rows.x).unwrap();
                assert!(native.values().iter().all(|v| v.is_finite()), "{kind:?} {task}");
                if task != Task::Anomaly && obeys(kind.kind(), Law::Missing) {
                    let at = |row: usize| last_class(&native, row);
                    assert!(at(0) > 0.5 && at(1) < 0.5, "{kind:?} {task}");
                }
                assert_close(&fitted, &rows.x, &(&kind, task));
            }
            Err(error) => assert!(matches!(error, LearnError::Missing { .. }), "{error}"),
        }
    }
}

#[test]
fn weights_are_followed_or_refused() {
    for (kind, task) in cases() {
        let rows = learnable(task, 120, 9);
        let mut weighted = rows.subset(&(0..120).collect::<Vec<_>>());
        weighted.weight = Some((0..120).map(|i| if i % 2 == 0 { 1.0 } else { 0.0 }).collect());
        let split = gauntlet_core::Split { train: (0..119).collect(), test: vec![119] };
        let weighted = split.seal(&weighted, 120).unwrap().0;
        if let Err(error) = kind.fit(&weighted, Seed(1)) {
            assert!(matches!(error, LearnError::Weights { .. }), "{kind:?}: {error}");
        }
    }
}

#[test]
fn written_hyperparameters_come_back_and_unknown_ones_are_refused() {
    for spec in KindSpec::all().into_iter().map(ContenderSpec::from).chain(wrapped()) {
        let text = toml::to_string(&spec).unwrap();
        assert!(text.contains(&format!("kind = \"{}\"", spec.kind())), "{text}");
        assert_eq!(toml::from_str::<ContenderSpec>(&text).unwrap(), spec);
        let typo = format!("kind = \"{}\"\nno_such_thing = 1", spec.kind());
        let error = toml::from_str::<ContenderSpec>(&typo).unwrap_err().to_string();
        assert!(error.contains("no_such_thing"), "{error}");
    }
}

#[test]
fn answers_to_a_matrix_without_rows_are_empty() {
    for (kind, task) in cases() {
        let fitted = kind.fit(&learnable(task, 60, 1), Seed(1)).unwrap();
        let empty = fitted.outputs(&rows(vec![vec![]; 4])).unwrap();
        assert_eq!(empty.rows(), 0, "{kind:?} {task}");
    }
}

#[test]
fn far_and_odd_rows_get_the_same_answer_natively_and_lowered() {
    for (kind, task) in cases().into_iter().filter(|(k, _)| obeys(k.kind(), Law::Lowers)) {
        let fitted = kind.fit(&learnable(task, 200, 5), Seed(1)).unwrap();
        let mut rng = Seed(8).rng();
        let odd = [0.0, -0.0, 1e-40, 1e6, -1e6, f32::MIN_POSITIVE];
        let column = |_| (0..64).map(|_| odd[rng.random_range(0..odd.len())]).collect();
        let x = rows((0..4).map(column).collect());
        assert_close(&fitted, &x, &(&kind, task));
    }
}
