//! `card.md`: what a reader has to know before using the winner.

use std::fmt::Write as _;

use gauntlet_core::Origin;
use gauntlet_data::events::show_time;

use super::Ran;
use super::spec::EventsSpec;
use super::text::duration;
use super::tournament::Judged;

/// The card in Markdown.
pub(super) fn card(ran: &Ran, spec: &EventsSpec) -> String {
    let mut card = format!("# {}\n\n", ran.title);
    if ran.origin == Origin::Simulated {
        card += "> **Simulated data.** Every number here describes the simulator, not a real machine.\n\n";
    }
    let alarm = spec.alarm;
    let rest =
        alarm.refractory.map_or("it stays".to_owned(), |rest| format!("then {rest} of rest"));
    let _ = writeln!(
        card,
        "Judged by event: a failure is announced by an alarm within {} h before it, every other alarm while the \
         machine runs is false. The contender that came first on the failures before the tests is **{}**. An alarm takes \
         {} of {} decisions ({} apart) at or above the threshold, {rest}.\n",
        spec.judgement.horizon_h,
        ran.winner,
        alarm.needed,
        alarm.window,
        duration(ran.decision_s),
    );
    card += "![alarms](plots/alarms.svg)\n";
    for detection in
        ran.participant(&ran.winner).and_then(Judged::figures).iter().flat_map(|f| &f.detections)
    {
        let number = detection.failure + 1;
        let at = show_time(ran.failures[detection.failure].at_ms);
        let _ = writeln!(card, "![failure {number} at {at}](plots/failure_{number}.svg)");
    }
    card += "\n## What it was made from\n\n";
    let mut facts = vec![
        ("dataset", format!("{} ({} data)", ran.dataset, ran.origin)),
        ("dataset digest", ran.dataset_digest.to_string()),
        ("tests", ran.split.to_string()),
        ("pipeline", ran.pipeline.to_string()),
        ("seed", ran.seed.to_string()),
    ];
    if let Some(bundle) = ran.bundles.get(&ran.winner) {
        facts.push(("bundle", format!("{} ({} bytes)", bundle.digest, bundle.size_bytes)));
        facts.push(("threshold", bundle.operation.threshold.to_string()));
    }
    for (key, value) in facts {
        let _ = writeln!(card, "- {key}: `{value}`");
    }
    card += "\n## Limits\n\n";
    for note in &ran.notes {
        let _ = writeln!(card, "- {note}.");
    }
    for (finding, reason) in ran.guard.waived() {
        let _ = writeln!(
            card,
            "- A leak finding was waived for {}: {reason}.",
            finding.columns.join(", ")
        );
    }
    card += "- The registered detector is fitted on all rows; its figures are those of detectors that were fitted on \
             what came before each test.\n";
    let _ = writeln!(
        card,
        "\n## The whole table\n\n```\n{}{}{}{}```",
        ran.summary().trim_start(),
        ran.each_failure(),
        ran.ceiling(),
        ran.curve()
    );
    card
}
