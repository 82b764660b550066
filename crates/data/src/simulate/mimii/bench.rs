//! Transforms and their memory, made once and used for many clips.

use std::sync::Arc;

use rand::Rng;
use rand_distr::{Distribution as _, StandardNormal};
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::curve::Curve;

/// Samples per second.
pub(super) const RATE: f32 = 16_000.0;

/// Samples of a clip.
pub(super) const SAMPLES: usize = 160_000;

/// Samples of a transform: a little more than a clip, so that what wraps around is cut off, and of small factors.
pub(super) const LENGTH: usize = 163_840;

/// Lines of a spectrum.
pub(super) const LINES: usize = LENGTH / 2 + 1;

/// Hertz from one line to the next.
pub(super) const SPACING_HZ: f32 = RATE / LENGTH as f32;

/// Lines that have one loudness.
const TOGETHER: usize = 16;

pub(super) type Spectrum = Vec<Complex<f32>>;

/// What makes noise and goes from samples to spectra and back.
#[derive(Clone)]
pub(super) struct Bench {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    scratch: Spectrum,
    lines: Spectrum,
    samples: Vec<f32>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(LENGTH);
        let inverse = planner.plan_fft_inverse(LENGTH);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        Self {
            forward,
            inverse,
            scratch: vec![Complex::default(); scratch],
            lines: vec![Complex::default(); LINES],
            samples: vec![0.0; LENGTH],
        }
    }

    /// The spectrum of `samples`, which are overwritten, scaled so that [`Bench::samples`] gives them back.
    pub(super) fn spectrum(&mut self, samples: &mut [f32], out: &mut [Complex<f32>]) {
        let scratch = &mut self.scratch[..self.forward.get_scratch_len()];
        // Lengths are those of the plan, so nothing can go wrong.
        let _ = self.forward.process_with_scratch(samples, out, scratch);
        out.iter_mut().for_each(|line| *line /= LENGTH as f32);
    }

    /// The samples of `lines`, which are overwritten.
    pub(super) fn samples(&mut self, lines: &mut [Complex<f32>], out: &mut [f32]) {
        // Of real samples, the first and the last line are real.
        lines[0].im = 0.0;
        lines[LINES - 1].im = 0.0;
        let scratch = &mut self.scratch[..self.inverse.get_scratch_len()];
        let _ = self.inverse.process_with_scratch(lines, out, scratch);
    }

    /// Adds noise of this loudness over pitch, whose power is `level` squared, to `out`.
    pub(super) fn add_noise(
        &mut self,
        shape: &Curve,
        level: impl Fn(usize) -> f32,
        rng: &mut impl Rng,
        out: &mut [f32],
    ) {
        let mut lines = std::mem::take(&mut self.lines);
        let mut samples = std::mem::take(&mut self.samples);
        noise(shape, rng, &mut lines);
        self.samples(&mut lines, &mut samples);
        for (at, (out, sample)) in out.iter_mut().zip(&samples).enumerate() {
            *out += level(at) * sample;
        }
        (self.lines, self.samples) = (lines, samples);
    }
}

/// The spectrum of noise of power 1 with this loudness over pitch.
pub(super) fn noise(shape: &Curve, rng: &mut impl Rng, out: &mut [Complex<f32>]) {
    let mut power = 0.0;
    for (block, lines) in out.chunks_mut(TOGETHER).enumerate() {
        let hz = (block * TOGETHER) as f32 * SPACING_HZ + 0.5 * TOGETHER as f32 * SPACING_HZ;
        // Microphones and rooms hear little below 40 Hz.
        let gain = shape.gain(hz) * (hz / (hz + 40.0)).powi(2);
        for line in lines {
            let (re, im): (f32, f32) = (StandardNormal.sample(rng), StandardNormal.sample(rng));
            *line = Complex::new(gain * re, gain * im);
            power += f64::from(line.norm_sqr());
        }
    }
    // Each line but two stands for itself and its mirror image.
    let scale = (1.0 / (2.0 * power)).sqrt() as f32;
    out.iter_mut().for_each(|line| *line *= scale);
}

impl std::fmt::Debug for Bench {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Bench")
    }
}
