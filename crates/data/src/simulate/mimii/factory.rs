//! The noise of a factory: pink noise, machines far away, and bangs.

use rand::{Rng, RngExt as _};
use realfft::num_complex::Complex;

use super::bench::{Bench, LENGTH, LINES, RATE, Spectrum, noise};
use super::curve::Curve;

/// Directions that noise comes from.
pub(super) const SOURCES: usize = 3;

/// Noise from several directions, as spectra.
#[derive(Debug, Clone)]
pub(super) struct Factory {
    pub(super) spectra: [Spectrum; SOURCES],
    pub(super) azimuths: [f32; SOURCES],
    samples: Vec<f32>,
    lines: Spectrum,
}

impl Factory {
    pub(super) fn new() -> Self {
        let lines = vec![Complex::default(); LINES];
        Self {
            spectra: std::array::from_fn(|_| lines.clone()),
            azimuths: [0.0; SOURCES],
            samples: vec![0.0; LENGTH],
            lines,
        }
    }

    /// Draws the noise behind one clip.
    pub(super) fn draw(&mut self, bench: &mut Bench, rng: &mut impl Rng) {
        for (spectrum, azimuth) in self.spectra.iter_mut().zip(&mut self.azimuths) {
            // Pink, and of another colour in every corner and at every time of day.
            let colour = Curve::falling(rng.random_range(3.0..4.5)).and(&Curve::random(1.5, rng));
            noise(&colour, rng, spectrum);
            *azimuth = rng.random_range(0.0..std::f32::consts::TAU);
        }
        self.samples.fill(0.0);
        // A machine far away hums, and something falls now and then.
        let hz = rng.random_range(60.0..240.0);
        for order in 1..=4 {
            let step = std::f64::consts::TAU * f64::from(order as f32 * hz / RATE);
            tone(step, rng.random_range(0.1..0.4) / order as f32, &mut self.samples);
        }
        for _ in 0..rng.random_range(0..4) {
            bang(rng, &mut self.samples);
        }
        bench.spectrum(&mut self.samples, &mut self.lines);
        self.spectra[0].iter_mut().zip(&self.lines).for_each(|(line, more)| *line += more);
    }
}

/// Adds a tone that turns by `step` radians a sample.
fn tone(step: f64, size: f32, out: &mut [f32]) {
    let step = Complex::new(step.cos(), step.sin());
    let mut phase = Complex::new(1.0_f64, 0.0);
    for out in out {
        *out += size * phase.re as f32;
        phase *= step;
    }
}

/// Adds something that falls.
fn bang(rng: &mut impl Rng, out: &mut [f32]) {
    let from = rng.random_range(0..out.len());
    let fade = rng.random_range(0.02..0.1) * RATE;
    let keep = (-1.0 / fade).exp();
    let mut level = rng.random_range(1.0..5.0);
    let mut smooth = 0.0;
    for out in out.iter_mut().skip(from).take(6 * fade as usize) {
        smooth = 0.6 * smooth + 0.4 * rng.random_range(-1.0..1.0);
        *out += level * smooth;
        level *= keep;
    }
}
