//! A threshold at which the alarm policy stays quiet on the rows that were fitted on.

use std::ops::Range;

use gauntlet_core::AlarmPolicy;

/// The largest score that `needed` of `window` consecutive rows reach together, over all tracks: at any higher
/// threshold the policy raises no alarm on them. `None` if there are no rows.
///
/// Scores that are NaN count as the lowest.
#[must_use]
pub fn quiet_threshold(
    scores: &[f32],
    tracks: &[Range<usize>],
    policy: &AlarmPolicy,
) -> Option<f32> {
    let needed = policy.needed as usize;
    let of_track = |rows: &Range<usize>| {
        let scores = scores.get(rows.clone())?;
        (0..scores.len())
            .filter_map(|row| {
                let first = (row + 1).saturating_sub(policy.window as usize);
                let mut window: Vec<f32> = scores[first..=row]
                    .iter()
                    .map(|s| if s.is_nan() { f32::NEG_INFINITY } else { *s })
                    .collect();
                window.sort_by(|a, b| b.total_cmp(a));
                window.get(needed.checked_sub(1)?).copied()
            })
            .max_by(f32::total_cmp)
    };
    tracks.iter().filter_map(of_track).max_by(f32::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn just_above_it_there_is_no_alarm_and_at_it_there_is_one() {
        let policy = AlarmPolicy { needed: 2, window: 3, refractory: None };
        let scores = [0.1, 0.9, 0.2, 0.7, 0.3, 0.1, 5.0, 0.2, 0.6, 0.4];
        let tracks = [0..6, 6..10];
        let quiet = quiet_threshold(&scores, &tracks, &policy).unwrap();
        assert_eq!(quiet, 0.7);
        let alarms = |threshold: f32| {
            tracks.iter().any(|rows| {
                let counts: Vec<bool> =
                    scores[rows.clone()].iter().map(|s| *s >= threshold).collect();
                !policy.raised(&counts).is_empty()
            })
        };
        assert!(alarms(quiet));
        assert!(!alarms(quiet.next_up()));
        assert_eq!(quiet_threshold(&scores, &[], &policy), None);
    }
}
