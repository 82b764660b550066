//! Scores of training rows by models that did not see them: what calibration and intervals are fitted on.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::{Seed, Train};
use rand::seq::SliceRandom;

use super::Contender;
use crate::splits::{Fold, grouped, stratified, stratified_grouped};
use crate::{LearnError, Samples, Target};

/// At most `k` folds over training rows: no group on both sides, and every class in every fold.
///
/// Fewer folds where the rarest class has fewer groups.
pub(crate) fn folds(train: &Samples, k: usize, seed: Seed) -> Result<Vec<Fold>, LearnError> {
    let distinct: BTreeSet<u32> = train.group.iter().copied().collect();
    let each_row = distinct.len() == train.rows();
    let labels: Vec<u32> = match &train.target {
        Target::Binary(labels) => labels.iter().map(|y| u32::from(*y)).collect(),
        Target::Classes { of, .. } => of.clone(),
        Target::Values(_) | Target::None(_) => {
            return Ok(grouped(&train.group, k.min(distinct.len()), seed)?);
        }
    };
    let mut groups_of: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (&label, &group) in labels.iter().zip(&train.group) {
        groups_of.entry(label).or_default().insert(group);
    }
    let k = groups_of.values().map(BTreeSet::len).min().unwrap_or(0).min(k);
    Ok(if each_row {
        stratified(&labels, k, seed)?
    } else {
        stratified_grouped(&labels, &train.group, k, seed)?
    })
}

/// The score of every training row by a model fitted on the other folds.
pub(super) fn out_of_fold(
    train: &Train<Samples>,
    k: usize,
    seed: Seed,
    mut fit_and_score: impl FnMut(&Train<Samples>, &Samples, Seed) -> Result<Vec<f64>, LearnError>,
) -> Result<Vec<f64>, LearnError> {
    let mut scores = vec![0.0; train.rows()];
    for (i, fold) in folds(train, k, seed.derive("folds", 0))?.iter().enumerate() {
        let (fit, valid) = train.part(&fold.fit, &fold.valid);
        let scored = fit_and_score(&fit, &valid, seed.derive("fold", i as u64))?;
        fold.valid.iter().zip(scored).for_each(|(&row, score)| scores[row] = score);
    }
    Ok(scores)
}

/// A contender's scores of the training rows, each by a fit on the other folds, in the precision of an
/// exported graph.
pub(crate) fn training_scores(
    contender: &Contender,
    train: &Train<Samples>,
    k: usize,
    seed: Seed,
) -> Result<Vec<f32>, LearnError> {
    let scores = out_of_fold(train, k, seed, |fit, valid, seed| {
        Ok(contender.fit(fit, seed)?.outputs(&valid.x)?.column(0).collect())
    })?;
    Ok(scores.into_iter().map(|score| score as f32).collect())
}

/// Holds out whole groups with about `share` of the rows, at least one group on either side.
pub(super) fn hold_out(train: &Samples, share: f64, seed: Seed) -> Option<Fold> {
    let mut rows_of: BTreeMap<u32, usize> = BTreeMap::new();
    train.group.iter().for_each(|group| *rows_of.entry(*group).or_default() += 1);
    let mut order: Vec<u32> = rows_of.keys().copied().collect();
    if order.len() < 2 {
        return None;
    }
    order.shuffle(&mut seed.rng());
    let wanted = share * train.rows() as f64;
    let mut held: BTreeSet<u32> = BTreeSet::new();
    let mut rows = 0;
    for group in &order[1..] {
        if rows as f64 >= wanted {
            break;
        }
        rows += rows_of[group];
        held.insert(*group);
    }
    let (valid, fit) = (0..train.rows()).partition(|&row| held.contains(&train.group[row]));
    Some(Fold { fit, valid })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{noisy, train};

    #[test]
    fn held_out_groups_are_whole_and_of_about_the_share() {
        let (columns, y) = noisy(200, 1);
        let mut rows = (*train(columns, y)).clone();
        rows.group = (0..200).map(|i| i / 4).collect();
        let fold = hold_out(&rows, 0.25, Seed(2)).unwrap();
        assert_eq!((fold.fit.len(), fold.valid.len()), (148, 52));
        assert!(fold.valid.iter().all(|v| fold.fit.iter().all(|f| f / 4 != v / 4)));
        rows.group = vec![7; 200];
        assert!(hold_out(&rows, 0.25, Seed(2)).is_none());
    }

    #[test]
    fn a_rare_class_makes_fewer_folds() {
        let columns = vec![(0..50).map(|i| i as f32).collect()];
        let rows = train(columns, (0..50).map(|i| i % 20 == 0).collect());
        assert_eq!(folds(&rows, 5, Seed(1)).unwrap().len(), 3);
    }
}
