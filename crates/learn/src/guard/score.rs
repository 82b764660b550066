//! Columns that know the outcome too well, alone: by F1, by ROC-AUC, by rank, by purity, by being missing.

use gauntlet_core::Column;

use super::{Finding, Outcome, binary};
use crate::metrics::{Ranking, Weights, rising};

/// F1 from which a column alone is suspect.
const F1: f64 = 0.95;
/// ROC-AUC from which a column alone is suspect.
const AUC: f64 = 0.99;
/// ROC-AUC from which a column of two values is suspect: a flipped copy of the label, which no honest
/// flag comes near.
const BINARY_AUC: f64 = 0.95;
/// Precision from which a rare value is suspect.
const PURITY: f64 = 0.99;
/// Positives below which purity means nothing.
const PURITY_ROWS: usize = 20;

/// Rank correlation from which a column alone is suspect for a number.
const CORRELATION: f64 = 0.99;
/// Rows below which a correlation means nothing.
const CORRELATION_ROWS: usize = 20;

/// Proxies of the outcome (L2 of the taxonomy): the column alone, in either direction, predicts it too well.
///
/// A class is told from the rest by F1 and ROC-AUC, a number by the size of Spearman's rank correlation.
/// Texts of many values are the identity rule's.
#[must_use]
pub fn alone<'a>(name: &str, column: &Column, outcome: impl Into<Outcome<'a>>) -> Option<Finding> {
    let outcome = outcome.into();
    let two_values = binary(column);
    let scores: Vec<f64> = match (&two_values, column) {
        (Some((_, rare)), _) => rare.iter().map(|r| f64::from(u8::from(*r))).collect(),
        (None, Column::Number(values)) => lowest_if_missing(values),
        (None, Column::Text(_)) => return None,
    };
    if let Outcome::Values(values) = outcome {
        return correlated(name, &scores, values);
    }
    let limit = if two_values.is_some() { BINARY_AUC } else { AUC };
    let events = outcome.events();
    events.iter().find_map(|(event, rows)| predicts(name, &scores, event, rows, limit))
}

fn predicts(name: &str, scores: &[f64], event: &str, rows: &[bool], limit: f64) -> Option<Finding> {
    let (auc, f1) = separation(scores, rows);
    let upper = auc + 2.0 * auc_error(auc, rows);
    let suspect = f1 >= F1 || auc >= limit || (auc > limit - 0.02 && upper >= limit);
    suspect.then(|| {
        let evidence = format!(
            "alone it predicts {event} with F1 {f1:.3} (limit {F1}) and ROC-AUC {auc:.4} \
             (limit {limit}, two standard errors included)"
        );
        Finding::new("score", vec![name.to_owned()], evidence)
    })
}

fn correlated(name: &str, scores: &[f64], values: &[f64]) -> Option<Finding> {
    let correlation = spearman(scores, values);
    (scores.len() >= CORRELATION_ROWS && correlation.abs() >= CORRELATION).then(|| {
        let evidence = format!(
            "its rank correlation with the target is {correlation:.4} (limit {CORRELATION})"
        );
        Finding::new("score", vec![name.to_owned()], evidence)
    })
}

/// Missing values that give the outcome away, such as a sensor that is read out after a failure only.
///
/// Whether the value is missing is judged as a column of two values is.
#[must_use]
pub fn missingness<'a>(
    name: &str,
    values: &[f64],
    outcome: impl Into<Outcome<'a>>,
) -> Option<Finding> {
    let missing: Vec<f64> = values.iter().map(|v| f64::from(u8::from(v.is_nan()))).collect();
    let events = outcome.into().events();
    events.iter().find_map(|(event, rows)| {
        let (auc, f1) = separation(&missing, rows);
        (f1 >= F1 || auc >= BINARY_AUC).then(|| {
            let evidence = format!(
                "whether it is missing predicts {event} with F1 {f1:.3} (limit {F1}) and ROC-AUC \
                 {auc:.4} (limit {BINARY_AUC})"
            );
            Finding::new("missingness", vec![name.to_owned()], evidence)
        })
    })
}

/// ROC-AUC of scores in their better direction, and their largest F1 in it.
pub(super) fn separation(scores: &[f64], rows: &[bool]) -> (f64, f64) {
    let ranking = Ranking::new(scores, rows);
    let rising = ranking.roc_auc(Weights::Equal);
    let ranking = if rising >= 0.5 {
        ranking
    } else {
        Ranking::new(&scores.iter().map(|s| -s).collect::<Vec<_>>(), rows)
    };
    let curve = ranking.pr_curve(Weights::Equal);
    let f1 = |(recall, precision): &(f64, f64)| 2.0 * recall * precision / (recall + precision);
    let best = curve.iter().map(f1).filter(|f1| f1.is_finite()).fold(0.0, f64::max);
    (rising.max(1.0 - rising), best)
}

