//! Damaged clips: named, counted, never replaced.

use gauntlet_data::DataError;
use gauntlet_data::audio::{ClipReader, Sounds};
use gauntlet_features::audio::{Channel, ClipSetup, Pooling, Scale, Setup};
use tempfile::TempDir;

use super::{described, load_with, put, wav};

fn press() -> Sounds {
    described("mimii", "sampling_rate_hz = 16_000, channels = 2, samples = 4000")
}

fn good() -> Vec<u8> {
    wav(16_000, 2, 4000, 0.1)
}

const BAD: &str = "0_dB_fan/fan/id_00/normal/00000001.wav";

/// A sound clip, and beside it this one.
fn beside(bytes: &[u8]) -> TempDir {
    let folder = TempDir::new().unwrap();
    put(folder.path(), "0_dB_fan/fan/id_00/normal/00000000.wav", &good());
    put(folder.path(), BAD, bytes);
    folder
}

#[test]
fn every_kind_of_damage_is_named_and_can_be_left_out() {
    let good = good();
    let silent: Vec<u8> = [&good[..44], &vec![0; good.len() - 44][..]].concat();
    for (bytes, message) in [
        (good[..good.len() - 1000].to_vec(), "truncated: the header promises 16000 bytes"),
        (good[..20].to_vec(), "no WAV file"),
        (Vec::new(), "no WAV file"),
        (
            b"ID3 this is some other music, and not at all what was asked for".to_vec(),
            "no WAV file",
        ),
        (silent, "silent: every sample is 0"),
        (wav(44_100, 2, 4000, 0.1), "the sampling rate is 44100 Hz where 16000 Hz is expected"),
        (wav(16_000, 1, 4000, 0.1), "it has 1 channels, not 2"),
        (wav(16_000, 8, 4000, 0.1), "it has 8 channels, not 2"),
        (wav(16_000, 2, 3999, 0.1), "it has 3999 samples, not 4000"),
        (wav(16_000, 2, 0, 0.1), "it has 0 samples, not 4000"),
    ] {
        let folder = beside(&bytes);
        let error = load_with(&press(), folder.path(), 0, None).unwrap_err();
        let text = error.to_string();
        assert!(text.contains(BAD) && text.contains(message), "{message}: {text}");
        assert!(
            matches!(&error, DataError::DamagedClips { allowed: 0, damaged } if damaged.len() == 1)
        );
        assert!(error.hint().unwrap().contains("--skip-damaged 1"));

        let clips = load_with(&press(), folder.path(), 1, None).unwrap();
        assert_eq!((clips.rows.len(), clips.damaged.len()), (1, 1));
        assert_eq!(clips.damaged[0].path, BAD);

        let mut reader = ClipReader::new(&press(), Channel::Index(0));
        let error = reader.read(&folder.path().join(BAD)).unwrap_err().to_string();
        assert!(error.contains(BAD) && error.contains(message), "{message}: {error}");
    }
}

#[test]
fn a_clip_shorter_than_a_frame_has_no_features() {
    let sounds = described("mimii", "sampling_rate_hz = 16_000, channels = 2");
    let folder = beside(&wav(16_000, 2, 1000, 0.1));
    let error = load_with(&sounds, folder.path(), 0, None).unwrap_err().to_string();
    assert!(error.contains("1000 samples are too few: one frame has 1024"), "{error}");
}

#[test]
fn damage_is_not_remembered_as_features() {
    let (folder, cache) = (beside(&good()[..500]), TempDir::new().unwrap());
    let first = load_with(&press(), folder.path(), 1, Some(cache.path())).unwrap();
    let second = load_with(&press(), folder.path(), 1, Some(cache.path())).unwrap();
    assert_eq!(first, second);
    assert!(load_with(&press(), folder.path(), 0, Some(cache.path())).is_err());
    put(folder.path(), BAD, &wav(16_000, 2, 4000, 0.3));
    let mended = load_with(&press(), folder.path(), 0, Some(cache.path())).unwrap();
    assert_eq!(mended.rows.len(), 2);
}

#[test]
fn nothing_but_damage_is_an_error_whatever_is_tolerated() {
    let folder = TempDir::new().unwrap();
    put(folder.path(), BAD, b"RIFF");
    let error = load_with(&press(), folder.path(), 9, None).unwrap_err().to_string();
    assert!(error.contains("not one clip can be read"), "{error}");
}

#[test]
fn a_setup_for_another_rate_is_refused_before_reading() {
    let folder = beside(&good());
    let setup = Setup { sampling_rate_hz: 8000, n_fft: 512, hop: 256, mels: 16, scale: Scale::Htk };
    let setup = ClipSetup { setup, coefficients: 0, pooling: vec![Pooling::Mean] };
    let options = gauntlet_data::audio::Options {
        setup: &setup,
        channel: Channel::Mean,
        skip_damaged: 0,
        cache: None,
        progress: &|_, _| panic!("nothing is read"),
    };
    let origin = gauntlet_core::Origin::Real;
    let error = gauntlet_data::audio::load(&press(), folder.path(), origin, &options).unwrap_err();
    assert!(error.to_string().contains("8000 Hz where 16000 Hz"), "{error}");
}
