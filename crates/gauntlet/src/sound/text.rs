//! The table that a run prints, and the card.

use std::fmt::Write as _;

use gauntlet_core::Estimate;
use gauntlet_learn::sound::{Ground, Origin as SplitOrigin, SoundJudgement, TaskJudgement};

use super::judge::{Judgement, MachineJudgement};
use super::spec::Published;
use crate::report::{names, row, table};
use crate::stages::register::NameOutcome;

/// The report as text.
pub(super) fn text(
    judgement: &Judgement,
    outcomes: Option<&[NameOutcome]>,
    published: Option<&Published>,
) -> String {
    let mut text = head(judgement);
    text += &overall(judgement);
    for of in &judgement.machines {
        text += &machine(of, published);
    }
    if let Some(published) = published {
        let _ = writeln!(text, "\npublished: {}; for comparison only", published.source);
    }
    if let Some(outcomes) = outcomes {
        text += &names(outcomes);
    }
    text.trim_end().to_owned()
}

/// `card.md`.
pub(super) fn card(
    judgement: &Judgement,
    outcomes: &[NameOutcome],
    published: Option<&Published>,
) -> String {
    let mut card = judgement.made.card_head();
    card += "Detectors learned from normal clips only, one for each machine under each ratio of signal to noise. \
             Scores are the bundle's own, 1 being the alarm threshold of the clip's machine.\n\n";
    for of in &judgement.machines {
        let _ = writeln!(card, "![ROC, {0}](plots/roc_{0}.svg)", of.machine);
        let _ = writeln!(card, "![scores, {0}](plots/scores_{0}.svg)", of.machine);
        if judgement.heard {
            let _ = writeln!(card, "![log-mel, {0}](plots/log_mel_{0}.svg)", of.machine);
        }
    }
    card += "\n";
    card += &judgement.made.card_sections();
    card += "- The registered contender was named in the pipeline file beforehand; the summary of clips was chosen on \
             training clips. No test clip was fitted or chosen on.\n\
             - Abnormal clips of a machine come from few sessions, so intervals that draw recordings are narrow where \
             sessions are not known.\n";
    let whole = text(judgement, Some(outcomes), published);
    let _ = writeln!(card, "\n## The whole table\n\n```\n{whole}\n```");
    card
}

fn head(judgement: &Judgement) -> String {
    let mut text = judgement.made.head("sealed clips");
    for split in judgement.splits.iter().filter(|s| s.origin == SplitOrigin::Capped) {
        let _ = writeln!(
            text,
            "note: {} {}: {} normal recordings are judged on, fewer than its {} abnormal ones, so that half remain \
             to learn from",
            split.machine, split.id, split.test_normal, split.test_abnormal
        );
    }
    text
}

fn overall(judgement: &Judgement) -> String {
    let mut rows = vec![row([
        "contender",
        "ratio",
        "tasks",
        "mean AUC",
        "95 % interval",
        "mean pAUC",
        "worst AUC",
        "of",
    ])];
    let mut listed: Vec<&str> = Vec::new();
    for of in &judgement.machines {
        let ids = of.participants.iter().map(|p| p.id.as_str());
        for id in ids.chain(of.baselines.keys().map(String::as_str)) {
            if listed.contains(&id) {
                continue;
            }
            listed.push(id);
            let Some(judged) = judgement.overall.get(id) else { continue };
            let is_baseline = of.baselines.contains_key(id);
            let name = if is_baseline { format!("{id} (baseline)") } else { id.to_owned() };
            rows.extend(summaries(&name, judged));
        }
    }
    format!("\nmeans over machines and ratios, each counting the same\n{}", table(&rows))
}

fn summaries(name: &str, judged: &SoundJudgement) -> Vec<Vec<String>> {
    let of = |summary: &gauntlet_learn::sound::Summary| {
        let ratio = match summary.snr.as_deref() {
            None => "all",
            Some("") => "-",
            Some(snr) => snr,
        };
        vec![
            name.to_owned(),
            ratio.to_owned(),
            summary.tasks.to_string(),
            format!("{:.3}", summary.auc.estimate.value),
            ends(&summary.auc.estimate),
            format!("{:.3}", summary.partial_auc.estimate.value),
            format!("{:.3}", summary.worst.auc.estimate.value),
            summary.worst.place.to_string(),
        ]
    };
    judged.summaries.iter().map(of).collect()
}

fn machine(of: &MachineJudgement, published: Option<&Published>) -> String {
    let why = match of.choice.ground {
        Ground::OtherMachines => {
            let areas: Vec<String> =
                of.choice.areas.iter().map(|(name, area)| format!("{name} {area:.3}")).collect();
            format!("tells its training clips from other machines' best: {}", areas.join(", "))
        }
        Ground::FirstDeclared => "the first declared: there is nothing to compare with".to_owned(),
    };
    let mut text = format!("\n{}: summary `{}` ({why})\n", of.machine, of.choice.name);
    let Some(winner) = of.participants.first() else { return text };
    let mut head = row(["  machine", "normal", "abnormal"]);
    head.extend(of.participants.iter().map(|p| p.id.clone()));
    head.extend(of.baselines.keys().cloned());
    if published.is_some() {
        head.push("published AE".to_owned());
    }
    head.extend(row(["95 % of the first", "pAUC", "false alarms", "found"]));
    let mut rows = vec![head];
    for (at, task) in winner.judged.tasks.iter().enumerate() {
        let place = &task.place;
        let mut cells = vec![
            format!("  {} {}", place.id, place.snr).trim_end().to_owned(),
            task.normals.to_string(),
            task.abnormals.to_string(),
        ];
        let judged = of.participants.iter().map(|p| &p.judged).chain(of.baselines.values());
        cells.extend(judged.map(|j| format!("{:.3}", j.tasks[at].auc.estimate.value)));
        if let Some(published) = published {
            let ids = published.auc.get(&place.machine);
            let area = ids.and_then(|ids| ids.get(&place.id)?.get(&place.snr));
            cells.push(area.map_or_else(|| "-".to_owned(), |area| format!("{area:.3}")));
        }
        cells.push(ends(&task.auc.estimate));
        cells.push(format!("{:.3}", task.partial_auc.estimate.value));
        cells.extend(rates(task));
        rows.push(cells);
    }
    text += &table(&rows);
    text
}

fn rates(task: &TaskJudgement) -> [String; 2] {
    let share = |estimate: &Estimate| format!("{:.0} %", estimate.value * 100.0);
    match &task.alarms {
        Some(alarms) => [share(&alarms.false_alarms.estimate), share(&alarms.detections.estimate)],
        None => ["-".to_owned(), "-".to_owned()],
    }
}

fn ends(estimate: &Estimate) -> String {
    format!("{:.3} to {:.3}", estimate.low, estimate.high)
}
