//! `gauntlet data init`: a descriptor and a pipeline file for tables that nobody has described yet.

use std::path::PathBuf;

use anyhow::Result;
use gauntlet_core::Origin;
use gauntlet_data::events::inspect::{Hints, Inspected, inspect};
use gauntlet_data::events::{Log, State, find, load};
use serde::Serialize;

use super::lengths::Span;
use super::spec::EventsPipeline;
use crate::failure::Failure;
use crate::home::{self, Home};

/// Participants and baselines of every new pipeline: those of the pump, frozen on its simulator.
const PARTICIPANTS: &str = include_str!("participants.toml");

/// Arguments of `gauntlet data init`.
#[derive(Debug, clap::Args)]
pub(crate) struct InitArgs {
    /// A table, or a folder of tables that each are one machine or run
    path: PathBuf,
    /// The dataset's name; by default that of the file or folder
    #[arg(long)]
    name: Option<String>,
    /// The column with the time
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// The column that tells failures: a status, or 0 and 1
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// The column that tells machines or runs apart
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// A file that lists failures, a line each: its begin, a comma, its end
    #[arg(long, value_name = "FILE")]
    failures: Option<PathBuf>,
    /// Replace a descriptor or pipeline file that is there
    #[arg(long)]
    force: bool,
}

/// What was written.
#[derive(Debug, Serialize)]
pub(crate) struct Initiated {
    pub(crate) dataset: String,
    pub(crate) descriptor: PathBuf,
    pub(crate) pipeline: PathBuf,
    pub(crate) rows: usize,
    pub(crate) sensors: usize,
    pub(crate) failures: usize,
    pub(crate) groups: usize,
    pub(crate) notes: Vec<String>,
    pub(crate) run: String,
}

/// Looks at the tables and writes both files.
pub(crate) fn init(home: &Home, args: &InitArgs) -> Result<Initiated> {
    let hints = Hints {
        name: args.name.clone(),
        time: args.time.clone(),
        label: args.label.clone(),
        group: args.group.clone(),
        failures: args.failures.clone(),
    };
    let inspected = inspect(&args.path, &hints).map_err(Failure::from)?;
    let name = inspected.described.name.clone();
    let descriptor = home.dataset(&name).join("dataset.toml");
    let pipeline = home.pipeline(&name);
    for path in [&descriptor, &pipeline] {
        if path.exists() && !args.force {
            let what = format!("{} is there already", path.display());
            let hint = Some("pass `--force` to replace it, or another `--name`".to_owned());
            return Err(Failure::Other { what, hint }.into());
        }
    }
    // A descriptor that does not load is none.
    let found = find(&inspected.described, Some(&inspected.folder), &inspected.folder)
        .map_err(Failure::from)?;
    let log = load(&inspected.described, &found, Origin::Real, None).map_err(Failure::from)?;
    let mut notes = inspected.notes.clone();
    notes.push(format!("failures: {}", inspected.described.labels.meaning));
    let failed = log.state.iter().filter(|state| **state == State::Failed).count();
    if log.events.is_empty() {
        notes
            .push("no failure lies within the rows: a run can judge false alarms alone".to_owned());
    } else if 2 * failed > log.rows() {
        notes.push(format!(
            "{failed} of {} rows are failures by this label: is it the other way round? \
             `[labels.status] failure = [...]` says which of its values are",
            log.rows()
        ));
    }
    let text = pipeline_text(&inspected, &log);
    home::write(&descriptor, inspected.toml.as_bytes())?;
    home::write(&descriptor.with_file_name("README.md"), inspected.described.readme().as_bytes())?;
    home::write(&pipeline, text.as_bytes())?;
    EventsPipeline::read(&pipeline, None)?;
    notes.extend(log.notes.iter().cloned());
    let place =
        std::path::absolute(if args.path.is_file() { &args.path } else { &inspected.folder })?;
    Ok(Initiated {
        run: format!("gauntlet run {} --data-dir {}", pipeline.display(), place.display()),
        dataset: name,
        descriptor,
        pipeline,
        rows: log.rows(),
        sensors: log.sensors.len(),
        failures: log.events.len(),
        groups: log.groups.len(),
        notes,
    })
}

impl std::fmt::Display for Initiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { dataset, rows, sensors, failures, groups, .. } = self;
        writeln!(
            f,
            "{dataset}: {rows} rows, {sensors} sensors, {failures} failures, {groups} groups"
        )?;
        self.notes.iter().try_for_each(|note| writeln!(f, "  {note}"))?;
        writeln!(f, "wrote {} and {}", self.descriptor.display(), self.pipeline.display())?;
        write!(f, "read them, then: {}", self.run)
    }
}

