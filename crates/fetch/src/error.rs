//! Why a download fails. Errors state, [`FetchError::hint`] advises; no message holds a credential.

use std::path::PathBuf;

use gauntlet_core::Digest;

/// Why a dataset could not be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// A file cannot be read or written; the message names it.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The HTTP client cannot be built.
    #[error("cannot build the http client")]
    Client(#[source] reqwest::Error),
    /// The descriptor lists no download.
    #[error("`{dataset}` has no address to download from")]
    NoAddress {
        /// The dataset.
        dataset: String,
    },
    /// An address that no file can be fetched from.
    #[error("`{url}` is no address of a file: {problem}")]
    Address {
        /// The address, without credentials.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No connection.
    #[error("cannot connect to {url}: {problem}")]
    Connect {
        /// The address, without credentials.
        url: String,
        /// Why not.
        problem: String,
    },
    /// The server refuses.
    #[error("{url} answers with status {status}")]
    Status {
        /// The address, without credentials.
        url: String,
        /// The status.
        status: u16,
    },
    /// The server failed or the connection broke, every time.
    #[error("{url}: gave up after {attempts} attempts: {problem}")]
    GaveUp {
        /// The address, without credentials.
        url: String,
        /// How often it was tried.
        attempts: u32,
        /// What happened the last time.
        problem: String,
    },
    /// Another process writes the same part.
    #[error("{}: another process is downloading this file", part.display())]
    Busy {
        /// The part.
        part: PathBuf,
    },
    /// What arrived is shorter or longer than published. It was removed.
    #[error("{}: {found} bytes arrived, expected {expected}", path.display())]
    Size {
        /// The file it should have become.
        path: PathBuf,
        /// Bytes that arrived; more may have been on their way.
        found: u64,
        /// Bytes that are published.
        expected: u64,
    },
    /// What arrived are other bytes than published. They were removed.
    #[error("{}: {found} arrived, expected {expected}", path.display())]
    Digest {
        /// The file it should have become.
        path: PathBuf,
        /// The digest of what arrived.
        found: Digest,
        /// The digest that is published.
        expected: Digest,
    },
    /// A file that was there before is not the published one. It was left alone.
    #[error("{} is already there, but damaged: {problem}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Size or digest found and expected.
        problem: String,
    },
    /// A format that is not unpacked here.
    #[error("{} has to be unpacked by hand", archive.display())]
    UnpackByHand {
        /// The archive, complete.
        archive: PathBuf,
        /// Where its contents belong.
        folder: PathBuf,
    },
    /// A zip archive that cannot be read.
    #[error("{}: not a sound zip archive: {problem}", archive.display())]
    Zip {
        /// The archive.
        archive: PathBuf,
        /// What the reader says.
        problem: String,
    },
    /// A member that would leave the folder, or is a link.
    #[error("{}: the member `{member}` would be written outside its folder", archive.display())]
    UnsafeMember {
        /// The archive.
        archive: PathBuf,
        /// The member's name.
        member: String,
    },
    /// A wanted member that is not there.
    #[error("{}: there is no member `{member}`", archive.display())]
    NoMember {
        /// The archive.
        archive: PathBuf,
        /// The member's name.
        member: String,
    },
    /// An archive that unpacks to more than it may.
    #[error("{}: the member `{member}` unpacks beyond the limit of {limit} bytes", archive.display())]
    TooLarge {
        /// The archive.
        archive: PathBuf,
        /// The member that went over it.
        member: String,
        /// The limit.
        limit: u64,
    },
}

impl FetchError {
    /// Whether the data cannot be had from here, as opposed to being wrong: exit code 3, and the one
    /// case in which a simulator may stand in.
    #[must_use]
    pub fn is_unavailable(&self) -> bool {
        matches!(
            self,
            Self::NoAddress { .. }
                | Self::Connect { .. }
                | Self::Status { .. }
                | Self::GaveUp { .. }
                | Self::UnpackByHand { .. }
        )
    }

    /// One sentence on what to do about it, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::UnpackByHand { archive, folder } => Some(format!(
                "unpack {} into {} and run again",
                archive.display(),
                folder.display()
            )),
            Self::Status { status: 401 | 403, .. } => Some(
                "set KAGGLE_USERNAME and KAGGLE_KEY for Kaggle, or GAUNTLET_DATA_TOKEN (or GAUNTLET_DATA_USER and \
                 GAUNTLET_DATA_PASSWORD) for a mirror"
                    .to_owned(),
            ),
            Self::Connect { .. } | Self::Status { .. } => Some(
                "pass a mirror with `--mirror`, or a folder that holds the file with `--data-dir`".to_owned(),
            ),
            Self::GaveUp { .. } => Some("run again: it goes on where it stopped".to_owned()),
            Self::Damaged { path, .. } => {
                Some(format!("delete {} to have it downloaded again", path.display()))
            }
            Self::NoAddress { .. } => {
                Some("pass the folder that holds the file with `--data-dir`".to_owned())
            }
            _ => None,
        }
    }
}
