//! Real clips of machines.

use std::path::{Path, PathBuf};

use gauntlet_features::audio::{
    Channel, ClipExtractor, ClipSetup, Pooling, Scale, Setup, read_wav,
};

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "wav") {
            found.push(path);
        }
    }
}

/// Values are compared with librosa's by `checks/features/audio_reference.py`.
#[test]
fn every_clip_of_mimii_has_finite_features() {
    let Some(folder) = std::env::var_os("GAUNTLET_REAL_DATA") else {
        println!("skipped: GAUNTLET_REAL_DATA names no folder with `mimii`");
        return;
    };
    let mut clips = Vec::new();
    files(&Path::new(&folder).join("mimii"), &mut clips);
    assert!(!clips.is_empty());
    let scale = Scale::Slaney;
    let setup = Setup { sampling_rate_hz: 16_000, n_fft: 1024, hop: 512, mels: 64, scale };
    let pooling = vec![Pooling::Mean, Pooling::Std, Pooling::Max, Pooling::Ranked(0.9)];
    let setup = ClipSetup { setup, coefficients: 13, pooling };
    let mut extractor = ClipExtractor::new(&setup).unwrap();
    let mut values = vec![0.0; extractor.names().len()];
    for path in &clips {
        for channel in [Channel::Index(0), Channel::Mean] {
            let clip = read_wav(path, channel).unwrap();
            extractor.extract(&clip, &mut values).unwrap();
            assert!(values.iter().all(|value| value.is_finite()), "{}", path.display());
        }
    }
    println!("{} clips", clips.len());
}
