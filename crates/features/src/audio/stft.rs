//! The short-time Fourier transform, as `librosa.stft` makes it.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::Setup;

/// Power spectra of frames. Frame `t` is centred on sample `t * hop`; what lies before the first sample and after
/// the last is zero (librosa's `center=True, pad_mode="constant"`), and the window is Hann's, periodic.
///
/// In double precision: single precision loses more of quiet bands beside loud ones than the
/// ten-thousandth of a decibel by which spectrograms may differ from librosa's.
#[derive(Clone)]
pub(super) struct Stft {
    hop: usize,
    window: Vec<f64>,
    forward: Arc<dyn Fft<f64>>,
    pair: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Stft {
    pub(super) fn new(setup: &Setup) -> Self {
        let length = setup.n_fft;
        let forward = FftPlanner::new().plan_fft_forward(length);
        let turn = std::f64::consts::TAU / length as f64;
        Self {
            hop: setup.hop,
            window: (0..length).map(|i| 0.5 - 0.5 * libm::cos(turn * i as f64)).collect(),
            pair: vec![Complex::ZERO; length],
            scratch: vec![Complex::ZERO; forward.get_inplace_scratch_len()],
            forward,
        }
    }

    /// How many frames so many samples have.
    pub(super) fn frames(&self, samples: usize) -> usize {
        1 + samples / self.hop
    }

    /// The power of the lines, 0 to `n_fft / 2`, of frame `index` to `power` and of the next one to `next`.
    ///
    /// One complex transform serves both frames: its real part is the one, its imaginary part the other, and
    /// their spectra are its even and its odd part.
    pub(super) fn power(
        &mut self,
        samples: &[f32],
        index: usize,
        power: &mut [f64],
        next: &mut [f64],
    ) {
        self.pair.fill(Complex::ZERO);
        let (place, part) = self.place(samples, index);
        let windowed = self.window[place..].iter().zip(part);
        for (z, (window, &sample)) in self.pair[place..].iter_mut().zip(windowed) {
            z.re = f64::from(sample) * window;
        }
        let (place, part) = self.place(samples, index + 1);
        let windowed = self.window[place..].iter().zip(part);
        for (z, (window, &sample)) in self.pair[place..].iter_mut().zip(windowed) {
            z.im = f64::from(sample) * window;
        }
        self.forward.process_with_scratch(&mut self.pair, &mut self.scratch);

        let half = self.pair.len() / 2;
        power[0] = self.pair[0].re * self.pair[0].re;
        next[0] = self.pair[0].im * self.pair[0].im;
        // Line k and its mirror image, line `n_fft - k`; the one at the Nyquist frequency is its own.
        let lines = self.pair[1..=half].iter().zip(self.pair[half..].iter().rev());
        for ((power, next), (z, m)) in power[1..].iter_mut().zip(&mut next[1..]).zip(lines) {
            let even = Complex::new(z.re + m.re, z.im - m.im);
            let odd = Complex::new(z.re - m.re, z.im + m.im);
            *power = even.norm_sqr() / 4.0;
            *next = odd.norm_sqr() / 4.0;
        }
    }

    /// Where in frame `index` its samples begin, and the samples.
    fn place<'a>(&self, samples: &'a [f32], index: usize) -> (usize, &'a [f32]) {
        let length = self.window.len();
        let before = (length / 2).saturating_sub(index * self.hop);
        let from = (index * self.hop + before - length / 2).min(samples.len());
        let to = (from + length - before).min(samples.len());
        (before, &samples[from..to])
    }
}
