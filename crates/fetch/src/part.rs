//! The part: bytes of a file that is not complete, and what is needed to ask for the rest of the same file.

use std::fs::TryLockError;
use std::io::Write;
use std::path::{Path, PathBuf};

use fs_err::{File, OpenOptions};
use gauntlet_core::Digest;
use reqwest::Url;
use reqwest::header::{ETAG, HeaderMap, LAST_MODIFIED};
use serde::{Deserialize, Serialize};

use crate::error::FetchError;

/// `<file>.part`, held by this process alone.
#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    file: File,
    len: u64,
    /// The address whose bytes these are.
    address: Digest,
    /// Proof to the server that we mean the same bytes; a part without one cannot be resumed.
    validator: Option<String>,
}

/// Beside the part: which bytes it holds the start of.
#[derive(Debug, Serialize, Deserialize)]
struct Memo {
    /// A digest, since an address may hold a password.
    address: Digest,
    validator: String,
}

impl Part {
    /// Opens the part of `target`, with what an earlier run left if it can be resumed from `url`.
    pub(crate) fn open(target: &Path, url: &Url) -> Result<Self, FetchError> {
        let path = with_suffix(target, ".part");
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(&path)?;
        // A file system without locks is no reason not to download.
        let is_held = matches!(file.file().try_lock(), Err(TryLockError::WouldBlock));
        // Whoever held it until now may just have given it its final name: then this is no part any more.
        if is_held || !path.exists() {
            return Err(FetchError::Busy { part: path });
        }
        let address = Digest::of(url.as_str().as_bytes());
        let memo = fs_err::read(with_suffix(&path, ".json")).ok();
        let memo = memo.and_then(|bytes| serde_json::from_slice::<Memo>(&bytes).ok());
        let validator = memo.filter(|memo| memo.address == address).map(|memo| memo.validator);
        let len = file.metadata()?.len();
        let mut part = Self { path, file, len, address, validator };
        if part.validator.is_none() {
            part.restart(&HeaderMap::new())?;
        }
        Ok(part)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that are there.
    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Where to go on, and the proof that goes with it; nothing if it has to start afresh.
    pub(crate) fn resume(&self) -> Option<(u64, &str)> {
        self.validator.as_deref().filter(|_| self.len > 0).map(|validator| (self.len, validator))
    }

    /// Empties the part, for the bytes that an answer with `headers` is about to send.
    pub(crate) fn restart(&mut self, headers: &HeaderMap) -> Result<(), FetchError> {
        self.file.set_len(0)?;
        self.len = 0;
        self.validator = validator(headers);
        let memo = with_suffix(&self.path, ".json");
        match &self.validator {
            Some(validator) => {
                let memo_text = Memo { address: self.address, validator: validator.clone() };
                let text = serde_json::to_vec(&memo_text).map_err(std::io::Error::from)?;
                fs_err::write(memo, text)?;
            }
            None => remove_if_there(&memo)?,
        }
        Ok(())
    }

    /// Adds a piece.
    pub(crate) fn push(&mut self, piece: &[u8]) -> Result<(), FetchError> {
        self.file.write_all(piece)?;
        self.len += piece.len() as u64;
        Ok(())
    }

    /// Gives the complete and checked part its final name.
    pub(crate) fn place(self, target: &Path) -> Result<(), FetchError> {
        self.file.sync_all()?;
        fs_err::rename(&self.path, target)?;
        remove_if_there(&with_suffix(&self.path, ".json"))
    }

    /// Removes the part and its memo.
    pub(crate) fn discard(self) -> Result<(), FetchError> {
        fs_err::remove_file(&self.path)?;
        remove_if_there(&with_suffix(&self.path, ".json"))
    }
}

/// A strong entity tag, else the time of the last change. A weak tag does not vouch for bytes.
fn validator(headers: &HeaderMap) -> Option<String> {
    let get = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    get(ETAG).filter(|tag| !tag.starts_with("W/")).or_else(|| get(LAST_MODIFIED))
}

fn remove_if_there(path: &Path) -> Result<(), FetchError> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

/// `path` with `suffix` after its whole name.
pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
