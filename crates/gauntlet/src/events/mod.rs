//! The gauntlet of failures in time: `gauntlet = "events"` in a pipeline file.
//!
//! One pass: load the log, let the guard look, compute features, run every participant through walk-forward tests, fit
//! the contenders on all rows, compare them with their graphs, gate, register, report.

mod bundles;
mod card;
pub(crate) mod data;
mod decisions;
mod gate;
mod guard;
mod init;
mod lengths;
mod pictures;
mod source;
mod spec;
mod text;
mod tournament;
mod trap;

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;
use gauntlet_core::{Digest, Opening, Origin};
use gauntlet_data::events::{Event, Log, Truth, show_time};
use gauntlet_learn::events::{Step, Timeline, walk_forward};
use gauntlet_learn::guard::GuardReport;
use serde::{Deserialize, Serialize};

use self::bundles::{Packed, Source};
use self::lengths::{Lengths, Span};
use self::tournament::{Course, Judged};
use crate::commands::block_on;
use crate::failure::Failure;
use crate::home::{self, Home};
use crate::progress::Progress;
use crate::seal;
use crate::stages::attach;
use crate::stages::register::NameOutcome;
use crate::stages::source::DataArgs;

pub(crate) use init::{InitArgs, init};
pub(crate) use spec::EventsPipeline;
pub(crate) use trap::Shown;

/// All that a run found: `metrics.json`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ran {
    pub(crate) title: String,
    pub(crate) dataset: String,
    pub(crate) origin: Origin,
    pub(crate) dataset_digest: Digest,
    pub(crate) pipeline: Digest,
    pub(crate) split: Digest,
    pub(crate) seed: u64,
    pub(crate) rows: usize,
    pub(crate) decisions: usize,
    pub(crate) features: usize,
    pub(crate) step_s: f64,
    /// Seconds from one decision to the next.
    pub(crate) decision_s: f64,
    pub(crate) notes: Vec<String>,
    pub(crate) guard: GuardReport,
    pub(crate) failures: Vec<Event>,
    pub(crate) steps: Vec<Step>,
    /// How often these tests have been opened, this time included.
    pub(crate) openings: usize,
    pub(crate) participants: Vec<Judged>,
    /// The contender that came first on the failures that were only learned from.
    pub(crate) winner: String,
    pub(crate) bundles: BTreeMap<String, Packed>,
    /// What the simulator knows, of simulated rows.
    pub(crate) truth: Option<Truth>,
    pub(crate) names: Vec<NameOutcome>,
}

impl Ran {
    /// A participant by its name.
    pub(crate) fn participant(&self, name: &str) -> Option<&Judged> {
        self.participants.iter().find(|judged| judged.name == name)
    }
}

/// Runs the gauntlet.
pub(crate) fn run(
    home: &Home,
    progress: Progress,
    pipeline: &EventsPipeline,
    data: &DataArgs,
    started_ms: i64,
) -> Result<Ran> {
    let start = Instant::now();
    let log = source::log(home, progress, pipeline, data)?;
    let guard = guard::inspect(&log, pipeline)?;
    progress.say(&format!(
        "prepare   {} ({} data, {}): {} rows, {} sensors, {} failures, {} groups ({:.1} s)",
        log.name,
        log.origin,
        log.digest.short(),
        log.rows(),
        log.sensors.len(),
        log.events.len(),
        log.groups.len(),
        start.elapsed().as_secs_f64()
    ));
    log.notes.iter().for_each(|note| progress.say(&format!("          note: {note}")));

    let start = Instant::now();
    let lengths = lengths(&log, pipeline)?;
    let recipe = decisions::recipe(&log, pipeline, &lengths)?;
    let timeline = decisions::timeline(&log, &recipe);
    long_enough(&log, pipeline, &timeline)?;
    progress.say(&format!(
        "features  {} decisions x {} features ({:.1} s)",
        timeline.lines(),
        timeline.x.width(),
        start.elapsed().as_secs_f64()
    ));

    let start = Instant::now();
    let failures = decisions::failures(&log);
    let steps =
        walk_forward(&timeline, &failures, &pipeline.spec.protocol).map_err(|_| few(&log))?;
    let split = Digest::of(&serde_json::to_vec(&(log.digest, &steps))?);
    let rows = steps.iter().map(|step| step.test.len()).sum();
    let opening = Opening { split, rows };
    let openings = seal::record(home, &pipeline.spec.name, pipeline.digest, &opening)?;
    let course = Course {
        pipeline,
        timeline: &timeline,
        failures: &failures,
        steps: &steps,
        split,
        lengths,
    };
    let bar = progress.bar("walking forward", pipeline.participants.len() as u64);
    let participants = course.run(&|| bar.inc(1));
    bar.finish_and_clear();
    let winner = tournament::winner(&participants, pipeline.spec.judgement.most_false_per_week);
    let winner = winner.ok_or_else(|| nobody(&log, &participants))?;
    let winner = participants[winner].name.clone();
    progress.say(&format!(
        "judge     {} participants in {} tests; first on the failures before them: {winner} ({:.1} s)",
        participants.len(),
        steps.len(),
        start.elapsed().as_secs_f64()
    ));

    let start = Instant::now();
    let source = Source {
        recipe: &recipe,
        origin: log.origin,
        dataset: log.digest,
        step_s: log.step_s,
        units: &log.sensors,
    };
    let bundles = pack(home, &course, &source, &participants)?;
    progress.say(&format!(
        "pack      {} bundles ({:.1} s)",
        bundles.len(),
        start.elapsed().as_secs_f64()
    ));

    let mut ran = Ran {
        title: pipeline.spec.title.clone(),
        dataset: log.name.clone(),
        origin: log.origin,
        dataset_digest: log.digest,
        pipeline: pipeline.digest,
        split,
        seed: pipeline.seed.0,
        rows: log.rows(),
        decisions: timeline.lines(),
        features: timeline.x.width(),
        step_s: log.step_s,
        decision_s: log.step_s * lengths.windows.every as f64,
        notes: log.notes.clone(),
        guard,
        failures: log.events.clone(),
        steps: steps.clone(),
        openings,
        participants,
        winner,
        bundles,
        truth: log.truth.clone(),
        names: Vec::new(),
    };
    ran.names = block_on(gate::run(home, &course, &ran, started_ms))?;
    let folder = home.reports(&pipeline.spec.name);
    home::write_json(&folder.join("metrics.json"), &ran)?;
    home::write_json(&folder.join("verdict.json"), &ran.names)?;
    home::write(&folder.join("card.md"), card::card(&ran, &pipeline.spec).as_bytes())?;
    pictures::write(&ran, &course, &log, &folder.join("plots"))?;
    block_on(attach::run(home, &pipeline.spec.name, progress, &ran.names))?;
    Ok(ran)
}