/// Lengths that follow from how long and how dense a log is.
struct Sizes {
    every: usize,
    short: usize,
    middle: usize,
    long: usize,
    horizon_h: f64,
    refractory: usize,
    burn_in: usize,
    false_per_week: f64,
}

impl Sizes {
    fn of(log: &Log) -> Self {
        let mut lengths: Vec<usize> = log
            .groups
            .iter()
            .enumerate()
            .map(|(group, _)| {
                let first = log.group.partition_point(|g| (*g as usize) < group);
                log.group.partition_point(|g| (*g as usize) <= group) - first
            })
            .collect();
        lengths.sort_unstable();
        let rows = lengths.get(lengths.len() / 2).copied().unwrap_or(0);
        let every = (log.rows() / 60_000 + 1).min(10);
        let middle = (rows / 1000).clamp(20, 360).max(every);
        // What is usual must not forget the time before an anomaly while it lasts.
        let mut lasting: Vec<usize> = log.events.iter().map(|e| e.last + 1 - e.row).collect();
        lasting.sort_unstable();
        let lasting =
            if log.lasts { lasting.get(lasting.len() / 2).copied().unwrap_or(0) } else { 0 };
        let long = (rows / 76).max(2 * lasting.min(rows)).clamp(100, 4320).max(middle);
        let short = 5.max(every).min(middle);
        let span_h = rows as f64 * log.step_s / 3600.0;
        // Where failures last for much of the time, it is their onset that has to be found; rare ones are to be foreseen.
        let failed = log.state.iter().filter(|state| **state == State::Failed).count();
        let horizon_h = if log.lasts && 20 * failed > log.rows() {
            (middle as f64 * log.step_s / 3600.0).min(24.0)
        } else {
            (span_h / 6.0).min(24.0)
        };
        let decision_h = every as f64 * log.step_s / 3600.0;
        let failures = log.events.len();
        let weeks = log.rows() as f64 * log.step_s / 604_800.0;
        Self {
            every,
            short,
            middle,
            long,
            horizon_h: (horizon_h * 1e4).round().max(1.0) / 1e4,
            refractory: ((horizon_h / 2.0 / decision_h) as usize).clamp(10, 288),
            burn_in: if log.groups.len() > 1 { failures.div_ceil(4).max(2) } else { 2 },
            // In a log of hours one alarm is many a week.
            false_per_week: (5.0 / weeks).max(1.0).round(),
        }
    }
}

fn pipeline_text(inspected: &Inspected, log: &Log) -> String {
    let Sizes { every, short, middle, long, horizon_h, refractory, burn_in, false_per_week } =
        Sizes::of(log);
    let span = |rows: usize| Span::of_seconds(rows as f64 * log.step_s);
    let (rest, every) = (span(refractory * every), span(every));
    let (short, middle, long) = (span(short), span(middle), span(long));
    let described = &inspected.described;
    let registered: String =
        described.name.chars().map(|c| if c == '-' { '_' } else { c }).collect();
    let mut horizons = vec![horizon_h / 4.0, horizon_h, horizon_h * 7.0];
    horizons.iter_mut().for_each(|h| *h = (*h * 1e4).round().max(1.0) / 1e4);
    format!(
        "# Written by `gauntlet data init`: lengths follow from how long and how dense the log is.\n\
         gauntlet = \"events\"\n\
         name = {name:?}\n\
         title = {title:?}\n\
         dataset = {name:?}\n\
         registered_name = \"{registered}_models\"\n\
         seed = 2018\n\n\
         # What counts as now, lately and usual, and the time from one decision to the next; a row follows another \
         after {step}.\n\
         [windows]\nshort = \"{short}\"\nmiddle = \"{middle}\"\nlong = \"{long}\"\nevery = \"{every}\"\n\n\
         # Failures that are only learned from; if there is one alone, half of the way to it.\n\
         [protocol]\nburn_in = {burn_in}\ninitial_share = 0.5\nsteps = 8\n\n\
         # In decisions, then a rest.\n\
         [alarm]\nneeded = 3\nwindow = 4\nrefractory = \"{rest}\"\n\n\
         # Set on training rows alone.\n\
         [threshold]\nbudget_per_week = 0.5\nmargin = 0.2\nblocks = 3\nmost_lines = 6000\n\n\
         [judgement]\nhorizon_h = {horizon_h:?}\nhorizons_h = {horizons:?}\n\
         most_false_per_week = {false_per_week:?}\nminimum_events = 10\nlevel = 0.95\n\
         blocking = [\"t2_chart\", \"shuffled_labels\"]\n\n{PARTICIPANTS}",
        name = described.name,
        title = described.title,
        step = Span::of_seconds(log.step_s),
    )
}
