//! Where impulses are: the band in which the envelope is most uneven.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::band::{Work, fast_length};
use crate::sums::sums;

/// Into how many bands each level of the kurtogram cuts the spectrum.
const DIVISIONS: [usize; 10] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

/// How many standard deviations the kurtosis of a band must stand above that of noise to be chosen.
const SIGNIFICANT: f64 = 5.0;

/// The share of the signal's power below which a band holds nothing but rounding errors.
const EMPTY: f64 = 1e-20;

/// The 1/3-binary kurtogram of Antoni (Fast computation of the kurtogram for the detection of transient
/// faults, Mechanical Systems and Signal Processing 21, 2007), with ideal filters in place of his short ones.
///
/// A level cuts the lines below the Nyquist frequency into 1, 2, 3, 4, 6, 8 ... 32 bands of equal width. The
/// lines of a band, transformed back by themselves, are its complex envelope `c`, sampled as often as
/// its width asks, and its kurtosis is `mean |c|^4 / (mean |c|^2)^2 - 2`: 0 for normal noise, -1 for a tone,
/// large for impulses. Of noise it is spread by about `2 / sqrt(width)`.
#[derive(Clone)]
pub(super) struct Kurtogram {
    lines: usize,
    levels: Vec<Level>,
}

#[derive(Clone)]
struct Level {
    bands: usize,
    width: usize,
    length: usize,
    inverse: Arc<dyn Fft<f64>>,
}

/// A band that stands out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Choice {
    /// Which of [`Kurtogram::widths`] it has.
    pub(super) level: usize,
    /// Its first line.
    pub(super) start: usize,
    /// Its kurtosis.
    pub(super) kurtosis: f64,
}

impl Kurtogram {
    /// For spectra of `lines` lines, in bands of at least `narrowest`.
    pub(super) fn new(lines: usize, narrowest: usize) -> Self {
        let mut planner = FftPlanner::new();
        let levels = DIVISIONS
            .into_iter()
            .map(|bands| (bands, lines / bands))
            .filter(|&(_, width)| width >= narrowest)
            .map(|(bands, width)| {
                let length = fast_length(width);
                Level { bands, width, length, inverse: planner.plan_fft_inverse(length) }
            })
            .collect();
        Self { lines, levels }
    }

    /// The width of each level's bands, in lines.
    pub(super) fn widths(&self) -> impl Iterator<Item = usize> {
        self.levels.iter().map(|level| level.width)
    }

    /// The band of largest kurtosis among those whose kurtosis is significant; the first of equals.
    pub(super) fn choose(&self, spectrum: &[Complex<f64>], work: &mut Work) -> Option<Choice> {
        let [power] = sums(&spectrum[..self.lines], |z| [z.norm_sqr()]);
        let mut best: Option<Choice> = None;
        for (index, level) in self.levels.iter().enumerate() {
            let least = SIGNIFICANT * 2.0 / (level.width as f64).sqrt();
            let starts = (0..level.bands).map(|band| band * self.lines / level.bands);
            work.analytic.clear();
            for (band, start) in starts.clone().enumerate() {
                work.analytic.extend_from_slice(&spectrum[start..start + level.width]);
                work.analytic.resize((band + 1) * level.length, Complex::ZERO);
            }
            work.invert(&*level.inverse);
            for (start, envelope) in starts.zip(work.analytic.chunks_exact(level.length)) {
                let Some(kurtosis) = kurtosis(envelope, power) else { continue };
                if kurtosis > least && best.is_none_or(|best| kurtosis > best.kurtosis) {
                    best = Some(Choice { level: index, start, kurtosis });
                }
            }
        }
        best
    }
}

/// The kurtosis of a complex envelope, unless there is nothing in it; `power` is that of all lines.
fn kurtosis(envelope: &[Complex<f64>], power: f64) -> Option<f64> {
    let [second, fourth] = sums(envelope, |c| {
        let square = c.norm_sqr();
        [square, square * square]
    });
    let count = envelope.len() as f64;
    (second > EMPTY * power * count).then(|| count * fourth / (second * second) - 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(of: impl Fn(usize) -> f64) -> Vec<Complex<f64>> {
        (0..100).map(|i| Complex::new(of(i), 0.0)).collect()
    }

    #[test]
    fn tones_impulses_and_nothing() {
        assert_eq!(kurtosis(&envelope(|_| 3.0), 9.0), Some(-1.0));
        let impulses = envelope(|i| if i % 10 == 0 { 1.0 } else { 0.0 });
        assert_eq!(kurtosis(&impulses, 1.0), Some(8.0));
        assert_eq!(kurtosis(&envelope(|_| 1e-12), 9.0), None);
        assert_eq!(kurtosis(&envelope(|_| 0.0), 0.0), None);
    }

    #[test]
    fn the_band_with_the_impulses_is_chosen() {
        // Noise of unit power everywhere, from a linear congruential generator, and in lines 512 to 640
        // one impulse: all of them in phase.
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1_u64 << 53) as f64 * std::f64::consts::TAU
        };
        let mut spectrum: Vec<_> = (0..1024).map(|_| Complex::cis(noise())).collect();
        let kurtogram = Kurtogram::new(1024, 64);
        assert_eq!(kurtogram.widths().collect::<Vec<_>>(), [1024, 512, 341, 256, 170, 128, 85, 64]);
        assert_eq!(kurtogram.choose(&spectrum, &mut Work::default()), None);
        spectrum[512..640].fill(Complex::new(1.0, 0.0));
        let choice = kurtogram.choose(&spectrum, &mut Work::default()).unwrap();
        assert_eq!((choice.level, choice.start), (5, 512));
        assert!((choice.kurtosis - 126.0).abs() < 1e-9);
    }
}
