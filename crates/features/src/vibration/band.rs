//! The envelope of the signal in a band of its spectrum.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Buffers that the envelopes of an extractor share.
#[derive(Clone, Default)]
pub(super) struct Work {
    /// Bands on their way to time, and there.
    pub(super) analytic: Vec<Complex<f64>>,
    /// Samples of the last envelope.
    pub(super) envelope: Vec<f64>,
    /// Power of the lines of the last envelope's spectrum, from line 0: squared amplitudes over 4, but
    /// of line 0 the squared mean.
    pub(super) power: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

/// The way from a band of given width to the spectrum of its envelope.
///
/// The Hilbert envelope of a band does not change when the band is moved down to frequency zero, where
/// fewer samples hold it than the signal has. Line `j` of the envelope's spectrum is the same frequency
/// as line `j` of the signal's.
#[derive(Clone)]
pub(super) struct Demodulator {
    /// Lines of the band.
    pub(super) width: usize,
    lines: usize,
    length: usize,
    inverse: Arc<dyn Fft<f64>>,
    forward: Arc<dyn RealToComplex<f64>>,
}

impl Demodulator {
    /// For bands of `width` lines; of the envelope's spectrum, lines 0 to `lines` are kept, but none
    /// from line `width` on, as the squared envelope of such a band has none.
    ///
    /// The envelope gets `width + least` samples, rounded up by [`fast_length`]. Squared, it has lines up
    /// to `width - 1`; those above half the length fold down, and with `least` at `lines` or more they
    /// stay above the lines that are kept, which are then what the analytic signal at full length shows.
    pub(super) fn new(width: usize, lines: usize, least: usize) -> Self {
        let length = fast_length(width + least);
        Self {
            width,
            lines: lines.min(width - 1),
            length,
            inverse: FftPlanner::new().plan_fft_inverse(length),
            forward: RealFftPlanner::new().plan_fft_forward(length),
        }
    }

    /// The squared envelope of the band of `spectrum` that starts at line `start`, to `work.envelope`.
    ///
    /// `spectrum` is the transform of `samples` real values, in whose unit the envelope is.
    pub(super) fn square(
        &self,
        spectrum: &[Complex<f64>],
        start: usize,
        samples: usize,
        work: &mut Work,
    ) {
        work.analytic.clear();
        work.analytic.extend_from_slice(&spectrum[start..start + self.width]);
        work.analytic.resize(self.length, Complex::ZERO);
        work.invert(&*self.inverse);
        let scale = 2.0 / samples as f64;
        let scale = scale * scale;
        work.envelope.clear();
        work.envelope.extend(work.analytic.iter().map(|z| scale * z.norm_sqr()));
    }

    /// The power of the lines of `work.envelope`, which is used up, to `work.power`.
    pub(super) fn transform(&self, work: &mut Work) {
        work.spectrum.resize(self.length / 2 + 1, Complex::ZERO);
        transform(&*self.forward, &mut work.envelope, &mut work.spectrum, &mut work.scratch);
        let scale = 1.0 / self.length as f64;
        let scale = scale * scale;
        work.power.clear();
        work.power.extend(work.spectrum[..=self.lines].iter().map(|z| scale * z.norm_sqr()));
    }
}

impl Work {
    /// Inverts, without scaling, the spectra of `inverse`'s length that `analytic` holds one after another.
    pub(super) fn invert(&mut self, inverse: &dyn Fft<f64>) {
        grow(&mut self.scratch, inverse.get_inplace_scratch_len());
        inverse.process_with_scratch(&mut self.analytic, &mut self.scratch);
    }
}

/// The transform of real `samples`, which are used up.
pub(super) fn transform(
    forward: &dyn RealToComplex<f64>,
    samples: &mut [f64],
    spectrum: &mut [Complex<f64>],
    scratch: &mut Vec<Complex<f64>>,
) {
    grow(scratch, forward.get_scratch_len());
    let outcome = forward.process_with_scratch(samples, spectrum, scratch);
    debug_assert!(outcome.is_ok(), "buffers have the lengths that the plan was made for");
}

fn grow(scratch: &mut Vec<Complex<f64>>, length: usize) {
    if scratch.len() < length {
        scratch.resize(length, Complex::ZERO);
    }
}

/// The smallest even number of at least `least` whose prime factors are 2, 3 and 5 only.
pub(super) fn fast_length(least: usize) -> usize {
    let mut length = least.next_multiple_of(2).max(2);
    loop {
        let mut rest = length;
        for factor in [2, 3, 5] {
            while rest.is_multiple_of(factor) {
                rest /= factor;
            }
        }
        if rest == 1 {
            return length;
        }
        length += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fast_lengths() {
        let found = [1, 2, 7, 13, 97, 3413, 12_000].map(fast_length);
        assert_eq!(found, [2, 2, 8, 16, 100, 3456, 12_000]);
    }

    /// A carrier of 2 at line 300, modulated by 50 % at line 20, sits at lines 280, 300 and 320.
    #[test]
    fn the_envelope_of_a_modulated_carrier() {
        let samples = 1000;
        let mut spectrum = vec![Complex::ZERO; samples / 2 + 1];
        let full = samples as f64;
        spectrum[300] = Complex::new(full, 0.0);
        spectrum[280] = Complex::new(full / 4.0, 0.0);
        spectrum[320] = Complex::new(full / 4.0, 0.0);
        let mut work = Work::default();
        let demodulator = Demodulator::new(100, 60, 60);
        demodulator.square(&spectrum, 250, samples, &mut work);
        let length = work.envelope.len() as f64;
        for (i, square) in work.envelope.iter().enumerate() {
            let angle = std::f64::consts::TAU * 20.0 * i as f64 / length;
            let envelope = 2.0 * (1.0 + 0.5 * angle.cos());
            assert!((square - envelope * envelope).abs() < 1e-12);
        }
        // (2 + cos)^2 = 4.5 + 4 cos + 0.5 cos of twice the angle.
        demodulator.transform(&mut work);
        assert_eq!(work.power.len(), 61);
        for (line, &power) in work.power.iter().enumerate() {
            let amplitude = match line {
                0 => 9.0,
                20 => 4.0,
                40 => 0.5,
                _ => 0.0,
            };
            assert!((2.0 * power.sqrt() - amplitude).abs() < 1e-12, "line {line}: {power}");
        }
    }
}
