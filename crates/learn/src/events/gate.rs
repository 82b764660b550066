//! The gate of detectors: dominance over the baselines at one operating point, and a person where failures are few.

use gauntlet_core::{Decision, Origin, Rule, Verdict};

use super::judge::AtHorizon;
use crate::gate::Parity;

/// What a candidate must satisfy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EventsPolicy {
    /// Most false alarms per week.
    pub most_false_per_week: f64,
    /// Fewest failures for which an interval can carry a promotion.
    pub minimum_events: usize,
    /// Real or simulated rows.
    pub origin: Origin,
}

/// Something that a candidate is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Rival<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its figures at the same horizon on the same lines; nothing if there are none.
    pub figures: Option<&'a AtHorizon>,
}

/// Decides.
///
/// A candidate beats a rival that keeps within the false alarms allowed if it is nowhere worse (failures
/// detected, false alarms) and somewhere better; leads break a tie. A rival outside of them is beaten by keeping within.
#[must_use]
pub fn decide_events(
    candidate: &AtHorizon,
    baselines: &[Rival<'_>],
    champion: Option<Rival<'_>>,
    parity: &Parity,
    policy: &EventsPolicy,
) -> Verdict {
    let rule =
        |name: &str, decision, reason: String| Rule { name: name.to_owned(), decision, reason };
    let exact = if parity.holds() { Decision::Promote } else { Decision::Reject };
    let Parity { rows, largest, tolerance, .. } = parity;
    let mut rules = vec![rule(
        "parity",
        exact,
        format!(
            "graph and native detector on {rows} lines: largest difference {largest:.1e} (tolerance {tolerance:.0e})"
        ),
    )];
    let within = candidate.false_per_week.value <= policy.most_false_per_week;
    rules.push(rule(
        "false_alarms",
        if within { Decision::Promote } else { Decision::Reject },
        format!(
            "{:.2} false alarms per week, at most {} are allowed",
            candidate.false_per_week.value, policy.most_false_per_week
        ),
    ));
    rules.push(events(candidate, policy));
    for rival in baselines {
        let (beaten, reason) = against(candidate, rival, policy);
        let decision = if beaten { Decision::Promote } else { Decision::Hold };
        rules.push(rule(&format!("beats_{}", rival.name), decision, reason));
    }
    rules.push(match champion {
        None => rule("champion", Decision::Promote, "there is no champion yet".to_owned()),
        Some(champion) => {
            let (beaten, reason) = against(candidate, &champion, policy);
            rule("champion", if beaten { Decision::Promote } else { Decision::Hold }, reason)
        }
    });
    Verdict::of(rules)
}

fn events(candidate: &AtHorizon, policy: &EventsPolicy) -> Rule {
    let n = candidate.failures;
    let few = n < policy.minimum_events;
    let decision = match (few, policy.origin) {
        (true, Origin::Real) => Decision::Hold,
        _ => Decision::Promote,
    };
    let why = match (few, policy.origin) {
        (false, _) => "",
        (true, Origin::Real) => ": no interval can carry a promotion, a person decides",
        (true, Origin::Simulated) => ": dominance decides, of simulated rows alone",
    };
    let reason = format!("n = {n} failures in the tests, {} needed{why}", policy.minimum_events);
    Rule { name: "events".to_owned(), decision, reason }
}

fn against(candidate: &AtHorizon, rival: &Rival<'_>, policy: &EventsPolicy) -> (bool, String) {
    let Some(other) = rival.figures else {
        return (false, format!("there are no figures of {} on these rows", rival.name));
    };
    let (a, b) = (candidate.false_per_week.value, other.false_per_week.value);
    let reason = format!(
        "{} of {} failures at {a:.2} false alarms per week; {}: {} of {} at {b:.2}",
        candidate.hits, candidate.failures, rival.name, other.hits, other.failures
    );
    if b > policy.most_false_per_week {
        return (a <= policy.most_false_per_week && candidate.hits > 0, reason);
    }
    let lead = |figures: &AtHorizon| figures.median_lead_s.unwrap_or(f64::NEG_INFINITY);
    let not_worse = candidate.hits >= other.hits && a <= b.max(policy.most_false_per_week);
    let better = candidate.hits > other.hits
        || (candidate.hits == other.hits && (a < b || (a <= b && lead(candidate) > lead(other))));
    (not_worse && better, reason)
}
