//! Envelope spectra, as plots show them.

use super::faults::strongest;

/// The spectrum of a squared envelope.
#[derive(Debug, Clone, PartialEq)]
pub struct Spectrum {
    /// Frequencies in hertz: multiples of the first.
    pub frequencies_hz: Vec<f64>,
    /// The amplitude at each frequency, in the square of the signal's unit.
    pub amplitudes: Vec<f64>,
    /// The band whose envelope it is.
    pub band: Band,
}

/// A band of the signal's spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Band {
    /// Its lower end in hertz.
    pub low_hz: f64,
    /// Its upper end in hertz.
    pub high_hz: f64,
    /// The kurtosis for which the kurtogram chose it; `None` if no band stood out and the fixed one was
    /// taken.
    pub kurtosis: Option<f64>,
}

/// A line of a spectrum.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// Its frequency in hertz.
    pub frequency_hz: f64,
    /// Its amplitude.
    pub amplitude: f64,
}

/// The largest line within `tolerance`, a fraction of `hz`, around `hz`; if no line is that near, the
/// nearest one; `None` beyond the spectrum's end.
#[must_use]
pub fn peak_near(spectrum: &Spectrum, hz: f64, tolerance: f64) -> Option<Peak> {
    let spacing_hz = *spectrum.frequencies_hz.first()?;
    if hz.is_nan() || hz < 0.0 {
        return None;
    }
    let centre = hz / spacing_hz;
    let line = strongest(&spectrum.amplitudes, centre, tolerance * centre)?;
    Some(Peak {
        frequency_hz: *spectrum.frequencies_hz.get(line - 1)?,
        amplitude: *spectrum.amplitudes.get(line - 1)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_line_around_a_frequency() {
        let spectrum = Spectrum {
            frequencies_hz: vec![2.0, 4.0, 6.0, 8.0],
            amplitudes: vec![1.0, 5.0, 2.0, 9.0],
            band: Band { low_hz: 0.0, high_hz: 8.0, kurtosis: None },
        };
        let near = |hz, tolerance| peak_near(&spectrum, hz, tolerance);
        assert_eq!(near(5.0, 0.25), Some(Peak { frequency_hz: 4.0, amplitude: 5.0 }));
        assert_eq!(near(5.5, 0.01), Some(Peak { frequency_hz: 6.0, amplitude: 2.0 }));
        assert_eq!(near(8.0, 0.1), Some(Peak { frequency_hz: 8.0, amplitude: 9.0 }));
        assert_eq!((near(10.0, 0.1), near(f64::NAN, 0.1), near(-4.0, 0.1)), (None, None, None));
    }
}
