//! Gauntlets of sound: clips of machines in, anomalies that were heard without ever hearing one in training.

mod frames;
mod gate;
mod heard;
mod judge;
mod pictures;
mod source;
mod spec;
mod text;
mod trap;
mod workshop;

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use gauntlet_core::{Table, Train};
use gauntlet_data::audio::SoundsLayout;
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
pub(crate) use source::Wishes;
pub(crate) use spec::SoundPipeline;
pub(crate) use trap::run as trap;

use heard::Heard;
use judge::{MachineJudgement, Sealed};
use source::Found;
use workshop::{Contender, Workshop};

/// What a run gives.
#[derive(Debug, Serialize)]
pub(crate) struct Ran {
    pub(crate) judgement: Judgement,
    pub(crate) names: Vec<NameOutcome>,
    #[serde(skip)]
    published: Option<spec::Published>,
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&text::text(&self.judgement, Some(&self.names), self.published.as_ref()))
    }
}

/// What was made for one type of machine.
struct Made {
    machine: String,
    choice: gauntlet_learn::sound::Choice,
    contenders: Vec<Contender>,
    /// Contenders that could not be fitted, in sentences.
    unfitted: Vec<String>,
}

/// Runs the whole gauntlet.
pub(crate) fn run(
    home: &Home,
    progress: Progress,
    pipeline: &SoundPipeline,
    args: (&DataArgs, &Wishes<'_>),
    started_ms: i64,
) -> Result<Ran> {
    let spec = &pipeline.spec;
    let found = source::find(home, progress, spec, pipeline.seed, args)?;
    let clips = &found.clips;
    let heard = Heard::new(clips, spec.judgement.least_train)?;
    let split = heard.split();
    let (train, sealed) = split.seal(&heard.table, heard.table.rows())?;
    let mut notes = notes(&found, &heard);
    progress.say(&format!(
        "prepare   {} ({} data, {}): {} clips of {} types of machines, {} features; {} clips to learn from, \
         {} sealed",
        clips.dataset,
        clips.origin,
        clips.digest.short(),
        heard.clips.len(),
        heard.machines().len(),
        heard.features.len(),
        train.rows(),
        sealed.rows(),
    ));
    notes.iter().for_each(|note| progress.say(&format!("          note: {note}")));
    let mut made = Vec::new();
    for machine in heard.machines() {
        let of = train_machine(progress, pipeline, &found, &heard, &train, &machine)?;
        of.unfitted.iter().for_each(|note| progress.say(&format!("          note: {note}")));
        notes.extend(of.unfitted.iter().cloned());
        made.push(of);
    }
    let (test, opening) = sealed.open();
    let openings = seal::record(home, &spec.name, pipeline.digest, &opening)?;
    progress.say(&format!(
        "judge     {} sealed clips; they have been opened {openings} time(s)",
        opening.rows
    ));
    let sealed = Sealed { pipeline, heard: &heard, sounds: &found.sounds, test };
    let machines = judge_all(home, progress, &sealed, &made)?;
    let made = Provenance {
        title: spec.title.clone(),
        dataset: clips.dataset.clone(),
        origin: clips.origin,
        dataset_digest: clips.digest,
        split: split.digest(),
        pipeline: pipeline.digest,
        seed: pipeline.seed.0,
        openings,
        notes,
    };
    let judgement = Judgement {
        made,
        heard: found.sounds.layout != SoundsLayout::ClipTable,
        splits: heard.splitting.ids.clone(),
        overall: overall(&sealed, &machines)?,
        machines,
    };
    judge::write(home, &spec.name, &judgement)?;
    let names = block_on(gate::run(home, &sealed, &judgement, started_ms))?;
    let ran = Ran { judgement, names, published: spec.published.clone() };
    publish(home, &spec.name, &ran)?;
    pictures::write(&sealed, &ran.judgement, &home.reports(&spec.name).join("plots"))?;
    block_on(attach::run(home, &spec.name, progress, &ran.names))?;
    Ok(ran)
}

/// Chooses a summary and fits every contender for the machines of one type.
fn train_machine(
    progress: Progress,
    pipeline: &SoundPipeline,
    found: &Found,
    heard: &Heard,
    train: &Train<Table>,
    machine: &str,
) -> Result<Made> {
    let spec = &pipeline.spec;
    let workshop = Workshop {
        pipeline,
        heard,
        machine,
        train: train.part(&heard.of_machine(train, machine), &[]).0,
        origin: found.clips.origin,
        dataset: found.clips.digest,
        split: heard.split().digest(),
        has_sounds: found.sounds.layout != SoundsLayout::ClipTable,
    };
    let bar = progress.bar(&format!("fitting {machine}"), spec.contenders.len() as u64);
    let (choice, material) = workshop.choose(&workshop.summaries())?;
    let (mut contenders, mut unfitted) = (Vec::new(), Vec::new());
    for contender in &spec.contenders {
        match workshop.contender(contender, &material, &choice.name) {
            Ok(contender) => contenders.push(contender),
            // What is registered has to be there; what stands beside it may need more clips than there are.
            Err(error) if !contenders.is_empty() => {
                unfitted.push(format!("{error:#}: it takes no part in {machine}"));
            }
            Err(error) => return Err(error),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    if let Some(frames) = spec.frames.as_ref().filter(|_| workshop.has_sounds) {
        let bar = progress.bar(&format!("{machine}, by frames"), workshop.train.rows() as u64);
        let mut ear = frames::Ear::new(frames, &found.sounds, spec.channel)?;
        let material = frames::material(&workshop, frames, &mut ear, &|| bar.inc(1))?;
        contenders.push(workshop.contender(&frames.contender, &material, "frames")?);
        bar.finish_and_clear();
    }
    progress.say(&format!(
        "train     {machine}: {} contenders on {} normal clips of {} machines and ratios, summary `{}`",
        contenders.len(),
        workshop.train.rows(),
        material.of_place.len(),
        choice.name
    ));
    Ok(Made { machine: machine.to_owned(), choice, contenders, unfitted })
}

fn judge_all(
    home: &Home,
    progress: Progress,
    sealed: &Sealed<'_>,
    made: &[Made],
) -> Result<Vec<MachineJudgement>> {
    let count: usize = made.iter().map(|made| made.contenders.len()).sum();
    let bar = progress.bar("judging", count as u64);
    let mut machines = Vec::new();
    for made in made {
        let baseline_scores = sealed.baselines(&made.machine)?;
        let mut baselines = BTreeMap::new();
        for (name, scores) in &baseline_scores {
            baselines.insert(name.clone(), sealed.judge(scores)?);
        }
        let mut participants = Vec::new();
        for contender in &made.contenders {
            let (machine, choice) = (&made.machine, &made.choice);
            participants.push(
                sealed
                    .participant(home, machine, contender, choice, &baselines)
                    .with_context(|| format!("judging {} of {machine}", contender.id))?,
            );
            bar.inc(1);
        }
        let (machine, choice) = (made.machine.clone(), made.choice.clone());
        machines.push(MachineJudgement {
            machine,
            choice,
            participants,
            baselines,
            baseline_scores,
        });
    }
    bar.finish_and_clear();
    Ok(machines)
}

/// Every contender and baseline over all types of machines.
fn overall(
    sealed: &Sealed<'_>,
    machines: &[MachineJudgement],
) -> Result<BTreeMap<String, gauntlet_learn::sound::SoundJudgement>> {
    let mut scores: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for of in machines {
        for participant in &of.participants {
            let all = scores.entry(participant.id.clone()).or_default();
            all.extend(participant.scores.iter().cloned());
        }
        for (name, tasks) in &of.baseline_scores {
            scores.entry(name.clone()).or_default().extend(tasks.iter().cloned());
        }
    }
    scores.into_iter().map(|(name, tasks)| Ok((name, sealed.judge(&tasks)?))).collect()
}

/// The report of the last run again.
pub(crate) fn report(home: &Home, pipeline: &SoundPipeline) -> Result<Ran> {
    let judgement = judge::read(home, &pipeline.spec.name)?;
    let names = home::read_json(&home.reports(&pipeline.spec.name).join("verdict.json"))?;
    Ok(Ran { judgement, names, published: pipeline.spec.published.clone() })
}

fn publish(home: &Home, name: &str, ran: &Ran) -> Result<()> {
    let folder = home.reports(name);
    home::write_json(&folder.join("metrics.json"), &ran.judgement)?;
    home::write_json(&folder.join("verdict.json"), &ran.names)?;
    let card = text::card(&ran.judgement, &ran.names, ran.published.as_ref());
    home::write(&folder.join("card.md"), card.as_bytes())
}

fn notes(found: &Found, heard: &Heard) -> Vec<String> {
    let mut notes = found.clips.notes.clone();
    notes.extend(found.clips.damaged.iter().map(|damaged| format!("left out: {damaged}")));
    notes.extend(heard.notes.iter().cloned());
    if found.sounds.layout == SoundsLayout::ClipTable {
        notes
            .push("features were computed elsewhere: contenders on frames take no part".to_owned());
    }
    notes
}
