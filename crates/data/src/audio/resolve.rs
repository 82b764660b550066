//! Where the clips of a dataset are.

use std::path::Path;

use gauntlet_core::Origin;

use super::sounds::{Sounds, SoundsLayout};
use super::{find, table};
use crate::error::DataError;
use crate::resolve::{Absent, Decision, Mode, Source};

/// Looks for the real clips of `sounds`, first in `data_dir`, then in `raw`; what is found is a folder for
/// [`super::load`], or the one file of a table.
///
/// `data_dir` may be a folder of datasets by name, the folder that holds the clips, or for a table the file.
///
/// # Errors
/// A `data_dir` that does not exist: who names a place means it.
pub fn resolve(
    sounds: &Sounds,
    mode: Mode,
    data_dir: Option<&Path>,
    raw: &Path,
) -> Result<Decision, DataError> {
    if mode == Mode::Simulated {
        return Ok(Decision::Simulate);
    }
    let mut looked = Vec::new();
    if let Some(given) = data_dir {
        if !given.exists() {
            return Err(DataError::NoSuchPlace { path: given.to_owned() });
        }
        // The folder of its name goes first: another dataset beside it may look alike.
        looked.extend(sounds.also.iter().chain([&sounds.name]).map(|name| given.join(name)));
        looked.push(given.to_owned());
    }
    looked.push(raw.to_owned());
    match looked.iter().position(|place| is_there(sounds, place)) {
        Some(found) => {
            let path = looked.swap_remove(found);
            Ok(Decision::Found(Source { path, origin: Origin::Real }))
        }
        None => Ok(Decision::Absent(Absent { looked, mode })),
    }
}

fn is_there(sounds: &Sounds, place: &Path) -> bool {
    match sounds.layout {
        SoundsLayout::ClipTable => table::is_there(sounds, place),
        SoundsLayout::Mimii | SoundsLayout::Dcase2020 => find::is_there(sounds, place),
    }
}
