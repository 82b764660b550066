//! Buckets: where they are and how they are reached. What writes to them has a crate of its own, since it links an
//! S3 SDK; what only reads them is here, behind the feature `s3-read`.

mod config;
mod location;
mod profile;
#[cfg(feature = "s3-read")]
mod read;
#[cfg(feature = "s3-read")]
mod refusal;

pub use config::{Checksums, S3Config};
pub use location::Location;
#[cfg(feature = "s3-read")]
pub use read::{BucketReader, Buckets, Object};
