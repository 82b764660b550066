//! Folders of clips.

use std::path::Path;
use std::sync::Mutex;

use gauntlet_core::Origin;
use gauntlet_data::audio::{ClipReader, Given, Options, load, resolve};
use gauntlet_data::{Decision, Mode};
use gauntlet_features::audio::{Channel, LogMel};
use tempfile::TempDir;

use super::{described, load_with, put, setup, wav};

const SHORT: &str = "sampling_rate_hz = 16_000, channels = 2, samples = 4000";

/// Two recordings of a fan at two SNRs, and one of a pump.
fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    for (place, tone) in [
        ("6_dB_fan/fan/id_00/normal/00000010.wav", 0.1),
        ("-6_dB_fan/fan/id_00/normal/00000002.wav", 0.2),
        ("-6_dB_fan/fan/id_00/normal/00000010.wav", 0.3),
        ("-6_dB_fan/fan/id_00/abnormal/00000002.wav", 0.4),
        ("min6dB/pump/id_02/normal/00000000.wav", 0.5),
    ] {
        put(folder.path(), place, &wav(16_000, 2, 4000, tone));
    }
    folder
}

#[test]
fn clips_come_in_order_with_all_that_their_places_say() {
    let folder = folder();
    put(folder.path(), "readme.txt", b"hello");
    let clips = load_with(&described("mimii", SHORT), folder.path(), 0, None).unwrap();
    let rows: Vec<_> = clips
        .rows
        .iter()
        .map(|row| {
            let snr = row.snr.as_deref().unwrap();
            (row.machine.as_str(), row.id.as_str(), snr, row.recording.as_str(), row.abnormal)
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("fan", "00", "-6", "00000002", false),
            ("fan", "00", "-6", "00000010", false),
            ("fan", "00", "-6", "00000002", true),
            ("fan", "00", "6", "00000010", false),
            ("pump", "02", "-6", "00000000", false),
        ]
    );
    assert_eq!(clips.values.len(), clips.rows.len() * clips.features.len());
    assert!(clips.values.iter().all(|value| value.is_finite()));
    assert_eq!(clips.notes, ["1 files do not lie like clips: readme.txt"]);
    assert_eq!(clips.rows[1].unit(), clips.rows[3].unit());
    assert_ne!(clips.features_of(1), clips.features_of(3));
}

#[test]
fn one_of_the_folders_may_be_named() {
    let folder = folder();
    let sounds = described("mimii", SHORT);
    let one = folder.path().join("-6_dB_fan");
    let clips = load_with(&sounds, &one, 0, None).unwrap();
    assert_eq!(clips.rows.len(), 3);
    assert!(clips.rows.iter().all(|row| row.snr_db() == Some(-6.0)));
    let bare = load_with(&sounds, &one.join("fan"), 0, None).unwrap();
    assert!(bare.rows.iter().all(|row| row.snr.is_none() && row.machine == "fan"));

    let found = |data_dir: &Path| {
        resolve(&sounds, Mode::Auto, Some(data_dir), Path::new("nowhere")).unwrap()
    };
    assert!(matches!(found(folder.path()), Decision::Found(_)));
    assert!(matches!(found(&one), Decision::Found(source) if source.path == one));
    assert!(matches!(found(TempDir::new().unwrap().path()), Decision::Absent(_)));
    let nowhere = resolve(&sounds, Mode::Real, Some(Path::new("nowhere")), Path::new("nowhere"));
    assert!(nowhere.unwrap_err().is_missing());
}

#[test]
fn dcase_names_tell_the_published_sides() {
    let folder = TempDir::new().unwrap();
    for place in [
        "fan/train/normal_id_00_00000000.wav",
        "fan/test/normal_id_00_00000000.wav",
        "fan/test/anomaly_id_00_00000000.wav",
        "valve/anomalous/anomaly_id_06_00000003.wav",
    ] {
        put(folder.path(), place, &wav(16_000, 1, 5000, 0.1));
    }
    let sounds = described("dcase2020", "sampling_rate_hz = 16_000, channels = 1");
    let clips = load_with(&sounds, folder.path(), 0, None).unwrap();
    let rows: Vec<_> = clips.rows.iter().map(|row| (row.set, row.abnormal)).collect();
    assert_eq!(
        rows,
        [
            (Some(Given::Train), false),
            (Some(Given::Test), false),
            (Some(Given::Test), true),
            (None, true),
        ]
    );
}

