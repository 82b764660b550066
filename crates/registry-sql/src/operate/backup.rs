//! A copy of an embedded registry, made while it is used, and the way back.
//!
//! The database is copied as of one moment. Artefacts are never written into, so a copy may be hard links to
//! them. The note that says that a copy is whole is written last.

use std::path::{Path, PathBuf};

use gauntlet_registry::{RegistryError, Result, resolve_inside};
use serde::{Deserialize, Serialize};

use crate::clock::now_ms;
use crate::convert::During as _;
use crate::db::{Dialect, sql};
use crate::settings::{FILE, Settings};
use crate::{EmbeddedRegistry, Options};

/// Says that a copy is whole, and of what.
const NOTE: &str = "backup.json";

/// The backup format this build writes.
const FORMAT: u32 = 1;

/// A copy that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backup {
    /// Format of the copy.
    pub format: u32,
    /// When it was begun, in milliseconds since 1970.
    pub at_ms: i64,
    /// Files of artefacts in it; 0 if the artefacts are in a bucket, which is not copied.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl EmbeddedRegistry {
    /// Copies the registry into `folder`, which must be empty or not there. Readers go on, and MLflow's requests
    /// too; registrations wait until it is done.
    ///
    /// # Errors
    /// The names are in a server's database (its own tools copy that), the folder is in use, or storage failed.
    pub async fn backup(&self, folder: &Path) -> Result<Backup> {
        const DOING: &str = "copying the database";
        if self.database().dialect() != Dialect::Sqlite {
            return Err(RegistryError::Unsupported {
                operation: "back up a database on a server: use pg_dump, and copy the artefacts after it",
                registry: self.root().display().to_string(),
            });
        }
        let settings = Settings::read(self.root())?;
        if folder.is_dir() && fs_err::read_dir(folder)?.next().is_some() {
            return Err(in_the_way("folder", folder, "it is not empty"));
        }
        fs_err::create_dir_all(folder)?;
        let at_ms = now_ms();
        let _turn = self.turn().await?;
        let database = resolve_inside(folder, &settings.database)?;
        if let Some(parent) = database.parent() {
            fs_err::create_dir_all(parent)?;
        }
        let mut db = self.database().read().await.during(DOING)?;
        let copy = sql("VACUUM INTO ?").bind(database.display().to_string());
        db.execute(copy).await.during(DOING)?;
        drop(db);
        fs_err::File::open(&database)?.sync_all()?;
        let mut backup = Backup { format: FORMAT, at_ms, files: 0, bytes: 0 };
        if self.artifacts().uri().is_none() {
            let from = resolve_inside(self.root(), &settings.artifacts)?;
            mirror(&from, &resolve_inside(folder, &settings.artifacts)?, &mut backup)?;
        }
        if self.root().join(FILE).is_file() {
            fs_err::copy(self.root().join(FILE), folder.join(FILE))?;
        }
        let mut note = serde_json::to_vec_pretty(&backup).map_err(std::io::Error::from)?;
        note.push(b'\n');
        let unfinished = folder.join(format!(".unfinished-{NOTE}"));
        fs_err::write(&unfinished, note)?;
        fs_err::File::open(&unfinished)?.sync_all()?;
        fs_err::rename(unfinished, folder.join(NOTE))?;
        Ok(backup)
    }
}

/// Makes a registry in `root` of the copy in `folder`, and opens it, which publishes its pointers. `root` must not
/// hold a registry.
///
/// # Errors
/// The copy is not whole, something of a registry is in `root`, or storage failed.
pub async fn restore(folder: &Path, root: &Path, options: Options) -> Result<EmbeddedRegistry> {
    let note = folder.join(NOTE);
    if !note.is_file() {
        let rule = format!("it has no {NOTE}, so it is no backup, or one that was not finished");
        return Err(in_the_way("folder", folder, &rule));
    }
    let backup: Backup = serde_json::from_slice(&fs_err::read(&note)?)
        .map_err(|e| in_the_way("folder", &note, &e.to_string()))?;
    if backup.format != FORMAT {
        let rule = format!("its format {} is not known, only {FORMAT}", backup.format);
        return Err(in_the_way("folder", folder, &rule));
    }
    let settings = Settings::read(folder)?;
    let taken = |path: &Path| fs_err::symlink_metadata(path).is_ok();
    for path in [&*settings.database, &*settings.artifacts, gauntlet_registry::published::FOLDER] {
        let path = root.join(path);
        if taken(&path) && !is_empty_folder(&path)? {
            return Err(in_the_way("root", &path, "it is there, and nothing is overwritten"));
        }
    }
    fs_err::create_dir_all(root)?;
    let (from, to) = (folder.join(FILE), root.join(FILE));
    if from.is_file() {
        if taken(&to) && fs_err::read(&from)? != fs_err::read(&to)? {
            return Err(in_the_way("root", &to, "it differs from the backup's; move it away"));
        }
        fs_err::copy(from, to)?;
    }
    let artifacts = resolve_inside(folder, &settings.artifacts)?;
    let mut restored = Backup { files: 0, bytes: 0, ..backup };
    mirror(&artifacts, &resolve_inside(root, &settings.artifacts)?, &mut restored)?;
    let database = resolve_inside(root, &settings.database)?;
    if let Some(parent) = database.parent() {
        fs_err::create_dir_all(parent)?;
    }
    // Last, and as a whole: without its database a root is no registry.
    let unfinished = PathBuf::from(format!("{}.unfinished", database.display()));
    fs_err::copy(resolve_inside(folder, &settings.database)?, &unfinished)?;
    fs_err::File::open(&unfinished)?.sync_all()?;
    fs_err::rename(unfinished, &database)?;
    EmbeddedRegistry::open(root, options).await
}

fn is_empty_folder(path: &Path) -> Result<bool> {
    Ok(path.is_dir() && fs_err::read_dir(path)?.next().is_none())
}

fn in_the_way(field: &'static str, path: &Path, rule: &str) -> RegistryError {
    RegistryError::Invalid { field, value: path.display().to_string(), rule: rule.to_owned() }
}

/// Makes `to` hold the files that `from` holds, as hard links where that is possible. What is being written at the
/// moment is left out, links are not followed.
fn mirror(from: &Path, to: &Path, backup: &mut Backup) -> Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs_err::create_dir_all(to)?;
    for entry in fs_err::read_dir(from)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        if name.to_string_lossy().starts_with(".unfinished-") {
            continue;
        }
        let (source, target) = (entry.path(), to.join(&name));
        if kind.is_dir() {
            mirror(&source, &target, backup)?;
        } else if kind.is_file() {
            if fs_err::hard_link(&source, &target).is_err() {
                match fs_err::copy(&source, &target) {
                    // Somebody deleted it since it was listed.
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                    copied => _ = copied?,
                }
            }
            backup.files += 1;
            backup.bytes += fs_err::metadata(&target)?.len();
        }
    }
    Ok(())
}
