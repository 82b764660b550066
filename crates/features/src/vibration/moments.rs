//! Statistics of the samples themselves, without regard to time.

use super::SignalError;
use crate::sums::sums;

/// Names of the statistics, in the order of [`Moments::values`].
pub(super) const NAMES: [&str; 12] = [
    "mean",
    "mean_abs",
    "std",
    "rms",
    "peak",
    "peak_to_peak",
    "crest_factor",
    "shape_factor",
    "impulse_factor",
    "clearance_factor",
    "skewness",
    "kurtosis",
];

/// Statistics of one snapshot. All but `std`, `skewness` and `kurtosis` are taken of the samples as they
/// are, a constant offset included.
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
    mean_abs: f64,
    mean_square: f64,
    mean_root: f64,
    least: f64,
    most: f64,
    third: f64,
    fourth: f64,
}

impl Moments {
    /// Computes the statistics and writes the samples less their mean to `centred`.
    ///
    /// # Errors
    /// A sample that is not finite, or samples that are all equal.
    pub(super) fn of(samples: &[f64], centred: &mut [f64]) -> Result<Self, SignalError> {
        let count = samples.len() as f64;
        let [sum, sum_abs, sum_square, sum_root] =
            sums(samples, |x| [x, x.abs(), x * x, x.abs().sqrt()]);
        // A sample that is not finite makes this sum so too: samples are searched only then.
        if !sum_abs.is_finite()
            && let Some((index, &value)) =
                samples.iter().enumerate().find(|(_, sample)| !sample.is_finite())
        {
            return Err(SignalError::NotFinite { index, value });
        }
        let (least, most) = extremes(samples);
        if least == most {
            return Err(SignalError::Constant { value: least });
        }
        let mean = sum / count;
        for (centred, sample) in centred.iter_mut().zip(samples) {
            *centred = sample - mean;
        }
        let [second, third, fourth] = sums(centred, |x| {
            let square = x * x;
            [square, square * x, square * square]
        });
        Ok(Self {
            mean,
            variance: second / count,
            mean_abs: sum_abs / count,
            mean_square: sum_square / count,
            mean_root: sum_root / count,
            least,
            most,
            third: third / count,
            fourth: fourth / count,
        })
    }

    /// The values that [`NAMES`] names.
    pub(super) fn values(&self) -> [f64; NAMES.len()] {
        let std = self.variance.sqrt();
        let rms = self.mean_square.sqrt();
        let peak = self.most.abs().max(self.least.abs());
        [
            self.mean,
            self.mean_abs,
            std,
            rms,
            peak,
            self.most - self.least,
            peak / rms,
            rms / self.mean_abs,
            peak / self.mean_abs,
            peak / (self.mean_root * self.mean_root),
            self.third / (self.variance * std),
            self.fourth / (self.variance * self.variance) - 3.0,
        ]
    }
}

/// The smallest and the largest sample.
fn extremes(samples: &[f64]) -> (f64, f64) {
    // Four at a time, so that one comparison need not wait for the one before.
    let mut least = [f64::INFINITY; 4];
    let mut most = [f64::NEG_INFINITY; 4];
    for chunk in samples.chunks(4) {
        for (lane, &sample) in chunk.iter().enumerate() {
            least[lane] = if sample < least[lane] { sample } else { least[lane] };
            most[lane] = if sample > most[lane] { sample } else { most[lane] };
        }
    }
    (
        least.into_iter().fold(f64::INFINITY, f64::min),
        most.into_iter().fold(f64::NEG_INFINITY, f64::max),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statistics(samples: &[f64]) -> [f64; NAMES.len()] {
        Moments::of(samples, &mut vec![0.0; samples.len()]).unwrap().values()
    }

    #[test]
    fn four_samples_by_hand() {
        let [
            mean,
            mean_abs,
            std,
            rms,
            peak,
            span,
            crest,
            shape,
            impulse,
            clearance,
            skew,
            kurtosis,
        ] = statistics(&[-4.0, 1.0, 1.0, 4.0]);
        assert_eq!((mean, mean_abs, peak, span), (0.5, 2.5, 4.0, 8.0));
        assert!((rms * rms - 8.5).abs() < 1e-14 && (std * std - 8.25).abs() < 1e-14);
        assert_eq!((crest, shape, impulse), (4.0 / rms, rms / 2.5, 1.6));
        assert!((clearance - 4.0 / 2.25).abs() < 1e-14);
        let third = (-91.125 + 0.125 + 0.125 + 42.875) / 4.0;
        let fourth = (410.0625 + 0.0625 + 0.0625 + 150.0625) / 4.0;
        assert!((skew - third / 8.25_f64.powf(1.5)).abs() < 1e-14);
        assert!((kurtosis - (fourth / (8.25 * 8.25) - 3.0)).abs() < 1e-14);
    }

    #[test]
    fn extremes_are_found_in_every_place() {
        for place in 0..9 {
            let mut samples = [0.5; 9];
            samples[place] = -2.0;
            samples[(place + 4) % 9] = 3.0;
            assert_eq!(extremes(&samples), (-2.0, 3.0));
        }
    }

    #[test]
    fn what_is_no_signal_is_named() {
        let of = |samples: &[f64]| Moments::of(samples, &mut [0.0; 3]).err().unwrap();
        let error = of(&[1.0, f64::NEG_INFINITY, f64::NAN]);
        assert_eq!(error, SignalError::NotFinite { index: 1, value: f64::NEG_INFINITY });
        assert_eq!(of(&[0.25; 3]), SignalError::Constant { value: 0.25 });
    }
}
