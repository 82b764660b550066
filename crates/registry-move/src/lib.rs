//! Moves everything from one registry to another: experiments, runs with their full metric histories, datasets,
//! logged models, artefacts, registered models, versions and aliases.
//!
//! Both ends speak MLflow's protocol ([`Tracking`]), be it to a database or over HTTP, so there is one export and
//! one import. Between them lies a folder of JSON lines and files, with a journal of what is complete: whatever is
//! interrupted goes on where it stopped, and every file's digest is in the journal, to be compared at the end.
//!
//! What the protocol cannot carry: servers number runs, experiments and logged models themselves, so these get new
//! numbers, and the old ones stay in tags ([`IMPORTED_RUN`] and its like), by which a second import finds them. Version
//! numbers are kept. Deleted experiments and runs are moved and deleted again; deleted logged models and versions
//! are not told by any server, so they are left out. Times of creation of experiments and models become those of
//! the import; times of runs and metrics are kept.

mod error;
mod export;
mod import;
mod journal;
mod tracking;
mod verify;

pub use error::{MoveError, Result};
pub use export::export;
pub use import::import;
pub use journal::Counts;
pub use tracking::{End, Step, Tracking};

/// Tag of a run: its number in the registry it came from.
pub const IMPORTED_RUN: &str = "gauntlet.imported_run_id";

/// Tag of a logged model: its number in the registry it came from.
pub const IMPORTED_MODEL: &str = "gauntlet.imported_model_id";

/// Tag of a version: the run it came from, and that it was imported.
pub const IMPORTED_VERSION: &str = "gauntlet.imported_version";
