//! MLflow's server behaviour over a database: one [`Backend`] implementation per endpoint.
//!
//! What an endpoint checks, truncates, invents and answers is MLflow's; the HTTP server in front only reads
//! and writes messages. Artefacts are not touched here: this is names, numbers and addresses.

mod errors;
mod models;
mod tracking;

use crate::db::Database;

/// Answers MLflow's requests from a database.
#[derive(Debug, Clone)]
pub struct Store {
    db: Database,
    settings: StoreSettings,
}

/// What the operator decides.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// Where a new experiment's artefacts go: its number is appended. A URI without a slash at its end.
    pub default_artifact_root: String,
}

impl Store {
    /// A store on a database whose schema is up to date.
    #[must_use]
    pub fn new(db: Database, settings: StoreSettings) -> Self {
        Self { db, settings }
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.db
    }
}
