//! The table that a run prints, and the card.

use std::fmt::Write as _;

use gauntlet_core::Estimate;
use gauntlet_learn::condition::{BearingOutcome, OnsetJudgement};
use gauntlet_learn::rul::{Measure, RulJudgement, SELECTED};

use super::faults::NamedFault;
use super::judge::Judgement;
use crate::report::{names, row, table};
use crate::stages::register::NameOutcome;

/// The report as text.
pub(super) fn text(judgement: &Judgement, outcomes: Option<&[NameOutcome]>) -> String {
    let mut text = judgement.made.head("sealed hours");
    text += &summary(judgement);
    for participant in &judgement.participants {
        let _ = writeln!(text, "\n{} (threshold {}):", participant.id, participant.threshold);
        text += &bearings(&participant.judged.bearings);
    }
    if let Some(participant) = judgement.participants.first() {
        text += &faults(&participant.faults);
    }
    if let Some(remaining) = &judgement.remaining {
        text += &life(&remaining.judgement);
    }
    if let Some(outcomes) = outcomes {
        text += &names(outcomes);
    }
    text.trim_end().to_owned()
}

/// `card.md`.
pub(super) fn card(judgement: &Judgement, outcomes: &[NameOutcome]) -> String {
    let mut card = judgement.made.card_head();
    card += "Judged by event: a failed bearing is found once, by an alarm between the known onset (where somebody \
             knows it) and its end; an alarm on a bearing that survived is a false one. Every participant has the \
             same alarm policy.\n\n";
    if judgement.remaining.is_some() {
        card += "![remaining life](plots/remaining_life.svg)\n";
    }
    card += "![health indicator](plots/health_indicator.svg)\n";
    for participant in judgement.participants.iter().skip(1) {
        let _ = writeln!(card, "![{0}](plots/{0}.svg)", participant.id);
    }
    card += "![envelope spectrum](plots/envelope_spectrum.svg)\n\n";
    card += &judgement.made.card_sections();
    card += "- Nothing of these hours was fitted or chosen on; thresholds come from the pipeline file or from the \
             first hours.\n";
    let _ = writeln!(card, "\n## The whole table\n\n```\n{}\n```", text(judgement, Some(outcomes)));
    card
}

fn summary(judgement: &Judgement) -> String {
    let mut rows = vec![row([
        "participant",
        "failures found",
        "95 % interval",
        "false alarms",
        "per bearing-month",
        "median lead h",
    ])];
    let contenders = judgement.participants.iter().map(|p| (p.id.clone(), &p.judged));
    let baselines = judgement.baselines.iter().map(|(name, j)| (format!("{name} (baseline)"), j));
    for (name, judged) in contenders.chain(baselines) {
        rows.push(vec![
            name,
            format!("{} of {}", judged.found, judged.failures),
            share(judged.found_share),
            format!("{} on {} bearings", judged.false_alarms, judged.bearings.len()),
            rate(judged),
            format!("{:.1}", judged.median_lead_hours),
        ]);
    }
    format!("\n{}", table(&rows))
}

fn share(estimate: Option<Estimate>) -> String {
    estimate.map_or_else(|| "-".to_owned(), |e| format!("{:.2} to {:.2}", e.low, e.high))
}

fn rate(judged: &OnsetJudgement) -> String {
    if judged.bearing_months > 0.0 {
        format!("{:.2} in {:.1} months", judged.false_alarms_per_month, judged.bearing_months)
    } else {
        "-".to_owned()
    }
}

fn bearings(outcomes: &[BearingOutcome]) -> String {
    let mut rows =
        vec![row(["  run", "bearing", "end", "alarm at h", "snapshot", "lead h", "delay h", ""])];
    for outcome in outcomes {
        let number =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:.1}"));
        let verdict = match (&outcome.alarm, outcome.bearing.failed, outcome.false_alarm) {
            (Some(_), _, true) => "FALSE ALARM",
            (Some(_), true, false) => "found",
            (None, true, _) => "MISSED",
            _ => "",
        };
        rows.push(vec![
            format!("  {}", outcome.bearing.run),
            outcome.bearing.name.clone(),
            if outcome.bearing.failed { "failed" } else { "survived" }.to_owned(),
            number(outcome.alarm.as_ref().map(|alarm| alarm.hours)),
            outcome.alarm.as_ref().map_or_else(|| "-".to_owned(), |a| a.file.clone()),
            number(outcome.lead_hours),
            number(outcome.delay_hours),
            verdict.to_owned(),
        ]);
    }
    table(&rows)
}

/// Remaining life, bearing by bearing left out: means over bearings with bootstrap intervals over bearings.
fn life(judgement: &RulJudgement) -> String {
    let mut text = String::new();
    let comparisons = [
        ("after the indicator's alarm (missed: the median life)", Some(&judgement.onset)),
        (
            "from the known onset, for comparison: nobody knows it at the time",
            judgement.common.as_ref(),
        ),
    ];
    for (what, comparison) in comparisons {
        let Some(comparison) = comparison else { continue };
        let mut rows = vec![row([
            "  participant",
            "nRMSE",
            "interval",
            "MAE min",
            "CRA",
            "alpha-lambda",
            "PHM score",
            "coverage",
            "width min",
        ])];
        for (name, participant) in &comparison.participants {
            let of = |measure: Measure| {
                let mean = participant.mean(measure);
                if mean.is_finite() { format!("{mean:.3}") } else { "-".to_owned() }
            };
            let interval = participant.means.get(&Measure::Nrmse).map(|i| i.estimate);
            rows.push(vec![
                format!("  {name}"),
                of(Measure::Nrmse),
                share(interval),
                of(Measure::MaeMinutes),
                of(Measure::Cra),
                of(Measure::AlphaLambda),
                of(Measure::Phm),
                of(Measure::Coverage),
                of(Measure::WidthMinutes),
            ]);
        }
        let bearings = comparison.participants.values().next().map_or(0, |p| p.scores.len());
        let _ = write!(
            text,
            "\nRemaining life {what}, {bearings} bearings, each left out once:\n{}  `{SELECTED}`: chosen inside the training bearings, without selection; exported: `{}`\n",
            table(&rows),
            comparison.winner
        );
    }
    text
}

fn faults(faults: &[NamedFault]) -> String {
    if faults.is_empty() {
        return String::new();
    }
    let mut rows =
        vec![row(["  run", "bearing", "found damaged", "named at alarm", "named at end"])];
    for named in faults {
        let said = |of: &Option<gauntlet_learn::condition::Named>| {
            of.as_ref().map_or_else(
                || "-".to_owned(),
                |n| {
                    let mark = if named.is_right(Some(n)) { "right" } else { "WRONG" };
                    format!("{} x{:.1} {mark}", n.fault, n.factor)
                },
            )
        };
        rows.push(vec![
            format!("  {}", named.run),
            named.bearing.clone(),
            named.known.join(", "),
            said(&named.at_alarm),
            said(&named.at_end),
        ]);
    }
    format!("\nFaults named by the growth of envelope bands:\n{}", table(&rows))
}
