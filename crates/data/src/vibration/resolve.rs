//! Where a rig's recordings are.

use std::path::Path;

use gauntlet_core::Origin;

use super::find;
use super::rig::Rig;
use crate::error::DataError;
use crate::resolve::{Absent, Decision, Mode, Source};

/// Looks for the real recordings of `rig`, first in `data_dir`, then in `raw`; what is found is a folder for
/// [`super::load`].
///
/// `data_dir` may be the folder that holds the runs, or a folder of datasets by name.
///
/// # Errors
/// A `data_dir` that does not exist: who names a place means it.
pub fn resolve(
    rig: &Rig,
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
        let named = std::iter::once(&rig.name).chain(&rig.also).map(|name| given.join(name));
        if rig.runs.is_empty() {
            // Any folder looks like one of this rig, so the one of its name goes first.
            looked.extend(named);
            looked.push(given.to_owned());
        } else {
            looked.push(given.to_owned());
            looked.extend(named);
        }
    }
    looked.push(raw.to_owned());
    match looked.iter().position(|folder| find::is_there(rig, folder)) {
        Some(found) => {
            let path = looked.swap_remove(found);
            Ok(Decision::Found(Source { path, origin: Origin::Real }))
        }
        None => Ok(Decision::Absent(Absent { looked, mode })),
    }
}
