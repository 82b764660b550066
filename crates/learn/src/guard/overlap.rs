//! Rows that stand on both sides of a split under another name.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;
use crate::Fold;

/// Rows that are fitted on and scored (L1.1): the same position on both sides.
#[must_use]
pub fn no_test_set(fold: &Fold) -> Option<Finding> {
    let fitted: BTreeSet<usize> = fold.fit.iter().copied().collect();
    let both = fold.valid.iter().filter(|row| fitted.contains(*row)).count();
    if fold.valid.is_empty() {
        return Some(Finding::of_split("no_test_set", "no rows are kept for scoring".to_owned()));
    }
    (both > 0).then(|| {
        let evidence = format!("{both} of {} scored rows are fitted on", fold.valid.len());
        Finding::of_split("no_test_set", evidence)
    })
}

/// Groups on both sides (L3.2): rows of one tool, bearing or recording are fitted on and scored.
#[must_use]
pub fn group_overlap(group: &[u32], fold: &Fold) -> Option<Finding> {
    let fitted: BTreeSet<u32> = fold.fit.iter().map(|&row| group[row]).collect();
    let scored: BTreeSet<u32> = fold.valid.iter().map(|&row| group[row]).collect();
    let both: Vec<u32> = scored.intersection(&fitted).copied().collect();
    both.first().map(|first| {
        let rows = fold.valid.iter().filter(|&&row| both.binary_search(&group[row]).is_ok()).count();
        let evidence = format!(
            "{} of {} scored groups are fitted on too, group {first} among them; they hold {rows} of {} \
             scored rows",
            both.len(),
            scored.len(),
            fold.valid.len()
        );
        Finding::of_split("group_overlap", evidence)
    })
}

/// Exact duplicates across sides (L1.4): scored rows whose every value equals that of a fitted row.
///
/// `columns` hold the features, column by column; missing values equal one another. More than `share` of
/// scored rows is a finding.
#[must_use]
pub fn duplicates(columns: &[&[f64]], fold: &Fold, share: f64) -> Option<Finding> {
    let key = |row: usize| -> Vec<u64> {
        // Adding 0 makes -0 and 0 one value.
        let bits = |v: f64| if v.is_nan() { u64::MAX } else { (v + 0.0).to_bits() };
        columns.iter().map(|column| bits(column[row])).collect()
    };
    let fitted: BTreeMap<Vec<u64>, usize> = fold.fit.iter().map(|&row| (key(row), row)).collect();
    let twins: Vec<(usize, usize)> = fold
        .valid
        .iter()
        .filter_map(|&row| fitted.get(&key(row)).map(|&twin| (row, twin)))
        .collect();
    told("duplicates", "has an exact twin among fitted rows", &twins, fold, share)
}

/// Near duplicates across sides (L1.4): scored rows that differ from a fitted row by at most `tolerance`
/// in every column.
///
/// `columns` hold the features, column by column, brought to a common scale; missing values equal one
/// another and nothing else. More than `share` of scored rows is a finding. Only rows near in the first
/// column that is nowhere missing are compared.
#[must_use]
pub fn near_duplicates(
    columns: &[&[f64]],
    fold: &Fold,
    tolerance: f64,
    share: f64,
) -> Option<Finding> {
    let near = |a: f64, b: f64| (a.is_nan() && b.is_nan()) || (a - b).abs() <= tolerance;
    let key = columns.iter().find(|column| column.iter().all(|v| !v.is_nan()))?;
    let mut fitted: Vec<usize> = fold.fit.clone();
    fitted.sort_by(|&a, &b| key[a].total_cmp(&key[b]).then(a.cmp(&b)));
    let twins: Vec<(usize, usize)> = fold
        .valid
        .iter()
        .filter_map(|&row| {
            let from = fitted.partition_point(|&at| key[at] < key[row] - tolerance);
            let mut close =
                fitted[from..].iter().take_while(|&&at| key[at] <= key[row] + tolerance);
            close
                .find(|&&at| columns.iter().all(|column| near(column[at], column[row])))
                .map(|&at| (row, at))
        })
        .collect();
    let what = format!("lies within {tolerance} of a fitted row in every column");
    told("near_duplicates", &what, &twins, fold, share)
}

fn told(
    rule: &str,
    what: &str,
    twins: &[(usize, usize)],
    fold: &Fold,
    share: f64,
) -> Option<Finding> {
    let &(row, twin) = twins.first()?;
    let found = twins.len() as f64 / fold.valid.len() as f64;
    (found > share).then(|| {
        let evidence = format!(
            "{} of {} scored rows: each {what}, such as row {row} of row {twin} ({:.1} %, limit {:.1} %)",
            twins.len(),
            fold.valid.len(),
            100.0 * found,
            100.0 * share
        );
        Finding::of_split(rule, evidence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::splits::{grouped, stratified};
    use gauntlet_core::Seed;

    #[test]
    fn rows_on_both_sides_and_no_scored_rows_are_found() {
        let both = no_test_set(&Fold { fit: vec![0, 1, 2], valid: vec![2, 3] }).unwrap();
        assert!(both.evidence.contains("1 of 2"), "{}", both.evidence);
        assert!(no_test_set(&Fold { fit: vec![0], valid: vec![] }).is_some());
        assert_eq!(no_test_set(&Fold { fit: vec![0], valid: vec![1] }), None);
    }

    #[test]
    fn folds_by_row_tear_groups_and_folds_by_group_do_not() {
        let group: Vec<u32> = (0..60).map(|i| i / 6).collect();
        let labels: Vec<bool> = (0..60).map(|i| i % 4 == 0).collect();
        for fold in stratified(&labels, 3, Seed(1)).unwrap() {
            let finding = group_overlap(&group, &fold).unwrap();
            assert!(finding.evidence.contains("hold 20 of 20 scored rows"), "{}", finding.evidence);
        }
        for fold in grouped(&group, 3, Seed(1)).unwrap() {
            assert_eq!(group_overlap(&group, &fold), None);
        }
    }

    #[test]
    fn twins_across_sides_are_found_exact_or_near() {
        let a: Vec<f64> = (0..20).map(|i| f64::from(i % 10)).collect();
        let b: Vec<f64> =
            (0..20).map(|i| if i % 5 == 0 { f64::NAN } else { f64::from(i % 10) }).collect();
        let fold = Fold { fit: (0..10).collect(), valid: (10..20).collect() };
        let finding = duplicates(&[&a, &b], &fold, 0.05).unwrap();
        assert!(finding.evidence.contains("row 10 of row 0"), "{}", finding.evidence);
        let moved: Vec<f64> = a.iter().enumerate().map(|(i, v)| v + i as f64 * 1e-4).collect();
        assert_eq!(duplicates(&[&moved, &b], &fold, 0.05), None);
        assert!(near_duplicates(&[&b, &moved], &fold, 0.01, 0.05).is_some());
        assert_eq!(near_duplicates(&[&b, &moved], &fold, 1e-5, 0.05), None);
    }

    #[test]
    fn a_few_twins_of_coarse_readings_are_no_finding() {
        let a: Vec<f64> = (0..100).map(|i| if i == 99 { 0.0 } else { f64::from(i) }).collect();
        let fold = Fold { fit: (0..50).collect(), valid: (50..100).collect() };
        assert_eq!(duplicates(&[&a], &fold, 0.05), None);
        assert!(duplicates(&[&a], &fold, 0.0).is_some());
    }
}
