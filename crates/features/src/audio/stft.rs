//! The short-time Fourier transform, as `librosa.stft` makes it.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;

use super::Setup;

/// Spectra of frames, one at a time. Frame `t` is centred on sample `t * hop`; what lies before the first
/// sample and after the last is zero (librosa's `center=True, pad_mode="constant"`), and the window is
/// Hann's, periodic. In double precision: of quiet bands beside loud ones, single precision leaves less than a
/// ten-thousandth of a decibel asks for.
#[derive(Clone)]
pub(super) struct Stft {
    hop: usize,
    window: Vec<f64>,
    forward: Arc<dyn RealToComplex<f64>>,
    frame: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Stft {
    pub(super) fn new(setup: &Setup) -> Self {
        let length = setup.n_fft;
        let forward = RealFftPlanner::new().plan_fft_forward(length);
        let turn = std::f64::consts::TAU / length as f64;
        Self {
            hop: setup.hop,
            window: (0..length).map(|i| 0.5 - 0.5 * libm::cos(turn * i as f64)).collect(),
            frame: vec![0.0; length],
            spectrum: forward.make_output_vec(),
            scratch: forward.make_scratch_vec(),
            forward,
        }
    }

    /// How many frames so many samples have.
    pub(super) fn frames(&self, samples: usize) -> usize {
        1 + samples / self.hop
    }

    /// Writes the power of frame `index`'s lines, 0 to `n_fft / 2`, to `power`.
    pub(super) fn power(&mut self, samples: &[f32], index: usize, power: &mut [f64]) {
        let length = self.frame.len();
        // Of the frame, what comes before the first sample, and what there are samples for.
        let before = (length / 2).saturating_sub(index * self.hop);
        let from = (index * self.hop + before - length / 2).min(samples.len());
        let to = (from + length - before).min(samples.len());
        let there = before + to - from;
        self.frame[..before].fill(0.0);
        self.frame[there..].fill(0.0);
        let windowed = samples[from..to].iter().zip(&self.window[before..]);
        for (value, (&sample, window)) in self.frame[before..there].iter_mut().zip(windowed) {
            *value = f64::from(sample) * window;
        }
        let outcome = self.forward.process_with_scratch(
            &mut self.frame,
            &mut self.spectrum,
            &mut self.scratch,
        );
        debug_assert!(outcome.is_ok(), "buffers are made by the plan");
        for (power, line) in power.iter_mut().zip(&self.spectrum) {
            *power = line.norm_sqr();
        }
    }
}
