//! Zip archives, which come from elsewhere and are not trusted: no member leaves its folder, links are refused, and what
//! is written is counted, whatever sizes the archive claims.

use std::io::{self, Read, Write};
use std::path::Path;

use fs_err::File;
use zip::ZipArchive;
use zip::read::ZipFile;

use crate::check::{self, Expected};
use crate::error::FetchError;
use crate::part::with_suffix;

/// What to take out of an archive.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Member<'a> {
    /// The member of that name, as the target file.
    One { name: &'a str, expected: Expected },
    /// All of them, below the target folder.
    All,
}

/// Unpacks the archive stored at `stored` and called `archive` in messages. Everything is written beside `target`, checked
/// and then renamed.
///
/// # Errors
/// An archive that is broken, unsafe, too large or without the member; a member that is not the published file.
pub(crate) fn zip(
    stored: &Path,
    archive: &Path,
    member: Member<'_>,
    target: &Path,
    limit: u64,
) -> Result<(), FetchError> {
    let beside = with_suffix(target, ".unpacking");
    remove(&beside)?;
    let result = unpack(stored, archive, member, &beside, target, limit);
    if result.is_err() {
        remove(&beside)?;
    }
    result
}

fn unpack(
    stored: &Path,
    archive: &Path,
    member: Member<'_>,
    beside: &Path,
    target: &Path,
    limit: u64,
) -> Result<(), FetchError> {
    let broken = |error: &dyn std::fmt::Display| FetchError::Zip {
        archive: archive.to_owned(),
        problem: error.to_string(),
    };
    let mut zip = ZipArchive::new(File::open(stored)?).map_err(|e| broken(&e))?;
    match member {
        Member::One { name, expected } => {
            let index = zip.index_for_name(name).ok_or_else(|| FetchError::NoMember {
                archive: archive.to_owned(),
                member: name.to_owned(),
            })?;
            let mut entry = zip.by_index(index).map_err(|e| broken(&e))?;
            let limit = expected.size.map_or(limit, |size| size.min(limit));
            copy(&mut entry, archive, name, beside, limit)?;
            drop(entry);
            check::arrived(beside, target, expected)?;
        }
        Member::All => {
            fs_err::create_dir_all(beside)?;
            let mut left = limit;
            for index in 0..zip.len() {
                let mut entry = zip.by_index(index).map_err(|e| broken(&e))?;
                let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
                let Some(inside) = entry.enclosed_name().filter(|_| !entry.is_symlink()) else {
                    return Err(FetchError::UnsafeMember {
                        archive: archive.to_owned(),
                        member: name,
                    });
                };
                let path = beside.join(inside);
                if entry.is_dir() {
                    fs_err::create_dir_all(path)?;
                } else {
                    left -= copy(&mut entry, archive, &name, &path, left)?;
                }
            }
        }
    }
    Ok(fs_err::rename(beside, target)?)
}

/// Writes one member to `path`, at most `limit` bytes, and returns how many there were.
fn copy<R: Read>(
    entry: &mut ZipFile<'_, R>,
    archive: &Path,
    member: &str,
    path: &Path,
    limit: u64,
) -> Result<u64, FetchError> {
    if let Some(folder) = path.parent() {
        fs_err::create_dir_all(folder)?;
    }
    let mut file = File::create(path)?;
    let mut piece = vec![0; 1 << 16];
    let mut written = 0;
    loop {
        let read = entry.read(&mut piece).map_err(|error| FetchError::Zip {
            archive: archive.to_owned(),
            problem: format!("the member `{member}`: {error}"),
        })?;
        written += read as u64;
        if written > limit {
            let (archive, member) = (archive.to_owned(), member.to_owned());
            return Err(FetchError::TooLarge { archive, member, limit });
        }
        if read == 0 {
            file.sync_all()?;
            return Ok(written);
        }
        file.write_all(&piece[..read])?;
    }
}

/// Removes a file or folder, if there is one.
fn remove(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if found.is_dir() => fs_err::remove_dir_all(path),
        Ok(_) => fs_err::remove_file(path),
        Err(_) => Ok(()),
    }
}
