//! The embedded registry: a folder with a SQLite database, artefacts and pointer files; no server.
//!
//! Its core tables are MLflow's, name by name and column by column, so that an MLflow-compatible server can
//! serve the same database. What MLflow has no place for (events, verdicts, digests) has tables of its own.
//!
//! Writers take turns through a lock file, across processes. The database is in write-ahead mode with full
//! synchronisation: readers never wait for a writer, and a commit that was reported survives a power cut.
//! An order of steps does the rest: artefacts are renamed into place and hashed again before the one
//! transaction that names them, and pointer files are derived from the database after it. A kill leaves at
//! worst an artefact nobody names, which the next registration uses, or stale pointers, which the next
//! [`EmbeddedRegistry::open`] corrects.

mod alias;
mod convert;
pub mod db;
mod embedded;
mod lock;
mod read;
mod register;
mod rows;
mod settings;
mod store;

pub use embedded::{EmbeddedRegistry, Options};
pub use settings::Settings;
pub use store::{Store, StoreSettings};
