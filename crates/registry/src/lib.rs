//! The registry's trait, its nouns, the artefact store and the published pointers.
//!
//! This crate knows no database, and the network only behind the features `rest` and `s3-read`. What must
//! hold in every implementation is plain code here (the checks of a [`Registration`], the [`rules`] of aliases,
//! the re-hashing of a bundle), so that an implementation only adds storage, and the contract suite in
//! `testing` (feature `testing`) proves it.
//!
//! Two things are kept apart. **Artefacts** are content addressed, written once and never changed.
//! **Names** (versions, aliases, events) live in a database and move only by compare-and-swap. A name is
//! written after its artefact was stored and hashed again, so no name ever points at nothing.

mod bundle;
mod confine;
mod error;
mod files;
mod local;
mod local_files;
mod nouns;
pub mod published;
mod registration;
mod registry;
#[cfg(feature = "rest")]
pub mod rest;
pub mod rules;
pub mod s3;
mod step;
mod store;
#[cfg(feature = "testing")]
pub mod testing;
#[cfg(any(test, feature = "testing"))]
pub mod testing_files;
pub mod wire;
mod write;

pub use bundle::{Damage, TrainedOn, read_manifest, refuse_unlisted, verify_folder};
pub use confine::resolve as resolve_inside;
pub use error::{Kind, RegistryError, Result};
pub use files::{ByteStream, DirectAccess, Download, Entry, FileStore, Part};
pub use local::LocalStore;
pub use local_files::{LocalFiles, local_root};
pub use nouns::{Event, EventKind, Model, ModelVersion, Moved, Receipt, Registered, Selector};
pub use registration::{
    AliasMove, Move, NewVersion, Registration, Rollback, Tag, TrialRun, verdict_digest,
};
pub use registry::Registry;
pub use step::{Observer, Step, Unobserved};
pub use store::ArtifactStore;
