//! Simulators, which write exactly the real layout into a folder of their own, with a note that says so.

pub mod ai4i;
pub(crate) mod beside;
mod ims;
pub mod mimii;
mod note;
mod pchip;
pub mod pump;
pub mod vibration;
mod xjtu;

use std::path::Path;

use gauntlet_core::{Digest, Origin, Seed};

use crate::descriptor::Descriptor;
use crate::error::DataError;
use crate::events::{LogDescriptor, Truth};
use crate::place;
use crate::resolve::Source;
pub(crate) use beside::NOTE;
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

/// Draws a dataset of sensors over time by `seed` and writes it under `dataset_dir/simulated`, with a note and with what
/// the simulator knows of its failures. What was drawn by the same seed before is kept.
///
/// # Errors
/// A dataset without a simulator, or a folder that cannot be written.
pub fn write_log(
    described: &LogDescriptor,
    dataset_dir: &Path,
    seed: Seed,
) -> Result<Source, DataError> {
    let dataset = &described.name;
    let [file] = &described.files[..] else {
        return Err(DataError::NoSimulator { dataset: dataset.clone() });
    };
    if dataset != "pump" {
        return Err(DataError::NoSimulator { dataset: dataset.clone() });
    }
    let folder = dataset_dir.join(FOLDER);
    fs_err::create_dir_all(&folder)?;
    let path = folder.join(&file.path);
    let source = Source { path: path.clone(), origin: Origin::Simulated };
    if drawn_before(&path, pump::GENERATOR, seed)? {
        return Ok(source);
    }
    let simulated = pump::simulate(seed);
    let note = Note {
        simulated: true,
        dataset: dataset.clone(),
        file: file.path.clone(),
        sha256: Digest::of(&simulated.bytes),
        generator: pump::GENERATOR.to_owned(),
        seed,
        rows: pump::ROWS,
        draws: ai4i::Draws { loads: 1, walks: 1 },
        counts: simulated.counts,
    };
    note.write(&path)?;
    let truth = serde_json::to_vec_pretty(&simulated.truth).map_err(std::io::Error::from)?;
    place::write(&folder.join(Truth::FILE), &truth)?;
    place::write(&path, &simulated.bytes)?;
    Ok(source)
}

/// Whether the very file that `generator` draws by `seed` is there.
fn drawn_before(path: &Path, generator: &str, seed: Seed) -> Result<bool, DataError> {
    if !path.is_file() || !note_path(path).is_file() {
        return Ok(false);
    }
    let digest = Digest::of(&fs_err::read(path)?);
    let note = read_note(path, digest)?;
    Ok(note.is_some_and(|(_, n)| n.sha256 == digest && n.generator == generator && n.seed == seed))
}
