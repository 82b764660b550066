//! `gauntlet registry export` and `import`: everything in a registry, through a folder, into another.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use gauntlet_registry::rest::{Everywhere, FileStores};
use gauntlet_registry::{FileStore, RegistryError};
use gauntlet_registry_move::{Counts, End, MoveError, Step, export, import};
use gauntlet_registry_sql::db::{Database, DatabaseUrl};
use gauntlet_registry_sql::{EmbeddedRegistry, Options, Settings, Store, StoreSettings};

use super::super::{Session, block_on};
use crate::failure::Failure;
use crate::registries::{Stores, client, is_server};

/// Arguments of `gauntlet registry export`.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    /// The registry: a server (http://...), a database (sqlite:///..., postgresql://...) or a registry's folder
    #[arg(long, value_name = "URI")]
    from: String,
    /// The artefacts of a database: a folder or s3://bucket/prefix
    #[arg(long, value_name = "ROOT", env = "MLFLOW_ARTIFACT_ROOT")]
    artifacts: Option<String>,
    /// The folder to export to; an interrupted export goes on there
    folder: PathBuf,
}

/// Arguments of `gauntlet registry import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// The folder of an export
    folder: PathBuf,
    /// The registry: a server (http://...), a database (sqlite:///..., postgresql://...) or a registry's folder
    #[arg(long, value_name = "URI")]
    to: String,
    /// The artefacts of a database: a folder or s3://bucket/prefix
    #[arg(long, value_name = "ROOT", env = "MLFLOW_ARTIFACT_ROOT")]
    artifacts: Option<String>,
}

pub(super) fn run_export(session: &Session, args: &ExportArgs) -> Result<()> {
    let told = progress(session, "exporting");
    let counts = block_on(async {
        if is_server(&args.from) {
            return Ok(export(&server(&args.from)?, &args.folder, told).await.map_err(failed)?);
        }
        let end = database(&args.from, args.artifacts.as_deref()).await?;
        let counts = export(&end, &args.folder, told).await.map_err(failed);
        end.tracking.database().close().await;
        Ok(counts?)
    })?;
    session.print(&counts, &text("exported", &counts, &args.folder))
}

pub(super) fn run_import(session: &Session, args: &ImportArgs) -> Result<()> {
    let told = progress(session, "importing");
    let counts = block_on(async {
        if is_server(&args.to) {
            return Ok(import(&args.folder, &server(&args.to)?, told).await.map_err(failed)?);
        }
        let end = database(&args.to, args.artifacts.as_deref()).await?;
        let counts = import(&args.folder, &end, told).await.map_err(failed);
        end.tracking.database().close().await;
        Ok(counts?)
    })?;
    session.print(&counts, &text("imported and compared", &counts, &args.folder))
}

fn server(address: &str) -> Result<End<gauntlet_registry::rest::MlflowClient>> {
    let tracking = client(address)?;
    let files = Arc::new(Everywhere::new(tracking.clone(), Arc::new(Stores)));
    Ok(End { address: tracking.address(), tracking, files })
}

/// A database, or a registry's folder; either gets its schema if it is new.
async fn database(uri: &str, artifacts: Option<&str>) -> Result<End<Store>> {
    let (url, root) = if uri.contains("://") {
        let url: DatabaseUrl =
            uri.parse().map_err(|error: gauntlet_registry_sql::db::UrlError| {
                Failure::Usage(format!(
                    "{error}, a server's http:// address, or a registry's folder"
                ))
            })?;
        let root = artifacts.ok_or_else(|| {
            Failure::Usage(
                "a database does not say where its artefacts are: add `--artifacts FOLDER` or \
                 `--artifacts s3://bucket/prefix`"
                    .to_owned(),
            )
        })?;
        (url, root.to_owned())
    } else {
        let folder = Path::new(uri);
        let registry =
            EmbeddedRegistry::open(folder, Options::default()).await.map_err(Failure::from)?;
        registry.close().await;
        let settings = Settings::read(folder).map_err(Failure::from)?;
        let own = folder.join(&settings.artifacts).display().to_string();
        let root = artifacts.map_or(own, str::to_owned);
        (DatabaseUrl::file(&folder.join(&settings.database)), root)
    };
    let db = Database::connect(&url).await?;
    if db.outdated().await? {
        db.migrate().await?;
    }
    let settings = StoreSettings { default_artifact_root: "mlflow-artifacts:".to_owned() };
    let files = Arc::new(Behind { root });
    Ok(End { address: url.to_string(), tracking: Store::new(db, settings), files })
}

/// The artefacts of a database: those that a server would pass on are below a root.
#[derive(Debug)]
struct Behind {
    root: String,
}

impl FileStores for Behind {
    fn open(&self, root: &str) -> gauntlet_registry::Result<Arc<dyn FileStore>> {
        let Some(path) = root.strip_prefix("mlflow-artifacts:") else { return Stores.open(root) };
        let path = match path.strip_prefix("//") {
            Some(rest) if !rest.starts_with('/') => {
                rest.split_once('/').map_or("", |(_, path)| path)
            }
            _ => path.trim_start_matches('/'),
        };
        if path.split('/').any(|part| part == "..") {
            let root = self.root.clone().into();
            return Err(RegistryError::OutsideRoot { path: path.to_owned(), root });
        }
        Stores.open(&format!("{}/{path}", self.root.trim_end_matches('/')))
    }
}

fn failed(error: MoveError) -> Failure {
    let hint = match &error {
        MoveError::Refused { source, .. } if source.retryable() => {
            Some("try again: what was moved already is not moved twice".to_owned())
        }
        MoveError::Artefact { source, .. } => source.hint().map(str::to_owned),
        _ => None,
    };
    Failure::Other { what: error.to_string(), hint }
}

fn progress(session: &Session, what: &'static str) -> Arc<dyn Fn(Step) + Send + Sync> {
    let bar = session.progress.bar(what, 0);
    Arc::new(move |step| match step {
        Step::Found(units) => bar.inc_length(units),
        Step::Unit(_) => bar.inc(1),
        Step::Bytes(_) => bar.tick(),
    })
}

fn text(done: &str, counts: &Counts, folder: &Path) -> String {
    let Counts { experiments, runs, params, metrics, tags, datasets, .. } = counts;
    let Counts { logged_models, models, versions, aliases, files, bytes, .. } = counts;
    format!(
        "{done} ({}):\n  {experiments} experiments, {runs} runs, deleted ones included\n  \
         {params} params, {metrics} metric values, {tags} tags, {datasets} datasets\n  \
         {models} registered models, {versions} versions, {aliases} aliases, {logged_models} logged models\n  \
         {files} files, {bytes} bytes, all digests equal\n  \
         left out: deleted logged models and deleted versions, which no registry tells",
        folder.display()
    )
}
