//! Load, prove the split, and let the leak guard look before anything is fitted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use gauntlet_core::{Digest, Frame, Origin, Plausible, Sealed, Seed, Split, Table, Train};
use gauntlet_data::{ColumnSpec, Dataset, Descriptor, stratified_split};
use gauntlet_learn::guard::{self, GuardReport};
use serde::{Deserialize, Serialize};

use super::Context;
use super::source::{DataArgs, find};
use super::stamp::Stamp;
use super::table::{read_table, write_table};
use crate::failure::Failure;
use crate::home;

/// What the stage knows of its data, for every later stage.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Prepared {
    pub(crate) gauntlet: String,
    pub(crate) pipeline: Digest,
    pub(crate) seed: Seed,
    pub(crate) dataset: String,
    pub(crate) origin: Origin,
    pub(crate) digest: Digest,
    pub(crate) notes: Vec<String>,
    pub(crate) rows: usize,
    pub(crate) positives: usize,
    pub(crate) groups: usize,
    pub(crate) split: Digest,
    pub(crate) duplicates: usize,
    pub(crate) guard: GuardReport,
    /// Raw columns whose unit or plausible numbers are known.
    pub(crate) known: BTreeMap<String, Known>,
}

/// What the dataset's descriptor knows of a raw column.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Known {
    pub(crate) unit: String,
    pub(crate) plausible: Plausible,
}

impl Prepared {
    /// The identity of this run's inputs.
    pub(crate) fn stamp(&self) -> Stamp {
        Stamp { pipeline: self.pipeline, seed: self.seed, dataset: self.digest, split: self.split }
    }
}

/// Prepared rows, divided: training rows in the open, test rows sealed.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) info: Prepared,
    pub(crate) train: Train<Table>,
    pub(crate) sealed: Sealed<Table>,
}

/// Share of test rows with an exact twin in training from which the split counts as leaking.
const DUPLICATE_SHARE: f64 = 0.01;

/// Runs the stage.
pub(crate) fn run(context: &Context, args: &DataArgs) -> Result<Prepared> {
    let pipeline = &context.pipeline;
    let (descriptor, dataset) = find(context, args)?;
    let table = table(context, &descriptor, &dataset)?;
    let sides = pipeline.sides(&table.frame)?;
    let used: BTreeSet<String> = pipeline
        .spec
        .recipes
        .keys()
        .flat_map(|recipe| sides.plans[recipe].columns())
        .map(str::to_owned)
        .collect();
    let fraction = pipeline.spec.split.test_fraction;
    let split = stratified_split(&table.label, fraction, pipeline.seed.derive("split", 0))
        .map_err(Failure::from)?;
    let (train, sealed) = split.seal(&table, table.rows())?;
    check_events(&train, pipeline.spec.split.folds)?;
    let declared = pipeline.declared();
    let guard =
        guard::inspect(&train.frame, &train.label, &declared, &used, &pipeline.spec.waivers);
    refuse(&guard)?;
    let measured: Vec<String> =
        table.frame.names().iter().filter(|name| declared.is_open(name)).cloned().collect();
    let duplicates = duplicates(&table.frame.select(&measured)?, &split);
    let share = duplicates as f64 / sealed.rows() as f64;
    if share > DUPLICATE_SHARE {
        let evidence = format!(
            "  duplicates: {duplicates} of {} test rows have an exact twin among training rows",
            sealed.rows()
        );
        return Err(Failure::Leak(evidence).into());
    }
    let info = Prepared {
        gauntlet: pipeline.name().to_owned(),
        pipeline: pipeline.digest,
        seed: pipeline.seed,
        dataset: dataset.name.clone(),
        origin: dataset.origin,
        digest: dataset.digest,
        notes: dataset.notes.clone(),
        rows: table.rows(),
        positives: table.label.iter().filter(|y| **y).count(),
        groups: table.group.iter().collect::<BTreeSet<_>>().len(),
        split: split.digest(),
        duplicates,
        guard,
        known: known(&descriptor),
    };
    let folder = folder(context);
    home::fresh(&folder)?;
    write_table(&folder.join("table.csv"), &table)?;
    home::write_json(&folder.join("split.json"), &split)?;
    home::write_json(&folder.join("prepared.json"), &info)?;
    info.stamp().write(&folder)?;
    tell(context, &info, &dataset);
    Ok(info)
}

