//! What a contender must beat: a constant, a linear model and published rules.

mod logistic;
mod rules;

pub use logistic::{Logistic, LogisticParams, LogisticSpec};
pub use rules::rule_scores;

use serde::{Deserialize, Serialize};

use crate::LearnError;

/// A baseline as the pipeline file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum BaselineSpec {
    /// Always the majority class; the score is the share of positives.
    Majority(MajoritySpec),
    /// Logistic regression of linfa on the standardised features of each recipe.
    Logistic(LogisticSpec),
    /// Published rules: a row is called if any of the margins is below zero.
    Rules(RulesSpec),
}

/// The majority class has nothing to set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MajoritySpec {}

/// Rules as margins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RulesSpec {
    /// Names of derived features; a row is called if any of them is below zero.
    pub below_zero: Vec<String>,
}

/// A baseline in range.
#[derive(Debug, Clone, PartialEq)]
pub enum Baseline {
    /// Always the majority class.
    Majority,
    /// Logistic regression.
    Logistic(LogisticParams),
    /// Rules over a matrix of margins.
    Rules,
}

impl BaselineSpec {
    /// Checks the settings.
    ///
    /// # Errors
    /// The first one outside its range.
    pub fn check(&self) -> Result<Baseline, LearnError> {
        Ok(match self {
            Self::Majority(_) => Baseline::Majority,
            Self::Logistic(spec) => Baseline::Logistic(spec.check()?),
            Self::Rules(_) => Baseline::Rules,
        })
    }
}
