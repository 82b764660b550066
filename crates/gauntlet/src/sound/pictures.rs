//! The plots of a report: ROC curves, distributions of scores, and what a clip looks like.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::Origin;
use gauntlet_data::audio::{ClipReader, ClipRow};
use gauntlet_features::audio::LogMel;
use gauntlet_learn::sound::ScoredTask;

use super::judge::{Judgement, MachineJudgement, Sealed};
use crate::report::pictures::write_picture;
use crate::report::plots::{Line, Panel, Spectrogram, panels, spectrograms};

/// Scores are drawn up to so many thresholds.
const THRESHOLDS: f64 = 4.0;

/// Writes the pictures of every type of machine.
pub(super) fn write(sealed: &Sealed<'_>, judgement: &Judgement, folder: &Path) -> Result<()> {
    let loud = match judgement.made.origin {
        Origin::Real => "",
        Origin::Simulated => "SIMULATED DATA, ",
    };
    for of in &judgement.machines {
        let machine = &of.machine;
        let title = format!("{machine}: true against false alarms");
        let subtitle = format!("{loud}sealed clips; every contender, one panel per machine");
        let picture = panels(&title, &subtitle, &curves(of))?;
        write_picture(folder, &format!("roc_{machine}"), &picture)?;
        let title = format!("{machine}: scores of normal and abnormal clips");
        let subtitle = format!(
            "{loud}sealed clips; share of clips that score at most so much, the registered contender"
        );
        let picture = panels(&title, &subtitle, &distributions(of))?;
        write_picture(folder, &format!("scores_{machine}"), &picture)?;
        if let Some((shown, hop)) = clips(sealed, machine)? {
            let title = format!("{machine}: log-mel spectrograms");
            let subtitle = format!("{loud}the first normal and the first abnormal sealed clip");
            let picture = spectrograms(&title, &subtitle, &shown, hop)?;
            write_picture(folder, &format!("log_mel_{machine}"), &picture)?;
        }
    }
    Ok(())
}

fn curves(of: &MachineJudgement) -> Vec<Panel> {
    let Some(first) = of.participants.first() else { return Vec::new() };
    let panel = |(at, task): (usize, &ScoredTask)| {
        let line = |name: &str, tasks: &[ScoredTask], broken| Line {
            name: name.to_owned(),
            points: roc(&tasks[at]),
            broken,
        };
        let contenders = of.participants.iter().map(|p| line(&p.id, &p.scores, false));
        let baselines = of.baseline_scores.iter().map(|(name, tasks)| line(name, tasks, true));
        Panel {
            name: format!("{} {}", task.place.id, task.place.snr).trim_end().to_owned(),
            x: "share of normal clips with an alarm".to_owned(),
            y: "of abnormal clips".to_owned(),
            lines: contenders.chain(baselines).collect(),
            ..Panel::default()
        }
    };
    first.scores.iter().enumerate().map(panel).collect()
}

/// The receiver operating characteristic; clips of one score move together.
fn roc(task: &ScoredTask) -> Vec<(f64, f64)> {
    let (normals, abnormals) = task.counts();
    let mut sorted: Vec<(f32, bool)> =
        task.clips.iter().map(|clip| (clip.score, clip.abnormal)).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut false_alarms, mut found) = (0, 0);
    let mut points = vec![(0.0, 0.0)];
    for same in sorted.chunk_by(|a, b| a.0 == b.0) {
        let abnormal = same.iter().filter(|(_, abnormal)| *abnormal).count();
        found += abnormal;
        false_alarms += same.len() - abnormal;
        points.push((
            false_alarms as f64 / normals.max(1) as f64,
            found as f64 / abnormals.max(1) as f64,
        ));
    }
    points
}

fn distributions(of: &MachineJudgement) -> Vec<Panel> {
    let Some(winner) = of.participants.first() else { return Vec::new() };
    let panel = |task: &ScoredTask| Panel {
        name: format!("{} {}, {}", task.place.id, task.place.snr, winner.id),
        x: "score, 1 is the alarm threshold".to_owned(),
        y: "share of clips".to_owned(),
        lines: vec![
            Line { name: "normal".to_owned(), points: shares(task, false), broken: false },
            Line { name: "abnormal".to_owned(), points: shares(task, true), broken: false },
        ],
        places: vec![(1.0, "alarm".to_owned())],
        ..Panel::default()
    };
    winner.scores.iter().map(panel).collect()
}

/// The empirical distribution of the scores, as steps.
fn shares(task: &ScoredTask, abnormal: bool) -> Vec<(f64, f64)> {
    let own = task.clips.iter().filter(|clip| clip.abnormal == abnormal);
    let mut scores: Vec<f64> =
        own.map(|clip| f64::from(clip.score).clamp(-THRESHOLDS, THRESHOLDS)).collect();
    scores.sort_by(f64::total_cmp);
    let count = scores.len().max(1) as f64;
    let step =
        |(i, score): (usize, &f64)| [(*score, i as f64 / count), (*score, (i + 1) as f64 / count)];
    scores.iter().enumerate().flat_map(step).collect()
}

/// The first normal and the first abnormal test clip, and the seconds from one frame to the next.
fn clips(sealed: &Sealed<'_>, machine: &str) -> Result<Option<(Vec<Spectrogram>, f64)>> {
    let spec = &sealed.pipeline.spec;
    let mut reader = ClipReader::new(sealed.sounds, spec.channel);
    let mut log_mel = LogMel::new(&spec.clip.setup)?;
    let rows = sealed.heard.of_machine(&sealed.test, machine);
    let row = |at: &usize| &sealed.heard.rows[sealed.test.row[*at] as usize];
    let mut shown = Vec::new();
    for abnormal in [false, true] {
        let first = rows.iter().map(row).find(|row| row.abnormal == abnormal);
        let Some((row, path)) = first.and_then(|row| Some((row, row.file.as_deref()?))) else {
            return Ok(None);
        };
        let mut frames = Vec::new();
        reader.frames(path, &mut log_mel, &mut frames)?;
        shown.push(Spectrogram { name: name(row), bands: spec.clip.setup.mels, values: frames });
    }
    let hop = spec.clip.setup.hop as f64 / f64::from(spec.clip.setup.sampling_rate_hz);
    Ok(Some((shown, hop)))
}

fn name(row: &ClipRow) -> String {
    let label = if row.abnormal { "abnormal" } else { "normal" };
    format!("{} {}, {label} clip {}", row.machine, row.id, row.recording)
}
