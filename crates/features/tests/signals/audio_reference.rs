//! Features of sound are what librosa computes: see `checks/features/audio_reference.py`.

use std::collections::BTreeMap;

use gauntlet_features::audio::{
    AudioError, Clip, ClipExtractor, ClipSetup, LogMel, Pooling, Scale, Setup,
};

use crate::made::{noise, ringing};

/// Decibels, and what is made of them, may differ by this.
const DECIBELS: f64 = 1e-4;

/// Everything else may differ by this fraction.
const RELATIVE: f64 = 1e-6;

fn clips() -> Vec<(&'static str, Setup, usize, Vec<f64>)> {
    let setup =
        |mels, scale| Setup { sampling_rate_hz: 16_000, n_fft: 1024, hop: 512, mels, scale };
    let odd =
        Setup { sampling_rate_hz: 8000, n_fft: 600, hop: 250, mels: 20, scale: Scale::Slaney };
    vec![
        (
            "slaney",
            setup(64, Scale::Slaney),
            13,
            ringing(21, 16_000, (160_000, 731), (32, 5000), 0.01),
        ),
        ("htk", setup(128, Scale::Htk), 20, ringing(22, 16_384, (160_000, 97), (0, 1), 0.001)),
        ("odd", odd, 0, noise(23, 3333, 0.25, 0.01)),
    ]
}

fn clip_setup(setup: &Setup, coefficients: usize) -> ClipSetup {
    let pooling = vec![Pooling::Mean, Pooling::Std, Pooling::Max, Pooling::Ranked(0.75)];
    ClipSetup { setup: setup.clone(), coefficients, pooling }
}

fn clip(setup: &Setup, samples: &[f64]) -> Clip {
    let samples = samples.iter().map(|&sample| sample as f32).collect();
    Clip { rate: setup.sampling_rate_hz, samples }
}

#[test]
fn every_feature_is_what_librosa_computes() {
    let mut reference = BTreeMap::new();
    for line in include_str!("../audio_reference.csv").lines().skip(1) {
        let [clip, feature, value] = line.split(',').collect::<Vec<_>>().try_into().unwrap();
        reference.insert((clip, feature), value.parse::<f64>().unwrap());
    }
    let mut compared = 0;
    let mut compare = |name: &str, feature: &str, found: f64| {
        let expected = reference[&(name, feature)];
        let decibels = feature.contains("mel_") || feature.contains("mfcc_");
        let tolerance = if decibels { DECIBELS } else { RELATIVE * expected.abs() };
        assert!((found - expected).abs() <= tolerance, "{name} {feature}: {found}, not {expected}");
        compared += 1;
    };
    for (name, setup, coefficients, samples) in clips() {
        let clip = clip(&setup, &samples);
        let mut extractor = ClipExtractor::new(&clip_setup(&setup, coefficients)).unwrap();
        let mut values = vec![0.0; extractor.names().len()];
        extractor.extract(&clip, &mut values).unwrap();
        for (feature, value) in extractor.names().iter().zip(values) {
            compare(name, feature, value);
        }

        let mut frames = Vec::new();
        let rows = LogMel::new(&setup).unwrap().frames(&clip.samples, &mut frames).unwrap();
        assert_eq!(frames.len(), rows * setup.mels);
        for row in [0, 1, rows / 2, rows - 2, rows - 1] {
            for band in 0..setup.mels {
                let value = frames[row * setup.mels + band];
                compare(name, &format!("frame_{row}_mel_{band}"), f64::from(value));
            }
        }
    }
    assert_eq!(compared, reference.len());
}

#[test]
fn clips_do_not_influence_each_other() {
    for (_, setup, coefficients, samples) in clips() {
        let mut extractor = ClipExtractor::new(&clip_setup(&setup, coefficients)).unwrap();
        let count = extractor.names().len();
        let mut extract = |samples: &[f64]| {
            let mut values = vec![0.0; count];
            extractor.extract(&clip(&setup, samples), &mut values).map(|()| values)
        };
        let first = extract(&samples).unwrap();
        extract(&noise(24, 50_000, 0.5, 0.0)).unwrap();
        assert_eq!(extract(&samples).unwrap(), first);
    }
}

#[test]
fn a_quieter_clip_has_lower_decibels_and_the_same_shape() {
    let (_, setup, _, samples) = clips().swap_remove(0);
    let mut log_mel = LogMel::new(&setup).unwrap();
    let (mut loud, mut quiet) = (Vec::new(), Vec::new());
    log_mel.frames(&clip(&setup, &samples).samples, &mut loud).unwrap();
    let half: Vec<f64> = samples.iter().map(|sample| sample / 2.0).collect();
    log_mel.frames(&clip(&setup, &half).samples, &mut quiet).unwrap();
    let lower = 20.0 * 2_f32.log10();
    for (loud, quiet) in loud.iter().zip(&quiet) {
        assert!((loud - quiet - lower).abs() < 1e-4);
    }
}

#[test]
fn what_cannot_be_computed_is_an_error_that_names_it() {
    let (_, setup, _, _) = clips().swap_remove(0);
    let mut extractor = ClipExtractor::new(&clip_setup(&setup, 13)).unwrap();
    let mut values = vec![0.0; extractor.names().len()];
    let mut fails = |clip: &Clip| extractor.extract(clip, &mut values).unwrap_err().to_string();
    let mut clip = clip(&setup, &noise(25, 2000, 0.1, 0.0));
    clip.rate = 44_100;
    assert_eq!(fails(&clip), "the sampling rate is 44100 Hz where 16000 Hz is expected");
    clip.rate = 16_000;
    clip.samples[1234] = f32::INFINITY;
    assert_eq!(fails(&clip), "sample 1234 is inf");
    clip.samples.truncate(1000);
    assert_eq!(fails(&clip), "1000 samples are too few: one frame has 1024");
    let error = extractor.extract(&clip, &mut []).unwrap_err();
    assert!(matches!(error, AudioError::Output { found: 0, .. }));

    let planned = |change: &dyn Fn(&mut ClipSetup)| {
        let mut wrong = clip_setup(&setup, 13);
        change(&mut wrong);
        ClipExtractor::new(&wrong).unwrap_err().to_string()
    };
    assert_eq!(planned(&|wrong| wrong.setup.hop = 0), "`hop` is 0: it has to be positive");
    assert_eq!(
        planned(&|wrong| wrong.coefficients = 65),
        "`coefficients` is 65: there are not more than `mels`"
    );
    assert_eq!(
        planned(&|wrong| wrong.pooling.push(Pooling::Ranked(1.5))),
        "`ranked` is 1.5: it lies from 0 to 1"
    );
    assert_eq!(
        planned(&|wrong| wrong.pooling.push(Pooling::Max)),
        "`pooling` is 4: what stands at this place stood before"
    );
}

#[test]
fn a_setup_reads_back_and_knows_its_keys() {
    let (_, setup, coefficients, _) = clips().swap_remove(0);
    let setup = clip_setup(&setup, coefficients);
    let text = toml::to_string(&setup).unwrap();
    assert!(text.contains("\"mean\"") && text.contains("ranked = 0.75"), "{text}");
    assert_eq!(toml::from_str::<ClipSetup>(&text).unwrap(), setup);
    assert!(toml::from_str::<ClipSetup>(&text.replace("hop", "hops")).is_err());
}
