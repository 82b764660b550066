//! Downloads what a descriptor lists into its `raw/` folder.
//!
//! Bytes arrive in `<file>.part` and are resumed there; only a file whose size and digest fit gets its final name, by a
//! rename, so nothing half-written ever stands under it. A part that turns out wrong is removed: the next run starts afresh.
//! A file that is already there is checked and never overwritten.
//!
//! A crate of its own, because it alone needs an HTTP client, TLS and an archive reader: whoever only reads
//! data that is there links none of them.

mod address;
mod check;
mod client;
mod credentials;
mod error;
mod part;
mod progress;
mod transfer;
mod unpack;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gauntlet_data::{Archive, Descriptor, Download, FileSpec};

pub use credentials::Credentials;
pub use error::FetchError;
pub use progress::{Progress, Watcher};
pub use reqwest::Url;

use check::Expected;
use part::Part;
use unpack::Member;

/// How to fetch.
#[derive(Clone)]
pub struct Options {
    /// Fetch `<mirror>/<file name>` in place of every official address; the file name is its last segment.
    pub mirror: Option<Url>,
    /// Who is asking.
    pub credentials: Credentials,
    /// How long a connection may take to come about. It is not tried again.
    pub connect_timeout: Duration,
    /// How long a connection may be silent.
    pub stall_timeout: Duration,
    /// How often one file is tried when the server fails or the connection breaks; at least once.
    pub attempts: u32,
    /// The pause before the second attempt; it doubles with each.
    pub backoff: Duration,
    /// Bytes that one archive may unpack to.
    pub max_unpacked: u64,
    /// Told about every piece that arrives.
    pub watcher: Watcher,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mirror: None,
            credentials: Credentials::default(),
            connect_timeout: Duration::from_secs(5),
            stall_timeout: Duration::from_secs(30),
            attempts: 4,
            backoff: Duration::from_millis(500),
            max_unpacked: 64 << 30,
            watcher: Watcher::silent(),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A mirror's address may hold a password.
        f.debug_struct("Options")
            .field("mirror", &self.mirror.as_ref().map(address::shown))
            .field("credentials", &self.credentials)
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}

/// What became of one download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// It was there before, and fits its digest if that is known.
    AlreadyThere(PathBuf),
    /// It was downloaded.
    New(PathBuf),
}

/// Fetches every download of `descriptor` into `raw`, one after the other.
///
/// # Errors
/// The first download that fails. [`FetchError::is_unavailable`] tells data that cannot be had from data that is wrong.
pub async fn fetch(
    descriptor: &Descriptor,
    raw: &Path,
    options: &Options,
) -> Result<Vec<Fetched>, FetchError> {
    if descriptor.download.is_empty() {
        return Err(FetchError::NoAddress { dataset: descriptor.name.clone() });
    }
    let client = client::build(options)?;
    fs_err::create_dir_all(raw)?;
    let mut fetched = Vec::with_capacity(descriptor.download.len());
    for download in &descriptor.download {
        let file = descriptor.files.iter().find(|file| file.path == download.path);
        fetched.push(one(&client, download, file, raw, options).await?);
    }
    Ok(fetched)
}

async fn one(
    client: &reqwest::Client,
    download: &Download,
    file: Option<&FileSpec>,
    raw: &Path,
    options: &Options,
) -> Result<Fetched, FetchError> {
    let target = raw.join(&download.path);
    let of_target = Expected::of_file(file);
    if target.exists() {
        check::present(&target, of_target)?;
        return Ok(Fetched::AlreadyThere(target));
    }
    let url = address::resolve(&download.url, options.mirror.as_ref())?;
    let name = address::file_name(&url)?;
    let packed = raw.join(&name);
    let (arrives_as, expected) = match download.archive {
        Archive::None => (&target, Expected::of_download(download).or(of_target)),
        Archive::Zip | Archive::Rar | Archive::SevenZ => (&packed, Expected::of_download(download)),
    };
    let by_hand = || FetchError::UnpackByHand { archive: packed.clone(), folder: target.clone() };
    let is_foreign = matches!(download.archive, Archive::Rar | Archive::SevenZ);
    if is_foreign && packed.exists() {
        check::present(&packed, expected)?;
        return Err(by_hand());
    }

    let mut part = Part::open(arrives_as, &url)?;
    let mirrored = options.mirror.is_some();
    let auth = options.credentials.for_url(&url, mirrored);
    let moved = transfer::run(client, &url, auth, &mut part, expected.size, options).await;
    let checked = moved.and_then(|()| check::arrived(part.path(), arrives_as, expected));
    if let Err(error) = checked {
        let is_wrong = matches!(error, FetchError::Size { .. } | FetchError::Digest { .. });
        if is_wrong || part.len() == 0 {
            part.discard()?;
        }
        return Err(error);
    }
    match download.archive {
        Archive::None => part.place(&target)?,
        Archive::Zip => {
            let member = match &download.member {
                Some(name) => Member::One { name, expected: of_target },
                None => Member::All,
            };
            // Whether it worked or not, the archive has served: a broken one must not be resumed.
            let unpacked = unpack::zip(part.path(), &packed, member, &target, options.max_unpacked);
            part.discard()?;
            unpacked?;
        }
        Archive::Rar | Archive::SevenZ => {
            part.place(&packed)?;
            return Err(by_hand());
        }
    }
    Ok(Fetched::New(target))
}