/// The report of the last run again.
pub(crate) fn report(home: &Home, pipeline: &EventsPipeline) -> Result<Ran> {
    home::read_json(&home.reports(&pipeline.spec.name).join("metrics.json"))
}

/// Shows the famous flattering number beside the honest one.
pub(crate) fn trap(
    home: &Home,
    progress: Progress,
    pipeline: &EventsPipeline,
    data: &DataArgs,
) -> Result<Shown> {
    let log = source::log(home, progress, pipeline, data)?;
    guard::inspect(&log, pipeline)?;
    trap::run(progress, pipeline, &log)
}

fn pack(
    home: &Home,
    course: &Course<'_>,
    source: &Source<'_>,
    judged: &[Judged],
) -> Result<BTreeMap<String, Packed>> {
    home::fresh(&home.work(&course.pipeline.spec.name, "bundles"))?;
    let contenders = course.pipeline.participants.iter().zip(judged);
    contenders
        .filter(|(participant, judged)| !participant.baseline && judged.refused.is_none())
        .map(|(participant, judged)| {
            let packed = bundles::pack(home, course, source, participant, judged)?;
            Ok((judged.name.clone(), packed))
        })
        .collect()
}

/// The pipeline's lengths at the dataset's cadence.
fn lengths(log: &Log, pipeline: &EventsPipeline) -> Result<Lengths> {
    pipeline.lengths(log.step_s).map_err(|what| unfit(what, log, pipeline).into())
}

/// Refuses windows that most runs of the machine are too short for.
fn long_enough(log: &Log, pipeline: &EventsPipeline, timeline: &Timeline) -> Result<()> {
    let ready = timeline.ready.iter().filter(|ready| **ready).count();
    if 4 * ready >= timeline.lines() && ready > 0 {
        return Ok(());
    }
    let mut runs: Vec<i64> =
        log.runs().map(|run| log.time_ms[run.end - 1] - log.time_ms[run.start]).collect();
    runs.sort_unstable();
    let middle = runs.get(runs.len() / 2).copied().unwrap_or(0) as f64 / 1000.0;
    let what = format!(
        "[windows]: `middle` is {}, and the machine runs for {} at a time, mostly: {ready} of {} decisions have features",
        pipeline.spec.windows.middle,
        text::duration(middle),
        timeline.lines()
    );
    Err(unfit(what, log, pipeline).into())
}

/// Lengths that do not fit the data, and what does.
fn unfit(what: String, log: &Log, pipeline: &EventsPipeline) -> Failure {
    let own = format!(
        "use lengths that fit rows every {}: `gauntlet data init` writes such a pipeline file, pipelines/{}.toml",
        Span::of_seconds(log.step_s),
        log.name
    );
    let hint = if pipeline.spec.name == log.name { "shorten `[windows]`".to_owned() } else { own };
    Failure::Other { what, hint: Some(hint) }
}

fn few(log: &Log) -> Failure {
    let first = log.time_ms.first().map_or(String::new(), |ms| show_time(*ms));
    Failure::Other {
        what: format!(
            "{} rows from {first} with {} failures are too few to learn from some and test on others",
            log.rows(),
            log.events.len()
        ),
        hint: Some(
            "give a longer log, or shorten `[windows]`, or lower `burn_in` and `initial_share` in the pipeline file"
                .to_owned(),
        ),
    }
}

/// No contender could be fitted: each reason once.
fn nobody(log: &Log, judged: &[Judged]) -> Failure {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for judged in judged.iter().filter(|judged| !judged.baseline) {
        let why = judged.refused.as_deref().unwrap_or_default();
        reasons.entry(why).or_default().push(&judged.name);
    }
    let told = reasons.iter().map(|(why, names)| format!("{why} ({})", names.join(", ")));
    let what = format!(
        "no contender could be fitted on {} rows with {} failures: {}",
        log.rows(),
        log.events.len(),
        told.collect::<Vec<_>>().join("; ")
    );
    Failure::Other { what, hint: few(log).hint().map(str::to_owned) }
}
