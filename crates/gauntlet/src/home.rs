//! Where things are under the project's root, and how files get there: written beside, then renamed.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The project's root and the places under it.
#[derive(Debug, Clone)]
pub(crate) struct Home {
    root: PathBuf,
}

impl Home {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    pub(crate) fn datasets(&self) -> PathBuf {
        self.root.join("datasets")
    }

    pub(crate) fn dataset(&self, name: &str) -> PathBuf {
        self.datasets().join(name)
    }

    /// Where stages leave what later stages read.
    pub(crate) fn work(&self, gauntlet: &str, stage: &str) -> PathBuf {
        self.root.join("work").join(gauntlet).join(stage)
    }

    pub(crate) fn reports(&self, gauntlet: &str) -> PathBuf {
        self.root.join("reports").join(gauntlet)
    }

    /// Keeps every other command out of this gauntlet's `work/` until the lock is dropped.
    pub(crate) fn lock(&self, gauntlet: &str) -> Result<fs_err::File> {
        let folder = self.work(gauntlet, "");
        fs_err::create_dir_all(&folder)?;
        let file = fs_err::File::create(folder.join(".lock"))?;
        match file.file().try_lock() {
            Ok(()) => Ok(file),
            Err(std::fs::TryLockError::WouldBlock) => {
                bail!("another run is at work in {}: wait until it is done", folder.display())
            }
            Err(std::fs::TryLockError::Error(error)) => Err(error.into()),
        }
    }

    /// The pipeline file of a dataset of the user's.
    pub(crate) fn pipeline(&self, name: &str) -> PathBuf {
        self.root.join("pipelines").join(format!("{name}.toml"))
    }

    pub(crate) fn registry(&self) -> PathBuf {
        self.root.join("registry")
    }
}

/// Writes `bytes` beside `path` and renames them into place, making the folder if need be.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().context("a file needs a folder")?;
    fs_err::create_dir_all(folder)?;
    let mut beside = readable()
        .tempfile_in(folder)
        .with_context(|| format!("cannot write in {}", folder.display()))?;
    beside.write_all(bytes)?;
    beside.persist(path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

/// Temporary files are private by default; reports are for everybody whom the umask lets read.
fn readable() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

/// Writes pretty JSON and a line end.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Reads JSON that an earlier stage wrote.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs_err::read(path)?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is damaged", path.display()))
}

/// Empties a folder that a stage owns, so that nothing of an earlier run stays.
pub(crate) fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs_err::remove_dir_all(folder)?;
    }
    fs_err::create_dir_all(folder)?;
    Ok(())
}
