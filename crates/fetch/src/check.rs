//! Size and digest, of what arrived and of what was there before.

use std::io::Read;
use std::path::Path;

use gauntlet_core::{Digest, Hasher};
use gauntlet_data::{Download, FileSpec};

use crate::error::FetchError;

/// What is known of a file beforehand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Expected {
    pub(crate) size: Option<u64>,
    pub(crate) digest: Option<Digest>,
}

impl Expected {
    pub(crate) fn of_download(download: &Download) -> Self {
        Self { size: download.size, digest: download.sha256 }
    }

    pub(crate) fn of_file(file: Option<&FileSpec>) -> Self {
        file.map_or(Self::default(), |file| Self { size: file.size, digest: file.sha256 })
    }

    /// This, and where it knows nothing, `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        Self { size: self.size.or(other.size), digest: self.digest.or(other.digest) }
    }
}

/// Checks the bytes in `part`, which are to become `path`.
///
/// # Errors
/// Another size, or another digest.
pub(crate) fn arrived(part: &Path, path: &Path, expected: Expected) -> Result<(), FetchError> {
    let found = fs_err::metadata(part)?.len();
    if let Some(expected) = expected.size.filter(|size| *size != found) {
        return Err(FetchError::Size { path: path.to_owned(), found, expected });
    }
    let Some(expected) = expected.digest else {
        return Ok(());
    };
    let found = digest(part)?;
    if found == expected {
        Ok(())
    } else {
        Err(FetchError::Digest { path: path.to_owned(), found, expected })
    }
}

/// Checks a file that was there before this run.
///
/// # Errors
/// It is not the published one.
pub(crate) fn present(path: &Path, expected: Expected) -> Result<(), FetchError> {
    if path.is_dir() {
        return Ok(());
    }
    let problem = match arrived(path, path, expected) {
        Err(FetchError::Size { found, expected, .. }) => {
            format!("it has {found} bytes, expected {expected}")
        }
        Err(FetchError::Digest { found, expected, .. }) => {
            format!("its digest is {found}, expected {expected}")
        }
        other => return other,
    };
    Err(FetchError::Damaged { path: path.to_owned(), problem })
}

fn digest(path: &Path) -> std::io::Result<Digest> {
    let mut file = fs_err::File::open(path)?;
    let mut hasher = Hasher::default();
    let mut piece = vec![0; 1 << 20];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finish()),
            read => hasher.update(&piece[..read]),
        }
    }
}
