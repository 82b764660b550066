//! What features of vibration show, and what they do not depend on.

use crate::made::{ims, noise, ringing, signals};
use gauntlet_features::vibration::{Extractor, Fault, Setup, SignalError, peak_near};
use proptest::prelude::*;

/// The value of the feature `name`.
fn feature(extractor: &Extractor, values: &[f64], name: &str) -> f64 {
    values[extractor.names().iter().position(|n| n == name).unwrap()]
}

fn extract(setup: &Setup, samples: &[f64]) -> (Extractor, Vec<f64>) {
    let mut extractor = Extractor::new(setup, samples.len()).unwrap();
    let mut values = vec![0.0; extractor.names().len()];
    extractor.extract(samples, &mut values).unwrap();
    (extractor, values)
}

fn plain(sampling_rate_hz: f64) -> Setup {
    Setup { sampling_rate_hz, shaft_hz: 30.0, geometry: None }
}

#[test]
fn a_sine_has_the_values_of_the_textbook() {
    let samples: Vec<f64> = (0..8000)
        .map(|i| 2.0 * (std::f64::consts::TAU * 1000.0 * f64::from(i) / 8000.0).sin())
        .collect();
    let (extractor, values) = extract(&plain(8000.0), &samples);
    let root = 2_f64.sqrt();
    let pi = std::f64::consts::PI;
    for (name, expected) in [
        ("mean", 0.0),
        ("rms", root),
        ("std", root),
        ("peak", 2.0),
        ("peak_to_peak", 4.0),
        ("crest_factor", root),
        ("skewness", 0.0),
        ("kurtosis", -1.5),
        ("band_rms_1", 0.0),
        ("band_rms_2", root),
        ("band_rms_3", 0.0),
        ("spectral_centroid_hz", 1000.0),
        ("spectral_entropy", 0.0),
        ("env_rms", 0.0),
    ] {
        let found = feature(&extractor, &values, name);
        assert!((found - expected).abs() < 1e-9, "{name}: {found}, not {expected}");
    }
    // The samples hit every eighth of the period only.
    let mean_abs = feature(&extractor, &values, "mean_abs");
    assert!((mean_abs - (1.0 + root) / 2.0).abs() < 1e-9 && (mean_abs - 4.0 / pi).abs() < 0.1);
}

#[test]
fn noise_has_a_flat_spectrum_and_no_fault() {
    let (extractor, values) = extract(&ims(), &noise(9, 20480, 1.0, 0.0));
    let value = |name: &str| feature(&extractor, &values, name);
    assert!((value("spectral_centroid_hz") - 5120.0).abs() < 100.0);
    assert!((0.93..1.0).contains(&value("spectral_entropy")));
    for fault in Fault::ALL {
        assert!(value(&format!("ses_snr_{}", fault.suffix())) < 12.0, "{fault}");
        assert!(value(&format!("cpw_snr_{}", fault.suffix())) < 12.0, "{fault}");
    }
}

#[test]
fn each_fault_shows_in_its_own_features() {
    let setup = ims();
    let orders = setup.geometry.as_ref().unwrap().orders();
    let (_, healthy) = extract(&setup, &noise(10, 20480, 0.125, 0.0));
    for fault in Fault::ALL {
        let hz = fault.frequency(&orders, setup.shaft_hz);
        let every = (20_480_000, (hz * 1000.0).round() as usize);
        let samples = ringing(10, 20480, every, (0, 1), 0.125);
        let (extractor, values) = extract(&setup, &samples);
        // Impulses at the cage's frequency have harmonics everywhere, among others near those of the rest.
        let growth = |suffix: &str| {
            let name = format!("env_{suffix}");
            feature(&extractor, &values, &name) / feature(&extractor, &healthy, &name)
        };
        let named = |suffix: &str| feature(&extractor, &values, &format!("ses_snr_{suffix}"));
        for other in Fault::ALL.into_iter().filter(|&other| other != fault) {
            assert!(growth(fault.suffix()) > growth(other.suffix()), "{fault} as {other}");
            if fault != Fault::Cage {
                assert!(named(fault.suffix()) > named(other.suffix()) + 6.0, "{fault} as {other}");
            }
        }
    }
}

#[test]
fn the_envelope_is_taken_where_the_resonance_is() {
    // 51.2 impulses a second; the poles of `ringing` lie at acos(0.375 / 2 / sqrt(0.9375)): 4485 Hz.
    let setup = ims();
    let samples = ringing(11, 20480, (400, 1), (0, 1), 0.5);
    let mut extractor = Extractor::new(&setup, samples.len()).unwrap();
    let spectrum = extractor.envelope_spectrum(&samples).unwrap();
    let (low, high) = (spectrum.band.low_hz, spectrum.band.high_hz);
    assert!(low < 4485.0 && 4485.0 < high && high - low < 3000.0, "{:?}", spectrum.band);
    assert!(spectrum.band.kurtosis.unwrap() > 1.0);
    let peak = peak_near(&spectrum, 51.2, 0.02).unwrap();
    assert_eq!(peak.frequency_hz, 51.0);
    let largest = spectrum.amplitudes.iter().copied().fold(0.0, f64::max);
    assert_eq!(peak.amplitude, largest);

    let nothing = extractor.envelope_spectrum(&noise(12, 20480, 1.0, 0.0)).unwrap();
    assert_eq!((nothing.band.low_hz, nothing.band.high_hz), (2000.0, 8000.0));
    assert_eq!(nothing.band.kurtosis, None);
}