/// A rare value that nearly always comes with the label.
///
/// Of several classes, those that most rows are of are left out; a number has no purity.
#[must_use]
pub fn purity<'a>(name: &str, column: &Column, outcome: impl Into<Outcome<'a>>) -> Option<Finding> {
    let (value, rows) = binary(column)?;
    let count = rows.iter().filter(|r| **r).count();
    outcome.into().events().iter().find_map(|(event, labels)| {
        let hits = rows.iter().zip(labels).filter(|(r, y)| **r && **y).count();
        let precision = hits as f64 / count as f64;
        (count >= PURITY_ROWS && precision >= PURITY).then(|| {
            let evidence = format!(
                "{:.1} % of its {count} rows with value {value} have {event} (limit {:.0} % on \
                 {PURITY_ROWS} rows or more)",
                100.0 * precision,
                100.0 * PURITY
            );
            Finding::new("purity", vec![name.to_owned()], evidence)
        })
    })
}

/// Standard error of a ROC-AUC (Hanley and McNeil 1982).
fn auc_error(auc: f64, labels: &[bool]) -> f64 {
    let positives = labels.iter().filter(|y| **y).count() as f64;
    let negatives = labels.len() as f64 - positives;
    let (q1, q2) = (auc / (2.0 - auc), 2.0 * auc * auc / (1.0 + auc));
    let square = auc * auc;
    let variance =
        auc * (1.0 - auc) + (positives - 1.0) * (q1 - square) + (negatives - 1.0) * (q2 - square);
    (variance / (positives * negatives)).max(0.0).sqrt()
}

/// The values with missing ones below all others.
fn lowest_if_missing(values: &[f64]) -> Vec<f64> {
    values.iter().map(|v| if v.is_nan() { f64::NEG_INFINITY } else { *v }).collect()
}

/// Spearman's rank correlation, ties sharing their mean rank; NaN where one side is constant.
pub(super) fn spearman(a: &[f64], b: &[f64]) -> f64 {
    let (a, b) = (mean_ranks(a), mean_ranks(b));
    let middle = (a.len() as f64 - 1.0) / 2.0;
    let product = |x: &[f64], y: &[f64]| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - middle) * (y - middle)).sum()
    };
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let order = rising(values);
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for ties in order.chunk_by(|&a, &b| values[a as usize] == values[b as usize]) {
        let rank = before as f64 + (ties.len() as f64 - 1.0) / 2.0;
        ties.iter().for_each(|&row| ranks[row as usize] = rank);
        before += ties.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;
    use rand::RngExt;

    fn noise(n: usize) -> Vec<f64> {
        let mut rng = Seed(8).rng();
        (0..n).map(|_| rng.random()).collect()
    }

    #[test]
    fn a_proxy_of_one_class_among_several_is_found_and_named() {
        let classes: Vec<u32> = (0..300).map(|i| if i % 10 == 0 { 2 } else { i % 2 }).collect();
        let noise = noise(300);
        let proxy =
            (0..300).map(|i| f64::from(u8::from(classes[i] == 2)) + noise[i] * 0.5).collect();
        let finding = alone("proxy", &Column::Number(proxy), &classes[..]).unwrap();
        assert!(finding.evidence.contains("class 2"), "{}", finding.evidence);
        assert_eq!(alone("noise", &Column::Number(noise), &classes[..]), None);
    }

    #[test]
    fn a_monotone_copy_of_a_target_is_found_and_a_good_feature_is_not() {
        let target = noise(200);
        let copy: Vec<f64> = target.iter().map(|t| -t.powi(3)).collect();
        let finding = alone("copy", &Column::Number(copy), &target[..]).unwrap();
        assert!(finding.evidence.contains("-1.0000"), "{}", finding.evidence);
        let (mut rng, mut good) = (Seed(2).rng(), target.clone());
        good.iter_mut().for_each(|v| *v += 0.3 * rng.random::<f64>());
        assert_eq!(alone("good", &Column::Number(good), &target[..]), None);
    }

    #[test]
    fn values_that_are_missing_on_failures_only_are_found() {
        let labels: Vec<bool> = (0..200).map(|i| i % 9 == 0).collect();
        let values = noise(200);
        let blank = |missing: &dyn Fn(usize) -> bool| -> Vec<f64> {
            (0..200).map(|i| if missing(i) { f64::NAN } else { values[i] }).collect()
        };
        let finding = missingness("x", &blank(&|i| labels[i]), &labels).unwrap();
        assert_eq!(finding.rule, "missingness");
        assert_eq!(missingness("x", &blank(&|i| i % 7 == 0), &labels), None);
    }
}
