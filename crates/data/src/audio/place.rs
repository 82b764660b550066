//! What the place of a WAV file says about its clip, by layout.

use std::path::PathBuf;

use super::clips::{ClipRow, Given};
use super::names;
use super::sounds::SoundsLayout;

/// The clip whose file lies at `path`, the names of all folders down to it; nothing if `layout` has no such place.
pub(super) fn clip(layout: SoundsLayout, path: &[&str]) -> Option<ClipRow> {
    match layout {
        SoundsLayout::Mimii => mimii(path),
        SoundsLayout::Dcase2020 => dcase2020(path),
        SoundsLayout::ClipTable => None,
    }
}

/// `<snr>_<machine>/<machine>/id_XX/{normal,abnormal}/NNNNNNNN.wav`.
fn mimii(path: &[&str]) -> Option<ClipRow> {
    let [above @ .., machine, id, label, file] = path else { return None };
    id.strip_prefix("id_").filter(|id| !id.is_empty())?;
    let abnormal = match *label {
        "normal" => false,
        "abnormal" => true,
        _ => return None,
    };
    let snr = match above.last().and_then(|name| names::noisy_folder(name)) {
        Some((_, Some(other))) if other != *machine => return None,
        Some((snr, _)) => Some(snr),
        None => None,
    };
    Some(ClipRow {
        machine: (*machine).to_owned(),
        id: names::id(id),
        snr,
        recording: stem(file)?.to_owned(),
        abnormal,
        set: None,
        session: None,
        file: None,
    })
}

/// `<machine>/{train,test}/{normal,anomaly}_id_XX_NNNNNNNN.wav`; instead of `train` or `test` any other folder says
/// nothing.
fn dcase2020(path: &[&str]) -> Option<ClipRow> {
    let [.., machine, side, file] = path else { return None };
    let stem = stem(file)?;
    let (label, rest) = stem.split_once("_id_")?;
    let abnormal = match label {
        "normal" => false,
        "anomaly" => true,
        _ => return None,
    };
    let (id, _) =
        rest.split_once('_').filter(|(id, number)| !id.is_empty() && !number.is_empty())?;
    let set = match *side {
        "train" => Some(Given::Train),
        "test" => Some(Given::Test),
        _ => None,
    };
    Some(ClipRow {
        machine: (*machine).to_owned(),
        id: names::id(id),
        snr: None,
        recording: stem.to_owned(),
        abnormal,
        set,
        session: None,
        file: None,
    })
}

fn stem(file: &str) -> Option<&str> {
    file.strip_suffix(".wav").filter(|stem| !stem.is_empty())
}

impl ClipRow {
    /// The same clip, in `file`.
    pub(super) fn at(self, file: PathBuf) -> Self {
        Self { file: Some(file), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clip_at(layout: SoundsLayout, path: &str) -> Option<ClipRow> {
        clip(layout, &path.split('/').collect::<Vec<_>>())
    }

    #[test]
    fn places_of_mimii_tell_all() {
        let at = |path| clip_at(SoundsLayout::Mimii, path);
        let row = at("x/-6_dB_fan/fan/id_02/abnormal/00000007.wav").unwrap();
        assert_eq!((row.machine.as_str(), row.id.as_str()), ("fan", "02"));
        assert_eq!((row.snr.as_deref(), row.snr_db()), (Some("-6"), Some(-6.0)));
        assert!(row.abnormal && row.set.is_none());
        assert_eq!(row.unit(), "fan/id_02/abnormal/00000007");
        assert_eq!(at("min6dB/fan/id_02/normal/1.wav").unwrap().snr.as_deref(), Some("-6"));
        assert_eq!(at("fan/id_02/normal/1.wav").unwrap().snr, None);
        for other in [
            "0_dB_fan/pump/id_00/normal/1.wav",
            "0_dB_fan/fan/00/normal/1.wav",
            "0_dB_fan/fan/id_00/good/1.wav",
            "0_dB_fan/fan/id_00/normal/1.flac",
        ] {
            assert_eq!(at(other), None, "{other}");
        }
    }

    #[test]
    fn names_of_dcase_tell_all() {
        let at = |path| clip_at(SoundsLayout::Dcase2020, path);
        let row = at("pump/test/anomaly_id_04_00000012.wav").unwrap();
        assert_eq!((row.machine.as_str(), row.id.as_str()), ("pump", "04"));
        assert_eq!((row.set, row.abnormal, row.snr), (Some(Given::Test), true, None));
        assert_eq!(at("fan/normal/normal_id_00_1.wav").unwrap().set, None);
        for other in ["fan/test/section_00_1.wav", "fan/test/normal_id_.wav", "normal_id_00_1.wav"]
        {
            assert_eq!(at(other), None, "{other}");
        }
    }
}
