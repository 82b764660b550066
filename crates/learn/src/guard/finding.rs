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
    /// `declared`, `identity`, `score`, `purity`, `union`, `duplicates` or `shuffle`.
    pub rule: String,
    /// The columns it is about.
    pub columns: Vec<String>,
    /// The figures.
    pub evidence: String,
    /// Whether a recipe uses one of the columns; otherwise the finding is only told.
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
}

/// Everything the guard found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardReport {
    /// All findings; those that block are neither unused nor waived.
    pub findings: Vec<Finding>,
}

impl GuardReport {
    pub(super) fn of(
        mut findings: Vec<Finding>,
        used: &BTreeSet<String>,
        waivers: &[Waiver],
    ) -> Self {
        for finding in &mut findings {
            let concerned: Vec<&String> =
                finding.columns.iter().filter(|column| used.contains(*column)).collect();
            finding.used = !concerned.is_empty();
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
