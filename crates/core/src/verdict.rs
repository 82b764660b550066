//! What the gate decides, rule by rule.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of a judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// A rule that protects users failed: never champion.
    Reject,
    /// Good, but not shown to be better, or a person has to decide.
    Hold,
    /// May become champion.
    Promote,
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Reject => "Reject",
            Self::Hold => "Hold",
            Self::Promote => "Promote",
        })
    }
}

/// One rule of the gate and what it found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// The rule's name, such as `beats_logistic`.
    pub name: String,
    /// What the rule alone would decide.
    pub decision: Decision,
    /// The figures it looked at, for people.
    pub reason: String,
}

/// The gate's decision with a reason per rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The most careful decision of all rules.
    pub decision: Decision,
    /// Each rule.
    pub rules: Vec<Rule>,
}

impl Verdict {
    /// The verdict of `rules`: the most careful one counts. No rules, no promotion.
    #[must_use]
    pub fn of(rules: Vec<Rule>) -> Self {
        let decision = rules.iter().map(|r| r.decision).min().unwrap_or(Decision::Hold);
        Self { decision, rules }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(decision: Decision) -> Rule {
        Rule { name: "r".into(), decision, reason: String::new() }
    }

    #[test]
    fn the_most_careful_rule_decides() {
        use Decision::{Hold, Promote, Reject};
        assert_eq!(Verdict::of(vec![rule(Promote), rule(Hold)]).decision, Hold);
        assert_eq!(Verdict::of(vec![rule(Hold), rule(Reject)]).decision, Reject);
        assert_eq!(Verdict::of(vec![rule(Promote)]).decision, Promote);
        assert_eq!(Verdict::of(vec![]).decision, Hold);
    }
}
