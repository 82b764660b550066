//! The features of one snapshot of one channel.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};
use rustfft::num_complex::Complex;

use super::band::{self, Demodulator, Work};
use super::faults::Target;
use super::kurtogram::Kurtogram;
use super::moments::{self, Moments};
use super::plot::{Band, Spectrum};
use super::{Setup, SignalError, spectrum};
use crate::sums::sums;

/// The fewest samples that have features.
const LEAST_SAMPLES: usize = 64;

/// The band of `env_*`, in hertz; see [`fixed_band`].
const FIXED_BAND_HZ: (f64, f64) = (2000.0, 8000.0);

/// The fewest lines that the fixed band may have.
const LEAST_LINES: f64 = 16.0;

/// Without a geometry, envelope spectra show this many orders of the shaft.
const SHAFT_ORDERS: f64 = 20.0;

/// Lines weaker than this fraction of the spectrum's root mean square stay weak when the rest is whitened.
const WHITENED: f64 = 1e-7;

/// What a line of an envelope's spectrum has to exceed to be more than a rounding error: this fraction of
/// the mean squared envelope ...
const ENVELOPE_FLOOR: f64 = 1e-6;

/// ... and this fraction of the signal's variance.
const SIGNAL_FLOOR: f64 = 1e-12;

/// Computes the features of snapshots, one after another, with plans and buffers made once.
///
/// See the [module](super) for what the features are. Snapshots do not influence each other.
#[derive(Clone)]
pub struct Extractor {
    sampling_rate_hz: f64,
    samples: usize,
    names: Vec<String>,
    targets: Vec<Target>,
    forward: Arc<dyn RealToComplex<f64>>,
    kurtogram: Kurtogram,
    /// For the bands of each of the kurtogram's levels.
    levels: Vec<Demodulator>,
    fixed_start: usize,
    fixed: Demodulator,
    /// For the band of all lines.
    full: Demodulator,
    centred: Vec<f64>,
    spectrum: Vec<Complex<f64>>,
    power: Vec<f64>,
    scratch: Vec<Complex<f64>>,
    sorted: Vec<f64>,
    work: Work,
}

/// The names of the features, in order: the same as [`Extractor::names`].
#[must_use]
pub fn names(setup: &Setup) -> Vec<String> {
    let plain = moments::NAMES.iter().chain(&spectrum::NAMES).chain(&["env_rms"]);
    let mut names: Vec<String> = plain.map(|&name| name.to_owned()).collect();
    if setup.geometry.is_some() {
        for kind in ["env", "ses_snr", "cpw_snr"] {
            names.extend(super::Fault::ALL.map(|fault| format!("{kind}_{}", fault.suffix())));
        }
    }
    names
}

/// The ends in hertz of the band in which bearings usually ring, below the Nyquist frequency.
///
/// From 2 to 8 kHz. A lower Nyquist frequency is the upper end, and under 4 kHz half of it the lower end.
fn fixed_band(sampling_rate_hz: f64) -> (f64, f64) {
    let (low, high) = FIXED_BAND_HZ;
    let high = high.min(sampling_rate_hz / 2.0);
    (low.min(high / 2.0), high)
}

