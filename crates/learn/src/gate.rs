//! The gate: candidate, baselines, champion and policy in, a verdict with a reason per rule out.
//!
//! A pure function: everything it looks at is per-row scores that reports carry.

use std::collections::BTreeMap;

use gauntlet_core::{Decision, Rule, Verdict};

use crate::metrics::Metric;
use crate::{Bootstrap, TestScores};

/// What a candidate must satisfy.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// The metric that decides.
    pub primary: Metric,
    /// Baselines that it must beat in the primary metric, interval included.
    pub blocking: Vec<String>,
    /// A baseline whose F1 it must not fall significantly below.
    pub f1_not_below: Option<String>,
    /// How far the difference to the champion may reach below zero.
    pub tolerance: f64,
    /// Fewest positive sealed rows for which an interval can carry a promotion.
    pub minimum_events: usize,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

/// What is known of a candidate beside its scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// Rows on which the exported graph and the native model were compared, and the largest difference.
    pub parity: Parity,
    /// Columns whose leak findings were waived, with the written reason.
    pub waivers: BTreeMap<String, String>,
    /// Why the champion's scores flatter it, if they do.
    pub champion_caveat: Option<String>,
}

/// Native model against exported graph.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Parity {
    /// Rows compared.
    pub rows: usize,
    /// Largest difference of scores.
    pub largest: f64,
    /// Rows whose decision differs though the score is not within tolerance of the threshold.
    pub labels_differ: usize,
    /// Rows whose score lies within tolerance of the threshold.
    pub near_threshold: usize,
    /// The tolerance on scores.
    pub tolerance: f64,
}

impl Parity {
    /// Whether both agree.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.largest <= self.tolerance && self.labels_differ == 0
    }
}

/// Decides.
///
/// `baselines` hold scores of the same sealed rows; so does `champion`, which the caller judges again if
/// its split was another.
#[must_use]
pub fn decide(
    candidate: &TestScores,
    baselines: &BTreeMap<String, TestScores>,
    champion: Option<&TestScores>,
    evidence: &Evidence,
    policy: &Policy,
) -> Verdict {
    let mut rules = vec![parity(evidence), events(candidate, policy)];
    for name in &policy.blocking {
        rules.push(beats(name, candidate, baselines.get(name), policy));
    }
    if let Some(name) = &policy.f1_not_below {
        rules.push(f1_not_below(name, candidate, baselines.get(name), policy));
    }
    rules.extend(waived(evidence));
    rules.push(against_champion(candidate, champion, evidence, policy));
    Verdict::of(rules)
}

fn rule(name: impl Into<String>, decision: Decision, reason: String) -> Rule {
    Rule { name: name.into(), decision, reason }
}

fn parity(evidence: &Evidence) -> Rule {
    let Parity { rows, largest, labels_differ, near_threshold, tolerance } = evidence.parity;
    let decision = if evidence.parity.holds() { Decision::Promote } else { Decision::Reject };
    let reason = format!(
        "exported graph and native model on {rows} rows: largest difference {largest:.1e} \
         (tolerance {tolerance:.0e}), {labels_differ} decisions differ, {near_threshold} scores lie \
         within the tolerance of the threshold"
    );
    rule("parity", decision, reason)
}

fn events(candidate: &TestScores, policy: &Policy) -> Rule {
    let events = candidate.label.iter().filter(|y| **y).count();
    let enough = events >= policy.minimum_events;
    let decision = if enough { Decision::Promote } else { Decision::Hold };
    let least = policy.minimum_events;
    rule("events", decision, format!("n = {events} failures among sealed rows, {least} needed"))
}

fn beats(
    name: &str,
    candidate: &TestScores,
    baseline: Option<&TestScores>,
    policy: &Policy,
) -> Rule {
    let rule_name = format!("beats_{name}");
    let Some(baseline) = comparable(candidate, baseline) else {
        return rule(rule_name, Decision::Reject, format!("no scores of `{name}` on these rows"));
    };
    let difference = candidate.paired_difference(baseline, policy.primary, &policy.bootstrap);
    let beaten =
        if policy.primary.rises() { difference.is_above(0.0) } else { difference.is_below(0.0) };
    let decision = if beaten { Decision::Promote } else { Decision::Reject };
    let metric = policy.primary.name();
    rule(rule_name, decision, format!("{metric} minus that of `{name}`: {difference}"))
}

fn f1_not_below(
    name: &str,
    candidate: &TestScores,
    baseline: Option<&TestScores>,
    policy: &Policy,
) -> Rule {
    let rule_name = format!("f1_not_below_{name}");
    let Some(baseline) = comparable(candidate, baseline) else {
        return rule(rule_name, Decision::Reject, format!("no scores of `{name}` on these rows"));
    };
    let difference = candidate.paired_difference(baseline, Metric::F1, &policy.bootstrap);
    let decision = if difference.is_below(0.0) { Decision::Reject } else { Decision::Promote };
    rule(rule_name, decision, format!("f1 minus that of `{name}`: {difference}"))
}

pub(crate) fn waived(evidence: &Evidence) -> Option<Rule> {
    if evidence.waivers.is_empty() {
        return None;
    }
    let waived: Vec<String> =
        evidence.waivers.iter().map(|(column, why)| format!("`{column}` ({why})")).collect();
    let reason = format!("leak findings were waived, so a person decides: {}", waived.join(", "));
    Some(rule("waivers", Decision::Hold, reason))
}

