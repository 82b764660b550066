//! What the guard found, and what a pipeline file waives.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// A written exception for one column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// The column.
    pub column: String,
    /// Why it is no leak; shown in the report.
    pub reason: String,
}

/// A suspicion with its evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The leak's name, such as `declared`, `identity`, `score`, `duplicates` or `time_order`.
    pub rule: String,
    /// The columns it is about; none if it is about the split or the protocol.
    pub columns: Vec<String>,
    /// The figures.
    pub evidence: String,
    /// Whether a recipe uses one of the columns, or it is about the split; otherwise it is only told.
    #[serde(default)]
    pub used: bool,
    /// The reason of the waiver that lets it pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<String>,
}

impl Finding {
    pub(super) fn new(rule: &str, columns: Vec<String>, evidence: String) -> Self {
        Self { rule: rule.to_owned(), columns, evidence, used: false, waived: None }
    }

    /// A finding of somebody else's about columns.
    #[must_use]
    pub fn about(rule: &str, columns: Vec<String>, evidence: String) -> Self {
        Self::new(rule, columns, evidence)
    }

    /// A finding about the split or the protocol, which concerns every recipe.
    pub(super) fn of_split(rule: &str, evidence: String) -> Self {
        Self { used: true, ..Self::new(rule, Vec::new(), evidence) }
    }
}

/// Everything the guard found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardReport {
    /// All findings; those that block are neither unused nor waived.
    pub findings: Vec<Finding>,
}

impl GuardReport {
    /// The report of findings about a log: `used` columns block unless they are waived.
    #[must_use]
    pub fn new(findings: Vec<Finding>, used: &BTreeSet<String>, waivers: &[Waiver]) -> Self {
        Self::of(findings, used, waivers)
    }

    pub(super) fn of(
        mut findings: Vec<Finding>,
        used: &BTreeSet<String>,
        waivers: &[Waiver],
    ) -> Self {
        for finding in &mut findings {
            let concerned: Vec<&String> =
                finding.columns.iter().filter(|column| used.contains(*column)).collect();
            finding.used = finding.columns.is_empty() || !concerned.is_empty();
            let reasons: Option<Vec<&str>> = concerned
                .iter()
                .map(|column| {
                    waivers.iter().find(|w| w.column == **column).map(|w| w.reason.as_str())
                })
                .collect();
            finding.waived = reasons.filter(|r| !r.is_empty()).map(|reasons| reasons.join("; "));
        }
        Self { findings }
    }

    /// Findings about used columns without a waiver.
    pub fn blocking(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.used && f.waived.is_none())
    }

    /// Findings that a waiver let pass.
    pub fn waived(&self) -> impl Iterator<Item = (&Finding, &str)> {
        self.findings.iter().filter_map(|f| f.waived.as_deref().map(|reason| (f, reason)))
    }
}
