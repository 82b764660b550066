//! One channel of one snapshot: noise of the machine, its shaft, and the blows of a damaged bearing.
//!
//! x(t) = sum of q_i A_i h(t - T_i) + p(t) + B(t) + n(t), after D'Elia and Cocconcelli's step-by-step algorithm:
//! blows at T_i whose distances jitter and accumulate (slip), of random strength A_i, modulated by the load zone q,
//! each ringing in a resonance h; shaft harmonics p; noise modulated at the fault's rate for an extended spall, B
//! (Antoni and Randall); and the machine's own noise n. A load zone: McFadden and Smith 1984.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// A damaged element, as far as its signal goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Blows {
    /// Blows per second.
    pub(super) hz: f64,
    /// Their strength is modulated at this rate, by this depth from 0 to 1.
    pub(super) modulation: (f64, f64),
    /// Spread of the logarithm of their strengths: large for a few strong ones.
    pub(super) scatter: f64,
    /// Share of the fault's power in noise modulated at its rate, not in blows.
    pub(super) extended: f64,
    /// Resonance in Hz and its damping ratio.
    pub(super) ring: (f64, f64),
}

/// How a channel sounds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Channel {
    /// Root mean square of the machine's own noise.
    pub(super) noise_rms: f64,
    /// Constant offset of the sensor.
    pub(super) offset: f64,
    /// Amplitude of the shaft's first harmonic, as a share of the noise.
    pub(super) shaft: f64,
    /// Frequency and amplitude, as a share of the noise, of a line that has nothing to do with bearings.
    pub(super) line: (f64, f64),
}

/// A fault heard on a channel: what it is, and its power as a multiple of the noise's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Heard {
    pub(super) blows: Blows,
    pub(super) power: f64,
}

/// Rates that all channels of a snapshot share.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Clock {
    pub(super) sampling_rate_hz: f64,
    pub(super) shaft_hz: f64,
    pub(super) samples: usize,
}

/// Draws the samples of one channel.
pub(super) fn samples(
    clock: Clock,
    channel: &Channel,
    faults: &[Heard],
    rng: &mut ChaCha8Rng,
) -> Vec<f64> {
    let mut out = noise(clock, rng);
    let phase: f64 = rng.random::<f64>() * TAU;
    for (i, value) in out.iter_mut().enumerate() {
        let t = i as f64 / clock.sampling_rate_hz;
        let turn = TAU * clock.shaft_hz * t;
        let shaft = (turn + phase).sin() + 0.5 * (2.0 * turn + 2.0 * phase).sin();
        let line = channel.line.1 * (TAU * channel.line.0 * t + phase).sin();
        *value += channel.shaft * shaft + line;
    }
    for heard in faults.iter().filter(|heard| heard.power > 0.0) {
        add(clock, heard, &mut out, rng);
    }
    out.iter_mut().for_each(|value| *value = *value * channel.noise_rms + channel.offset);
    out
}

/// Noise of unit power, coloured by one broad resonance around a sixth of the sampling rate, as healthy IMS files
/// have it: half of the power below 3.4 kHz.
fn noise(clock: Clock, rng: &mut ChaCha8Rng) -> Vec<f64> {
    const RADIUS: f64 = 0.62;
    let angle = TAU * 3400.0 / clock.sampling_rate_hz;
    let (a, b) = (2.0 * RADIUS * angle.cos(), -RADIUS * RADIUS);
    // The power of an AR(2) process driven by white noise of unit power.
    let power = (1.0 - b) / ((1.0 + b) * ((1.0 - b) * (1.0 - b) - a * a));
    let scale = 1.0 / power.sqrt();
    let (mut x1, mut x2) = (0.0, 0.0);
    let mut next = || {
        let drive: f64 = StandardNormal.sample(rng);
        let x = a * x1 + b * x2 + drive;
        (x2, x1) = (x1, x);
        x * scale
    };
    (0..32).for_each(|_| {
        next();
    });
    (0..clock.samples).map(|_| next()).collect()
}