impl Extractor {
    /// Plans the features of snapshots of `samples` samples.
    ///
    /// # Errors
    /// Too few samples (64, or as many as give the fixed band 16 lines), a rate that is not a positive
    /// number, an impossible geometry, or a fault frequency higher than the fixed band is wide, whose
    /// envelope then cannot show it.
    pub fn new(setup: &Setup, samples: usize) -> Result<Self, SignalError> {
        setup.check()?;
        let rate = setup.sampling_rate_hz;
        let (low, high) = fixed_band(rate);
        let least = ((LEAST_LINES + 1.0) * rate / (high - low)).ceil() as usize;
        let least = least.max(LEAST_SAMPLES);
        if samples < least {
            return Err(SignalError::TooShort { samples, least });
        }

        let lines_per_hz = samples as f64 / rate;
        let below_nyquist = samples.div_ceil(2);
        let fixed_start = (low * lines_per_hz).ceil() as usize;
        let fixed_end = ((high * lines_per_hz) as usize).min(below_nyquist);
        let fixed_width = fixed_end - fixed_start;
        let targets = setup
            .geometry
            .as_ref()
            .map(|geometry| Target::all(geometry, setup, lines_per_hz))
            .unwrap_or_default();
        if let Some(target) = targets.iter().find(|target| !target.within(fixed_width - 1)) {
            let limit_hz = (fixed_width - 1) as f64 / lines_per_hz;
            return Err(SignalError::Beyond { fault: target.fault, hz: target.hz, limit_hz });
        }
        let orders = (SHAFT_ORDERS * setup.shaft_hz * lines_per_hz) as usize + 1;
        let lines = targets.iter().map(Target::reach).max().unwrap_or(orders).min(below_nyquist);

        let kurtogram = Kurtogram::new(below_nyquist, lines + 1);
        Ok(Self {
            sampling_rate_hz: rate,
            samples,
            names: names(setup),
            targets,
            forward: RealFftPlanner::new().plan_fft_forward(samples),
            levels: kurtogram.widths().map(|width| Demodulator::new(width, lines, lines)).collect(),
            kurtogram,
            fixed_start,
            fixed: Demodulator::new(fixed_width, lines, fixed_width),
            full: Demodulator::new(below_nyquist, lines, lines),
            centred: vec![0.0; samples],
            spectrum: vec![Complex::ZERO; samples / 2 + 1],
            power: vec![0.0; samples / 2 + 1],
            scratch: Vec::new(),
            sorted: Vec::new(),
            work: Work::default(),
        })
    }

    /// The names of the features, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Writes the features of one snapshot to `out`, which has as many places as there are names.
    ///
    /// Amplitudes have the unit of the samples. No feature is ever NaN or infinite.
    ///
    /// # Errors
    /// Samples or output of the wrong length; a sample that is not finite; samples that are all equal, as
    /// a silent or stuck sensor's; or samples so large, or so close to each other, that a feature cannot be
    /// had in double precision. `out` then holds nothing of use.
    pub fn extract(&mut self, samples: &[f64], out: &mut [f64]) -> Result<(), SignalError> {
        let (expected, found) = (self.names.len(), out.len());
        if found != expected {
            return Err(SignalError::Output { expected, found });
        }
        let moments = self.transform(samples)?;
        let (plain, rest) = out.split_at_mut(moments::NAMES.len());
        plain.copy_from_slice(&moments.values());
        let (shape, rest) = rest.split_at_mut(spectrum::NAMES.len());
        shape.copy_from_slice(&spectrum::shape(
            &self.spectrum,
            &mut self.power,
            self.samples,
            self.sampling_rate_hz,
        ));
        rest[0] = self.fixed_envelope();
        if !self.targets.is_empty() {
            let (absolute, rest) = rest[1..].split_at_mut(self.targets.len());
            let (own, whitened) = rest.split_at_mut(self.targets.len());
            self.fixed.transform(&mut self.work);
            for (value, target) in absolute.iter_mut().zip(&self.targets) {
                *value = target.amplitude(&self.work.power);
            }
            self.chosen_band();
            self.signal_to_noise(moments.variance, own);
            let variance = self.whiten();
            self.full.square(&self.spectrum, 0, self.samples, &mut self.work);
            self.full.transform(&mut self.work);
            self.signal_to_noise(variance, whitened);
        }
        match out.iter().position(|value| !value.is_finite()) {
            None => Ok(()),
            Some(index) => Err(SignalError::Unbounded {
                feature: self.names[index].clone(),
                value: out[index],
            }),
        }
    }

