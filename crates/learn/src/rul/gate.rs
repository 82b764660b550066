//! The gate of remaining life: per-bearing scores of candidate, baselines and champion in, a verdict out.

use std::collections::BTreeMap;

use gauntlet_core::{Decision, Estimate, Rule, Seed, Verdict};

use super::judgement::weighted_mean;
use super::{BearingScores, Measure};
use crate::gate::Evidence;
use crate::intervals::intervals_of;

/// What a candidate must satisfy. The measure that decides is [`Measure::Nrmse`].
#[derive(Debug, Clone, PartialEq)]
pub struct RulPolicy {
    /// Baselines that it must beat, interval included.
    pub blocking: Vec<String>,
    /// How far above the champion's error the interval of the difference may reach.
    pub tolerance: f64,
    /// Fewest bearings for which an interval can carry a promotion; below, a candidate must be no worse
    /// on any bearing and better on one.
    pub minimum_bearings: usize,
    /// Whether the bearings are real ones: then fewer are at most held.
    pub real: bool,
    /// Resamples of bearings.
    pub replicates: usize,
    /// Level of the intervals.
    pub level: f64,
    /// Source of the resamples.
    pub seed: Seed,
}

impl RulPolicy {
    /// Both baselines block, no tolerance, 10 bearings, 2000 resamples at 95 %.
    #[must_use]
    pub fn new(real: bool, seed: Seed) -> Self {
        Self {
            blocking: super::RulBaseline::ALL.map(|b| b.name().to_owned()).to_vec(),
            tolerance: 0.0,
            minimum_bearings: 10,
            real,
            replicates: 2000,
            level: 0.95,
            seed,
        }
    }
}

/// Decides on a candidate's scores, which should be those of [`SELECTED`](super::SELECTED).
///
/// All scores must be of the same bearings; those of a baseline that are not block, those of a champion
/// that are not hold.
#[must_use]
pub fn decide(
    candidate: &[BearingScores],
    baselines: &BTreeMap<String, Vec<BearingScores>>,
    champion: Option<&[BearingScores]>,
    evidence: &Evidence,
    policy: &RulPolicy,
) -> Verdict {
    let mut rules = vec![parity(evidence), bearings(candidate, policy)];
    for name in &policy.blocking {
        rules.push(beats(name, candidate, baselines.get(name), policy));
    }
    rules.extend(crate::gate::waived(evidence));
    rules.push(against_champion(candidate, champion, evidence, policy));
    Verdict::of(rules)
}

fn rule(name: impl Into<String>, decision: Decision, reason: String) -> Rule {
    Rule { name: name.into(), decision, reason }
}

fn parity(evidence: &Evidence) -> Rule {
    let parity = evidence.parity;
    let decision = if parity.holds() { Decision::Promote } else { Decision::Reject };
    let reason = format!(
        "exported graph and native model on {} rows: largest difference {:.1e} (tolerance {:.0e})",
        parity.rows, parity.largest, parity.tolerance
    );
    rule("parity", decision, reason)
}

fn bearings(candidate: &[BearingScores], policy: &RulPolicy) -> Rule {
    let (n, least) = (candidate.len(), policy.minimum_bearings);
    let enough = n >= least || !policy.real;
    let decision = if enough { Decision::Promote } else { Decision::Hold };
    let kind = if policy.real { "real" } else { "simulated" };
    rule("bearings", decision, format!("n = {n} {kind} bearings, {least} make an interval"))
}

fn beats(
    name: &str,
    candidate: &[BearingScores],
    baseline: Option<&Vec<BearingScores>>,
    policy: &RulPolicy,
) -> Rule {
    let rule_name = format!("beats_{name}");
    let Some(differences) = baseline.and_then(|baseline| differences(candidate, baseline)) else {
        let reason = format!("no scores of `{name}` on these bearings");
        return rule(rule_name, Decision::Reject, reason);
    };
    let mean = mean_difference(&differences, policy);
    let dominates = differences.iter().all(|d| *d <= 0.0) && differences.iter().any(|d| *d < 0.0);
    let few = differences.len() < policy.minimum_bearings;
    let beaten = if few { dominates } else { mean.is_below(0.0) };
    let decision = if beaten { Decision::Promote } else { Decision::Reject };
    let better = differences.iter().filter(|d| **d < 0.0).count();
    let reason = format!(
        "nrmse minus that of `{name}`: {mean}, lower on {better} of {} bearings",
        differences.len()
    );
    rule(rule_name, decision, reason)
}

