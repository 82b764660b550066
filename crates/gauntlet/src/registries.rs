//! Which registry and which store a command works with: the one place that reads MLflow's variables.
//!
//! `MLFLOW_TRACKING_URI` may be a server's address (`http://`, `https://`: ours or MLflow's) or a database's
//! (`sqlite:///`, `postgresql://`); without it, the registry is the folder below the project's root.
//! `MLFLOW_ARTIFACT_ROOT=s3://bucket/prefix` keeps the bundles of a folder or database in a bucket; a server
//! decides that for itself.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use gauntlet_mlflow::{Backend as _, GetRun};
use gauntlet_registry::rest::{
    Everywhere, FileStores, MlflowClient, RestConfig, connect, fetch_bundle,
};
use gauntlet_registry::{
    ArtifactStore, FileStore, LocalFiles, ModelVersion, Registry, RegistryError, local_root,
    resolve_inside,
};
use gauntlet_registry_s3::{Location, S3Config, S3Files, S3Store};
use gauntlet_registry_sql::db::DatabaseUrl;
use gauntlet_registry_sql::{EmbeddedRegistry, Options, Settings, Store, StoreSettings};

use crate::failure::Failure;
use crate::home::Home;

/// How artefacts begin that a server passes on: here they are below the registry's own folder.
const PROXIED: &str = "mlflow-artifacts:/";

/// Opens buckets and local folders.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stores;

impl FileStores for Stores {
    fn open(&self, root: &str) -> gauntlet_registry::Result<Arc<dyn FileStore>> {
        if root.starts_with("s3://") {
            return Ok(Arc::new(S3Files::new(root.parse()?, &S3Config::from_env()?)?));
        }
        match local_root(root) {
            Some(folder) => Ok(Arc::new(LocalFiles::new(folder))),
            None => Err(RegistryError::Invalid {
                field: "artefact root",
                value: root.to_owned(),
                rule: "it is a folder, `s3://bucket/prefix`, or behind the server".to_owned(),
            }),
        }
    }
}

/// An open registry.
#[derive(Debug)]
pub(crate) enum Opened {
    /// A folder or database.
    Embedded {
        /// The registry.
        registry: EmbeddedRegistry,
        /// Its bundles, where they are not in its folder.
        store: Option<Arc<dyn ArtifactStore>>,
        /// Its folder.
        root: PathBuf,
    },
    /// A server.
    Remote {
        /// The registry.
        registry: Arc<dyn Registry>,
        /// The way to the server.
        client: MlflowClient,
        /// Where bundles are kept that were fetched.
        cache: PathBuf,
    },
}

/// Opens the registry that the environment names, else the project's own.
pub(crate) async fn open(home: &Home) -> Result<Opened> {
    if let Some(address) = tracking().as_deref().filter(|address| is_server(address)) {
        let client = client(address)?;
        let registry = connect(client.clone(), Arc::new(Stores)).await.map_err(Failure::from)?;
        return Ok(Opened::Remote { registry, client, cache: home.registry().join("cache") });
    }
    let root = home.registry();
    let (database, store) = storage(&root)?;
    let options = Options { database, store: store.clone(), ..Options::default() };
    let registry = EmbeddedRegistry::open(&root, options).await.map_err(Failure::from)?;
    Ok(Opened::Embedded { registry, store, root })
}

/// The address in `MLFLOW_TRACKING_URI`, a server's or a database's.
pub(crate) fn tracking() -> Option<String> {
    variable("MLFLOW_TRACKING_URI")
}

/// A database, and where bundles are kept; `None` for the folder's own.
type Storage = (Option<DatabaseUrl>, Option<Arc<dyn ArtifactStore>>);

/// The database and the bundles' store that the environment names for a registry in `root`; none for its own.
pub(crate) fn storage(root: &Path) -> Result<Storage> {
    let parse = |address: String| {
        address.parse().map_err(|error: gauntlet_registry_sql::db::UrlError| {
            Failure::Usage(format!("MLFLOW_TRACKING_URI: {error}, or a server's http:// address"))
        })
    };
    let database = tracking().map(parse).transpose()?;
    let store = variable("MLFLOW_ARTIFACT_ROOT").map(|text| bucket(&text, root)).transpose()?;
    Ok((database, store))
}

