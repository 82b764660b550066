//! `card.md`: the model card of the winner, with the figures a reader has to know before using it.

use std::fmt::Write as _;

use anyhow::{Context as _, Result};
use gauntlet_core::Origin;
use gauntlet_learn::metrics::Metric;

use super::text::text;
use crate::stages::Context;
use crate::stages::judge::Judgement;
use crate::stages::register::NameOutcome;

/// The card in Markdown.
pub(super) fn card(
    context: &Context,
    judgement: &Judgement,
    outcomes: Option<&[NameOutcome]>,
) -> Result<String> {
    let (spec, info) = (&context.pipeline.spec, &judgement.info);
    let winner = &judgement.trained.winner;
    let judged = judgement.judged.get(winner).context("the winner was not judged")?;
    let finalist = judgement.trained.finalists.iter().find(|f| f.id == *winner);
    let finalist = finalist.context("the winner is no finalist")?;
    let bundle = &judgement.bundles[winner];
    let (test_rows, failures) = judgement.test_size();
    let mut card = format!("# {}\n\n", spec.title);
    if info.origin == Origin::Simulated {
        card += "> **Simulated data.** Every number here describes the simulator, not a real machine.\n\n";
    }
    let _ = writeln!(
        card,
        "The best contender on validation rows is **{winner}**. Bundle `{}` ({} bytes).\n",
        bundle.digest, bundle.size_bytes
    );
    card += "## Sealed test\n\n| metric | value | interval |\n| --- | --- | --- |\n";
    for metric in Metric::ALL {
        let estimate = judged.metrics[&metric];
        let _ = writeln!(
            card,
            "| {} | {:.4} | {:.4} to {:.4} |",
            metric.name(),
            estimate.value,
            estimate.low,
            estimate.high
        );
    }
    let _ = writeln!(
        card,
        "\n{test_rows} rows, {failures} failures; {:.0} % bootstrap intervals by {} ({} resamples). \
         `f1` and `mcc` are taken at the F1-optimal threshold {:.5}, `precision`, `recall` and `cost` at the \
         cost-optimal one, {:.5}, which is served; both were chosen on inner folds. This test set has been \
         opened {}.\n",
        100.0 * spec.judgement.level,
        spec.judgement.unit,
        spec.judgement.replicates,
        judged.scores.f1_threshold,
        judged.scores.cost_threshold,
        judgement.opened()
    );
    card += "![precision-recall curves](plots/pr_curve.svg)\n";
    card += "![contenders](plots/contenders.svg)\n";
    card += "![reliability](plots/reliability.svg)\n";
    card += "![confusion](plots/confusion.svg)\n\n";
    card += "## What it was made from\n\n";
    for (key, value) in [
        ("dataset", format!("{} ({} data)", info.dataset, info.origin)),
        ("dataset digest", info.digest.to_string()),
        ("split", info.split.to_string()),
        ("pipeline", info.pipeline.to_string()),
        ("seed", info.seed.0.to_string()),
        ("kind", finalist.kind.clone()),
        ("recipe", finalist.recipe.clone()),
        ("hyperparameters", finalist.hyperparameters.to_string()),
    ] {
        let _ = writeln!(card, "- {key}: `{value}`");
    }
    card += "\n## Limits\n\n";
    for line in limits(context, judgement) {
        let _ = writeln!(card, "- {line}");
    }
    let _ =
        writeln!(card, "\n## The whole table\n\n```\n{}\n```", text(context, judgement, outcomes)?);
    Ok(card)
}

fn limits(context: &Context, judgement: &Judgement) -> Vec<String> {
    let mut lines: Vec<String> = judgement.info.notes.iter().map(|n| format!("{n}.")).collect();
    for (finding, reason) in judgement.info.guard.waived() {
        lines.push(format!(
            "A leak finding was waived for {}: {}. Reason given: {reason}.",
            finding.columns.join(", "),
            finding.evidence
        ));
    }
    if let (Some(ceiling), Some(name)) =
        (judgement.ceiling, &context.pipeline.spec.judgement.ceiling)
    {
        lines.push(format!(
            "`{name}` reaches F1 {ceiling:.4} on all rows: no honest model exceeds it by much."
        ));
    }
    lines.push(format!(
        "{} test rows have an exact twin among training rows.",
        judgement.info.duplicates
    ));
    let shuffle = judgement.trained.shuffle;
    lines.push(format!(
        "On shuffled labels the protocol finds ROC-AUC {:.3} (chance: 0.5, standard error {:.3}).",
        shuffle.roc_auc, shuffle.standard_error
    ));
    lines
}
