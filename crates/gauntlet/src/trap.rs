//! The wrong protocol that gives the famous number, beside the honest one.
//!
//! The label columns stay in as features. Everything runs on training rows, nothing is exported, and nothing
//! here can reach the registry.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::{Context as _, Result};
use gauntlet_core::{Estimate, Origin, Table, Train};
use gauntlet_features::RecipePlan;
use gauntlet_learn::metrics::{Confusion, Metric};
use gauntlet_learn::models::{ContenderSpec, randomforest};
use gauntlet_learn::tournament::{CrossValidation, Entry, Learner, cross_validate};
use gauntlet_learn::{LearnError, Samples, Target};
use serde::Serialize;

use crate::failure::Failure;
use crate::stages::source::DataArgs;
use crate::stages::{Context, prepare};

/// The trap score beside the honest one.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    title: String,
    origin: Origin,
    columns: Vec<String>,
    why: String,
    trap: Score,
    honest: Score,
    majority_accuracy: f64,
}

/// One protocol's score.
#[derive(Debug, Serialize)]
struct Score {
    accuracy: f64,
    f1: Estimate,
    pr_auc: Estimate,
}

/// Runs the trap of a pipeline.
pub(crate) fn run(context: &Context, data: &DataArgs) -> Result<Shown> {
    let spec = &context.pipeline.spec;
    let Some(trap) = &spec.trap else {
        let what = format!("pipeline `{}` describes no trap: add a section `[trap]`", spec.name);
        return Err(Failure::Usage(what).into());
    };
    // The honest pipeline has to pass its guard first: a trap is shown beside something honest.
    prepare::run(context, data)?;
    let rows = prepare::read(context)?;
    let recipe = &spec.recipes[&trap.recipe];
    let with_columns: Vec<String> = recipe.features.iter().chain(&trap.columns).cloned().collect();
    let samples = BTreeMap::from([
        ("trap".to_owned(), samples(context, &rows.train, "trap", &with_columns)?),
        ("honest".to_owned(), samples(context, &rows.train, "honest", &recipe.features)?),
    ]);
    let forest = randomforest::Spec { trees: 100, ..Default::default() };
    let forest = ContenderSpec::from(forest).check()?;
    let entries: Vec<Entry> = ["trap", "honest"]
        .map(|name| Entry {
            id: name.to_owned(),
            recipe: name.to_owned(),
            learner: Learner::Contender(Box::new(forest.clone())),
        })
        .to_vec();
    let protocol = context.pipeline.protocol();
    let units = entries.len() * protocol.folds * (protocol.repeats + 1);
    let bar = context.progress.bar("trap", units as u64);
    let results = cross_validate(&entries, &samples, &protocol, &|| bar.inc(1))?;
    bar.finish_and_clear();
    let labels = &rows.train.label;
    let [trapped, honest] = &results[..] else {
        anyhow::bail!("two protocols were to be compared")
    };
    let positives = labels.iter().filter(|y| **y).count() as f64;
    Ok(Shown {
        title: spec.title.clone(),
        origin: rows.info.origin,
        columns: trap.columns.clone(),
        why: trap.why.clone(),
        trap: score(trapped, labels),
        honest: score(honest, labels),
        majority_accuracy: 1.0 - positives / labels.len() as f64,
    })
}

fn samples(
    context: &Context,
    train: &Train<Table>,
    name: &str,
    features: &[String],
) -> Result<Train<Samples>> {
    let plan = RecipePlan::check(name, features, &context.pipeline.spec.derived, &train.frame)
        .with_context(|| format!("features of the {name} protocol"))?;
    let recipe = plan.fit(train)?;
    Ok(train.try_map(|table| {
        let x = recipe.apply(&table.frame)?;
        let target = Target::Binary(table.label.clone());
        Ok::<_, LearnError>(Samples::new(x, target, table.group.clone(), table.row.clone()))
    })?)
}

/// Accuracy at one half over all out-of-fold scores, as the famous tables give it.
fn score(result: &CrossValidation, labels: &[bool]) -> Score {
    let ones = vec![1; labels.len()];
    let repeats = result.out_of_fold.len() as f64;
    let accuracy = result
        .out_of_fold
        .iter()
        .map(|scores| Confusion::at(0.5, scores, labels, &ones).accuracy())
        .sum::<f64>();
    Score {
        accuracy: accuracy / repeats,
        f1: result.estimate(Metric::F1),
        pr_auc: result.estimate(Metric::PrAuc),
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\nTRAP: {} ({} data), random forest, training rows only",
            self.title, self.origin
        )?;
        writeln!(f, "\n          accuracy  F1                    PR-AUC")?;
        for (name, score) in [("trap", &self.trap), ("honest", &self.honest)] {
            writeln!(
                f,
                "{name:8}  {:>6.2} %  {}  {}",
                100.0 * score.accuracy,
                score.f1,
                score.pr_auc
            )?;
        }
        writeln!(f, "constant  {:>6.2} %  always \"no failure\"", 100.0 * self.majority_accuracy)?;
        writeln!(f, "\nThe trap keeps {} as features.", self.columns.join(", "))?;
        writeln!(f, "It is worthless: {}.", self.why)?;
        write!(f, "Nothing was exported or registered, and nothing of it can be.")
    }
}