/// A client of the server at `address`, as the environment wants it.
pub(crate) fn client(address: &str) -> Result<MlflowClient> {
    let config = RestConfig::from_env(address).map_err(Failure::from)?;
    Ok(MlflowClient::new(config).map_err(Failure::from)?)
}

/// Whether an address is a server's.
pub(crate) fn is_server(address: &str) -> bool {
    address.starts_with("http://") || address.starts_with("https://")
}

fn bucket(text: &str, root: &Path) -> Result<Arc<dyn ArtifactStore>> {
    if !text.starts_with("s3://") {
        let what = format!(
            "MLFLOW_ARTIFACT_ROOT `{text}` is no `s3://bucket/prefix`: a folder is named in registry.toml"
        );
        return Err(Failure::Usage(what).into());
    }
    let location: Location = text.parse().map_err(Failure::from)?;
    let config = S3Config::from_env().map_err(Failure::from)?;
    let store = S3Store::new(location, &config, root.join("cache")).map_err(Failure::from)?;
    Ok(Arc::new(store))
}

impl Opened {
    /// The registry.
    pub(crate) fn registry(&self) -> &dyn Registry {
        match self {
            Self::Embedded { registry, .. } => registry,
            Self::Remote { registry, .. } => registry.as_ref(),
        }
    }

    /// A local folder with a version's bundle, fetched if need be; `None` if it has none.
    pub(crate) async fn bundle(&self, version: &ModelVersion) -> Result<Option<PathBuf>> {
        let (Some(artifact), Some(digest)) = (&version.artifact, &version.digest) else {
            return Ok(None);
        };
        let folder = match self {
            Self::Embedded { store: Some(store), .. } => store.open(digest).await,
            Self::Embedded { root, .. } => resolve_inside(root, artifact),
            Self::Remote { client, cache, .. } => {
                let files = Everywhere::new(client.clone(), Arc::new(Stores));
                let run = GetRun { run_id: version.run_id.clone(), run_uuid: None };
                let run = client.ask(run).await.map_err(Failure::from)?.run.unwrap_or_default();
                let root = run.info.and_then(|info| info.artifact_uri).unwrap_or_default();
                let files = files.open(&format!("{root}/model")).map_err(Failure::from)?;
                fetch_bundle(files.as_ref(), digest, cache).await
            }
        };
        Ok(Some(folder.map_err(Failure::from)?))
    }

    /// The artefacts of a run.
    pub(crate) async fn run_files(&self, run_id: &str) -> Result<Arc<dyn FileStore>> {
        let asked = GetRun { run_id: Some(run_id.to_owned()), run_uuid: None };
        let answer = match self {
            Self::Embedded { registry, .. } => {
                let default_artifact_root = PROXIED.to_owned();
                let settings = StoreSettings { default_artifact_root };
                Store::new(registry.database().clone(), settings).call(asked).await?
            }
            Self::Remote { client, .. } => client.ask(asked).await.map_err(Failure::from)?,
        };
        let info = answer.run.and_then(|run| run.info).unwrap_or_default();
        let uri = info.artifact_uri.unwrap_or_default();
        let files = match (self, uri.strip_prefix(PROXIED)) {
            (Self::Remote { client, .. }, _) => {
                Everywhere::new(client.clone(), Arc::new(Stores)).open(&uri)
            }
            (Self::Embedded { root, .. }, Some(path)) => {
                let settings = Settings::read(root).map_err(Failure::from)?;
                Stores.open(&root.join(settings.artifacts).join(path).display().to_string())
            }
            (Self::Embedded { .. }, None) => Stores.open(&uri),
        };
        Ok(files.map_err(Failure::from)?)
    }

    /// Closes what has to be closed.
    pub(crate) async fn close(self) {
        if let Self::Embedded { registry, .. } = self {
            registry.close().await;
        }
    }
}

/// A variable that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.trim().is_empty())
}
