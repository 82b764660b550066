//! The gate of detectors for sound: scores of the same test clips in, a verdict with a reason per rule out.

use std::collections::BTreeMap;

use gauntlet_core::{Decision, Rule, Verdict};

use super::{Measure, Protocol, ScoredTask, paired_difference};
use crate::gate::{Evidence, waived};

/// What is known of a candidate beside its scores.
#[derive(Debug, Clone, Copy)]
pub struct SoundEvidence<'a> {
    /// Native model against exported graph, waivers, and what flatters the champion.
    pub evidence: &'a Evidence,
    /// The baselines' scores of the same clips, by name.
    pub baselines: &'a BTreeMap<String, Vec<ScoredTask>>,
    /// The champion's scores of the same clips, if there is one.
    pub champion: Option<&'a [ScoredTask]>,
}

/// What a candidate must satisfy. The mean AUC over tasks decides.
#[derive(Debug, Clone, PartialEq)]
pub struct SoundPolicy {
    /// Baselines that it must beat, interval included.
    pub blocking: Vec<String>,
    /// How far below the champion's mean AUC the interval of the difference may reach.
    pub tolerance: f64,
    /// Fewest normal, and fewest abnormal, test clips of each task.
    pub least_clips: usize,
    /// How intervals are made.
    pub protocol: Protocol,
}

impl SoundPolicy {
    /// `energy` and `constant` block, the champion's mean may be missed by 0.01, and each task has 20 clips
    /// of either kind.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        let blocking = ["energy", "constant"].map(str::to_owned).to_vec();
        Self { blocking, tolerance: 0.01, least_clips: 20, protocol }
    }
}

/// Decides: the exported graph agrees, every task has enough clips, every blocking baseline is beaten in the
/// mean AUC over tasks with its whole interval, and the champion is not missed.
#[must_use]
pub fn decide_sound(
    candidate: &[ScoredTask],
    evidence: &SoundEvidence<'_>,
    policy: &SoundPolicy,
) -> Verdict {
    let mut rules = vec![parity(evidence.evidence), clips(candidate, policy)];
    for name in &policy.blocking {
        rules.push(beats(name, candidate, evidence.baselines.get(name), policy));
    }
    rules.extend(waived(evidence.evidence));
    rules.push(against_champion(candidate, evidence, policy));
    Verdict::of(rules)
}

fn rule(name: impl Into<String>, decision: Decision, reason: String) -> Rule {
    Rule { name: name.into(), decision, reason }
}

fn parity(evidence: &Evidence) -> Rule {
    let parity = evidence.parity;
    let decision = if parity.holds() { Decision::Promote } else { Decision::Reject };
    let reason = format!(
        "exported graph and native model on {} rows: largest difference {:.1e} (tolerance {:.0e}), {} \
         alarms differ",
        parity.rows, parity.largest, parity.tolerance, parity.labels_differ
    );
    rule("parity", decision, reason)
}

fn clips(candidate: &[ScoredTask], policy: &SoundPolicy) -> Rule {
    let least = policy.least_clips;
    let counts = |task: &ScoredTask| {
        let (normals, abnormals) = task.counts();
        (normals.min(abnormals), normals, abnormals)
    };
    let fewest = candidate.iter().min_by_key(|task| counts(task));
    let Some(task) = fewest else {
        return rule("clips", Decision::Reject, "there are no test clips".to_owned());
    };
    let (enough, normals, abnormals) = counts(task);
    let decision = if enough >= least { Decision::Promote } else { Decision::Hold };
    let reason = format!(
        "{} tasks, the fewest test clips of {}: {normals} normal and {abnormals} abnormal, {least} of each \
         needed",
        candidate.len(),
        task.place
    );
    rule("clips", decision, reason)
}

fn beats(
    name: &str,
    candidate: &[ScoredTask],
    baseline: Option<&Vec<ScoredTask>>,
    policy: &SoundPolicy,
) -> Rule {
    let rule_name = format!("beats_{name}");
    let Some(baseline) = baseline else {
        return rule(rule_name, Decision::Reject, format!("no scores of `{name}`"));
    };
    match paired_difference(candidate, baseline, Measure::Auc, &policy.protocol) {
        Err(error) => rule(rule_name, Decision::Reject, error.to_string()),
        Ok(difference) => {
            let estimate = difference.interval.estimate;
            let beaten = estimate.is_above(0.0);
            let decision = if beaten { Decision::Promote } else { Decision::Reject };
            let (better, tasks) = (difference.better, difference.tasks);
            let reason = format!(
                "mean AUC minus that of `{name}`: {estimate}, higher on {better} of {tasks} tasks"
            );
            rule(rule_name, decision, reason)
        }
    }
}

fn against_champion(
    candidate: &[ScoredTask],
    evidence: &SoundEvidence<'_>,
    policy: &SoundPolicy,
) -> Rule {
    let Some(champion) = evidence.champion else {
        return rule("champion", Decision::Promote, "there is no champion yet".to_owned());
    };
    match paired_difference(candidate, champion, Measure::Auc, &policy.protocol) {
        Err(error) => rule("champion", Decision::Hold, error.to_string()),
        Ok(difference) => {
            let (estimate, tolerance) = (difference.interval.estimate, policy.tolerance);
            let better = estimate.value > 0.0 && estimate.low >= -tolerance;
            let decision = if better { Decision::Promote } else { Decision::Hold };
            let caveat = evidence.evidence.champion_caveat.as_deref();
            let caveat = caveat.map(|c| format!("; {c}")).unwrap_or_default();
            let reason = format!(
                "mean AUC minus the champion's: {estimate}, may reach {tolerance:.3} below{caveat}"
            );
            rule("champion", decision, reason)
        }
    }
}
