//! Statistics of frames, as librosa's functions of the same names make them.

use super::Setup;
use super::decibels::decibels;
use crate::sums::sums;

/// Names of the statistics, in the order of [`Statistics::spectral`] and [`Statistics::temporal`].
pub(super) const NAMES: [&str; SPECTRAL + TEMPORAL] =
    ["centroid_hz", "bandwidth_hz", "rolloff_hz", "flatness", "zero_crossing_rate", "rms"];

/// How many are of the spectrum, and how many of the samples.
pub(super) const SPECTRAL: usize = 4;
pub(super) const TEMPORAL: usize = 2;

/// The share of the magnitudes that lies up to the rolloff frequency.
const ROLLOFF: f64 = 0.85;

/// Samples up to this magnitude have no sign of their own and count as positive.
const ZERO: f32 = 1e-10;

/// Computes the statistics of a clip's frames.
#[derive(Debug, Clone)]
pub(super) struct Statistics {
    spacing_hz: f64,
    length: usize,
    hop: usize,
    /// Position and magnitude of each line of a frame.
    lines: Vec<[f64; 2]>,
    /// How many times the samples have changed sign up to each of them.
    crossings: Vec<u32>,
}

impl Statistics {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            spacing_hz: f64::from(setup.sampling_rate_hz) / setup.n_fft as f64,
            length: setup.n_fft,
            hop: setup.hop,
            lines: Vec::new(),
            crossings: Vec::new(),
        }
    }

    /// Centroid, bandwidth and rolloff frequency of a frame's magnitudes in hertz, and the flatness of its power;
    /// of nothing 0, 0, 0 and 1.
    pub(super) fn spectral(&mut self, power: &[f64]) -> [f64; SPECTRAL] {
        self.lines.clear();
        let mut position = 0.0;
        self.lines.extend(power.iter().map(|power| {
            let line = [position, power.sqrt()];
            position += 1.0;
            line
        }));
        let [total, moment] =
            sums(&self.lines, |[position, magnitude]| [magnitude, position * magnitude]);
        let scale = if total > 0.0 { 1.0 / total } else { 0.0 };
        let centre = moment * scale;
        let [spread] = sums(&self.lines, |[position, magnitude]| {
            let distance = position - centre;
            [distance * distance * magnitude]
        });
        let mut up_to = 0.0;
        let rolloff = self.lines.iter().position(|[_, magnitude]| {
            up_to += magnitude;
            up_to >= ROLLOFF * total
        });

        let count = power.len() as f64;
        let [logarithms] = sums(power, |power| [decibels(power)]);
        let [arithmetic] = sums(power, |power| [power.max(1e-10)]);
        let geometric = libm::pow(10.0, logarithms / count / 10.0);
        [
            centre * self.spacing_hz,
            (spread * scale).sqrt() * self.spacing_hz,
            rolloff.unwrap_or_default() as f64 * self.spacing_hz,
            geometric / (arithmetic / count),
        ]
    }

    /// Prepares for the frames of `samples`.
    pub(super) fn begin(&mut self, samples: &[f32]) {
        let negative = |sample: &f32| *sample < -ZERO;
        let mut count = 0;
        let mut before = samples.first().is_some_and(negative);
        self.crossings.clear();
        self.crossings.extend(samples.iter().map(|sample| {
            let now = negative(sample);
            count += u32::from(now != before);
            before = now;
            count
        }));
    }

    /// The rate of zero crossings and the root mean square of frame `index`.
    ///
    /// Before the first sample and after the last, crossings go on as they stand there, and the square is
    /// zero.
    pub(super) fn temporal(&self, samples: &[f32], index: usize) -> [f64; TEMPORAL] {
        let from = (index * self.hop).saturating_sub(self.length / 2);
        let to = (index * self.hop + self.length - self.length / 2).min(samples.len());
        let frame = &samples[from.min(to)..to];
        let crossings = match self.crossings.get(from..to) {
            Some([first, .., last]) => last - first,
            _ => 0,
        };
        let [square] = sums(frame, |sample| [f64::from(sample) * f64::from(sample)]);
        let length = self.length as f64;
        [f64::from(crossings) / length, (square / length).sqrt()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::Scale;

    fn statistics() -> Statistics {
        let scale = Scale::Slaney;
        let setup = Setup { sampling_rate_hz: 8, n_fft: 8, hop: 4, mels: 1, scale };
        Statistics::new(&setup)
    }

    #[test]
    fn spectra_by_hand() {
        let [centroid, bandwidth, rolloff, flatness] =
            statistics().spectral(&[0.0, 1.0, 0.0, 9.0, 0.0]);
        assert_eq!((centroid, rolloff), (2.5, 3.0));
        assert!((bandwidth - 0.75_f64.sqrt()).abs() < 1e-12);
        let expected = (9.0 * 1e-30_f64).powf(0.2) / 2.0;
        assert!((flatness / expected - 1.0).abs() < 1e-8);
        let [centroid, bandwidth, rolloff, flatness] = statistics().spectral(&[0.0; 5]);
        assert_eq!((centroid, bandwidth, rolloff), (0.0, 0.0, 0.0));
        assert!((flatness - 1.0).abs() < 1e-8);
    }

    #[test]
    fn crossings_and_root_mean_square_by_hand() {
        let samples = [1.0, -1.0, -1.0, 0.0, 1e-11, -1.0, 1.0, -1.0];
        let mut statistics = statistics();
        statistics.begin(&samples);
        assert_eq!(statistics.temporal(&samples, 0), [2.0 / 8.0, (3.0_f64 / 8.0).sqrt()]);
        let [rate, rms] = statistics.temporal(&samples, 1);
        assert_eq!(rate, 5.0 / 8.0);
        assert!((rms - 0.75_f64.sqrt()).abs() < 1e-11);
        assert_eq!(statistics.temporal(&samples, 2)[0], 3.0 / 8.0);
        assert!((statistics.temporal(&samples, 2)[1] - 0.375_f64.sqrt()).abs() < 1e-11);
    }
}
