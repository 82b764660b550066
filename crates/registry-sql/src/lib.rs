//! The registry over SQL: MLflow's tables in SQLite or PostgreSQL, and two ways into them.
//!
//! [`EmbeddedRegistry`] is ours: a folder with artefacts and pointer files, and names in a database that is a file
//! in the folder or a server's; compare-and-swap, verdicts, history. [`Store`] answers MLflow's requests. Both work on one [`db::Database`]
//! and keep the same rules about protected models. The core tables are MLflow's, name by name and column by
//! column; what MLflow has no place for (events, verdicts, digests) has tables of its own.
//!
//! Writers of an embedded registry take turns through a lock file, across processes, and through the database's
//! own locks across machines. SQLite is in write-ahead mode with full
//! synchronisation: readers never wait for a writer, and a commit that was reported survives a power cut.
//! An order of steps does the rest: artefacts are renamed into place and hashed again before the one
//! transaction that names them, and pointer files are derived from the database after it. A kill leaves at
//! worst an artefact nobody names, which the next registration uses, or stale pointers, which the next
//! [`EmbeddedRegistry::open`] corrects.

mod clock;
mod convert;
pub mod db;
mod history;
pub mod operate;
mod registry;
mod settings;
mod store;

pub use registry::{EmbeddedRegistry, Options};
pub use settings::{Protection, Settings};
pub use store::{Store, StoreSettings};
