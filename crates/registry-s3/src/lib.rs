//! The artefact store in an S3-compatible bucket.
//!
//! [`S3Files`] is the plain view: files by path below `s3://bucket/prefix`, streamed, listed, presigned. What is
//! larger than one part goes up as a multipart upload that is aborted on any failure, so nothing is visible
//! before all of it is. [`S3Store`] is the view by digest on top: a bundle's manifest goes up last, and only what has a
//! manifest is a bundle, so an interrupted upload is invisible there too.
//!
//! A crate of its own, so that no feature flag can carry the S3 SDK into the serving binary. Correctness never
//! depends on put-if-absent, which many S3-compatible stores lack: a bundle's files are the same bytes whoever
//! writes them.

mod bundle;
mod client;
mod direct;
mod error;
mod files;
mod store;
mod upload;

pub use files::S3Files;
pub use gauntlet_registry::s3::{Checksums, Location, S3Config};
pub use store::S3Store;
