//! The grid of times: the usual step, and what breaks it.

use serde::{Deserialize, Serialize};

/// What a report says of the times.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Rows whose time had been seen in their group before; they were left out.
    pub duplicates: usize,
    /// Rows that stood before an earlier one in their file; they were put in order.
    pub out_of_order: usize,
    /// Gaps of more than one and a half steps.
    pub gaps: usize,
    /// The longest gap in seconds.
    pub longest_gap_s: f64,
    /// Missing readings per sensor, as a share of all rows, of those that have some.
    pub missing: Vec<(String, f64)>,
}

impl Grid {
    /// Counts the step between two rows of a group.
    pub(super) fn step(&mut self, seconds: f64, usual: f64) {
        if seconds > 1.5 * usual {
            self.gaps += 1;
            self.longest_gap_s = self.longest_gap_s.max(seconds);
        }
    }

    /// What is worth mentioning, in sentences.
    #[must_use]
    pub fn notes(&self, step_s: f64) -> Vec<String> {
        let mut notes = Vec::new();
        if self.out_of_order > 0 {
            notes.push(format!("{} rows stood out of order and were sorted", self.out_of_order));
        }
        if self.duplicates > 0 {
            notes.push(format!("{} rows repeated a time and were left out", self.duplicates));
        }
        if self.gaps > 0 {
            notes.push(format!(
                "{} gaps in the grid of {step_s} s, the longest of {} s",
                self.gaps, self.longest_gap_s
            ));
        }
        let mut missing: Vec<&(String, f64)> = self.missing.iter().collect();
        missing.sort_by(|a, b| b.1.total_cmp(&a.1));
        if !missing.is_empty() {
            let worst: Vec<String> = missing
                .iter()
                .take(4)
                .map(|(name, share)| format!("{name} {:.2} %", 100.0 * share))
                .collect();
            notes.push(format!(
                "missing readings in {} sensors: {}",
                missing.len(),
                worst.join(", ")
            ));
        }
        notes
    }
}
