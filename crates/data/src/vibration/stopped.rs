//! Snapshots of a rig that stands still.

/// A rig stands still below this fraction of what was usual before.
const FRACTION: f64 = 0.1;

/// The features that tell how much a channel vibrates, the best first: a constant offset must not count.
pub(super) const LEVELS: [&str; 3] = ["std", "rms", "mean_abs"];

/// For each snapshot of a run, whether the level of every channel is under a tenth of that channel's median over
/// all earlier snapshots in which the rig ran.
///
/// Only the past counts, so a later end of the recording changes nothing.
pub(super) fn stopped(levels: &[&[f64]]) -> Vec<bool> {
    let snapshots = levels.first().map_or(0, |channel| channel.len());
    // The earlier levels of each channel, ascending.
    let mut earlier: Vec<Vec<f64>> = vec![Vec::with_capacity(snapshots); levels.len()];
    let mut stopped = Vec::with_capacity(snapshots);
    for snapshot in 0..snapshots {
        let quiet = levels.iter().zip(&earlier).all(|(channel, earlier)| {
            let median = earlier.get(earlier.len() / 2);
            median.is_some_and(|median| channel[snapshot] < FRACTION * median)
        });
        if !quiet {
            for (channel, earlier) in levels.iter().zip(&mut earlier) {
                let level = channel[snapshot];
                earlier.insert(earlier.partition_point(|&other| other < level), level);
            }
        }
        stopped.push(quiet);
    }
    stopped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rig_stands_still_when_all_channels_are_quiet() {
        let one = [1.0, 1.1, 0.9, 0.01, 0.01, 1.0];
        let other = [2.0, 2.1, 2.0, 1.0, 0.1, 2.0];
        assert_eq!(stopped(&[&one, &other]), [false, false, false, false, true, false]);
    }

    #[test]
    fn a_healthy_start_before_a_violent_end_is_no_standstill() {
        let levels: Vec<f64> = (0..50).map(|i| if i < 10 { 1.0 } else { 30.0 }).collect();
        assert!(stopped(&[&levels]).iter().all(|stopped| !stopped));
        assert_eq!(stopped(&[]), Vec::<bool>::new());
    }
}