fn against_champion(
    candidate: &TestScores,
    champion: Option<&TestScores>,
    evidence: &Evidence,
    policy: &Policy,
) -> Rule {
    let Some(champion) = champion else {
        return rule("champion", Decision::Promote, "there is no champion yet".to_owned());
    };
    let Some(champion) = comparable(candidate, Some(champion)) else {
        let reason = "the champion's scores are of other rows".to_owned();
        return rule("champion", Decision::Hold, reason);
    };
    let difference = candidate.paired_difference(champion, policy.primary, &policy.bootstrap);
    let gain = |x: f64| if policy.primary.rises() { x } else { -x };
    let worst = gain(difference.low).min(gain(difference.high));
    let better = gain(difference.value) > 0.0 && worst >= -policy.tolerance;
    let decision = if better { Decision::Promote } else { Decision::Hold };
    let caveat = evidence.champion_caveat.as_deref().map(|c| format!("; {c}")).unwrap_or_default();
    let reason = format!(
        "{} minus the champion's: {difference}, may reach {:.3} below{caveat}",
        policy.primary.name(),
        policy.tolerance
    );
    rule("champion", decision, reason)
}

fn comparable<'a>(candidate: &TestScores, other: Option<&'a TestScores>) -> Option<&'a TestScores> {
    other.filter(|other| candidate.same_rows(other))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Costs;
    use gauntlet_core::Seed;

    fn policy() -> Policy {
        Policy {
            primary: Metric::PrAuc,
            blocking: vec!["majority".into()],
            f1_not_below: None,
            tolerance: 0.02,
            minimum_events: 10,
            bootstrap: Bootstrap {
                replicates: 300,
                level: 0.95,
                seed: Seed(2),
                costs: Costs { miss: 25.0, false_alarm: 1.0 },
            },
        }
    }

    fn evidence() -> Evidence {
        let parity =
            Parity { rows: 1, largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance: 1e-6 };
        Evidence { parity, waivers: BTreeMap::new(), champion_caveat: None }
    }

    /// Scores whose top `wrong` are false alarms.
    fn scores(wrong: usize) -> TestScores {
        let label: Vec<bool> = (0..300).map(|i| i % 6 == 0).collect();
        let mut alarms = wrong;
        let score = label
            .iter()
            .map(|&y| {
                let raised = !y && alarms > 0;
                alarms -= usize::from(raised);
                if raised { 0.95 } else { 0.1 + 0.7 * f32::from(u8::from(y)) }
            })
            .collect();
        TestScores {
            row: (0..300).collect(),
            group: (0..300).collect(),
            label,
            score,
            f1_threshold: 0.5,
            cost_threshold: 0.5,
        }
    }

    fn constant() -> TestScores {
        TestScores { score: vec![0.1; 300], ..scores(0) }
    }

    fn decide_with(candidate: &TestScores, champion: Option<&TestScores>) -> Verdict {
        let baselines = BTreeMap::from([("majority".to_owned(), constant())]);
        decide(candidate, &baselines, champion, &evidence(), &policy())
    }

    #[test]
    fn promotes_the_first_model_that_beats_its_baselines() {
        assert_eq!(decide_with(&scores(5), None).decision, Decision::Promote);
    }

    #[test]
    fn rejects_what_does_not_beat_them() {
        let verdict = decide_with(&constant(), None);
        assert_eq!(verdict.decision, Decision::Reject);
        assert!(
            verdict
                .rules
                .iter()
                .any(|r| r.name == "beats_majority" && r.decision == Decision::Reject)
        );
    }

    #[test]
    fn a_baseline_without_scores_blocks() {
        let mut policy = policy();
        policy.blocking.push("physics".into());
        let baselines = BTreeMap::from([("majority".to_owned(), constant())]);
        let verdict = decide(&scores(0), &baselines, None, &evidence(), &policy);
        assert_eq!(verdict.decision, Decision::Reject);
    }

    #[test]
    fn holds_what_is_no_better_than_the_champion() {
        assert_eq!(decide_with(&scores(5), Some(&scores(5))).decision, Decision::Hold);
        assert_eq!(decide_with(&scores(60), Some(&scores(5))).decision, Decision::Hold);
        assert_eq!(decide_with(&scores(5), Some(&scores(60))).decision, Decision::Promote);
    }

    #[test]
    fn significantly_less_f1_than_the_rules_is_rejected_and_a_little_less_is_not() {
        let mut policy = policy();
        policy.f1_not_below = Some("rules".into());
        let baselines =
            BTreeMap::from([("majority".to_owned(), constant()), ("rules".to_owned(), scores(0))]);
        let decide = |c: &TestScores| decide(c, &baselines, None, &evidence(), &policy).decision;
        assert_eq!(decide(&scores(40)), Decision::Reject);
        assert_eq!(decide(&scores(0)), Decision::Promote);
    }

    #[test]
    fn a_waived_leak_is_at_most_held_and_broken_parity_rejected() {
        let baselines = BTreeMap::from([("majority".to_owned(), constant())]);
        let mut leaky = evidence();
        leaky.waivers.insert("HDF".into(), "known".into());
        let verdict = decide(&scores(0), &baselines, None, &leaky, &policy());
        assert_eq!(verdict.decision, Decision::Hold);
        let mut broken = evidence();
        broken.parity.labels_differ = 1;
        let verdict = decide(&scores(0), &baselines, None, &broken, &policy());
        assert_eq!(verdict.decision, Decision::Reject);
    }

    #[test]
    fn few_events_are_held() {
        let policy = Policy { minimum_events: 51, ..policy() };
        let baselines = BTreeMap::from([("majority".to_owned(), constant())]);
        let verdict = decide(&scores(0), &baselines, None, &evidence(), &policy);
        assert_eq!(verdict.decision, Decision::Hold);
        assert!(verdict.rules[1].reason.contains("n = 50"));
    }
}
