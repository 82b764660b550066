//! Simulators, which write exactly the real layout into a folder of their own, with a note that says so.

pub mod ai4i;
mod note;
mod pchip;
pub mod pump;

use std::path::Path;

use gauntlet_core::{Digest, Origin, Seed};

use crate::descriptor::Descriptor;
use crate::error::DataError;
use crate::place;
use crate::resolve::Source;
pub use note::Note;
pub(crate) use note::{note_path, read_note};

/// The folder in a dataset's folder that simulated files go to. Real files never do.
pub const FOLDER: &str = "simulated";

/// Draws `rows` rows of the dataset by `seed` and writes them, with a note, under `dataset_dir/simulated`.
///
/// The same rows and seed give the same bytes.
///
/// # Errors
/// A dataset without a simulator, a number of rows it cannot draw, or a folder that cannot be written.
pub fn write(
    descriptor: &Descriptor,
    dataset_dir: &Path,
    rows: usize,
    seed: Seed,
) -> Result<Source, DataError> {
    let dataset = &descriptor.name;
    let simulated = match dataset.as_str() {
        "ai4i2020" => ai4i::simulate(rows, seed)?,
        _ => return Err(DataError::NoSimulator { dataset: dataset.clone() }),
    };
    let folder = dataset_dir.join(FOLDER);
    fs_err::create_dir_all(&folder)?;
    let path = folder.join(&descriptor.file().path);
    let note = Note {
        simulated: true,
        dataset: dataset.clone(),
        file: descriptor.file().path.clone(),
        sha256: Digest::of(&simulated.bytes),
        generator: simulated.generator.to_owned(),
        seed,
        rows,
        draws: simulated.draws,
        counts: simulated.counts,
    };
    // The note goes first: a file of ours is never without one.
    note.write(&path)?;
    place::write(&path, &simulated.bytes)?;
    Ok(Source { path, origin: Origin::Simulated })
}
