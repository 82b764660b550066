//! Features of clips that were computed before, by the digest of the file they come from.
//!
//! One Parquet file for each machine, id, SNR and set, so that 54,057 clips are never in memory twice. Its name tells
//! all else that features depend on. Its own digest stands beside it, and a file that does not have that digest,
//! or cannot be read, is as good as none: the features are computed again.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use gauntlet_core::Digest;
use polars::prelude::{
    Column, DataFrame, ParquetCompression, ParquetReader, ParquetWriter, PolarsError, SerReader,
};

use crate::error::DataError;
use crate::place;

/// To be raised when a feature of an old name is computed in another way.
const VERSION: u32 = 1;

/// Features by the digest of their file.
pub(super) type Cached = BTreeMap<Digest, Vec<f64>>;

/// Where the features of a group of clips are kept.
#[derive(Debug)]
pub(super) struct Place {
    path: PathBuf,
    /// Features of a clip.
    width: usize,
}

impl Place {
    /// The place in `folder` for the clips of `group`, whose `width` features depend on what `setup` spells out.
    pub(super) fn new(folder: &Path, group: &str, setup: &str, width: usize) -> Self {
        let key = Digest::of(format!("{VERSION} {group} {setup}").as_bytes()).short();
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        let group: String = group.chars().map(plain).collect();
        Self { path: folder.join(format!("{group}-{key}.parquet")), width }
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
    let mut columns = vec![Column::new("digest".into(), digests)];
    for position in 0..width {
        let values: Vec<f64> = cached.values().map(|values| values[position]).collect();
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
    let columns: Option<Vec<_>> =
        (0..width).map(|v| frame.column(&format!("v{v}")).ok()?.f64().ok()).collect();
    let columns = columns?;
    (0..frame.height())
        .map(|row| {
            let values = columns.iter().map(|column| column.get(row)).collect::<Option<_>>()?;
            Some((digests.get(row)?.parse().ok()?, values))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_back_and_what_is_spoilt_is_nothing() {
        let folder = tempfile::TempDir::new().unwrap();
        let place = Place::new(folder.path(), "fan -6 00", "mean", 2);
        let mut cached = Cached::new();
        cached.insert(Digest::of(b"a"), vec![-0.0, 0.1 + 0.2]);
        cached.insert(Digest::of(b"b"), vec![f64::MIN_POSITIVE, 1e300]);
        assert!(place.read().is_empty());
        place.write(&cached).unwrap();
        assert_eq!(place.read(), cached);
        assert!(Place::new(folder.path(), "fan -6 00", "max", 2).read().is_empty());

        let mut spoilt = fs_err::read(&place.path).unwrap();
        let middle = spoilt.len() / 2;
        spoilt[middle] ^= 1;
        fs_err::write(&place.path, &spoilt).unwrap();
        assert!(place.read().is_empty());
    }
}
