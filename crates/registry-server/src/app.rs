//! What all handlers share.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gauntlet_registry::{ArtifactStore, Registry};
use gauntlet_registry_sql::Store;

use crate::access::Tokens;
use crate::artifacts::Artifacts;
use crate::guard::Guard;
use crate::metrics::Metrics;
use crate::rate::Rate;
use crate::sources::Sources;
use crate::uploads::Uploads;

/// How much a client may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a body that is read as a whole: everything but artefacts.
    pub body: usize,
    /// Bytes of one artefact; `None` for as many as fit.
    pub artifact: Option<u64>,
    /// Requests per minute of one client; `None` for as many as it can.
    pub per_minute: Option<u32>,
    /// Connections at a time.
    pub connections: usize,
    /// How long a client may take to send the head of a request.
    pub head: Duration,
    /// How long requests may take to finish once the server was told to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 << 20,
            artifact: None,
            per_minute: None,
            connections: 4096,
            head: Duration::from_secs(60),
            grace: Duration::from_secs(30),
        }
    }
}

/// The server's state: what it answers from, and by which rules.
#[derive(Debug)]
pub struct App {
    pub(crate) store: Option<Store>,
    pub(crate) registry: Option<Own>,
    pub(crate) artifacts: Artifacts,
    pub(crate) sources: Sources,
    pub(crate) tokens: Tokens,
    pub(crate) guard: Option<Guard>,
    pub(crate) limits: Limits,
    pub(crate) rate: Option<Rate>,
    pub(crate) metrics: Metrics,
}

/// The registry behind our own endpoints.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) registry: Arc<dyn Registry>,
    pub(crate) bundles: Arc<dyn ArtifactStore>,
    pub(crate) uploads: Uploads,
}

impl App {
    /// Serves artefacts only.
    #[must_use]
    pub fn artifacts_only(artifacts: Artifacts) -> Self {
        Self {
            store: None,
            registry: None,
            artifacts,
            sources: Sources::default(),
            tokens: Tokens::default(),
            guard: Some(Guard::default()),
            limits: Limits::default(),
            rate: None,
            metrics: Metrics::default(),
        }
    }

    /// Answers MLflow's requests from a store.
    #[must_use]
    pub fn new(store: Store, artifacts: Artifacts) -> Self {
        Self { store: Some(store), ..Self::artifacts_only(artifacts) }
    }

    /// Answers our own requests from a registry on the same database, whose bundles are in `bundles`. Uploads are
    /// kept in `uploads` until they are registered.
    #[must_use]
    pub fn registry(
        mut self,
        registry: Arc<dyn Registry>,
        bundles: Arc<dyn ArtifactStore>,
        uploads: &Path,
    ) -> Self {
        self.registry = Some(Own { registry, bundles, uploads: Uploads::new(uploads) });
        self
    }

    /// Judges the sources of model versions so.
    #[must_use]
    pub fn sources(mut self, sources: Sources) -> Self {
        self.sources = sources;
        self
    }

    /// Asks for these tokens.
    #[must_use]
    pub fn tokens(mut self, tokens: Tokens) -> Self {
        self.tokens = tokens;
        self
    }

    /// Answers whom this guard admits; anybody for `None`.
    #[must_use]
    pub fn guard(mut self, guard: Option<Guard>) -> Self {
        self.guard = guard;
        self
    }

    /// Keeps to these limits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self.rate = limits.per_minute.map(Rate::new);
        self
    }
}
