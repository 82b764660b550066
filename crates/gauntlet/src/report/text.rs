//! The table that a run prints.

use std::fmt::Write as _;

use anyhow::Result;
use gauntlet_core::{Estimate, Origin};
use gauntlet_learn::metrics::Metric;

use super::timings;
use crate::stages::Context;
use crate::stages::judge::Judgement;
use crate::stages::register::NameOutcome;

/// The report as text.
pub(crate) fn text(
    context: &Context,
    judgement: &Judgement,
    outcomes: Option<&[NameOutcome]>,
) -> Result<String> {
    let mut text = head(context, judgement);
    text += &validation(context, judgement);
    text += &targets(context, judgement);
    text += &test(context, judgement);
    text += &beside(context, judgement);
    if let Some(outcomes) = outcomes {
        text += &names(outcomes);
    }
    Ok(text.trim_end().to_owned())
}

fn head(context: &Context, judgement: &Judgement) -> String {
    let (info, spec) = (&judgement.info, &context.pipeline.spec);
    let mut text = format!("\n{} ({} data)\n", spec.title, info.origin);
    if info.origin == Origin::Simulated {
        text += "SIMULATED: these numbers describe the simulator, not the real machine\n";
    }
    let _ = writeln!(
        text,
        "dataset {} {}, split {}, seed {}; prevalence {:.2} % = PR-AUC of a constant",
        info.dataset,
        info.digest.short(),
        info.split.short(),
        info.seed.0,
        100.0 * info.positives as f64 / info.rows as f64
    );
    if let (Some(name), Some(f1)) = (&spec.judgement.ceiling, judgement.ceiling) {
        let _ = writeln!(
            text,
            "ceiling: the published rules ({name}) reach F1 {f1:.3} on all {} rows in double precision",
            info.rows
        );
    }
    for note in &info.notes {
        let _ = writeln!(text, "note: {note}");
    }
    for (finding, reason) in info.guard.waived() {
        let columns = finding.columns.join(", ");
        let _ = writeln!(
            text,
            "WAIVED leak on {columns}: {}; reason given: {reason}",
            finding.evidence
        );
    }
    text
}

/// Order of the rows: contenders by falling primary metric on validation rows, then baselines.
fn order(context: &Context, judgement: &Judgement) -> Vec<(String, String)> {
    let primary = context.pipeline.spec.judgement.primary;
    let value = |variant: &str| {
        let value = judgement.participant(variant).map(|p| p.validation[&primary].value);
        let value = value.unwrap_or(f64::NEG_INFINITY);
        if primary.rises() { -value } else { value }
    };
    let mut contenders: Vec<(String, String)> =
        judgement.trained.finalists.iter().map(|f| (f.id.clone(), f.variant.clone())).collect();
    contenders.sort_by(|a, b| value(&a.1).total_cmp(&value(&b.1)));
    let baselines = judgement.trained.participants.iter().filter(|p| p.baseline);
    contenders.extend(baselines.map(|p| (p.id.clone(), p.id.clone())));
    contenders
}

fn validation(context: &Context, judgement: &Judgement) -> String {
    let split = &context.pipeline.spec.split;
    let spec = &context.pipeline.spec.judgement;
    let mut text = format!(
        "\nValidation: {} x {}-fold stratified cross-validation on training rows, thresholds from {} inner \
         folds,\nmean [{:.0} % Nadeau-Bengio interval]; grouped: whole {}s held out\n",
        split.repeats,
        split.folds,
        split.inner_folds,
        100.0 * spec.level,
        spec.unit
    );
    let mut rows = vec![row(["", "PR-AUC", "grouped", "F1", "MCC", "ROC-AUC"])];
    for (id, variant) in order(context, judgement) {
        let Some(p) = judgement.participant(&variant) else { continue };
        let cell = |metric| interval(p.validation[&metric]);
        let grouped = format!("{:.3}", p.grouped_pr_auc.value);
        rows.push(vec![
            marked(judgement, &id),
            cell(Metric::PrAuc),
            grouped,
            cell(Metric::F1),
            cell(Metric::Mcc),
            cell(Metric::RocAuc),
        ]);
    }
    text += &table(&rows);
    text
}

/// How far the winner is from what was aimed at. Targets are for real data.
fn targets(context: &Context, judgement: &Judgement) -> String {
    let winner = judgement.trained.finalists.iter().find(|f| f.id == judgement.trained.winner);
    let winner = winner.and_then(|f| judgement.participant(&f.variant));
    let (Some(winner), Origin::Real) = (winner, judgement.info.origin) else {
        return String::new();
    };
    let mut text = String::new();
    for (metric, target) in &context.pipeline.spec.targets {
        let reached = winner.validation[metric].value;
        let gap = if metric.rises() { target - reached } else { reached - target };
        let said = if gap <= 0.0 {
            format!("reached, {:.3} to spare", -gap)
        } else {
            format!("missed by {gap:.3}")
        };
        let _ = writeln!(
            text,
            "target for the winner's {} on validation rows: {target:.3}, {said} ({reached:.4})",
            metric.name()
        );
    }
    text
}

