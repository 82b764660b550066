//! Vibration: recordings of bearings, from raw snapshots or from tables of features, to one table of features a channel.
//!
//! A [`Rig`] describes which columns measure which bearing and how files are laid out. [`load`] reads a folder of
//! them, file by file on all cores, keeps only features, and remembers those by the digest of the file they
//! come from. Real and simulated folders are read by the same code; what a simulator knows (onset, fault)
//! stands in its note beside the files.

mod cache;
mod clock;
mod femto;
mod find;
mod load;
mod measure;
mod number;
mod problem;
mod recordings;
mod resolve;
mod rig;
mod samples;
mod snapshot;
mod stopped;
mod table;

pub use clock::{TimePattern, TimePatternError};
pub use load::{Options, load};
pub use problem::{Damaged, RecordingsProblem, SnapshotProblem};
pub(crate) use recordings::digest_of;
pub use recordings::{Recordings, Series};
pub use resolve::resolve;
pub use rig::{
    Bearing, FeatureColumn, FeatureTable, Recording, Rig, RigLayout, Run, SnapshotFiles, TimeFormat,
};
pub use snapshot::{Snapshot, SnapshotReader, channel_label, snapshot};
