//! Which clips are in a folder, without opening a file.

use std::path::{Path, PathBuf};

use super::clips::ClipRow;
use super::place;
use super::problem::ClipsProblem;
use super::sounds::Sounds;
use crate::error::DataError;
use crate::simulate::NOTE;

/// Folders within each other that are looked into: more than the layouts have, and no end of links that turn back.
const DEPTH: usize = 8;

/// A clip that is there.
#[derive(Debug, Clone)]
pub(super) struct FoundClip {
    pub(super) row: ClipRow,
    pub(super) path: PathBuf,
    /// Its path relative to the dataset's folder, with slashes.
    pub(super) relative: String,
}

/// All clips in a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order of [`super::Clips::rows`].
    pub(super) clips: Vec<FoundClip>,
    pub(super) notes: Vec<String>,
}

/// Whether there is a clip of `sounds` in `folder`.
pub(super) fn is_there(sounds: &Sounds, folder: &Path) -> bool {
    let mut there = false;
    let root = Root::new(folder);
    // A folder that cannot be listed is reported when it is read.
    let _ = walk(folder, &mut |file| {
        there = root.clip(sounds, file).is_some();
        !there
    });
    there
}

/// Finds the clips of `sounds` in `folder`.
///
/// # Errors
/// A folder that cannot be listed, no clip at all, or two that are the same recording at one SNR.
pub(super) fn clips(sounds: &Sounds, folder: &Path) -> Result<Found, DataError> {
    let problem = |problem| DataError::Clips { path: folder.to_owned(), problem };
    let mut found = Found::default();
    let mut others = Vec::new();
    let root = Root::new(folder);
    walk(folder, &mut |file| {
        match root.clip(sounds, file) {
            Some(clip) => found.clips.push(clip),
            None if file.file_name().is_some_and(|name| name == NOTE) => {}
            None => others.push(root.relative(file)),
        }
        true
    })?;
    if found.clips.is_empty() {
        return Err(problem(ClipsProblem::NoClips {
            layout: sounds.layout.name().to_owned(),
            example: sounds.layout.example().to_owned(),
        }));
    }
    found.clips.sort_by(|a, b| a.row.order(&b.row).then_with(|| a.relative.cmp(&b.relative)));
    for pair in found.clips.windows(2) {
        let [a, b] = [&pair[0], &pair[1]].map(|clip| (&clip.row, clip.relative.as_str()));
        if let Some(same) = ClipsProblem::twice(a, b) {
            return Err(problem(same));
        }
    }
    if !others.is_empty() {
        others.sort();
        let shown = others.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        found.notes.push(format!("{} files do not lie like clips: {shown}", others.len()));
    }
    Ok(found)
}

/// The folder that is looked through.
struct Root<'a> {
    path: &'a Path,
    /// Its own name, which may be that of a machine at an SNR.
    name: Option<String>,
}

impl<'a> Root<'a> {
    fn new(path: &'a Path) -> Self {
        // `.` has no name, and a folder that is not there has none either.
        let whole = fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let name = whole.file_name().map(|name| name.to_string_lossy().into_owned());
        Self { path, name }
    }

    /// The clip that `file` is.
    fn clip(&self, sounds: &Sounds, file: &Path) -> Option<FoundClip> {
        let relative = self.relative(file);
        let names: Vec<&str> =
            self.name.as_deref().into_iter().chain(relative.split('/')).collect();
        let row = place::clip(sounds.layout, &names)?.at(file.to_owned());
        Some(FoundClip { row, path: file.to_owned(), relative })
    }

    fn relative(&self, file: &Path) -> String {
        let below = file.strip_prefix(self.path).unwrap_or(file);
        let names: Vec<_> = below.iter().map(|name| name.to_string_lossy()).collect();
        names.join("/")
    }
}

/// Calls `seen` for every file under `folder` that is not hidden, until it says false.
pub(super) fn walk(folder: &Path, seen: &mut dyn FnMut(&Path) -> bool) -> std::io::Result<()> {
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let mut inner = Vec::new();
        for entry in fs_err::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                inner.push(path);
            } else if !seen(&path) {
                return Ok(());
            }
        }
        if depth < DEPTH {
            inner.sort_by(|a, b| b.cmp(a));
            folders.extend(inner.into_iter().map(|path| (path, depth + 1)));
        }
    }
    Ok(())
}