fn test(context: &Context, judgement: &Judgement) -> String {
    let spec = &context.pipeline.spec.judgement;
    let (n, failures) = judgement.test_size();
    let mut text = format!(
        "\nSealed test: {n} rows, {failures} failures, answered by the exported bundle; [{:.0} % bootstrap \
         interval by {}, {} resamples].\nF1 and MCC at the F1-optimal threshold of the inner folds; precision, \
         recall and cost (per 1,000 rows, a miss costs {}, a\nfalse alarm {}) at the cost-optimal one, which is \
         served. This test set has been opened {}.\n",
        100.0 * spec.level,
        spec.unit,
        spec.replicates,
        spec.miss_cost,
        spec.false_alarm_cost,
        judgement.opened()
    );
    let (mut scores, mut rest) = (
        vec![row(["", "PR-AUC", "F1", "MCC", "precision", "recall", "cost"])],
        vec![row(["", "ROC-AUC", "Brier", "ECE", "of ceiling", "fit s", "bundle kB"])],
    );
    let timings = timings(context, judgement);
    for (id, _) in order(context, judgement) {
        let Some(judged) = judgement.judged.get(&id) else {
            let finalist = judgement.trained.finalists.iter().find(|f| f.id == id);
            let why = finalist.and_then(|f| f.not_exported.as_ref()).map(ToString::to_string);
            scores.push(vec![marked(judgement, &id), why.unwrap_or_default()]);
            continue;
        };
        let cell = |metric: Metric| interval(judged.metrics[&metric]);
        let cost = judged.metrics[&Metric::Cost];
        scores.push(vec![
            marked(judgement, &id),
            cell(Metric::PrAuc),
            cell(Metric::F1),
            cell(Metric::Mcc),
            cell(Metric::Precision),
            cell(Metric::Recall),
            format!("{:.0} [{:.0}, {:.0}]", cost.value, cost.low, cost.high),
        ]);
        let small = |metric: Metric| {
            let Estimate { value, low, high } = judged.metrics[&metric];
            format!("{value:.4} [{low:.4}, {high:.4}]")
        };
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
        rest.push(vec![
            marked(judgement, &id),
            cell(Metric::RocAuc),
            small(Metric::Brier),
            small(Metric::Ece),
            or_dash(judgement.ceiling_share(context, &id).map(|s| format!("{:.1} %", 100.0 * s))),
            or_dash(timings.get(&id).map(|s| format!("{s:.2}"))),
            or_dash(
                judgement.bundles.get(&id).map(|b| format!("{:.0}", b.size_bytes as f64 / 1000.0)),
            ),
        ]);
    }
    text += &table(&scores);
    text.push('\n');
    text += &table(&rest);
    text
}

/// Rules that do better than what a recipe can know are said, not hidden.
fn beside(context: &Context, judgement: &Judgement) -> String {
    let mut text = String::new();
    for (name, recipe) in &context.pipeline.spec.recipes {
        let best = order(context, judgement).into_iter().find(|(id, _)| {
            judgement.trained.finalists.iter().any(|f| f.id == *id && f.recipe == *name)
        });
        let Some((best, variant)) = best else { continue };
        for baseline in &recipe.beside {
            let id = context.pipeline.baseline_id(baseline, name);
            let (Some(rules), Some(own)) =
                (judgement.participant(&id), judgement.participant(&variant))
            else {
                continue;
            };
            for metric in [Metric::F1, Metric::PrAuc] {
                let (theirs, ours) =
                    (rules.validation[&metric].value, own.validation[&metric].value);
                let better = if theirs > ours { "rules do better" } else { "rules do worse" };
                let _ = writeln!(
                    text,
                    "{better}: {} {theirs:.3} for {baseline}, {ours:.3} for {best} (validation rows)",
                    metric.name()
                );
            }
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

pub(crate) fn names(outcomes: &[NameOutcome]) -> String {
    let mut text = "\nRegistry:\n".to_owned();
    let mut rows = vec![row(["name", "verdict", "version", "@champion", "bundle"])];
    for outcome in outcomes {
        let version = |v: Option<gauntlet_core::Version>| {
            v.map_or_else(|| "-".to_owned(), |version| version.to_string())
        };
        let status = serde_json::to_value(outcome.status).unwrap_or_default();
        rows.push(vec![
            outcome.model.to_string(),
            outcome.verdict.decision.to_string(),
            format!("{} ({})", version(outcome.version), status.as_str().unwrap_or_default()),
            version(outcome.champion),
            outcome.digest.short(),
        ]);
    }
    text += &table(&rows);
    if let Some(winner) = outcomes.last() {
        let _ = writeln!(text, "\nThe gate on {}: {}", winner.model, winner.verdict.decision);
        for rule in &winner.verdict.rules {
            let _ = writeln!(text, "  {:7} {}: {}", rule.decision, rule.name, rule.reason);
        }
    }
    text
}

fn marked(judgement: &Judgement, id: &str) -> String {
    if *id == judgement.trained.winner { format!("* {id}") } else { format!("  {id}") }
}

fn interval(estimate: Estimate) -> String {
    estimate.to_string()
}

pub(crate) fn row<const N: usize>(cells: [&str; N]) -> Vec<String> {
    cells.map(str::to_owned).to_vec()
}

/// Columns as wide as their widest cell, two spaces between.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        let cells = rows.iter().filter(|row| row.len() == columns).map(|row| row[column].len());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let _ = writeln!(text, "{}", cells.join("  ").trim_end());
    }
    text
}
