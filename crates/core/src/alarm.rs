//! When scores above a threshold become an alarm.

use serde::{Deserialize, Serialize};

/// Persistence and rest of an alarm: a pure function of consecutive rows in time order.
///
/// A row counts if its score reaches the threshold. An alarm is raised at the first row at which `needed` of the last
/// `window` rows count. Then it latches, or the policy rests for `refractory` rows and starts anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlarmPolicy {
    /// Rows that have to count.
    pub needed: u32,
    /// Among how many rows, the present one included.
    pub window: u32,
    /// Rows after an alarm in which no other one is raised; without it the first alarm stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refractory: Option<u32>,
}

impl AlarmPolicy {
    /// Whether an alarm can be raised at all.
    ///
    /// # Errors
    /// A sentence that says what is out of range.
    pub fn check(&self) -> Result<(), String> {
        if self.needed == 0 || self.needed > self.window {
            let Self { needed, window, .. } = self;
            return Err(format!(
                "`needed` is {needed}, it has to lie between 1 and `window`, {window}"
            ));
        }
        Ok(())
    }

    /// Positions of the rows at which an alarm is raised; `counts` says of each row whether it counts.
    ///
    /// Whether an alarm is raised at a row depends on no later row.
    #[must_use]
    pub fn raised(&self, counts: &[bool]) -> Vec<usize> {
        let mut raised = Vec::new();
        let mut start = 0;
        for row in 0..counts.len() {
            if row < start {
                continue;
            }
            let first = start.max((row + 1).saturating_sub(self.window as usize));
            let counting = counts[first..=row].iter().filter(|counts| **counts).count();
            if counting >= self.needed as usize {
                raised.push(row);
                let Some(rest) = self.refractory else { break };
                start = row + 1 + rest as usize;
            }
        }
        raised
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: AlarmPolicy = AlarmPolicy { needed: 2, window: 3, refractory: Some(2) };

    fn counts(text: &str) -> Vec<bool> {
        text.chars().map(|c| c == '#').collect()
    }

    #[test]
    fn an_alarm_needs_enough_rows_within_the_window() {
        assert_eq!(POLICY.raised(&counts("#..#..")), Vec::<usize>::new());
        assert_eq!(POLICY.raised(&counts("#.#...")), [2]);
        let first = AlarmPolicy { needed: 1, window: 1, refractory: None };
        assert_eq!(first.raised(&counts("..#.#")), [2]);
    }

    #[test]
    fn after_an_alarm_the_rows_of_the_rest_count_for_nothing() {
        assert_eq!(POLICY.raised(&counts("########")), [1, 5]);
        let latched = AlarmPolicy { refractory: None, ..POLICY };
        assert_eq!(latched.raised(&counts("########")), [1]);
    }

    #[test]
    fn later_rows_change_no_earlier_alarm() {
        let all = counts("##.#.##..#.####.#");
        let raised = POLICY.raised(&all);
        for end in 0..=all.len() {
            let before: Vec<usize> = raised.iter().copied().filter(|row| *row < end).collect();
            assert_eq!(POLICY.raised(&all[..end]), before);
        }
    }

    #[test]
    fn a_policy_that_can_never_alarm_is_refused() {
        assert!(AlarmPolicy { needed: 0, ..POLICY }.check().is_err());
        assert!(AlarmPolicy { needed: 4, ..POLICY }.check().is_err());
        assert!(POLICY.check().is_ok());
    }
}
