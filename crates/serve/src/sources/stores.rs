//! Where the files of a model may be: a folder of this machine, or a store.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use gauntlet_registry::rest::FileStores;
use gauntlet_registry::s3::{BucketReader, Buckets, Location, S3Config};
use gauntlet_registry::{FileStore, RegistryError, Result};

use super::limits;

/// The files of one model.
#[derive(Debug)]
pub(super) enum Files {
    /// A local folder, which can be used where it is.
    Folder(PathBuf),
    /// All that is in a store.
    Store(Arc<dyn FileStore>),
    /// One file of a store.
    File(Arc<dyn FileStore>, String),
}

/// What opens buckets. Their client reads certificates, which takes longer than the rest of a start: it is made when
/// the first bucket is named.
#[derive(Debug, Default)]
pub(super) struct Stores(OnceLock<Buckets>);

impl Stores {
    /// Stores that are reached as `config` says, whatever the environment says.
    #[cfg(test)]
    pub(super) fn with(config: S3Config) -> Result<Self> {
        Ok(Self(OnceLock::from(Buckets::new(config)?)))
    }

    /// A bucket, with what the environment says of stores and credentials.
    ///
    /// # Errors
    /// The environment has a value that cannot be used.
    pub(super) fn bucket(&self, location: Location) -> Result<BucketReader> {
        if let Some(buckets) = self.0.get() {
            return buckets.open(location);
        }
        let mut config = S3Config::from_env()?;
        config.read_timeout = config.read_timeout.min(limits::READ);
        let buckets = Buckets::new(config)?;
        self.0.get_or_init(|| buckets).open(location)
    }
}

impl FileStores for Stores {
    fn open(&self, root: &str) -> Result<Arc<dyn FileStore>> {
        if !root.starts_with("s3://") {
            return Err(RegistryError::Invalid {
                field: "artefacts at",
                value: root.to_owned(),
                rule:
                    "they are read through the registry, from a folder, or from s3://bucket/prefix"
                        .to_owned(),
            });
        }
        Ok(Arc::new(self.bucket(root.parse()?)?))
    }
}
