//! Pointer files: what the database says about aliases, for readers without a database.
//!
//! `published/<model>/<alias>.json` below the registry's root. The database is the truth; these files are
//! derived from it after every commit and corrected when the registry is opened. They are what lets a
//! server follow an embedded registry, a shared folder or a bucket.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gauntlet_core::{Alias, Digest, ModelName, Origin, Version};
use serde::{Deserialize, Serialize};

use crate::s3::Location;
use crate::{RegistryError, Result, confine, write};

/// The folder of the pointers, below the registry's root.
pub const FOLDER: &str = "published";

/// The pointer format this build writes.
pub const FORMAT: u32 = 1;

/// Files that are being written start with this; aliases never do.
const UNFINISHED: &str = ".unfinished-";

/// Where an alias is, and where its bundle lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pointer {
    /// Format of this file; a reader refuses one it does not know.
    pub format: u32,
    /// The model.
    pub model: ModelName,
    /// The alias.
    pub alias: Alias,
    /// The version it points at.
    pub version: Version,
    /// The bundle of that version.
    pub digest: Digest,
    /// Where that bundle is: relative to the registry's root, with `/`, or in a bucket, as `s3://bucket/prefix`.
    pub artifact: String,
    /// Where the version's rows came from.
    pub origin: Origin,
    /// When the alias last moved, in milliseconds since 1970.
    pub updated_ms: i64,
}

impl Pointer {
    /// The folder of the bundle. Nothing is verified but that it lies below `root`.
    ///
    /// # Errors
    /// The artefact's path leaves the root, by its text or through a link.
    pub fn bundle(&self, root: &Path) -> Result<PathBuf> {
        confine::resolve(root, &self.artifact)
    }

    /// Where the bundle is if it is in a bucket.
    #[must_use]
    pub fn bucket(&self) -> Option<Location> {
        self.artifact.parse().ok()
    }

