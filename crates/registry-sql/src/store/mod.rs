//! MLflow's server behaviour over a database: one [`Backend`] implementation per endpoint.
//!
//! What an endpoint checks, truncates, invents and answers is MLflow's; the HTTP server in front only reads
//! and writes messages. Artefacts are not touched here: this is names, numbers and addresses.

mod errors;
mod models;
mod protection;
mod python;
mod tracking;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::Protection;
use crate::db::Database;

/// Answers MLflow's requests from a database.
#[derive(Debug, Clone)]
pub struct Store {
    db: Database,
    settings: StoreSettings,
    protection: Arc<Protection>,
    /// Who asks, for the history of aliases.
    actor: Arc<str>,
    /// Told when the published pointers may be stale.
    moved: Arc<Notify>,
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
        Self {
            db,
            settings,
            protection: Arc::new(Protection::default()),
            actor: Arc::from("mlflow"),
            moved: Arc::new(Notify::new()),
        }
    }

    /// The same store with the operator's word on what MLflow's endpoints may not change.
    #[must_use]
    pub fn with_protection(self, protection: Protection) -> Self {
        Self { protection: Arc::new(protection), ..self }
    }

    /// The same store, whose deeds are recorded as those of `who`.
    #[must_use]
    pub fn on_behalf_of(&self, who: &str) -> Self {
        Self { actor: Arc::from(who), ..self.clone() }
    }

    /// Notified when an alias was moved or removed: then [`crate::EmbeddedRegistry::refresh`] corrects the published
    /// pointers.
    #[must_use]
    pub fn aliases_moved(&self) -> Arc<Notify> {
        Arc::clone(&self.moved)
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.db
    }
}
