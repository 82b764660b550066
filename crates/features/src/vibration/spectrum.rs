//! The spectrum of a snapshot, and what is read from it directly.

use rustfft::num_complex::Complex;

use crate::sums::sums;

/// Names of the values, in the order of [`shape`].
pub(super) const NAMES: [&str; 6] = [
    "band_rms_1",
    "band_rms_2",
    "band_rms_3",
    "band_rms_4",
    "spectral_centroid_hz",
    "spectral_entropy",
];

/// Where the bands of `band_rms_*` end, as fractions of the Nyquist frequency.
///
/// A line that lies on a border belongs to the band below it. The first band has no line 0.
const BORDERS: [(usize, usize); 4] = [(1, 8), (1, 4), (1, 2), (1, 1)];

/// The distribution of the signal's power over its lines, without line 0.
///
/// `spectrum` is the discrete Fourier transform of `samples` real values, lines 0 to `samples / 2`, and
/// `power` has room for as many. The squares of the four band RMS add up to the signal's variance. The
/// centroid is the mean frequency, weighted by power. The entropy is Shannon's, of the shares of power,
/// divided by its largest value: 0 for one line, 1 for white power.
pub(super) fn shape(
    spectrum: &[Complex<f64>],
    power: &mut [f64],
    samples: usize,
    sampling_rate_hz: f64,
) -> [f64; NAMES.len()] {
    for (power, line) in power.iter_mut().zip(spectrum) {
        *power = line.norm_sqr();
    }
    // Every line stands for itself and its mirror image, but the one at the Nyquist frequency.
    let last = power.len() - 1;
    if samples.is_multiple_of(2) {
        power[last] /= 2.0;
    }
    let count = samples as f64;
    let mut values = [0.0; NAMES.len()];
    let mut start = 1;
    for (band, (over, under)) in BORDERS.into_iter().enumerate() {
        let end = samples * over / (2 * under) + 1;
        let [sum] = sums(&power[start..end], |x| [x]);
        values[band] = (2.0 * sum).sqrt() / count;
        start = end;
    }

    let lines = &power[1..];
    let [total] = sums(lines, |x| [x]);
    let mut position = 0.0;
    let mut moment = 0.0;
    let mut surprise = 0.0;
    for &power in lines {
        position += 1.0;
        moment += position * power;
        let share = power / total;
        if share > 0.0 {
            surprise -= share * libm::log(share);
        }
    }
    values[4] = moment / total * (sampling_rate_hz / count);
    values[5] = surprise / libm::log(lines.len() as f64);
    values
}
