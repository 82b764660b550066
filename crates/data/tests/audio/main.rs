//! Sounds of machines: loaded from folders of all layouts and from tables, damaged, cached, simulated and real.

#![allow(clippy::unwrap_used, clippy::panic)]

mod damage;
mod layouts;
mod real;
mod simulated;
mod tables;

use std::path::{Path, PathBuf};

use gauntlet_core::Origin;
use gauntlet_data::DataError;
use gauntlet_data::audio::{Clips, Options, Sounds, load};
use gauntlet_features::audio::{Channel, ClipSetup, Pooling, Scale, Setup};

/// The committed descriptor of `name`.
fn sounds(name: &str) -> Sounds {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    Sounds::read(&datasets.join(name).join("dataset.toml")).unwrap()
}

/// Few features, quickly made.
fn setup() -> ClipSetup {
    let scale = Scale::Slaney;
    let setup = Setup { sampling_rate_hz: 16_000, n_fft: 1024, hop: 512, mels: 32, scale };
    ClipSetup { setup, coefficients: 4, pooling: vec![Pooling::Mean, Pooling::Max] }
}

fn load_with(
    sounds: &Sounds,
    folder: &Path,
    skip_damaged: usize,
    cache: Option<&Path>,
) -> Result<Clips, DataError> {
    let (setup, channel) = (&setup(), Channel::Index(0));
    let options = Options { setup, channel, skip_damaged, cache, progress: &|_, _| {} };
    load(sounds, folder, Origin::Real, &options)
}

/// The folder of real datasets, or nothing if there is none on this machine.
fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("GAUNTLET_REAL_DATA").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: GAUNTLET_REAL_DATA does not name a folder with real data");
    }
    folder
}

/// A WAV file of 16-bit integers, `samples` of each channel, whose pitch depends on `tone`.
fn wav(rate: u32, channels: u16, samples: u32, tone: f32) -> Vec<u8> {
    let data = samples * u32::from(channels) * 2;
    let mut bytes = Vec::with_capacity(44 + data as usize);
    bytes.extend(b"RIFF");
    bytes.extend((36 + data).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16_u32.to_le_bytes());
    bytes.extend(1_u16.to_le_bytes());
    bytes.extend(channels.to_le_bytes());
    bytes.extend(rate.to_le_bytes());
    bytes.extend((rate * u32::from(channels) * 2).to_le_bytes());
    bytes.extend((channels * 2).to_le_bytes());
    bytes.extend(16_u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data.to_le_bytes());
    for sample in 0..samples {
        for channel in 0..channels {
            let size = 8000.0 / f32::from(channel + 1);
            let value = (size * (sample as f32 * tone).sin()) as i16;
            bytes.extend(value.to_le_bytes());
        }
    }
    bytes
}

/// A descriptor of clips in the layout `layout`, with `recording`.
fn described(layout: &str, recording: &str) -> Sounds {
    let text = format!(
        r#"
        name = "press"
        title = "A press"
        summary = "Its sound."
        layout = "{layout}"
        recording = {{ {recording} }}
        [origin]
        homepage = "https://example.org"
        licence = "CC0"
        citation = "nobody"
        "#
    );
    Sounds::parse(Path::new("dataset.toml"), &text).unwrap()
}

fn put(folder: &Path, place: &str, bytes: &[u8]) {
    let path = folder.join(place);
    fs_err::create_dir_all(path.parent().unwrap()).unwrap();
    fs_err::write(path, bytes).unwrap();
}
