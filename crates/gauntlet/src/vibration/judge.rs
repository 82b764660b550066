//! Opens the sealed hours once and judges every bundle and baseline on them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use gauntlet_core::{Digest, Table};
use gauntlet_learn::condition::{OnsetJudgement, Track, judge_onset};
use gauntlet_learn::gate::Parity;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::detect::{self, Contender};
use super::faults::{NamedFault, name_faults};
use super::remaining::Remaining;
use super::spec::VibrationPipeline;
use super::watched::Watched;
use crate::home::{self, Home};
use crate::report::Provenance;

/// The judgement of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judgement {
    #[serde(flatten)]
    pub(crate) made: Provenance,
    pub(crate) participants: Vec<Participant>,
    pub(crate) baselines: BTreeMap<String, OnsetJudgement>,
    pub(crate) remaining: Option<Remaining>,
}

/// A contender and what it said of the sealed hours.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) recipe: String,
    pub(crate) hyperparameters: serde_json::Value,
    pub(crate) threshold: f32,
    pub(crate) parity: Parity,
    pub(crate) judged: OnsetJudgement,
    pub(crate) faults: Vec<NamedFault>,
    pub(crate) bundle: Digest,
    pub(crate) size_bytes: u64,
}

/// The sealed hours, opened, with what is needed to judge scores of them.
pub(super) struct Sealed<'a> {
    pub(super) pipeline: &'a VibrationPipeline,
    pub(super) watched: &'a Watched,
    pub(super) test: Table,
    pub(super) tracks: Vec<Track>,
}

impl Sealed<'_> {
    pub(super) fn judge(&self, scores: &[f32], threshold: f32) -> Result<OnsetJudgement> {
        let protocol = self.pipeline.protocol();
        Ok(judge_onset(&self.watched.bearings, &self.tracks, scores, threshold, &protocol)?)
    }

    /// Judges a contender, packs its bundle with the result and writes it.
    pub(super) fn participant(
        &self,
        home: &Home,
        contender: &Contender,
        baselines: &BTreeMap<String, OnsetJudgement>,
    ) -> Result<(Participant, Vec<f32>)> {
        let spec = &self.pipeline.spec;
        let scores = detect::scores(&contender.draft, &self.test.frame)?;
        let judged = self.judge(&scores, contender.threshold)?;
        let faults = name_faults(
            &spec.fault_bands,
            &self.test,
            &self.tracks,
            &judged.bearings,
            &self.watched.faults,
            spec.alarm.window as usize,
        )?;
        let packed = contender.draft.pack(&json!({
            "gauntlet": spec.name,
            "title": spec.title,
            "protocol": { "judgement": spec.judgement, "alarm": spec.alarm, "reference": spec.reference },
            "hyperparameters": contender.hyperparameters,
            "test": judged,
            "faults": faults,
            "baselines": baselines,
            "parity": contender.parity,
        }))?;
        let folder = bundle_folder(home, &spec.name, &contender.id);
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        packed.write(&folder)?;
        let participant = Participant {
            id: contender.id.clone(),
            recipe: contender.recipe.clone(),
            hyperparameters: contender.hyperparameters.clone(),
            threshold: contender.threshold,
            parity: contender.parity,
            judged,
            faults,
            bundle: packed.digest(),
            size_bytes: packed.files().map(|(_, bytes)| bytes.len() as u64).sum(),
        };
        Ok((participant, scores))
    }
}

/// The folder of a contender's bundle.
pub(crate) fn bundle_folder(home: &Home, gauntlet: &str, id: &str) -> PathBuf {
    home.work(gauntlet, "judge").join("bundles").join(id)
}

/// Where the judgement of the last run is.
fn path(home: &Home, gauntlet: &str) -> PathBuf {
    home.work(gauntlet, "judge").join("judgement.json")
}

pub(super) fn write(home: &Home, gauntlet: &str, judgement: &Judgement) -> Result<()> {
    home::write_json(&path(home, gauntlet), judgement)
}

pub(super) fn read(home: &Home, gauntlet: &str) -> Result<Judgement> {
    home::read_json(&path(home, gauntlet))
}
