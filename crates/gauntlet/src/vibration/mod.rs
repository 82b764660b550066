//! Gauntlets of vibration: snapshots of machines in, alarms that were earned out.

mod detect;
mod faults;
mod gate;
mod judge;
mod pictures;
mod remaining;
mod signal;
mod source;
mod spec;
mod text;
mod watched;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gauntlet_core::Origin;
use serde::Serialize;

use crate::commands::block_on;
use crate::home::{self, Home};
use crate::progress::Progress;
use crate::report::Provenance;
use crate::seal;
use crate::stages::attach;
use crate::stages::register::NameOutcome;
use crate::stages::source::DataArgs;

pub(crate) use judge::Judgement;
pub(crate) use source::SignalArgs;
pub(crate) use spec::VibrationPipeline;

/// What a run gives.
#[derive(Debug, Serialize)]
pub(crate) struct Ran {
    pub(crate) judgement: Judgement,
    pub(crate) names: Vec<NameOutcome>,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text::text(&self.judgement, Some(&self.names)))
    }
}

/// Runs the whole gauntlet of the pipeline file at `path`.
pub(crate) fn run(
    home: &Home,
    progress: Progress,
    pipeline: &VibrationPipeline,
    args: (&DataArgs, &SignalArgs),
    started_ms: i64,
) -> Result<Ran> {
    let spec = &pipeline.spec;
    let found = source::find(home, progress, &spec.dataset, pipeline.seed, args)?;
    let recordings = &found.recordings;
    let watched = watched::watch(recordings, &spec.reference)?;
    let split = watched.split(spec.judgement.from_hours);
    let (train, sealed) = split.seal(&watched.table, watched.table.rows()).with_context(|| {
        format!("the recordings do not reach beyond hour {}", spec.judgement.from_hours)
    })?;
    let mut notes = notes(recordings, &watched);
    progress.say(&format!(
        "prepare   {} ({} data, {}): {} channels of {} bearings, {} rows with a baseline",
        recordings.dataset,
        recordings.origin,
        recordings.digest.short(),
        watched.tracks.len(),
        watched.bearings.len(),
        watched.table.rows()
    ));
    notes.iter().for_each(|note| progress.say(&format!("          note: {note}")));
    let workshop = detect::Workshop {
        pipeline,
        watched: &watched,
        train: &train,
        origin: recordings.origin,
        dataset: recordings.digest,
        split: split.digest(),
        signal: signal::toml(&found.rig, recordings)?,
    };
    let detectors = spec.detectors.as_ref().map_or(0, |d| d.contenders.len());
    let bar = progress.bar("fitting detectors", detectors as u64);
    let mut contenders = vec![workshop.indicator()?];
    contenders.extend(workshop.detectors(&|| bar.inc(1))?);
    bar.finish_and_clear();
    progress.say(&format!(
        "train     {} contenders on {} rows of the first {} hours of each run",
        contenders.len(),
        train.rows(),
        spec.judgement.from_hours
    ));

    let (test, opening) = sealed.open();
    let openings = seal::record(home, &spec.name, pipeline.digest, &opening)?;
    let tracks = watched.tracks_within(&test.row);
    let sealed = judge::Sealed { pipeline, watched: &watched, test, tracks };
    let mut baselines = BTreeMap::new();
    for (name, (scores, threshold)) in detect::baselines(pipeline, &train, &sealed.test.frame)? {
        baselines.insert(name, sealed.judge(&scores, threshold)?);
    }
    let (mut participants, mut scores) = (Vec::new(), BTreeMap::new());
    for contender in &contenders {
        let (participant, of_rows) = sealed.participant(home, contender, &baselines)?;
        scores.insert(participant.id.clone(), of_rows);
        participants.push(participant);
    }
    progress.say(&format!(
        "judge     {} sealed rows; these hours have been opened {openings} time(s)",
        opening.rows
    ));
    if recordings.origin == Origin::Real && baselines.values().any(|b| b.failures < 10) {
        notes.push(
            "fewer than 10 failures: intervals are wide, and no verdict is above Hold".into(),
        );
    }
    let indicator = participants.first().context("there is no indicator")?;
    let onsets = indicator.judged.bearings.clone();
    let course = spec.remaining_life.as_ref().map(|spec| remaining::Course {
        home,
        pipeline,
        spec,
        recordings,
        onsets: &onsets,
        split: split.digest(),
    });
    let remaining = course.as_ref().map(remaining::run).transpose()?;
    let made = Provenance {
        title: spec.title.clone(),
        dataset: recordings.dataset.clone(),
        origin: recordings.origin,
        dataset_digest: recordings.digest,
        split: split.digest(),
        pipeline: pipeline.digest,
        seed: pipeline.seed.0,
        openings,
        notes,
    };
    let judgement = Judgement { made, participants, baselines, remaining };
    judge::write(home, &spec.name, &judgement)?;
    let names = block_on(gate::run(home, &sealed, &judgement, course.as_ref(), started_ms))?;
    let ran = Ran { judgement, names };
    publish(home, &spec.name, &ran)?;
    let plots = home.reports(&spec.name).join("plots");
    pictures::write(&sealed, &ran.judgement, &scores, &plots)?;
    pictures::remaining(&ran.judgement, &plots)?;
    pictures::spectra(&found, &sealed, &ran.judgement, &plots)?;
    block_on(attach::run(home, &spec.name, progress, &ran.names))?;
    Ok(ran)
}

/// The report of the last run again.
pub(crate) fn report(home: &Home, pipeline: &VibrationPipeline) -> Result<Ran> {
    let judgement = judge::read(home, &pipeline.spec.name)?;
    let names = home::read_json(&home.reports(&pipeline.spec.name).join("verdict.json"))?;
    Ok(Ran { judgement, names })
}

fn publish(home: &Home, name: &str, ran: &Ran) -> Result<()> {
    let folder = home.reports(name);
    home::write_json(&folder.join("metrics.json"), &ran.judgement)?;
    home::write_json(&folder.join("verdict.json"), &ran.names)?;
    let card = text::card(&ran.judgement, &ran.names);
    home::write(&folder.join("card.md"), card.as_bytes())
}

fn notes(
    recordings: &gauntlet_data::vibration::Recordings,
    watched: &watched::Watched,
) -> Vec<String> {
    let mut notes = recordings.notes.clone();
    notes.extend(recordings.damaged.iter().map(|damaged| format!("left out: {damaged}")));
    notes.extend(watched.short.iter().cloned());
    let absent = &watched.absent;
    if !absent.is_empty() {
        notes.push(format!(
            "the dataset has no {}: the gauntlet runs on the other columns alone",
            absent.join(", ")
        ));
    }
    notes
}
