//! Layout `clip_table`: features that were computed elsewhere, one row a clip.

mod cells;
mod rows;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gauntlet_core::{Digest, Origin};

use super::clips::{ClipRow, Clips};
use super::find::walk;
use super::problem::ClipsProblem;
use super::sounds::{ClipTable, Sounds, SoundsLayout};
use crate::error::DataError;
use crate::pattern::{self, ANYTHING};
use crate::vibration::digest_of;
use crate::{natural, simulate};
use rows::{Read, read};

/// A table that is there.
#[derive(Debug)]
struct Found {
    path: PathBuf,
    /// Its path relative to the dataset's folder, with slashes.
    relative: String,
    /// What its name says, by role.
    named: BTreeMap<String, String>,
}

/// One row of a table.
#[derive(Debug)]
struct TableRow {
    clip: ClipRow,
    /// The table and the row in it.
    place: String,
    values: Vec<f64>,
}

/// Whether there is a table of `sounds` at `place`, a folder or a file.
pub(super) fn is_there(sounds: &Sounds, place: &Path) -> bool {
    let Some(table) = &sounds.table else { return false };
    matches!(tables(table, place), Ok(found) if !found.is_empty())
}

/// Reads the tables of `sounds` at `place`, a folder or a file.
pub(super) fn load(sounds: &Sounds, place: &Path, origin: Origin) -> Result<Clips, DataError> {
    let problem = |problem| DataError::Clips { path: place.to_owned(), problem };
    // There is no simulator of tables, so a note can only be that of clips.
    simulate::beside::read::<serde_json::Value>(place, origin)?;
    let (table, found) = match &sounds.table {
        Some(table) => (table, tables(table, place)?),
        None => return Err(problem(no_table(""))),
    };
    let mut features: Option<(String, Vec<String>)> = None;
    let (mut all, mut notes) = (Vec::new(), Vec::new());
    let mut digests = BTreeMap::new();
    for one in &found {
        let bytes = fs_err::read(&one.path)?;
        digests.insert(one.relative.clone(), Digest::of(&bytes));
        let Read { rows, names, unused } = read(table, one, &bytes, features.as_ref())?;
        if !unused.is_empty() {
            notes.push(format!(
                "`{}`: columns of text not used: {}",
                one.relative,
                unused.join(", ")
            ));
        }
        features.get_or_insert((one.relative.clone(), names));
        all.extend(rows);
    }
    let Some((_, features)) = features else { return Err(problem(no_table(&table.files))) };
    if table.source(super::sounds::RECORDING).is_none() {
        notes.push("nothing tells recordings: they are numbered in the order of rows".to_owned());
    }
    all.sort_by(|a, b| a.clip.order(&b.clip));
    for pair in all.windows(2) {
        let [a, b] = [&pair[0], &pair[1]].map(|row| (&row.clip, row.place.as_str()));
        if let Some(same) = ClipsProblem::twice(a, b) {
            return Err(problem(same));
        }
    }
    Ok(Clips {
        dataset: sounds.name.clone(),
        origin,
        digest: digest_of(&digests),
        features,
        values: all.iter().flat_map(|row| row.values.iter().copied()).collect(),
        rows: all.into_iter().map(|row| row.clip).collect(),
        damaged: Vec::new(),
        notes,
    })
}

fn no_table(files: &str) -> ClipsProblem {
    let layout = SoundsLayout::ClipTable.name().to_owned();
    ClipsProblem::NoClips { layout, example: format!("none is called `{files}`") }
}

/// The tables at `place`, by name: all of a folder that are called as described, or the file that was named.
fn tables(table: &ClipTable, place: &Path) -> Result<Vec<Found>, DataError> {
    let mut found = Vec::new();
    if place.is_file() {
        let called = table.files.rsplit('/').next().unwrap_or_default();
        let relative = place.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let silent = pattern::holes(called).is_some_and(|h| h.iter().all(|hole| *hole == ANYTHING));
        match named(called, &relative) {
            Some(named) => found.push(Found { path: place.to_owned(), relative, named }),
            // A name that says nothing may be any name.
            None if silent => {
                let named = BTreeMap::new();
                found.push(Found { path: place.to_owned(), relative, named });
            }
            None => {}
        }
        return Ok(found);
    }
    walk(place, &mut |file| {
        let below = file.strip_prefix(place).unwrap_or(file);
        let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
        let relative = names.join("/");
        if let Some(named) = named(&table.files, &relative) {
            found.push(Found { path: file.to_owned(), relative, named });
        }
        true
    })?;
    found.sort_by(|a, b| natural(&a.relative, &b.relative));
    Ok(found)
}

/// What the holes of `pattern` stand for in `text`, a path.
fn named(pattern: &str, text: &str) -> Option<BTreeMap<String, String>> {
    let parts = pattern::parts(pattern, text, Some('/'))?;
    Some(parts.into_iter().map(|(hole, part)| (hole.to_owned(), part.to_owned())).collect())
}
