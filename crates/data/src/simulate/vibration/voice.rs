//! What a healthy channel sounds like: noise shaped by the machine, and lines of shaft and gears.

use rand::{Rng, RngExt as _};
use rand_distr::{Distribution as _, StandardNormal};

/// A channel's healthy signal of standard deviation 1.
#[derive(Debug, Clone)]
pub(crate) struct Voice {
    /// What noise is shaped by.
    filters: Vec<Resonance>,
    /// Weight of each filter, and of noise that is not shaped.
    weights: Vec<f64>,
    white: f64,
    /// Frequency in hertz and amplitude of lines.
    lines: Vec<(f64, f64)>,
    /// Loudness of noise fluctuates with this standard deviation of its logarithm: kurtosis is above 0.
    fluctuation: f64,
    sampling_rate_hz: f64,
}

/// A two-pole filter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Resonance {
    a1: f64,
    a2: f64,
}

impl Resonance {
    /// One that rings at `hz` with a damping ratio.
    pub(super) fn new(hz: f64, damping: f64, sampling_rate_hz: f64) -> Self {
        let angle = std::f64::consts::TAU * hz / sampling_rate_hz;
        let radius = (-damping * angle).exp();
        let turn = angle * (1.0 - damping * damping).max(0.0).sqrt();
        Self { a1: 2.0 * radius * turn.cos(), a2: -radius * radius }
    }

    /// Adds the filtered `input`, times `weight`, to `out`.
    pub(super) fn add(self, input: &[f64], weight: f64, out: &mut [f64]) {
        let (mut last, mut before) = (0.0, 0.0);
        for (x, y) in input.iter().zip(out) {
            let now = x + self.a1 * last + self.a2 * before;
            *y += weight * now;
            (before, last) = (last, now);
        }
    }

    /// Standard deviation that it makes of white noise of standard deviation 1.
    fn loudness(self) -> f64 {
        let mut impulse = vec![0.0; 4096];
        impulse[0] = 1.0;
        let mut response = vec![0.0; impulse.len()];
        self.add(&impulse, 1.0, &mut response);
        response.iter().map(|y| y * y).sum::<f64>().sqrt()
    }
}

/// Fluctuation of loudness is faster than this frequency allows.
const FLUCTUATION_HZ: f64 = 25.0;

/// Samples before a snapshot, in which filters settle.
const SETTLE: usize = 512;

impl Voice {
    /// Draws a channel whose noise lies around `centres_hz`, with `lines` of which `share` is the power.
    pub(crate) fn new(
        centres_hz: &[f64],
        lines_hz: &[f64],
        share: f64,
        sampling_rate_hz: f64,
        rng: &mut impl Rng,
    ) -> Self {
        let mut filters = Vec::new();
        let mut weights = Vec::new();
        for centre in centres_hz {
            let hz = centre * rng.random_range(0.93..1.07);
            let filter = Resonance::new(hz, rng.random_range(0.1..0.2), sampling_rate_hz);
            weights.push(rng.random_range(0.6..1.0) / filter.loudness());
            filters.push(filter);
        }
        let white: f64 = rng.random_range(0.25..0.4);
        // All filters are fed the same noise, so they are weighed together.
        let mut impulse = vec![0.0; 4096];
        impulse[0] = 1.0;
        let mut response = vec![0.0; impulse.len()];
        response[0] = white;
        for (filter, &weight) in filters.iter().zip(&weights) {
            filter.add(&impulse, weight, &mut response);
        }
        let power: f64 = response.iter().map(|y| y * y).sum();
        let scale = ((1.0 - share) / power).sqrt();
        let heights: Vec<f64> = lines_hz.iter().map(|_| rng.random_range(0.2..1.0)).collect();
        let total: f64 = heights.iter().map(|height| height * height / 2.0).sum();
        let height = (share / total.max(f64::MIN_POSITIVE)).sqrt();
        Self {
            filters,
            weights: weights.iter().map(|weight| weight * scale).collect(),
            white: white * scale,
            lines: lines_hz.iter().copied().zip(heights.iter().map(|h| h * height)).collect(),
            fluctuation: rng.random_range(0.15..0.2),
            sampling_rate_hz,
        }
    }

    /// Draws a snapshot; the shaft, and all lines with it, runs at `speed` times its usual speed.
    pub(crate) fn draw(&self, samples: usize, speed: f64, rng: &mut impl Rng) -> Vec<f64> {
        let mut noise = Vec::with_capacity(samples + SETTLE);
        let keep = (-std::f64::consts::TAU * FLUCTUATION_HZ / self.sampling_rate_hz).exp();
        let fresh = (1.0 - keep * keep).sqrt();
        let mut mood: f64 = StandardNormal.sample(rng);
        let (mut loudness, quiet) = (1.0, self.fluctuation * self.fluctuation);
        for sample in 0..samples + SETTLE {
            let step: f64 = StandardNormal.sample(rng);
            mood = keep * mood + fresh * step;
            // Loudness moves slowly: every sixteenth sample will do.
            if sample % 16 == 0 {
                loudness = (self.fluctuation * mood - quiet).exp();
            }
            let white: f64 = StandardNormal.sample(rng);
            noise.push(white * loudness);
        }
        let mut out: Vec<f64> = noise.iter().map(|white| white * self.white).collect();
        for (filter, &weight) in self.filters.iter().zip(&self.weights) {
            filter.add(&noise, weight, &mut out);
        }
        out.drain(..SETTLE);
        for &(hz, height) in &self.lines {
            tone(&mut out, hz * speed / self.sampling_rate_hz, height, rng);
        }
        out
    }
}

/// Adds a line of `cycles` per sample at any phase.
pub(super) fn tone(out: &mut [f64], cycles: f64, height: f64, rng: &mut impl Rng) {
    let angle = std::f64::consts::TAU * cycles;
    let phase = rng.random_range(0.0..std::f64::consts::TAU);
    // The recurrence of a sine: one multiplication a sample.
    let (twice, mut last, mut now) =
        (2.0 * angle.cos(), height * (phase - angle).sin(), height * phase.sin());
    for y in out {
        *y += now;
        (last, now) = (now, twice * now - last);
    }
}