/// Adds a fault's blows and its modulated noise.
fn add(clock: Clock, heard: &Heard, out: &mut [f64], rng: &mut ChaCha8Rng) {
    /// Spread of the distance between two blows: slip.
    const SLIP: f64 = 0.01;
    let Blows { hz, modulation: (rate, depth), scatter, extended, ring: (ring, damping) } =
        heard.blows;
    let fs = clock.sampling_rate_hz;
    let decay = TAU * ring * damping;
    let length = ((5.0 / decay * fs).ceil() as usize).max(4);
    let shape: Vec<f64> = (0..length)
        .map(|i| i as f64 / fs)
        .map(|t| (-decay * t).exp() * (TAU * ring * t).sin())
        .collect();
    let energy: f64 = shape.iter().map(|h| h * h).sum();
    let period = fs / hz;
    // The mean square of a log-normal strength times that of the modulation.
    let strength = (2.0 * scatter * scatter).exp() * (1.0 + depth * depth / 2.0);
    let amplitude = ((1.0 - extended) * heard.power * period / (energy * strength)).sqrt();
    let start: f64 = rng.random();
    let mut at = -(length as f64) - start * period;
    while at < out.len() as f64 {
        let t = at / fs;
        let load = 1.0 + depth * (TAU * rate * t).cos();
        let normal: f64 = StandardNormal.sample(rng);
        let height = amplitude * load * (scatter * normal).exp();
        let first = at.round() as i64;
        for (i, h) in shape.iter().enumerate() {
            if let Some(value) =
                usize::try_from(first + i as i64).ok().and_then(|place| out.get_mut(place))
            {
                *value += height * h;
            }
        }
        let slip: f64 = StandardNormal.sample(rng);
        at += period * (1.0 + SLIP * slip).max(0.1);
    }
    if extended > 0.0 {
        // 1 + cos has a mean square of 3/2.
        let scale = (extended * heard.power / 1.5).sqrt();
        let carrier = noise(clock, rng);
        for (i, (value, carrier)) in out.iter_mut().zip(carrier).enumerate() {
            let t = i as f64 / fs;
            *value += scale * carrier * (1.0 + (TAU * hz * t + start * TAU).cos());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gauntlet_core::Seed;

    const CLOCK: Clock = Clock { sampling_rate_hz: 20_480.0, shaft_hz: 33.3, samples: 40_960 };
    const CHANNEL: Channel =
        Channel { noise_rms: 1.0, offset: 0.0, shaft: 0.0, line: (986.0, 0.0) };

    fn power(values: &[f64]) -> f64 {
        values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64
    }

    fn kurtosis(values: &[f64]) -> f64 {
        let fourth = values.iter().map(|v| v.powi(4)).sum::<f64>() / values.len() as f64;
        fourth / power(values).powi(2) - 3.0
    }

    fn blows(scatter: f64, extended: f64) -> Blows {
        Blows { hz: 236.4, modulation: (33.3, 0.3), scatter, extended, ring: (4200.0, 0.04) }
    }

    #[test]
    fn noise_and_faults_have_the_power_that_is_asked_for() {
        let mut rng = Seed(1).rng();
        let calm = samples(CLOCK, &CHANNEL, &[], &mut rng);
        assert!((power(&calm) - 1.0).abs() < 0.05, "{}", power(&calm));
        assert!(kurtosis(&calm).abs() < 0.15);
        for extended in [0.0, 1.0] {
            let heard = [Heard { blows: blows(0.2, extended), power: 3.0 }];
            let loud = samples(CLOCK, &CHANNEL, &heard, &mut rng);
            assert!((power(&loud) - 4.0).abs() < 0.4, "{}", power(&loud));
        }
    }

    #[test]
    fn few_strong_blows_are_spiky_and_an_extended_spall_is_not() {
        let mut rng = Seed(2).rng();
        let mut of = |scatter, extended| {
            let heard = [Heard { blows: blows(scatter, extended), power: 3.0 }];
            kurtosis(&samples(CLOCK, &CHANNEL, &heard, &mut rng))
        };
        let (spiky, spall) = (of(0.8, 0.0), of(0.2, 1.0));
        assert!(spiky > 4.0 && spall < 3.0, "{spiky} {spall}");
    }
}