/// Reads what the stage left, if it is of this pipeline.
pub(crate) fn read(context: &Context) -> Result<Rows> {
    Stamp::read(context, "prepare")?;
    let folder = folder(context);
    let info: Prepared = home::read_json(&folder.join("prepared.json"))?;
    let split: Split = home::read_json(&folder.join("split.json"))?;
    let table = read_table(&folder.join("table.csv"))?;
    let (train, sealed) = split.seal(&table, table.rows()).context("the split is damaged")?;
    Ok(Rows { info, train, sealed })
}

fn folder(context: &Context) -> PathBuf {
    context.home.work(context.pipeline.name(), "prepare")
}

/// Takes the label out and derives groups. All other raw columns stay: the guard looks at them.
fn table(context: &Context, descriptor: &Descriptor, dataset: &Dataset) -> Result<Table> {
    let label_column = &context.pipeline.spec.columns.label;
    let values = dataset.frame.numbers(label_column).map_err(|e| Failure::Usage(e.to_string()))?;
    let mut label = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        match value {
            0.0 => label.push(false),
            1.0 => label.push(true),
            other => bail!("label `{label_column}`, row {}: {other} is neither 0 nor 1", row + 1),
        }
    }
    let group = context.pipeline.group_rule().groups(&dataset.frame).map_err(Failure::from)?;
    let columns = dataset.frame.iter().filter(|(name, _)| name != label_column);
    let frame = Frame::new(columns.map(|(name, column)| (name.to_owned(), column.clone())))
        .with_context(|| format!("dataset `{}`", descriptor.name))?;
    let row = (0..label.len() as u32).collect();
    Ok(Table { frame, label, group, row })
}

/// A class with fewer rows than folds cannot be cross-validated.
fn check_events(train: &Table, folds: usize) -> Result<()> {
    let positives = train.label.iter().filter(|y| **y).count();
    let rarer = positives.min(train.rows() - positives);
    if rarer < folds {
        bail!("{rarer} training rows of the rarer class are too few for {folds} folds");
    }
    Ok(())
}

fn refuse(report: &GuardReport) -> Result<()> {
    let evidence: Vec<String> = report
        .blocking()
        .map(|f| format!("  {}: column {}: {}", f.rule, f.columns.join(", "), f.evidence))
        .collect();
    if evidence.is_empty() { Ok(()) } else { Err(Failure::Leak(evidence.join("\n")).into()) }
}

/// Test rows that equal a training row in every measured column: ids and label columns do not count.
fn duplicates(measured: &Frame, split: &Split) -> usize {
    let key = |row: u32| -> Vec<String> {
        measured.iter().map(|(_, column)| format!("{:?}", column.cell(row as usize))).collect()
    };
    let train: BTreeSet<Vec<String>> = split.train.iter().map(|&row| key(row)).collect();
    split.test.iter().filter(|&&row| train.contains(&key(row))).count()
}

fn known(descriptor: &Descriptor) -> BTreeMap<String, Known> {
    let known = |column: &ColumnSpec| Known {
        unit: column.unit.clone(),
        plausible: Plausible { min: column.min, max: column.max },
    };
    descriptor.columns.iter().map(|column| (column.name.clone(), known(column))).collect()
}

fn tell(context: &Context, info: &Prepared, dataset: &Dataset) {
    let say = |line: String| context.progress.say(&line);
    say(format!(
        "prepare   {} ({} data, {}): {} rows, {} failures, {} {}s",
        info.dataset,
        info.origin,
        info.digest.short(),
        info.rows,
        info.positives,
        info.groups,
        context.pipeline.spec.judgement.unit
    ));
    for note in &dataset.notes {
        say(format!("          note: {note}"));
    }
    for (finding, reason) in info.guard.waived() {
        let columns = finding.columns.join(", ");
        say(format!(
            "          WAIVED {} on {columns}: {} ({reason})",
            finding.rule, finding.evidence
        ));
    }
    for finding in info.guard.findings.iter().filter(|f| !f.used) {
        let columns = finding.columns.join(", ");
        say(format!(
            "          unused but leaky ({}): {columns}: {}",
            finding.rule, finding.evidence
        ));
    }
}
