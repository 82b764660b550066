//! What this crate answers to a case of `checks/evaluation.py`.

use std::collections::BTreeMap;

use gauntlet_core::{Estimate, Seed};
use gauntlet_learn::intervals::{self, Discordant};
use gauntlet_learn::metrics::{self, Confusion, ConfusionMatrix, Score};
use gauntlet_learn::splits::{self, Fold, History, Span};
use serde::{Deserialize, Serialize};

/// The rows and parameters of a case.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Case {
    Binary {
        scores: Vec<Loose>,
        labels: Vec<u8>,
        weights: Option<Vec<Loose>>,
        /// Whether scores go in as `f32`.
        single: bool,
        max_fpr: f64,
    },
    Multiclass {
        probabilities: Vec<Loose>,
        width: usize,
        classes: Vec<u32>,
        weights: Option<Vec<Loose>>,
    },
    Regression {
        predicted: Vec<Loose>,
        low: Vec<Loose>,
        high: Vec<Loose>,
        actual: Vec<Loose>,
        weights: Option<Vec<Loose>>,
        quantile: f64,
    },
    Proportion {
        hits: u64,
        trials: u64,
        level: f64,
    },
    Mcnemar {
        first: u64,
        second: u64,
    },
    Bca {
        value: f64,
        replicates: Vec<f64>,
        jackknife: Vec<f64>,
        level: f64,
    },
    Comparisons {
        candidate: Vec<f64>,
        baselines: BTreeMap<String, Vec<f64>>,
        test_share: f64,
        level: f64,
    },
    Stratified {
        classes: Vec<u32>,
        group: Option<Vec<u32>>,
        folds: usize,
        seed: u64,
    },
    Grouped {
        group: Vec<u32>,
        folds: usize,
        seed: u64,
    },
    Walk {
        rows: usize,
        folds: usize,
        gap: i64,
    },
}

/// A number that JSON may not have.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Loose {
    /// A finite number.
    Number(f64),
    /// `nan`, `inf`, `-inf`; as an answer also `refused`.
    Word(String),
}

impl Loose {
    fn value(&self) -> f64 {
        match self {
            Self::Number(value) => *value,
            Self::Word(word) => word.parse().unwrap_or(f64::NAN),
        }
    }

    fn of<E>(answer: Result<f64, E>) -> Self {
        match answer {
            Ok(value) if value.is_finite() => Self::Number(value),
            Ok(value) => Self::Word(value.to_string().to_lowercase()),
            Err(_) => Self::Word("refused".to_owned()),
        }
    }
}

/// Numbers by name.
pub(crate) type Answers = BTreeMap<String, Loose>;

/// Computes all that a case asks for.
pub(crate) fn answer(case: &Case) -> Answers {
    match case {
        Case::Binary { scores, labels, weights, single, max_fpr } => {
            let labels: Vec<bool> = labels.iter().map(|y| *y > 0).collect();
            let weights = weights.as_deref().map(values);
            if *single {
                let scores: Vec<f32> = values(scores).into_iter().map(|s| s as f32).collect();
                binary(&scores, 0.5, &labels, weights.as_deref(), *max_fpr)
            } else {
                binary(&values(scores), 0.5, &labels, weights.as_deref(), *max_fpr)
            }
        }
        Case::Multiclass { probabilities, width, classes, weights } => {
            let weights = weights.as_deref().map(values);
            multiclass(&values(probabilities), *width, classes, weights.as_deref())
        }
        Case::Regression { predicted, low, high, actual, weights, quantile } => {
            let weights = weights.as_deref().map(values);
            let [predicted, low, high, actual] = [predicted, low, high, actual].map(|v| values(v));
            regression(&predicted, (&low, &high), &actual, weights.as_deref(), *quantile)
        }
        Case::Proportion { hits, trials, level } => {
            let interval = intervals::clopper_pearson(*hits, *trials, *level);
            bounds(interval.ok().map(|interval| interval.estimate))
        }
        Case::Mcnemar { first, second } => {
            let rows = Discordant { first: *first, second: *second };
            answers([
                ("exact", ok(intervals::mcnemar_exact(rows))),
                ("mid_p", ok(intervals::mcnemar_mid_p(rows))),
                ("chi_square", ok(intervals::mcnemar_chi_square(rows))),
            ])
        }
        Case::Bca { value, replicates, jackknife, level } => {
            bounds(intervals::bca_interval(*value, replicates, jackknife, *level))
        }
        Case::Comparisons { candidate, baselines, test_share, level } => {
            comparisons(candidate, baselines, *test_share, *level)
        }
        Case::Stratified { classes, group, folds, seed } => {
            let seed = Seed(*seed);
            let folds = match group {
                None => splits::stratified(classes, *folds, seed),
                Some(group) => splits::stratified_grouped(classes, group, *folds, seed),
            };
            fold_of(classes.len(), folds.ok())
        }
        Case::Grouped { group, folds, seed } => {
            fold_of(group.len(), splits::grouped(group, *folds, Seed(*seed)).ok())
        }
        Case::Walk { rows, folds, gap } => walk(*rows, *folds, *gap),
    }
}

