//! Notes beside folders of simulated files.

use std::path::Path;

use gauntlet_core::{Digest, Origin};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::DataError;
use crate::place;

/// The note's name in the folder.
pub(crate) const NOTE: &str = "simulated.json";

/// The note in `folder`, if files of that origin have one.
///
/// # Errors
/// Simulated files without a note, real ones with one, or a note that cannot be read.
pub(crate) fn read<T: DeserializeOwned>(
    folder: &Path,
    origin: Origin,
) -> Result<Option<T>, DataError> {
    let at = folder.join(NOTE);
    match (origin, at.exists()) {
        (Origin::Real, false) => Ok(None),
        (Origin::Real, true) => {
            Err(DataError::SimulatedAsReal { path: folder.to_owned(), note: at })
        }
        (Origin::Simulated, false) => Err(DataError::Note {
            note: at,
            problem: "there is no note that these files are simulated".to_owned(),
        }),
        (Origin::Simulated, true) => serde_json::from_slice(&fs_err::read(&at)?)
            .map(Some)
            .map_err(|error| DataError::Note { note: at, problem: error.to_string() }),
    }
}

/// Writes `note` into `folder`.
pub(super) fn write<T: Serialize>(folder: &Path, note: &T) -> Result<(), DataError> {
    let mut text = serde_json::to_string_pretty(note).map_err(std::io::Error::from)?;
    text.push('\n');
    Ok(place::write(&folder.join(NOTE), text.as_bytes())?)
}

/// Refuses files that are not those the simulator wrote into `folder`, whose note vouches for `vouched`.
pub(crate) fn check(
    folder: &Path,
    vouched: Option<Digest>,
    found: Digest,
) -> Result<(), DataError> {
    let problem = match vouched {
        Some(digest) if digest == found => return Ok(()),
        Some(digest) => format!("it vouches for {digest}, but the files have {found}"),
        None => "the simulator did not finish".to_owned(),
    };
    Err(DataError::Note { note: folder.join(NOTE), problem })
}

/// The note in `folder`, if there is one that can be read; one that cannot is replaced.
pub(super) fn there<T: DeserializeOwned>(folder: &Path) -> Result<Option<T>, DataError> {
    let at = folder.join(NOTE);
    if !at.exists() {
        return Ok(None);
    }
    Ok(serde_json::from_slice(&fs_err::read(at)?).ok())
}

/// Makes `folder` an empty one, where it holds nothing but what a simulator wrote.
///
/// # Errors
/// A folder that holds files without a note, or cannot be emptied.
pub(super) fn make_room(dataset: &str, folder: &Path) -> Result<(), DataError> {
    if folder.exists() && fs_err::read_dir(folder)?.next().is_some() {
        if !folder.join(NOTE).exists() {
            let problem = format!("{} holds files of others", folder.display());
            return Err(DataError::Simulate { dataset: dataset.to_owned(), problem });
        }
        fs_err::remove_dir_all(folder)?;
    }
    Ok(fs_err::create_dir_all(folder)?)
}
