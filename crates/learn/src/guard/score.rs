//! Columns that know the label too well, alone: by F1, by ROC-AUC, by purity.

use gauntlet_core::Column;

use super::{Finding, binary};
use crate::Thresholds;
use crate::metrics::{Confusion, Costs, Ranking};

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

/// Scores the column alone, in both directions. Texts of many values are the identity rule's.
pub(super) fn alone(name: &str, column: &Column, labels: &[bool]) -> Option<Finding> {
    let two_values = binary(column);
    let scores: Vec<f32> = match (&two_values, column) {
        (Some((_, rare)), _) => rare.iter().map(|r| f32::from(u8::from(*r))).collect(),
        (None, Column::Number(values)) => ranks(values),
        (None, Column::Text(_)) => return None,
    };
    let ones = vec![1; labels.len()];
    let rising = Ranking::new(&scores, labels).roc_auc(&ones);
    let auc = rising.max(1.0 - rising);
    let scores: Vec<f32> =
        if rising >= 0.5 { scores } else { scores.into_iter().map(|s| -s).collect() };
    let costs = Costs { miss: 1.0, false_alarm: 1.0 };
    let threshold = Thresholds::choose(&scores, labels, costs).f1;
    let f1 = Confusion::at(threshold, &scores, labels, &ones).f1();
    let limit = if two_values.is_some() { BINARY_AUC } else { AUC };
    let upper = auc + 2.0 * auc_error(auc, labels);
    let suspect = f1 >= F1 || auc >= limit || (auc > limit - 0.02 && upper >= limit);
    suspect.then(|| {
        let evidence = format!(
            "alone it predicts the label with F1 {f1:.3} (limit {F1}) and ROC-AUC {auc:.4} \
             (limit {limit}, two standard errors included)"
        );
        Finding::new("score", vec![name.to_owned()], evidence)
    })
}

/// A rare value that nearly always comes with the label.
pub(super) fn purity(name: &str, column: &Column, labels: &[bool]) -> Option<Finding> {
    let (value, rows) = binary(column)?;
    let count = rows.iter().filter(|r| **r).count();
    let hits = rows.iter().zip(labels).filter(|(r, y)| **r && **y).count();
    let precision = hits as f64 / count as f64;
    (count >= PURITY_ROWS && precision >= PURITY).then(|| {
        let evidence = format!(
            "{:.1} % of its {count} rows with value {value} have the label (limit {:.0} % on {PURITY_ROWS} rows or more)",
            100.0 * precision,
            100.0 * PURITY
        );
        Finding::new("purity", vec![name.to_owned()], evidence)
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

/// Dense ranks as scores, so that no two distinct doubles become one `f32`; missing values rank lowest.
fn ranks(values: &[f64]) -> Vec<f32> {
    let mut distinct: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    values
        .iter()
        .map(|v| if v.is_nan() { -1.0 } else { distinct.partition_point(|d| d < v) as f32 })
        .collect()
}
