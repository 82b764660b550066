//! How a bearing's damage grows: sound until the onset, a small step, growth with healing, and a runaway.

use gauntlet_core::Seed;
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// The course of one bearing's damage over its run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Damage {
    /// Power of the fault as a multiple of the machine's noise, per snapshot.
    pub(super) power: Vec<f64>,
    /// The first snapshot of damage.
    pub(super) onset: usize,
}

/// What a course is drawn within.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Course {
    /// Hours before the end at which the damage begins, at least and at most.
    pub(super) lead_hours: (f64, f64),
    /// Power just after the onset, at least and at most.
    pub(super) first: (f64, f64),
    /// Power before the runaway, at least and at most.
    pub(super) last: (f64, f64),
    /// Whether the race is rolled smooth now and then.
    pub(super) heals: bool,
}

/// Draws the damage of a bearing whose snapshots stand at `hours`.
pub(super) fn damage(hours: &[f64], course: &Course, seed: Seed) -> Damage {
    let mut rng = seed.rng();
    let mut within = |(low, high): (f64, f64)| low + (high - low) * rng.random::<f64>();
    let end = hours.last().copied().unwrap_or_default();
    let begin = end - within(course.lead_hours);
    let (first, last) = (within(course.first), within(course.last));
    let bend = within((1.2, 2.0));
    let dips: Vec<(f64, f64)> = if course.heals {
        (0..2).map(|_| (within((0.25, 0.9)), within((0.4, 0.7)))).collect()
    } else {
        Vec::new()
    };
    let onset = hours.partition_point(|h| *h < begin);
    let mut wander = 0.0;
    let mut rng = seed.derive("wander", 0).rng();
    let power = hours.iter().enumerate().map(|(i, hour)| {
        if i < onset {
            return 0.0;
        }
        let normal: f64 = StandardNormal.sample(&mut rng);
        wander = 0.95 * wander + 0.04 * normal;
        let share = ((hour - begin) / (end - begin).max(f64::MIN_POSITIVE)).clamp(0.0, 1.0);
        let grown = first * ((last / first).ln() * share.powf(bend)).exp();
        let healed: f64 = dips
            .iter()
            .map(|(at, depth)| 1.0 - depth * (-((share - at) / 0.04).powi(2)).exp())
            .product();
        let runaway = if share > 0.98 { 1.0 + 8.0 * (share - 0.98) / 0.02 } else { 1.0 };
        grown * healed * runaway * f64::exp(wander)
    });
    Damage { power: power.collect(), onset }
}

/// A slow drift of a channel's gain without any damage, as a factor per snapshot: a walk that stays within about
/// `most` of 1.
pub(super) fn drift(hours: &[f64], most: f64, seed: Seed) -> Vec<f64> {
    let mut rng = seed.rng();
    let (one, two): (f64, f64) = (rng.random(), rng.random());
    let span = hours.last().copied().unwrap_or(1.0).max(1.0);
    // Half a swing over the run and a smaller, quicker one: nothing that a fault could be mistaken for in an hour.
    let slow = std::f64::consts::PI * (0.6 + one) / span;
    let quick = std::f64::consts::TAU * (2.0 + 2.0 * two) / span;
    hours
        .iter()
        .map(|h| 1.0 + most * (0.8 * (slow * h + 6.0 * two).sin() + 0.2 * (quick * h).sin()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_begins_at_its_onset_grows_and_repeats() {
        let hours: Vec<f64> = (0..1000).map(|i| i as f64 / 6.0).collect();
        let course =
            Course { lead_hours: (60.0, 90.0), first: (0.1, 0.2), last: (4.0, 9.0), heals: true };
        let drawn = damage(&hours, &course, Seed(3));
        assert_eq!(drawn, damage(&hours, &course, Seed(3)));
        assert_ne!(drawn, damage(&hours, &course, Seed(4)));
        assert!(drawn.power[..drawn.onset].iter().all(|p| *p == 0.0));
        let lead = hours[999] - hours[drawn.onset];
        assert!((60.0..=90.0).contains(&lead), "{lead}");
        assert!(drawn.power[999] > 20.0 * drawn.power[drawn.onset]);
    }

    #[test]
    fn a_drift_is_slow_and_stays_within_its_bounds() {
        let hours: Vec<f64> = (0..3000).map(|i| i as f64 / 6.0).collect();
        let drawn = drift(&hours, 0.1, Seed(5));
        assert!(drawn.iter().all(|f| (0.9..=1.1).contains(f)));
        assert!(drawn.windows(6).all(|w| (w[5] - w[0]).abs() < 0.01));
    }
}
