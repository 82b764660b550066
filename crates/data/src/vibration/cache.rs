//! Features that were computed before, by the digest of the file they come from.
//!
//! One Parquet file a run, named by everything else that features depend on: the rig's setup, the columns, and the
//! names and version of the features. Its own digest stands beside it, and a file that does not have that
//! digest, or cannot be read, is as good as none: the features are computed again.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use gauntlet_core::Digest;
use gauntlet_features::vibration::Setup;
use polars::prelude::{
    Column, DataFrame, ParquetCompression, ParquetReader, ParquetWriter, PolarsError, SerReader,
};

use super::measure::Measured;
use crate::error::DataError;
use crate::place;

/// To be raised when a feature of an old name is computed in another way.
const VERSION: u32 = 1;

/// Features by the digest of their file.
pub(super) type Cached = BTreeMap<Digest, Measured>;

/// Where the features of a run are kept.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Values of one file.
    width: usize,
}

impl Place {
    /// The place in `folder` for `run`, whose channels are `columns`.
    pub(super) fn new(
        folder: &Path,
        run: &str,
        setup: &Setup,
        columns: &[usize],
        features: &[String],
        layout: &str,
    ) -> Self {
        let geometry = setup.geometry.as_ref().map(|g| {
            let angle = g.contact_angle_deg;
            (g.rolling_elements, g.ball_diameter_mm, g.pitch_diameter_mm, angle)
        });
        let key = format!(
            "{VERSION} {layout} {columns:?} {features:?} {:?} {:?} {geometry:?}",
            setup.sampling_rate_hz, setup.shaft_hz
        );
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let run: String = run.chars().map(plain).collect();
        let name = format!("{run}-{}.parquet", Digest::of(key.as_bytes()).short());
        Self { path: folder.join(name), width: columns.len() * features.len() }
    }

    /// What is kept there, as far as it can be trusted.
    pub(super) fn read(&self) -> Cached {
        self.checked().unwrap_or_default()
    }

    fn checked(&self) -> Option<Cached> {
        let bytes = fs_err::read(&self.path).ok()?;
        let expected = fs_err::read_to_string(self.digest_path()).ok()?;
        let sound = expected.trim().parse::<Digest>().ok()? == Digest::of(&bytes);
        let frame = sound.then(|| ParquetReader::new(Cursor::new(bytes)).finish())?.ok()?;
        rows(&frame, self.width)
    }

    /// Keeps `cached` there.
    ///
    /// # Errors
    /// A place that cannot be written.
    pub(super) fn write(&self, cached: &Cached) -> Result<(), DataError> {
        let bytes = parquet(cached, self.width).map_err(std::io::Error::other)?;
        if let Some(folder) = self.path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        place::write(&self.path, &bytes)?;
        Ok(place::write(&self.digest_path(), Digest::of(&bytes).to_string().as_bytes())?)
    }

    fn digest_path(&self) -> PathBuf {
        self.path.with_extension("sha256")
    }
}

fn parquet(cached: &Cached, width: usize) -> Result<Vec<u8>, PolarsError> {
    let digests: Vec<String> = cached.keys().map(Digest::hex).collect();
    let samples: Vec<u64> = cached.values().map(|m| m.samples as u64).collect();
    let clocks: Vec<Option<f64>> = cached.values().map(|m| m.clock).collect();
    let mut columns = vec![
        Column::new("digest".into(), digests),
        Column::new("samples".into(), samples),
        Column::new("clock".into(), clocks),
    ];
    for position in 0..width {
        let values: Vec<f64> = cached.values().map(|m| m.values[position]).collect();
        columns.push(Column::new(format!("v{position}").into(), values));
    }
    let mut frame = DataFrame::new(cached.len(), columns)?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Uncompressed)
        .finish(&mut frame)?;
    Ok(bytes)
}

fn rows(frame: &DataFrame, width: usize) -> Option<Cached> {
    let digests = frame.column("digest").ok()?.str().ok()?;
    let samples = frame.column("samples").ok()?.u64().ok()?;
    let clocks = frame.column("clock").ok()?.f64().ok()?;
    let values: Option<Vec<_>> =
        (0..width).map(|v| frame.column(&format!("v{v}")).ok()?.f64().ok()).collect();
    let values = values?;
    let mut cached = Cached::new();
    for row in 0..frame.height() {
        let measured = Measured {
            samples: usize::try_from(samples.get(row)?).ok()?,
            clock: clocks.get(row),
            values: values.iter().map(|column| column.get(row)).collect::<Option<_>>()?,
        };
        cached.insert(digests.get(row)?.parse().ok()?, measured);
    }
    Some(cached)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_and_what_is_spoilt_is_nothing() {
        let folder = tempfile::TempDir::new().unwrap();
        let setup = Setup { sampling_rate_hz: 1000.0, shaft_hz: 20.0, geometry: None };
        let features = ["rms".to_owned(), "std".to_owned()];
        let place = Place::new(folder.path(), "a/b", &setup, &[1], &features, "ims");
        let row = |clock, value| Measured { samples: 9, clock, values: vec![value, 0.1 + 0.2] };
        let mut cached = Cached::new();
        cached.insert(Digest::of(b"a"), row(None, -0.0));
        cached.insert(Digest::of(b"b"), row(Some(1.5), f64::MIN_POSITIVE));
        assert!(place.read().is_empty());
        place.write(&cached).unwrap();
        assert_eq!(place.read(), cached);

        let sound = fs_err::read(&place.path).unwrap();
        for at in [0, sound.len() / 2, sound.len() - 1] {
            let mut spoilt = sound.clone();
            spoilt[at] ^= 1;
            fs_err::write(&place.path, &spoilt).unwrap();
            assert!(place.read().is_empty());
        }
        fs_err::write(&place.path, &sound[..sound.len() - 9]).unwrap();
        assert!(place.read().is_empty());
        fs_err::write(&place.path, &sound).unwrap();
        assert_eq!(place.read(), cached);

        let faster = Setup { shaft_hz: 21.0, ..setup };
        let other = Place::new(folder.path(), "a/b", &faster, &[1], &features, "ims");
        assert!(other.read().is_empty());
    }
}