fn against_champion(
    candidate: &[BearingScores],
    champion: Option<&[BearingScores]>,
    evidence: &Evidence,
    policy: &RulPolicy,
) -> Rule {
    let Some(champion) = champion else {
        return rule("champion", Decision::Promote, "there is no champion yet".to_owned());
    };
    let Some(differences) = differences(candidate, champion) else {
        let reason = "the champion's scores are of other bearings".to_owned();
        return rule("champion", Decision::Hold, reason);
    };
    let mean = mean_difference(&differences, policy);
    let better = mean.value < 0.0 && mean.high <= policy.tolerance;
    let decision = if better { Decision::Promote } else { Decision::Hold };
    let caveat = evidence.champion_caveat.as_deref().map(|c| format!("; {c}")).unwrap_or_default();
    let tolerance = policy.tolerance;
    let reason =
        format!("nrmse minus the champion's: {mean}, may reach {tolerance:.3} above{caveat}");
    rule("champion", decision, reason)
}

/// The candidate's error less the other's, per bearing; nothing if they are of other bearings or snapshots.
fn differences(candidate: &[BearingScores], other: &[BearingScores]) -> Option<Vec<f64>> {
    if candidate.is_empty() || candidate.len() != other.len() {
        return None;
    }
    let difference = |(a, b): (&BearingScores, &BearingScores)| {
        let same = a.bearing == b.bearing && a.snapshots == b.snapshots;
        let nrmse = |scores: &BearingScores| scores.values.get(&Measure::Nrmse).copied();
        if same { Some(nrmse(a)? - nrmse(b)?) } else { None }
    };
    candidate.iter().zip(other).map(difference).collect()
}

fn mean_difference(differences: &[f64], policy: &RulPolicy) -> Estimate {
    let bearings: Vec<u32> = (0..differences.len() as u32).collect();
    let mean = |weights: &[u32]| [weighted_mean(differences, weights)];
    let [interval] = intervals_of(&bearings, policy.replicates, policy.level, policy.seed, mean);
    interval.estimate
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Parity;

    fn scores(n: usize, nrmse: impl Fn(usize) -> f64) -> Vec<BearingScores> {
        let one = |i: usize| BearingScores {
            bearing: format!("b{i:02}"),
            missed: false,
            snapshots: 50,
            values: BTreeMap::from([(Measure::Nrmse, nrmse(i))]),
        };
        (0..n).map(one).collect()
    }

    fn decision(
        candidate: &[BearingScores],
        baseline: impl Fn(usize) -> f64,
        champion: Option<&[BearingScores]>,
        real: bool,
    ) -> Decision {
        let both = RulPolicy::new(real, Seed(1));
        let baseline = scores(candidate.len(), baseline);
        let baselines = both.blocking.iter().map(|name| (name.clone(), baseline.clone())).collect();
        let parity =
            Parity { rows: 1, largest: 0.0, labels_differ: 0, near_threshold: 0, tolerance: 1e-6 };
        let evidence = Evidence { parity, waivers: BTreeMap::new(), champion_caveat: None };
        decide(candidate, &baselines, champion, &evidence, &both).decision
    }

    fn spread(i: usize) -> f64 {
        0.05 * (i * 7 % 5) as f64
    }

    #[test]
    fn what_beats_both_baselines_on_enough_bearings_is_promoted() {
        let good = scores(15, |i| 0.1 + spread(i));
        assert_eq!(decision(&good, |i| 0.3 + spread(i + 1), None, true), Decision::Promote);
        assert_eq!(decision(&good, |i| 0.1 + spread(i + 1), None, true), Decision::Reject);
    }

    #[test]
    fn few_bearings_need_dominance_and_real_ones_are_held() {
        let good = scores(6, |_| 0.1);
        assert_eq!(decision(&good, |_| 0.2, None, true), Decision::Hold);
        assert_eq!(decision(&good, |_| 0.2, None, false), Decision::Promote);
        let but_one = |i| if i == 0 { 0.09 } else { 0.9 };
        assert_eq!(decision(&good, but_one, None, false), Decision::Reject);
    }

    #[test]
    fn a_champion_must_be_beaten_on_the_same_bearings() {
        let good = scores(15, |i| 0.1 + spread(i));
        let against = |champion: &[BearingScores]| decision(&good, |_| 0.9, Some(champion), true);
        assert_eq!(against(&good), Decision::Hold);
        assert_eq!(against(&scores(15, |i| 0.2 + spread(i))), Decision::Promote);
        assert_eq!(against(&scores(14, |i| 0.2 + spread(i))), Decision::Hold);
    }

    #[test]
    fn a_baseline_that_was_not_judged_and_a_graph_that_differs_block() {
        let good = scores(15, |_| 0.1);
        let policy = RulPolicy::new(true, Seed(1));
        let parity =
            Parity { rows: 1, largest: 0.1, labels_differ: 0, near_threshold: 0, tolerance: 1e-6 };
        let evidence = Evidence { parity, waivers: BTreeMap::new(), champion_caveat: None };
        let verdict = decide(&good, &BTreeMap::new(), None, &evidence, &policy);
        let rejected = verdict.rules.iter().filter(|r| r.decision == Decision::Reject);
        let names: Vec<&str> = rejected.map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["parity", "beats_median_life", "beats_constant_rate"]);
    }
}