fn binary<S: Score + From<f32>>(
    scores: &[S],
    threshold: f32,
    labels: &[bool],
    weights: Option<&[f64]>,
    max_fpr: f64,
) -> Answers {
    let threshold = S::from(threshold);
    let called: Vec<u32> = scores.iter().map(|s| u32::from(*s >= threshold)).collect();
    let actual: Vec<u32> = labels.iter().map(|y| u32::from(*y)).collect();
    let matrix = ConfusionMatrix::new(&called, &actual, 2, weights);
    let of =
        |metric: fn(&ConfusionMatrix) -> f64| matrix.as_ref().map(metric).map_err(Clone::clone);
    let line = metrics::calibration_line(scores, labels, weights);
    let mut all = answers([
        ("roc_auc", metrics::roc_auc(scores, labels, weights)),
        ("partial_roc_auc", metrics::partial_roc_auc(scores, labels, max_fpr, weights)),
        ("pr_auc", metrics::pr_auc(scores, labels, weights)),
        ("brier", metrics::brier(scores, labels, weights)),
        ("log_loss", metrics::log_loss(scores, labels, weights)),
        ("ece", metrics::expected_calibration_error(scores, labels, weights)),
        ("slope", line.as_ref().map(|line| line.slope).map_err(Clone::clone)),
        ("intercept", line.as_ref().map(|line| line.intercept).map_err(Clone::clone)),
        ("f1", of(|m| m.f1(1))),
        ("precision", of(|m| m.precision(1))),
        ("recall", of(|m| m.recall(1))),
        ("accuracy", of(ConfusionMatrix::accuracy)),
        ("balanced_accuracy", of(ConfusionMatrix::balanced_accuracy)),
        ("mcc", of(ConfusionMatrix::mcc)),
        ("true_positive", of(|m| m.mass(1, 1))),
        ("false_positive", of(|m| m.mass(0, 1))),
        ("false_negative", of(|m| m.mass(1, 0))),
        ("true_negative", of(|m| m.mass(0, 0))),
    ]);
    if weights.is_none() && matrix.is_ok() {
        let counts = Confusion::at(threshold, scores, labels, &vec![1; labels.len()]);
        all.extend(answers([
            ("f1_of_counts", ok(counts.f1())),
            ("mcc_of_counts", ok(counts.mcc())),
            ("accuracy_of_counts", ok(counts.accuracy())),
        ]));
    }
    all
}

fn multiclass(
    probabilities: &[f64],
    width: usize,
    classes: &[u32],
    weights: Option<&[f64]>,
) -> Answers {
    let called = metrics::most_probable(probabilities, width);
    let matrix = ConfusionMatrix::new(&called, classes, width, weights);
    let of =
        |metric: fn(&ConfusionMatrix) -> f64| matrix.as_ref().map(metric).map_err(Clone::clone);
    let mut all = answers([
        ("log_loss", metrics::multiclass_log_loss(probabilities, width, classes, weights)),
        ("brier", metrics::multiclass_brier(probabilities, width, classes, weights)),
        ("macro_f1", of(ConfusionMatrix::macro_f1)),
        ("accuracy", of(ConfusionMatrix::accuracy)),
        ("balanced_accuracy", of(ConfusionMatrix::balanced_accuracy)),
        ("mcc", of(ConfusionMatrix::mcc)),
    ]);
    if let Ok(matrix) = matrix {
        for actual in 0..width {
            for called in 0..width {
                let mass = Loose::Number(matrix.mass(actual, called));
                all.insert(format!("mass_{actual}_{called}"), mass);
            }
        }
    }
    all
}