#[test]
fn snapshots_do_not_influence_each_other() {
    for signal in signals() {
        let (mut used, first) = extract(&signal.setup, &signal.samples);
        let mut fresh = used.clone();
        let other = noise(13, signal.samples.len(), 3.0, 1.0);
        let mut values = vec![0.0; first.len()];
        used.extract(&other, &mut values).unwrap();
        used.envelope_spectrum(&other).unwrap();
        used.extract(&vec![1.0; other.len()], &mut values).unwrap_err();
        for extractor in [&mut used, &mut fresh] {
            extractor.extract(&signal.samples, &mut values).unwrap();
            assert_eq!(values, first, "{}", signal.name);
        }
    }
}

#[test]
fn what_cannot_be_computed_is_an_error_that_names_it() {
    let mut extractor = Extractor::new(&plain(20480.0), 1000).unwrap();
    let count = extractor.names().len();
    let mut fails = |samples: &[f64], room| extractor.extract(samples, &mut vec![0.0; room]);
    let good = noise(14, 1000, 1.0, 0.0);
    let (expected, found) = (1000, 999);
    assert_eq!(fails(&good[1..], count), Err(SignalError::Length { expected, found }));
    let (expected, found) = (count, 3);
    assert_eq!(fails(&good, 3), Err(SignalError::Output { expected, found }));
    assert_eq!(fails(&[0.0; 1000], count), Err(SignalError::Constant { value: 0.0 }));
    let mut broken = good.clone();
    broken[77] = f64::NAN;
    let error = fails(&broken, count).unwrap_err();
    assert_eq!(error.to_string(), "sample 77 is NaN");
    for scale in [1e200, 1e-200] {
        let beyond: Vec<f64> = good.iter().map(|sample| sample * scale).collect();
        let error = fails(&beyond, count).unwrap_err();
        assert!(matches!(error, SignalError::Unbounded { .. }), "{error}");
    }

    let too_short = Extractor::new(&plain(20480.0), 63).unwrap_err();
    assert_eq!(too_short, SignalError::TooShort { samples: 63, least: 64 });
    let too_short = Extractor::new(&plain(1e6), 2000).unwrap_err();
    assert_eq!(too_short, SignalError::TooShort { samples: 2000, least: 2834 });
    let fast = Setup { shaft_hz: 1000.0, ..ims() };
    let error = Extractor::new(&fast, 20480).unwrap_err().to_string();
    assert_eq!(
        error,
        "a fault of the outer race shows at 7092.1 Hz, and envelopes at this rate end at 5999.0 Hz"
    );
}

#[test]
fn a_pure_tone_and_a_single_impulse_have_finite_features() {
    let tone: Vec<f64> = (0..20480)
        .map(|i| (std::f64::consts::TAU * 3000.0 * f64::from(i) / 20480.0).sin())
        .collect();
    let mut impulse = vec![0.0; 20480];
    impulse[5] = 1.0;
    let mut alternating = vec![1.0; 20480];
    alternating.iter_mut().step_by(2).for_each(|sample| *sample = -1.0);
    for samples in [tone, impulse, alternating] {
        extract(&ims(), &samples);
    }
}

#[test]
fn a_setup_reads_back_and_knows_its_keys() {
    let setup = ims();
    let text = toml::to_string(&setup).unwrap();
    assert_eq!(toml::from_str::<Setup>(&text).unwrap(), setup);
    assert!(toml::from_str::<Setup>(&text.replace("shaft_hz", "shaft_rpm")).is_err());
    assert_eq!(
        toml::from_str::<Setup>("sampling_rate_hz = 1e4\nshaft_hz = 30.0").unwrap(),
        Setup { sampling_rate_hz: 1e4, shaft_hz: 30.0, geometry: None }
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn scale_turns_amplitudes_and_nothing_else(
        seed in any::<u64>(),
        exponent in -20..20_i32,
        count in 600..1500_usize,
    ) {
        let setup = Setup { sampling_rate_hz: 20480.0, ..ims() };
        let samples = ringing(seed, count, (204_800, 2364), (0, 1), 0.25);
        let scale = 2_f64.powi(exponent);
        let scaled: Vec<f64> = samples.iter().map(|sample| -scale * sample).collect();
        let (extractor, before) = extract(&setup, &samples);
        let (_, after) = extract(&setup, &scaled);
        for (name, (before, after)) in extractor.names().iter().zip(before.iter().zip(&after)) {
            let expected = match name.as_str() {
                "mean" => -scale * before,
                "skewness" => -before,
                "mean_abs" | "std" | "rms" | "peak" | "peak_to_peak" => scale * before,
                name if name.starts_with("band_rms") || name.starts_with("env") => scale * before,
                _ => *before,
            };
            let error = (after - expected).abs();
            prop_assert!(error <= 1e-9 * expected.abs().max(1e-3), "{} {} {}", name, after, expected);
        }
    }

    #[test]
    fn order_in_time_does_not_matter_to_the_first_twelve_and_bands_add_up(
        seed in any::<u64>(),
        count in 64..400_usize,
        offset in -3.0..3.0,
    ) {
        let samples = noise(seed, count, 1.0, offset);
        let (extractor, values) = extract(&plain(12800.0), &samples);
        let reversed: Vec<f64> = samples.iter().rev().copied().collect();
        let (_, backwards) = extract(&plain(12800.0), &reversed);
        for (index, (there, back)) in values.iter().zip(&backwards).enumerate().take(12) {
            prop_assert!((there - back).abs() <= 1e-9, "{}", extractor.names()[index]);
        }
        let value = |name: &str| feature(&extractor, &values, name);
        let bands: f64 = (1..5).map(|band| value(&format!("band_rms_{band}")).powi(2)).sum();
        let std = value("std");
        prop_assert!((bands.sqrt() - std).abs() <= 1e-9 * std);
    }
}
