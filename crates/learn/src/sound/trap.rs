//! The trap: faults learned from labels, and clips of one machine on both sides of a random split.

use std::collections::{BTreeMap, BTreeSet};

use gauntlet_core::{Seed, Train};
use serde::{Deserialize, Serialize};

use super::SoundError;
use super::auc::mean;
use crate::metrics::Ranking;
use crate::models::{ContenderSpec, randomforest};
use crate::splits::{Fold, leave_one_group_out, stratified};
use crate::{LearnError, Samples};

/// The areas of one protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrapIds {
    /// The mean area over machines.
    pub mean: f64,
    /// The area on every machine.
    pub ids: BTreeMap<String, f64>,
}

/// A supervised random forest on labelled clips, judged by a random split and by leaving out one machine at a
/// time: the first is what is often published, the second what a machine that was never seen failing gets.
///
/// `id` holds the machine of every row of `rows`, whose target is binary. Returns the random split's areas
/// and those of machines left out.
///
/// # Errors
/// Rows without labels or of one class, fewer than two machines, one without normal or abnormal rows, fewer
/// rows of a class than folds, or a fit that fails.
pub fn supervised_trap(
    rows: &Train<Samples>,
    id: &[String],
    trees: usize,
    folds: usize,
    seed: Seed,
) -> Result<(TrapIds, TrapIds), LearnError> {
    let labels = rows.labels()?.to_vec();
    if id.len() != rows.rows() {
        return Err(SoundError::Sides { sides: id.len(), clips: rows.rows() }.into());
    }
    let names: Vec<&String> = id.iter().collect::<BTreeSet<_>>().into_iter().collect();
    let machine = |id: &String| names.partition_point(|name| *name < id) as u32;
    let machines: Vec<u32> = id.iter().map(machine).collect();
    let random = stratified(&labels, folds, seed.derive("random", 0))?;
    let left_out = leave_one_group_out(&machines)?;
    let judge = |folds: &[Fold]| -> Result<TrapIds, LearnError> {
        let scores = scores(rows, folds, trees, seed)?;
        let mut ids = BTreeMap::new();
        for name in &names {
            let own: Vec<usize> = (0..id.len()).filter(|&row| id[row] == **name).collect();
            let scores: Vec<f32> = own.iter().map(|&row| scores[row]).collect();
            let labels: Vec<bool> = own.iter().map(|&row| labels[row]).collect();
            let area = Ranking::new(&scores, &labels).roc_auc(&vec![1; own.len()]);
            if area.is_nan() {
                return Err(SoundError::Empty("both kinds of clips on every machine").into());
            }
            ids.insert((*name).clone(), area);
        }
        Ok(TrapIds { mean: mean(&ids.values().copied().collect::<Vec<_>>()), ids })
    };
    Ok((judge(&random)?, judge(&left_out)?))
}

/// Every row's score by the forest that did not see its fold.
fn scores(
    rows: &Train<Samples>,
    folds: &[Fold],
    trees: usize,
    seed: Seed,
) -> Result<Vec<f32>, LearnError> {
    let spec = randomforest::Spec { trees, ..randomforest::Spec::default() };
    let forest = ContenderSpec::from(spec).check()?;
    let mut scores = vec![0.0; rows.rows()];
    for (at, fold) in folds.iter().enumerate() {
        let (fit, valid) = rows.part(&fold.fit, &fold.valid);
        let model = forest.fit(&fit, seed.derive("forest", at as u64))?;
        let scored = model.outputs(&valid.x)?.scores();
        fold.valid.iter().zip(scored).for_each(|(&row, score)| scores[row] = score);
    }
    Ok(scores)
}