    fn bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(std::io::Error::from)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// The pointer of `alias` of `model`.
///
/// # Errors
/// No such model or alias, naming those there are; or a damaged pointer, naming the file.
pub fn read(root: &Path, model: &ModelName, alias: &Alias) -> Result<Pointer> {
    let path = file(root, model, alias);
    if path.is_file() {
        return parse(&fs_err::read(&path)?, &path, model, alias);
    }
    let mut known: BTreeMap<ModelName, Vec<Alias>> = BTreeMap::new();
    for (model, alias, _) in files(root)? {
        known.entry(model).or_default().push(alias);
    }
    match known.remove(model) {
        Some(known) => {
            Err(RegistryError::AliasNotFound { model: model.clone(), alias: alias.clone(), known })
        }
        None => Err(RegistryError::ModelNotFound {
            model: model.clone(),
            known: known.into_keys().collect(),
        }),
    }
}

/// All pointers, by model and alias; none if nothing was ever published below `root`.
///
/// # Errors
/// The first damaged pointer, naming the file.
pub fn list(root: &Path) -> Result<Vec<Pointer>> {
    let parse = |(model, alias, path): &(ModelName, Alias, PathBuf)| {
        parse(&fs_err::read(path)?, path, model, alias)
    };
    files(root)?.iter().map(parse).collect()
}

/// Whether the pointer files below `root` say exactly `pointers`.
///
/// # Errors
/// The folder cannot be read.
pub fn agrees(root: &Path, pointers: &[Pointer]) -> Result<bool> {
    let mut found = files(root)?.into_iter();
    for pointer in sorted(pointers) {
        let Some((model, alias, path)) = found.next() else {
            return Ok(false);
        };
        let same = model == pointer.model && alias == pointer.alias;
        if !same || fs_err::read(path)? != pointer.bytes()? {
            return Ok(false);
        }
    }
    Ok(found.next().is_none())
}

/// Makes the pointer files below `root` say exactly `pointers`: writes those that are missing or
/// different, and removes those that should not be there. Only while no other writer is at work.
///
/// # Errors
/// The folder cannot be written.
pub fn publish(root: &Path, pointers: &[Pointer]) -> Result<()> {
    for pointer in sorted(pointers) {
        let path = file(root, &pointer.model, &pointer.alias);
        let bytes = pointer.bytes()?;
        if path.is_file() && fs_err::read(&path)? == bytes {
            continue;
        }
        let folder = root.join(FOLDER).join(pointer.model.as_str());
        fs_err::create_dir_all(&folder)?;
        let unfinished = folder.join(format!("{UNFINISHED}{}", std::process::id()));
        write::replace(&path, &unfinished, &bytes)?;
    }
    let wanted = |model: &ModelName, alias: &Alias| {
        pointers.iter().any(|p| p.model == *model && p.alias == *alias)
    };
    for (model, alias, path) in files(root)? {
        if !wanted(&model, &alias) {
            fs_err::remove_file(path)?;
        }
    }
    sweep(root)
}

fn sorted(pointers: &[Pointer]) -> Vec<&Pointer> {
    let mut sorted: Vec<&Pointer> = pointers.iter().collect();
    sorted.sort_by_key(|p| (&p.model, &p.alias));
    sorted
}

fn file(root: &Path, model: &ModelName, alias: &Alias) -> PathBuf {
    root.join(FOLDER).join(model.as_str()).join(format!("{alias}.json"))
}

/// The pointer of `alias` of `model` in the bytes of a file; `path` is what errors call it.
///
/// # Errors
/// It is damaged, of an unknown format, another's, or leads out of the registry.
pub fn parse(bytes: &[u8], path: &Path, model: &ModelName, alias: &Alias) -> Result<Pointer> {
    let damaged =
        |problem: String| RegistryError::DamagedPointer { path: path.to_owned(), problem };
    // The format comes first, so that a newer file is called newer and not damaged.
    let value: serde_json::Value =
        serde_json::from_slice(bytes).map_err(|e| damaged(e.to_string()))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    if format != Some(u64::from(FORMAT)) {
        let found = value.get("format").map_or_else(|| "none".to_owned(), ToString::to_string);
        return Err(damaged(format!("format {found} is not known, only {FORMAT}")));
    }
    let pointer: Pointer = serde_json::from_value(value).map_err(|e| damaged(e.to_string()))?;
    if pointer.model != *model || pointer.alias != *alias {
        let problem = format!("it belongs to alias `{}` of `{}`", pointer.alias, pointer.model);
        return Err(damaged(problem));
    }
    if !confine::is_plain(&pointer.artifact) && pointer.bucket().is_none() {
        return Err(damaged(format!("its artefact `{}` leaves the registry", pointer.artifact)));
    }
    Ok(pointer)
}

/// All pointer files, by model and alias. Files that no alias could have made are not ours.
fn files(root: &Path) -> Result<Vec<(ModelName, Alias, PathBuf)>> {
    let mut files = Vec::new();
    for (name, folder) in entries(&root.join(FOLDER))? {
        let Ok(model) = name.parse::<ModelName>() else {
            continue;
        };
        for (name, path) in entries(&folder)? {
            if let Some(Ok(alias)) = name.strip_suffix(".json").map(str::parse::<Alias>) {
                files.push((model.clone(), alias, path));
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Removes what an interrupted write left behind, and folders without pointers.
fn sweep(root: &Path) -> Result<()> {
    for (_, folder) in entries(&root.join(FOLDER))? {
        let mut inside = entries(&folder)?;
        inside.retain(|(name, path)| {
            !(name.starts_with(UNFINISHED) && fs_err::remove_file(path).is_ok())
        });
        if inside.is_empty() && folder.is_dir() {
            fs_err::remove_dir(folder)?;
        }
    }
    Ok(())
}

/// Names and paths in `folder`; none if it is no folder.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if let Ok(name) = entry.file_name().into_string() {
            entries.push((name, entry.path()));
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pointer(model: &str, alias: &str, version: u32) -> Pointer {
        let digest = Digest::of(&version.to_le_bytes());
        Pointer {
            format: FORMAT,
            model: model.parse().unwrap(),
            alias: alias.parse().unwrap(),
            version: Version(version),
            digest,
            artifact: format!("artifacts/bundles/{}", digest.hex()),
            origin: Origin::Real,
            updated_ms: 7,
        }
    }

    #[test]
    fn publishing_adds_changes_and_removes_until_files_agree() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let first = [pointer("b", "champion", 1), pointer("a", "champion", 2)];
        assert!(!agrees(root, &first).unwrap());
        publish(root, &first).unwrap();
        assert!(agrees(root, &first).unwrap());
        let second = [pointer("b", "champion", 3), pointer("b", "previous", 1)];
        assert!(!agrees(root, &second).unwrap());
        publish(root, &second).unwrap();
        assert_eq!(list(root).unwrap(), second);
        assert!(!root.join("published/a").exists(), "an empty folder is removed");
    }

    #[test]
    fn a_missing_pointer_names_what_there_is() {
        let dir = tempfile::tempdir().unwrap();
        publish(dir.path(), &[pointer("a", "challenger", 1)]).unwrap();
        let read = |model: &str| {
            read(dir.path(), &model.parse().unwrap(), &Alias::champion()).unwrap_err().to_string()
        };
        assert!(read("a").contains("it has `challenger`"), "{}", read("a"));
        assert!(read("b").contains("known are `a`"), "{}", read("b"));
        assert_eq!(list(&dir.path().join("nowhere")).unwrap(), []);
    }

    #[test]
    fn a_damaged_pointer_names_its_file() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let good = pointer("a", "champion", 1);
        publish(root, std::slice::from_ref(&good)).unwrap();
        let path = root.join("published/a/champion.json");
        let text = fs_err::read_to_string(&path).unwrap();
        let outside = text.replace("artifacts/bundles", "../bundles");
        for (bad, problem) in [
            (text[..40].to_owned(), "EOF"),
            (text.replace("\"format\": 1", "\"format\": 2"), "format 2 is not known"),
            (text.replace("\"a\"", "\"b\""), "belongs to alias `champion` of `b`"),
            (text.replace("\"version\"", "\"number\""), "number"),
            (outside, "leaves the registry"),
            (text.replace("artifacts/bundles", "s3://models/../x"), "leaves the registry"),
        ] {
            fs_err::write(&path, bad).unwrap();
            let error = read(root, &good.model, &good.alias).unwrap_err().to_string();
            assert!(error.contains("champion.json") && error.contains(problem), "{error}");
            assert!(list(root).is_err());
        }
    }

    #[test]
    fn a_bundle_may_lie_in_a_bucket() {
        let dir = tempfile::tempdir().unwrap();
        let artifact = "s3://models/lab/bundles/1".to_owned();
        let good = Pointer { artifact, ..pointer("a", "champion", 1) };
        publish(dir.path(), std::slice::from_ref(&good)).unwrap();
        let found = read(dir.path(), &good.model, &good.alias).unwrap();
        assert_eq!(found.bucket().unwrap().to_string(), good.artifact);
        assert!(found.bundle(dir.path()).is_err(), "it is in no folder");
        assert_eq!(pointer("a", "champion", 1).bucket(), None);
    }

    #[test]
    fn litter_of_an_interrupted_write_is_swept_and_foreign_files_stay() {
        let dir = tempfile::tempdir().unwrap();
        let good = [pointer("a", "champion", 1)];
        publish(dir.path(), &good).unwrap();
        let folder = dir.path().join("published/a");
        fs_err::write(folder.join(".unfinished-1"), "x").unwrap();
        fs_err::write(folder.join("README"), "x").unwrap();
        publish(dir.path(), &good).unwrap();
        assert!(!folder.join(".unfinished-1").exists());
        assert!(folder.join("README").exists());
        assert!(agrees(dir.path(), &good).unwrap());
    }
}