#[test]
fn a_recording_that_stands_twice_is_refused() {
    let folder = folder();
    put(folder.path(), "-6dB/fan/id_00/normal/00000002.wav", &wav(16_000, 2, 4000, 0.9));
    let error = load_with(&described("mimii", SHORT), folder.path(), 0, None).unwrap_err();
    let message = error.to_string();
    for part in ["-6dB/fan/id_00", "-6_dB_fan/fan/id_00", "fan/id_00/normal/00000002", "SNR -6"] {
        assert!(message.contains(part), "{message}");
    }
}

#[test]
fn an_empty_folder_says_where_clips_would_lie() {
    let folder = TempDir::new().unwrap();
    let error = load_with(&described("mimii", SHORT), folder.path(), 0, None).unwrap_err();
    assert!(error.to_string().contains("0_dB_fan/fan/id_00/normal/00000000.wav"), "{error}");
}

#[test]
fn the_second_load_computes_only_what_changed() {
    let (folder, cache) = (folder(), TempDir::new().unwrap());
    let sounds = described("mimii", SHORT);
    let fresh = load_with(&sounds, folder.path(), 0, None).unwrap();
    let first = load_with(&sounds, folder.path(), 0, Some(cache.path())).unwrap();
    assert_eq!(first, fresh);
    let kept = || {
        let mut files: Vec<_> =
            fs_err::read_dir(cache.path()).unwrap().map(|f| f.unwrap()).collect();
        files.sort_by_key(|file| file.path());
        files.iter().map(|file| file.metadata().unwrap().modified().unwrap()).collect::<Vec<_>>()
    };
    let before = kept();
    assert_eq!(before.len(), 2 * 3);
    let second = load_with(&sounds, folder.path(), 0, Some(cache.path())).unwrap();
    assert_eq!((second, kept()), (fresh.clone(), before.clone()));

    put(folder.path(), "min6dB/pump/id_02/normal/00000001.wav", &wav(16_000, 2, 4000, 0.7));
    let more = load_with(&sounds, folder.path(), 0, Some(cache.path())).unwrap();
    assert_eq!(more.rows.len(), 6);
    assert_eq!(more.values[..fresh.values.len()], fresh.values);
    assert_ne!(more.digest, fresh.digest);
    let changed = kept().iter().zip(&before).filter(|(now, then)| now != then).count();
    assert_eq!(changed, 2);
}

#[test]
fn progress_is_told_and_another_channel_is_heard() {
    let folder = folder();
    let sounds = described("mimii", SHORT);
    let (setup, told) = (&setup(), Mutex::new(Vec::new()));
    let progress = &|done, total| told.lock().unwrap().push((done, total));
    let of = |channel| Options { setup, channel, skip_damaged: 0, cache: None, progress };
    let first = load(&sounds, folder.path(), Origin::Real, &of(Channel::Index(0))).unwrap();
    let second = load(&sounds, folder.path(), Origin::Real, &of(Channel::Index(1))).unwrap();
    assert_ne!(first.values, second.values);
    let mut told = told.into_inner().unwrap();
    told.sort_unstable();
    assert_eq!(told.last(), Some(&(5, 5)));
    assert_eq!(told.len(), 10);
}

#[test]
fn spectrograms_are_of_the_same_samples() {
    let folder = folder();
    let sounds = described("mimii", SHORT);
    let mut log_mel = LogMel::new(&setup().setup).unwrap();
    let clips = load_with(&sounds, folder.path(), 0, None).unwrap();
    let mut reader = ClipReader::new(&sounds, Channel::Index(0));
    let mut out = Vec::new();
    let file = clips.rows[0].file.as_ref().unwrap();
    let rows = reader.frames(file, &mut log_mel, &mut out).unwrap();
    assert_eq!((rows, out.len()), (8, 8 * 32));
    let mean = out.iter().step_by(32).map(|&value| f64::from(value)).sum::<f64>() / 8.0;
    assert!((mean - clips.values[0]).abs() < 1e-6);
}
