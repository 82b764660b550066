//! How to summarise clips, or which detector to take, by training clips alone.
//!
//! There are no faults to validate on. The normal clips of the other machines of the type stand in for them:
//! what tells a machine from its sisters hears differences of the size that faults make. That is outlier
//! exposure (Hendrycks et al. 2019), used here to choose among declared candidates and for nothing else: no
//! model is fitted on another machine's clips, and no test clip is looked at.

use std::collections::BTreeMap;

use gauntlet_core::{Seed, Train};
use serde::{Deserialize, Serialize};

use super::{SoundError, clip_scores};
use crate::metrics::Ranking;
use crate::models::{Contender, training_folds};
use crate::{LearnError, Samples};

/// The training clips of a machine under one ratio, in a candidate's features. Rows of one group are one clip.
#[derive(Debug, Clone)]
pub struct TrainingClips {
    /// The machine.
    pub id: String,
    /// The ratio.
    pub snr: String,
    /// Its normal clips.
    pub rows: Train<Samples>,
}

/// What may be chosen for a type of machine.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// The name under which it is chosen.
    pub name: String,
    /// The detector.
    pub contender: &'a Contender,
    /// The training clips of all machines of the type.
    pub clips: &'a [TrainingClips],
}

/// Why a candidate was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// It tells held-out clips of a machine from those of its sisters best; the first declared of equals.
    OtherMachines,
    /// There is one machine, or one candidate, so the first declared was taken unseen.
    FirstDeclared,
}

/// The chosen candidate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Position among the candidates.
    pub at: usize,
    /// Its name.
    pub name: String,
    /// Why it was chosen.
    pub ground: Ground,
    /// The mean area of every candidate over machines, ratios and folds, by name; empty if none was needed.
    pub areas: BTreeMap<String, f64>,
}

/// Chooses among candidates for one type of machine.
///
/// Each candidate is fitted on all folds but one of a machine's training clips, and scores the held-out clips
/// against the training clips that the other machines have under the same ratio; the mean area under the
/// receiver operating characteristic decides.
///
/// # Errors
/// No candidates, two of one name, fewer than two clips of a machine, or a fit that fails.
pub fn choose(
    candidates: &[Candidate<'_>],
    folds: usize,
    seed: Seed,
) -> Result<Choice, LearnError> {
    let first = candidates.first().ok_or(SoundError::Empty("candidates"))?;
    for (at, candidate) in candidates.iter().enumerate() {
        if candidates[..at].iter().any(|earlier| earlier.name == candidate.name) {
            return Err(SoundError::Name(candidate.name.clone()).into());
        }
    }
    let several = |candidate: &Candidate<'_>| {
        candidate.clips.iter().any(|clips| others(candidate, clips).next().is_some())
    };
    if candidates.len() == 1 || !candidates.iter().all(several) {
        let (name, ground) = (first.name.clone(), Ground::FirstDeclared);
        return Ok(Choice { at: 0, name, ground, areas: BTreeMap::new() });
    }
    let areas = candidates.iter().map(|candidate| area(candidate, folds, seed));
    let areas: Vec<f64> = areas.collect::<Result<_, LearnError>>()?;
    let at = (0..areas.len()).fold(0, |best, at| if areas[at] > areas[best] { at } else { best });
    let names = candidates.iter().map(|candidate| candidate.name.clone());
    let (name, ground) = (candidates[at].name.clone(), Ground::OtherMachines);
    Ok(Choice { at, name, ground, areas: names.zip(areas).collect() })
}

/// The clips of the other machines under the same ratio.
fn others<'a>(
    candidate: &'a Candidate<'_>,
    own: &'a TrainingClips,
) -> impl Iterator<Item = &'a TrainingClips> {
    candidate.clips.iter().filter(|other| other.snr == own.snr && other.id != own.id)
}

/// The mean area of a candidate: over folds, then over machines and ratios.
fn area(candidate: &Candidate<'_>, folds: usize, seed: Seed) -> Result<f64, LearnError> {
    let mut areas = Vec::new();
    for own in candidate.clips {
        let strangers: Vec<&Samples> = others(candidate, own).map(|clips| &*clips.rows).collect();
        if !strangers.is_empty() {
            areas.push(area_of_machine(candidate.contender, &own.rows, &strangers, folds, seed)?);
        }
    }
    Ok(super::auc::mean(&areas))
}

fn area_of_machine(
    contender: &Contender,
    own: &Train<Samples>,
    strangers: &[&Samples],
    folds: usize,
    seed: Seed,
) -> Result<f64, LearnError> {
    let mut areas = Vec::new();
    let parts = training_folds(own, folds, seed.derive("folds", 0))?;
    for (at, fold) in parts.iter().enumerate() {
        let (fit, held) = own.part(&fold.fit, &fold.valid);
        let model = contender.fit(&fit, seed.derive("fold", at as u64))?;
        let scores = |rows: &Samples| -> Result<Vec<f32>, LearnError> {
            let scores = model.outputs(&rows.x)?.scores();
            Ok(clip_scores(&scores, &rows.group).iter().map(|clip| clip.score).collect())
        };
        let mut all = scores(&held)?;
        let mut labels = vec![false; all.len()];
        for rows in strangers {
            all.extend(scores(rows)?);
            labels.resize(all.len(), true);
        }
        areas.push(Ranking::new(&all, &labels).roc_auc(&vec![1; all.len()]));
    }
    Ok(super::auc::mean(&areas))
}
