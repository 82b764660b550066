//! Loading: parse first, so that an error has a place; compare digests second.

use std::path::{Path, PathBuf};

use gauntlet_core::{Digest, Frame, Origin};

use crate::csv;
use crate::descriptor::{Descriptor, FileSpec, Layout};
use crate::error::DataError;
use crate::first_use;
use crate::resolve::Source;
use crate::simulate::{Note, read_note};

/// A dataset in memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    /// Its name.
    pub name: String,
    /// Real or simulated.
    pub origin: Origin,
    /// The digest of the file's bytes.
    pub digest: Digest,
    /// What that digest was compared with.
    pub verification: Verification,
    /// The described columns under canonical names in the descriptor's order, then the extra ones.
    pub frame: Frame,
    /// Columns of the file that the descriptor does not know.
    pub extra_columns: Vec<String>,
    /// What a report should mention, in sentences.
    pub notes: Vec<String>,
    /// The file.
    pub path: PathBuf,
}

/// What the digest of a file was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// The published digest.
    Published,
    /// A digest that the user accepted in its place.
    Accepted,
    /// Nothing: no digest is published, and this one was recorded.
    FirstUse,
    /// The digest recorded at first use.
    Recorded,
    /// The simulator's note.
    Simulated,
}

/// Which bytes are taken besides the published ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DigestPolicy {
    /// A digest that the user vouches for.
    pub accept: Option<Digest>,
    /// Where digests of unpublished files are remembered; without it every use is a first use.
    pub first_use: Option<PathBuf>,
}

/// Reads, checks and verifies the file that [`crate::resolve`] or [`crate::simulate::write`] found.
///
/// # Errors
/// A file that is damaged (naming line, row and column), whose digest is neither published nor accepted, or that
/// is simulated and given as real.
pub fn load(
    descriptor: &Descriptor,
    source: &Source,
    policy: &DigestPolicy,
) -> Result<Dataset, DataError> {
    let path = &source.path;
    let bytes = fs_err::read(path)?;
    let digest = Digest::of(&bytes);
    let note = read_note(path, digest)?;
    if let (Origin::Real, Some((note, _))) = (source.origin, &note) {
        return Err(DataError::SimulatedAsReal { path: path.clone(), note: note.clone() });
    }
    let rows = match descriptor.layout {
        Layout::CsvRows => csv::read(&bytes, &descriptor.columns)
            .map_err(|problem| DataError::Csv { path: path.clone(), problem })?,
    };
    let mut notes = Vec::new();
    let verification = match source.origin {
        Origin::Real => verify(descriptor.file(), path, digest, policy)?,
        Origin::Simulated => {
            notes.push(vouched(path, digest, note)?.to_string());
            Verification::Simulated
        }
    };
    if rows.reordered {
        notes.push("the columns stand in another order than published".to_owned());
    }
    if !rows.extra.is_empty() {
        notes.push(format!("columns unknown to the descriptor: {}", rows.extra.join(", ")));
    }
    match verification {
        Verification::Accepted => notes.push(format!("{digest} was accepted by the user")),
        Verification::FirstUse => notes.push(format!("first use of {digest}: none is published")),
        Verification::Published | Verification::Recorded | Verification::Simulated => {}
    }
    Ok(Dataset {
        name: descriptor.name.clone(),
        origin: source.origin,
        digest,
        verification,
        frame: rows.frame,
        extra_columns: rows.extra,
        notes,
        path: path.clone(),
    })
}

fn verify(
    file: &FileSpec,
    path: &Path,
    found: Digest,
    policy: &DigestPolicy,
) -> Result<Verification, DataError> {
    if file.sha256 == Some(found) {
        return Ok(Verification::Published);
    }
    if policy.accept == Some(found) {
        return Ok(Verification::Accepted);
    }
    let differs = |expected| DataError::Digest { path: path.to_owned(), found, expected };
    if let Some(expected) = file.sha256.or(policy.accept) {
        return Err(differs(expected));
    }
    let Some(record) = &policy.first_use else {
        return Ok(Verification::FirstUse);
    };
    match first_use::recorded(record, &file.path)? {
        Some(expected) if expected == found => Ok(Verification::Recorded),
        Some(expected) => Err(differs(expected)),
        None => {
            first_use::record(record, &file.path, found)?;
            Ok(Verification::FirstUse)
        }
    }
}

/// The simulator's note, if it is there and vouches for these very bytes.
fn vouched(path: &Path, digest: Digest, note: Option<(PathBuf, Note)>) -> Result<Note, DataError> {
    match note {
        Some((_, note)) if note.sha256 == digest => Ok(note),
        Some((at, note)) => Err(DataError::Note {
            note: at,
            problem: format!("it vouches for {}, but the file has {digest}", note.sha256),
        }),
        None => Err(DataError::Note {
            note: crate::simulate::note_path(path),
            problem: "there is no note that this file is simulated".to_owned(),
        }),
    }
}