    /// The amplitudes of the squared envelope in the band of largest kurtosis, for plots, up to the highest
    /// line that a fault feature reads, or without a geometry to 20 times the shaft's frequency.
    ///
    /// Amplitudes have the square of the samples' unit.
    ///
    /// # Errors
    /// As [`Extractor::extract`].
    pub fn envelope_spectrum(&mut self, samples: &[f64]) -> Result<Spectrum, SignalError> {
        self.transform(samples)?;
        let band = self.chosen_band();
        let spacing_hz = self.sampling_rate_hz / self.samples as f64;
        let lines = &self.work.power[1..];
        let amplitudes: Vec<f64> = lines.iter().map(|power| 2.0 * power.sqrt()).collect();
        if let Some(&value) = amplitudes.iter().find(|amplitude| !amplitude.is_finite()) {
            return Err(SignalError::Unbounded { feature: "envelope spectrum".to_owned(), value });
        }
        let frequencies_hz = (1..=lines.len()).map(|line| line as f64 * spacing_hz).collect();
        Ok(Spectrum { frequencies_hz, amplitudes, band })
    }

    /// Statistics of the samples, and their spectrum without line 0.
    fn transform(&mut self, samples: &[f64]) -> Result<Moments, SignalError> {
        let (expected, found) = (self.samples, samples.len());
        if found != expected {
            return Err(SignalError::Length { expected, found });
        }
        let moments = Moments::of(samples, &mut self.centred)?;
        let (centred, spectrum) = (&mut self.centred, &mut self.spectrum);
        band::transform(&*self.forward, centred, spectrum, &mut self.scratch);
        spectrum[0] = Complex::ZERO;
        Ok(moments)
    }

    /// Leaves the envelope in the fixed band in `work`, and returns the RMS of its fluctuation.
    fn fixed_envelope(&mut self) -> f64 {
        self.fixed.square(&self.spectrum, self.fixed_start, self.samples, &mut self.work);
        for value in &mut self.work.envelope {
            *value = value.sqrt();
        }
        let count = self.work.envelope.len() as f64;
        let [sum] = sums(&self.work.envelope, |x| [x]);
        let mean = sum / count;
        let [squares] = sums(&self.work.envelope, |x| [(x - mean) * (x - mean)]);
        (squares / count).sqrt()
    }

    /// Leaves the spectrum of the squared envelope in `work`: in the band that the kurtogram chooses, or
    /// in the fixed band.
    fn chosen_band(&mut self) -> Band {
        let choice = self.kurtogram.choose(&self.spectrum, &mut self.work);
        let (demodulator, start) = match choice {
            Some(choice) => (&self.levels[choice.level], choice.start),
            None => (&self.fixed, self.fixed_start),
        };
        demodulator.square(&self.spectrum, start, self.samples, &mut self.work);
        demodulator.transform(&mut self.work);
        let spacing_hz = self.sampling_rate_hz / self.samples as f64;
        Band {
            low_hz: start as f64 * spacing_hz,
            high_hz: (start + demodulator.width) as f64 * spacing_hz,
            kurtosis: choice.map(|choice| choice.kurtosis),
        }
    }

    /// Cepstrum pre-whitening: every line below the Nyquist frequency gets the same power. Returns the
    /// variance that the whitened signal has if no line was too weak.
    ///
    /// Setting the real cepstrum to zero, save at quefrency zero, is dividing every line by its magnitude
    /// (Borghesani et al., Mechanical Systems and Signal Processing 36, 2013).
    fn whiten(&mut self) -> f64 {
        let [power] = sums(&self.spectrum, |z| [z.norm_sqr()]);
        let lines = self.spectrum.len() as f64;
        let least = WHITENED * (power / lines).sqrt();
        for line in &mut self.spectrum {
            *line /= line.norm_sqr().sqrt().max(least);
        }
        2.0 * lines / (self.samples as f64 * self.samples as f64)
    }

    /// The signal-to-noise ratio of every fault in the spectrum in `work`.
    fn signal_to_noise(&mut self, variance: f64, out: &mut [f64]) {
        let power = &self.work.power;
        let envelope = ENVELOPE_FLOOR * ENVELOPE_FLOOR * power[0];
        let signal = SIGNAL_FLOOR * variance;
        let floor = envelope + signal * signal;
        for (value, target) in out.iter_mut().zip(&self.targets) {
            *value = target.snr(power, floor, &mut self.sorted);
        }
    }
}

impl std::fmt::Debug for Extractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Extractor")
            .field("sampling_rate_hz", &self.sampling_rate_hz)
            .field("samples", &self.samples)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
