//! The bands of a mel spectrogram, as `librosa.filters.mel` makes them.

use super::{AudioError, Scale, Setup};

/// Triangles over the lines of a spectrum, each of area 1 over frequency in hertz but for the lines'
/// spacing (librosa's `norm="slaney"`, its default for both scales).
#[derive(Debug, Clone)]
pub(super) struct Bands {
    bands: Vec<Band>,
}

#[derive(Debug, Clone)]
struct Band {
    start: usize,
    weights: Vec<f64>,
}

/// How many spectra are taken at once, so that no sum has to wait for its own last addition.
pub(super) const TOGETHER: usize = 4;

/// Slaney's scale is linear up to this frequency.
const BREAK_HZ: f64 = 1000.0;

/// Slaney's mels per hertz up to there.
const MELS_PER_HZ: f64 = 3.0 / 200.0;

/// Above, 27 of Slaney's mels are this ratio of frequencies.
const RATIO: f64 = 6.4;

impl Bands {
    /// # Errors
    /// So many bands that one has no line.
    pub(super) fn new(setup: &Setup) -> Result<Self, AudioError> {
        let spacing_hz = f64::from(setup.sampling_rate_hz) / setup.n_fft as f64;
        let lines = setup.n_fft / 2 + 1;
        let top = to_mel(f64::from(setup.sampling_rate_hz) / 2.0, setup.scale);
        let edge = |index: usize| to_hz(top * index as f64 / (setup.mels + 1) as f64, setup.scale);
        let bands: Vec<Band> = (0..setup.mels)
            .map(|band| Band::new([edge(band), edge(band + 1), edge(band + 2)], spacing_hz, lines))
            .collect();
        if bands.iter().any(|band| band.weights.is_empty()) {
            let rule = "some bands would have no line of the spectrum";
            return Err(AudioError::Setup { what: "mels", value: setup.mels as f64, rule });
        }
        Ok(Self { bands })
    }

    /// The power in every band of [`TOGETHER`] spectra: `power` is `TOGETHER x lines`, `out` `TOGETHER x bands`.
    pub(super) fn apply(&self, power: &[f64], out: &mut [f64]) {
        let (lines, count) = (power.len() / TOGETHER, self.bands.len());
        for (index, band) in self.bands.iter().enumerate() {
            let inside = |spectrum: usize| {
                let start = spectrum * lines + band.start;
                &power[start..start + band.weights.len()]
            };
            let [a, b, c, d] = [inside(0), inside(1), inside(2), inside(3)];
            let mut sums = [0.0; TOGETHER];
            for ((((weight, a), b), c), d) in band.weights.iter().zip(a).zip(b).zip(c).zip(d) {
                sums[0] += weight * a;
                sums[1] += weight * b;
                sums[2] += weight * c;
                sums[3] += weight * d;
            }
            for (spectrum, sum) in sums.into_iter().enumerate() {
                out[spectrum * count + index] = sum;
            }
        }
    }
}

impl Band {
    /// The triangle over `low`, `centre` and `high`, all in hertz.
    fn new([low, centre, high]: [f64; 3], spacing_hz: f64, lines: usize) -> Self {
        let weight = |line: usize| {
            let hz = line as f64 * spacing_hz;
            let slope = ((hz - low) / (centre - low)).min((high - hz) / (high - centre));
            slope.max(0.0) * 2.0 / (high - low)
        };
        let inside = |&line: &usize| weight(line) > 0.0;
        let start = (0..lines).find(inside).unwrap_or(lines);
        let end = (start..lines).find(|line| !inside(line)).unwrap_or(lines);
        Self { start, weights: (start..end).map(weight).collect() }
    }
}

fn to_mel(hz: f64, scale: Scale) -> f64 {
    match scale {
        Scale::Htk => 2595.0 * libm::log10(1.0 + hz / 700.0),
        Scale::Slaney if hz < BREAK_HZ => hz * MELS_PER_HZ,
        Scale::Slaney => {
            BREAK_HZ * MELS_PER_HZ + libm::log(hz / BREAK_HZ) * 27.0 / libm::log(RATIO)
        }
    }
}

fn to_hz(mel: f64, scale: Scale) -> f64 {
    match scale {
        Scale::Htk => 700.0 * (libm::pow(10.0, mel / 2595.0) - 1.0),
        Scale::Slaney if mel < BREAK_HZ * MELS_PER_HZ => mel / MELS_PER_HZ,
        Scale::Slaney => {
            BREAK_HZ * libm::exp((mel - BREAK_HZ * MELS_PER_HZ) * libm::log(RATIO) / 27.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(mels: usize, scale: Scale) -> Setup {
        Setup { sampling_rate_hz: 16000, n_fft: 1024, hop: 512, mels, scale }
    }

    #[test]
    fn scales_turn_back() {
        for scale in [Scale::Slaney, Scale::Htk] {
            for hz in [0.0, 440.0, 999.0, 1000.0, 1001.0, 8000.0] {
                assert!((to_hz(to_mel(hz, scale), scale) - hz).abs() < 1e-9);
            }
        }
        assert!((to_mel(1000.0, Scale::Slaney) - 15.0).abs() < 1e-12);
        assert!((to_mel(6400.0, Scale::Slaney) - 42.0).abs() < 1e-12);
        assert!((to_mel(1000.0, Scale::Htk) - 1000.0).abs() < 0.02);
    }

    #[test]
    fn wide_bands_have_area_one() {
        for scale in [Scale::Slaney, Scale::Htk] {
            let bands = Bands::new(&setup(64, scale)).unwrap();
            for band in &bands.bands[50..] {
                let area = band.weights.iter().sum::<f64>() * 16000.0 / 1024.0;
                assert!((area - 1.0).abs() < 0.01, "{area}");
            }
        }
    }

    #[test]
    fn bands_without_a_line_are_refused() {
        assert!(Bands::new(&setup(128, Scale::Slaney)).is_ok());
        let error = Bands::new(&setup(400, Scale::Slaney)).unwrap_err().to_string();
        assert_eq!(error, "`mels` is 400: some bands would have no line of the spectrum");
    }
}
