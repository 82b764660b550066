//! A server without a network: requests go straight into its router.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::response::Response;
use gauntlet_registry::LocalFiles;
use gauntlet_registry_server::{App, Artifacts, router};
use gauntlet_registry_sql::{EmbeddedRegistry, Options, Store, StoreSettings};
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt as _;

pub(crate) struct Server {
    pub(crate) dir: TempDir,
    pub(crate) router: Router,
}

/// The body of an answer as text, and what came with it.
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answered {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Asserts that this is a refusal in MLflow's shape.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        let json = self.json();
        assert_eq!(json["error_code"], code, "{}", self.text());
        json["message"].as_str().unwrap().to_owned()
    }
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|app| app).await
    }

    pub(crate) async fn with(change: impl FnOnce(App) -> App) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("registry");
        let registry = EmbeddedRegistry::open(&root, Options::default()).await.unwrap();
        let settings = StoreSettings { default_artifact_root: "mlflow-artifacts:/".to_owned() };
        let store = Store::new(registry.database().clone(), settings);
        store.ensure_default_experiment().await.unwrap();
        let files = Arc::new(LocalFiles::new(root.join("artifacts")));
        let artifacts = Artifacts::new().proxied(files).folder(&dir.path().join("local"));
        let bundles = registry.artifacts().clone();
        let app =
            App::new(store, artifacts).registry(Arc::new(registry), bundles, &root.join("uploads"));
        Self { router: router(Arc::new(change(app))), dir }
    }

    pub(crate) fn artifacts(&self) -> PathBuf {
        self.dir.path().join("registry/artifacts")
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) async fn ask(&self, request: Request<Body>) -> Answered {
        let response: Response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 100 << 20).await.unwrap().to_vec();
        Answered { status: parts.status, headers: parts.headers, body }
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Answered {
        let mut request =
            Request::builder().method(method).uri(path).header("host", "localhost:5000");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answered {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answered {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub(crate) async fn put(&self, path: &str, body: impl Into<Body>) -> Answered {
        self.send("PUT", path, &[], body).await
    }
}
