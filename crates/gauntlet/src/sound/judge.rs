//! Opens the test clips once and judges every bundle and baseline on them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use gauntlet_bundle::{Answers, PredictError};
use gauntlet_core::{Digest, Field, Frame, Table};
use gauntlet_data::audio::Sounds;
use gauntlet_learn::gate::Parity;
use gauntlet_learn::sound::{
    Choice, IdSplit, Place, ScoredClip, ScoredTask, SoundJudgement, judge_sound,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::frames::{Ear, file};
use super::heard::{Heard, unit};
use super::spec::SoundPipeline;
use super::workshop::{Contender, Level, scores};
use crate::home::{self, Home};
use crate::report::Provenance;

/// The baseline of loudness.
pub(super) const ENERGY: &str = "energy";

/// The baseline that knows nothing.
const CONSTANT: &str = "constant";

/// The judgement of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Judgement {
    #[serde(flatten)]
    pub(crate) made: Provenance,
    /// Whether there were sounds, or only features that others computed.
    pub(crate) heard: bool,
    pub(crate) splits: Vec<IdSplit>,
    pub(crate) machines: Vec<MachineJudgement>,
    /// Each contender over all machines.
    pub(crate) overall: BTreeMap<String, SoundJudgement>,
}

/// Everything about one type of machine.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MachineJudgement {
    pub(crate) machine: String,
    /// How its clips are summarised, and why.
    pub(crate) choice: Choice,
    /// The first is the one that is registered.
    pub(crate) participants: Vec<Participant>,
    pub(crate) baselines: BTreeMap<String, SoundJudgement>,
    pub(crate) baseline_scores: BTreeMap<String, Vec<ScoredTask>>,
}

/// A contender and what it said of the test clips.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) id: String,
    pub(crate) summary: String,
    pub(crate) hyperparameters: serde_json::Value,
    pub(crate) levels: Vec<Level>,
    pub(crate) parity: Parity,
    pub(crate) judged: SoundJudgement,
    pub(crate) scores: Vec<ScoredTask>,
    pub(crate) bundle: Digest,
    pub(crate) size_bytes: u64,
}

/// The test clips, opened, with what is needed to judge scores of them.
pub(super) struct Sealed<'a> {
    pub(super) pipeline: &'a SoundPipeline,
    pub(super) heard: &'a Heard,
    pub(super) sounds: &'a Sounds,
    pub(super) test: Table,
}

impl Sealed<'_> {
    /// The scores that a bundle gives to the test clips of a type of machine.
    pub(super) fn scores(
        &self,
        machine: &str,
        fields: &[Field],
        answers: &dyn Fn(&Frame) -> Result<Answers, PredictError>,
    ) -> Result<Vec<ScoredTask>> {
        let spec = &self.pipeline.spec;
        let hears_frames = fields.iter().any(|field| field.name.starts_with("frame_"));
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        let mut ear = match &spec.frames {
            Some(frames) if hears_frames => Some(Ear::new(frames, self.sounds, spec.channel)?),
            _ => None,
        };
        let of_place = |place: Place| {
            let rows = self.heard.of_place(&self.test, &place);
            let values = match &mut ear {
                None => scores(answers(&self.test.frame.take(&rows).select(&names)?)?)?,
                Some(ear) => {
                    let of_clip = |row: &usize| {
                        let path = file(self.heard, self.test.row[*row])?;
                        let frame = ear.frame(path, &unit(&place))?;
                        let values = scores(answers(&frame)?)?;
                        let sum: f64 = values.iter().map(|value| f64::from(*value)).sum();
                        anyhow::Ok((sum / values.len() as f64) as f32)
                    };
                    rows.iter().map(of_clip).collect::<Result<_>>()?
                }
            };
            Ok(self.task(place, &rows, values, Some(1.0)))
        };
        self.heard.places(machine).into_iter().map(of_place).collect()
    }

    fn task(
        &self,
        place: Place,
        rows: &[usize],
        scores: Vec<f32>,
        threshold: Option<f32>,
    ) -> ScoredTask {
        let clip = |(row, score): (&usize, f32)| {
            let at = self.test.row[*row] as usize;
            ScoredClip {
                recording: self.heard.clips[at].recording.clone(),
                session: self.heard.rows[at].session.clone(),
                abnormal: self.heard.clips[at].abnormal,
                score,
            }
        };
        ScoredTask { place, threshold, clips: rows.iter().zip(scores).map(clip).collect() }
    }

    /// The baselines' scores of a type of machine: loudness, where the dataset knows it, and nothing at all.
    pub(super) fn baselines(&self, machine: &str) -> Result<BTreeMap<String, Vec<ScoredTask>>> {
        let energy = &self.pipeline.spec.energy;
        let loudness = energy.iter().find(|name| self.heard.features.contains(name));
        let mut baselines = BTreeMap::new();
        let of = |name: &str| -> Result<Vec<ScoredTask>> {
            let values = self.test.frame.numbers(name)?;
            let task = |place: Place| {
                let rows = self.heard.of_place(&self.test, &place);
                let scores = rows.iter().map(|row| values[*row] as f32).collect();
                self.task(place, &rows, scores, None)
            };
            Ok(self.heard.places(machine).into_iter().map(task).collect())
        };
        let any = of(loudness.or(self.heard.features.first()).map_or("", String::as_str))?;
        baselines.insert(CONSTANT.to_owned(), any.iter().map(ScoredTask::constant).collect());
        if loudness.is_some() {
            baselines.insert(ENERGY.to_owned(), any);
        }
        Ok(baselines)
    }

    pub(super) fn judge(&self, scores: &[ScoredTask]) -> Result<SoundJudgement> {
        Ok(judge_sound(scores, &self.pipeline.protocol())?)
    }

    /// Judges a contender, packs its bundle with the result and writes it.
    pub(super) fn participant(
        &self,
        home: &Home,
        machine: &str,
        contender: &Contender,
        choice: &Choice,
        baselines: &BTreeMap<String, SoundJudgement>,
    ) -> Result<Participant> {
        let spec = &self.pipeline.spec;
        let predictor = contender.draft.predictor();
        let fields = &predictor.signature().raw;
        let scores = self.scores(machine, fields, &|frame| contender.draft.answers(frame))?;
        let judged = self.judge(&scores)?;
        let packed = contender.draft.pack(&json!({
            "gauntlet": spec.name,
            "title": spec.title,
            "machine": machine,
            "protocol": spec.judgement,
            "summary": choice,
            "hyperparameters": contender.hyperparameters,
            "levels": contender.levels,
            "test": judged,
            "baselines": baselines,
            "parity": contender.parity,
        }))?;
        let folder = bundle_folder(home, &spec.name, machine, &contender.id);
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        packed.write(&folder)?;
        Ok(Participant {
            id: contender.id.clone(),
            summary: contender.summary.clone(),
            hyperparameters: contender.hyperparameters.clone(),
            levels: contender.levels.clone(),
            parity: contender.parity,
            judged,
            scores,
            bundle: packed.digest(),
            size_bytes: packed.files().map(|(_, bytes)| bytes.len() as u64).sum(),
        })
    }
}

/// The folder of a contender's bundle.
pub(super) fn bundle_folder(home: &Home, gauntlet: &str, machine: &str, id: &str) -> PathBuf {
    home.work(gauntlet, "judge").join("bundles").join(format!("{machine}_{id}"))
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
