//! The gate of onset detectors: few events, so no interval can carry a promotion and dominance must.

use std::collections::BTreeMap;

use gauntlet_core::{Decision, Origin, Rule, Verdict};

use super::OnsetJudgement;
use crate::gate::Parity;

/// What is known of a candidate beside its judgement.
#[derive(Debug, Clone)]
pub struct OnsetEvidence<'a> {
    /// Real or simulated.
    pub origin: Origin,
    /// Native model against exported graph.
    pub parity: Parity,
    /// Baselines it must dominate.
    pub baselines: &'a BTreeMap<String, OnsetJudgement>,
    /// The champion on the same bearings, if there is one.
    pub champion: Option<&'a OnsetJudgement>,
    /// Fewest failures from which on real data may promote.
    pub minimum_events: usize,
}

/// Decides: the exported graph agrees, some failure is found, every baseline and the champion are dominated (no
/// fewer failures found and no more false alarms, and one of the two, or else the sum of leads, strictly better).
#[must_use]
pub fn decide_onset(candidate: &OnsetJudgement, evidence: &OnsetEvidence<'_>) -> Verdict {
    let mut rules = vec![parity(&evidence.parity), finds(candidate)];
    for (name, baseline) in evidence.baselines {
        rules.push(rule(
            &format!("beats_{name}"),
            dominates(candidate, baseline),
            Decision::Reject,
            compare(candidate, name, baseline),
        ));
    }
    if let Some(champion) = evidence.champion {
        rules.push(rule(
            "beats_champion",
            dominates(candidate, champion),
            Decision::Hold,
            compare(candidate, "the champion", champion),
        ));
    }
    let n = candidate.failures;
    let enough = evidence.origin == Origin::Simulated || n >= evidence.minimum_events;
    let reason = match evidence.origin {
        Origin::Simulated => format!("n = {n} simulated failures, dominance decides"),
        Origin::Real if enough => format!("n = {n} failures"),
        Origin::Real => format!(
            "n = {n}, below {} failures no interval can carry a promotion: a person promotes, with a reason",
            evidence.minimum_events
        ),
    };
    rules.push(rule("enough_events", enough, Decision::Hold, reason));
    Verdict::of(rules)
}

fn rule(name: &str, holds: bool, otherwise: Decision, reason: String) -> Rule {
    let decision = if holds { Decision::Promote } else { otherwise };
    Rule { name: name.to_owned(), decision, reason }
}

fn parity(parity: &Parity) -> Rule {
    let reason = format!(
        "graph and native model: {} rows, largest difference {:.1e}, {} labels differ",
        parity.rows, parity.largest, parity.labels_differ
    );
    rule("parity", parity.holds(), Decision::Reject, reason)
}

fn finds(candidate: &OnsetJudgement) -> Rule {
    let reason = format!("finds {} of {} failures", candidate.found, candidate.failures);
    rule("finds_failures", candidate.found > 0, Decision::Reject, reason)
}

fn dominates(candidate: &OnsetJudgement, other: &OnsetJudgement) -> bool {
    let better = candidate.found > other.found
        || candidate.false_alarms < other.false_alarms
        || leads(candidate) > leads(other);
    candidate.found >= other.found && candidate.false_alarms <= other.false_alarms && better
}

/// Hours of lead over all failures that were found.
fn leads(judgement: &OnsetJudgement) -> f64 {
    judgement.bearings.iter().filter_map(|outcome| outcome.lead_hours).sum()
}

fn compare(candidate: &OnsetJudgement, name: &str, other: &OnsetJudgement) -> String {
    let say = |j: &OnsetJudgement| {
        format!(
            "{} of {} found, {} false alarms, leads of {:.1} h in all",
            j.found,
            j.failures,
            j.false_alarms,
            leads(j)
        )
    };
    format!("{} against {name}: {}", say(candidate), say(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judgement(found: usize, false_alarms: usize, lead: f64) -> OnsetJudgement {
        OnsetJudgement {
            bearings: vec![],
            failures: 4,
            found,
            found_share: None,
            false_alarms,
            survivors: 8,
            bearing_months: 1.0,
            false_alarms_per_month: false_alarms as f64,
            false_share: None,
            median_lead_hours: lead,
        }
    }

    fn decide(
        candidate: &OnsetJudgement,
        baseline: OnsetJudgement,
        champion: Option<&OnsetJudgement>,
        origin: Origin,
    ) -> Decision {
        let parity =
            Parity { rows: 9, largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance: 1e-5 };
        let baselines = BTreeMap::from([("rms".to_owned(), baseline)]);
        let evidence =
            OnsetEvidence { origin, parity, baselines: &baselines, champion, minimum_events: 10 };
        decide_onset(candidate, &evidence).decision
    }

    #[test]
    fn a_candidate_must_dominate_baselines_and_champion() {
        let good = judgement(4, 0, 80.0);
        let simulated = Origin::Simulated;
        assert_eq!(decide(&good, judgement(4, 8, 90.0), None, simulated), Decision::Promote);
        assert_eq!(decide(&good, good.clone(), None, simulated), Decision::Reject);
        let mixed = judgement(3, 0, 50.0);
        assert_eq!(decide(&mixed, judgement(4, 5, 9.0), None, simulated), Decision::Reject);
        let baseline = || judgement(1, 8, 1.0);
        assert_eq!(decide(&good, baseline(), Some(&good), simulated), Decision::Hold);
        assert_eq!(decide(&good, baseline(), Some(&mixed), simulated), Decision::Promote);
    }

    #[test]
    fn four_real_failures_promote_nothing() {
        let good = judgement(4, 0, 80.0);
        assert_eq!(decide(&good, judgement(1, 8, 1.0), None, Origin::Real), Decision::Hold);
    }
}