fn regression(
    predicted: &[f64],
    (low, high): (&[f64], &[f64]),
    actual: &[f64],
    weights: Option<&[f64]>,
    quantile: f64,
) -> Answers {
    let coverage = metrics::interval_coverage(low, high, actual, weights);
    answers([
        ("mae", metrics::mean_absolute_error(predicted, actual, weights)),
        ("rmse", metrics::root_mean_squared_error(predicted, actual, weights)),
        ("r2", metrics::r_squared(predicted, actual, weights)),
        ("pinball", metrics::pinball_loss(predicted, actual, quantile, weights)),
        ("coverage", coverage.as_ref().map(|c| c.share).map_err(Clone::clone)),
        ("width", coverage.as_ref().map(|c| c.width).map_err(Clone::clone)),
    ])
}

fn comparisons(
    candidate: &[f64],
    baselines: &BTreeMap<String, Vec<f64>>,
    test_share: f64,
    level: f64,
) -> Answers {
    let holm = intervals::corrected_comparisons(candidate, baselines, test_share, level);
    let mut all = Answers::new();
    for (name, scores) in baselines {
        let one = intervals::corrected_comparison(candidate, scores, test_share, level);
        let adjusted = holm.as_ref().map(|all| all[name].p);
        for (what, value) in [
            ("difference", one.as_ref().map(|c| c.difference.value)),
            ("low", one.as_ref().map(|c| c.difference.low)),
            ("high", one.as_ref().map(|c| c.difference.high)),
            ("t", one.as_ref().map(|c| c.t)),
            ("p", one.as_ref().map(|c| c.p)),
            ("holm", adjusted),
        ] {
            all.insert(format!("{name}_{what}"), Loose::of(value));
        }
    }
    all
}

fn walk(rows: usize, folds: usize, gap: i64) -> Answers {
    let spans: Vec<Span> = (0..rows as i64).map(Span::at).collect();
    let folds = splits::boundaries(&spans, folds + 1)
        .and_then(|cuts| splits::walk_forward(&spans, &cuts, History::Expanding, gap));
    let Ok(folds) = folds else { return answers([("folds", Err(()))]) };
    let mut all = Answers::new();
    for (i, fold) in folds.iter().enumerate() {
        all.insert(format!("fit_{i}"), Loose::Number(fold.fit.len() as f64));
        all.insert(format!("first_{i}"), Loose::Number(fold.valid[0] as f64));
        all.insert(format!("valid_{i}"), Loose::Number(fold.valid.len() as f64));
    }
    all
}

/// In which fold each row is scored.
fn fold_of(rows: usize, folds: Option<Vec<Fold>>) -> Answers {
    let Some(folds) = folds else { return answers([("folds", Err(()))]) };
    let mut all = Answers::new();
    for row in 0..rows {
        let fold = folds.iter().position(|fold| fold.valid.contains(&row));
        all.insert(format!("fold_{row}"), Loose::of(fold.map(|f| f as f64).ok_or(())));
    }
    all
}

fn bounds(estimate: Option<Estimate>) -> Answers {
    let estimate = estimate.ok_or(());
    answers([("low", estimate.map(|e| e.low)), ("high", estimate.map(|e| e.high))])
}

fn answers<E, const N: usize>(all: [(&str, Result<f64, E>); N]) -> Answers {
    all.into_iter().map(|(name, value)| (name.to_owned(), Loose::of(value))).collect()
}

fn ok(value: f64) -> Result<f64, ()> {
    Ok(value)
}

fn values(loose: &[Loose]) -> Vec<f64> {
    loose.iter().map(Loose::value).collect()
}
