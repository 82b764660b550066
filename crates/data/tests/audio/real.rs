//! Clips of MIMII and of DCASE 2020.

use gauntlet_data::audio::{ClipReader, resolve};
use gauntlet_data::{Decision, Mode};
use gauntlet_features::audio::{Channel, LogMel};
use tempfile::TempDir;

use super::{load_with, real_data, setup, sounds};

#[test]
fn all_real_clips_load_and_say_what_they_are() {
    let Some(folder) = real_data() else { return };
    let mut seen = 0;
    for (name, snr, channels) in [("mimii", Some("0"), 8), ("dcase2020", None, 1)] {
        let sounds = sounds(name);
        assert_eq!(sounds.recording.as_ref().unwrap().channels, channels);
        let raw = std::path::Path::new("nowhere");
        let found = resolve(&sounds, Mode::Real, Some(&folder), raw).unwrap();
        let Decision::Found(source) = found else { panic!("no clips of {name}: {found:?}") };
        let cache = TempDir::new().unwrap();
        let clips = load_with(&sounds, &source.path, 0, Some(cache.path())).unwrap();
        assert!(clips.damaged.is_empty());
        for row in &clips.rows {
            let path = row.file.as_ref().unwrap().to_string_lossy();
            assert_eq!(row.snr.as_deref(), snr);
            assert!(path.contains(&format!("id_{}", row.id)), "{path}");
            assert!(path.contains(&format!("/{}/", row.machine)), "{path}");
            let abnormal = path.contains("abnormal") || path.contains("anomaly");
            assert_eq!(row.abnormal, abnormal, "{path}");
            assert!(path.contains(&row.recording), "{path}");
        }
        assert!(clips.values.iter().all(|value| value.is_finite()));
        seen += clips.rows.len();
        let again = load_with(&sounds, &source.path, 0, Some(cache.path())).unwrap();
        assert_eq!(again, clips);

        let mut reader = ClipReader::new(&sounds, Channel::Mean);
        let mut log_mel = LogMel::new(&setup().setup).unwrap();
        let mut out = Vec::new();
        let file = clips.rows[0].file.as_ref().unwrap();
        assert_eq!(reader.frames(file, &mut log_mel, &mut out).unwrap(), 313);
    }
    assert_eq!(seen, 49);
}
