//! `gauntlet registry serve`: the registry over HTTP, with the flags and variables of `mlflow server`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::{ArgAction, Args};
use gauntlet_registry::{ArtifactStore, FileStore, LocalFiles, LocalStore, local_root};
use gauntlet_registry_s3::{Location, S3Config, S3Files, S3Store};
use gauntlet_registry_server::{
    App, Artifacts, Guard, Limits, NewToken, Role, Sources, TokenError, Tokens, listen, serve,
};
use gauntlet_registry_sql::db::DatabaseUrl;
use gauntlet_registry_sql::{EmbeddedRegistry, Options, Settings, Store, StoreSettings};
use tracing_subscriber::EnvFilter;

use super::super::Session;
use crate::failure::Failure;

/// Serves MLflow's protocol and our registry.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeArgs {
    /// The address to listen on; any but loopback needs tokens
    #[arg(long, short = 'H', env = "MLFLOW_HOST", default_value = "127.0.0.1")]
    host: String,
    /// The port; 0 for any that is free
    #[arg(long, short, env = "MLFLOW_PORT", default_value_t = 5000)]
    port: u16,
    /// The database: sqlite:///file or postgresql://…; the embedded registry's if not given
    #[arg(long, value_name = "URI", env = "MLFLOW_BACKEND_STORE_URI", hide_env_values = true)]
    backend_store_uri: Option<String>,
    /// Accepted if it is the same as --backend-store-uri
    #[arg(long, value_name = "URI", env = "MLFLOW_REGISTRY_STORE_URI", hide_env_values = true)]
    registry_store_uri: Option<String>,
    /// Where artefacts that go through the server are kept: a folder, file:// or s3://bucket/prefix
    #[arg(long, value_name = "URI", env = "MLFLOW_ARTIFACTS_DESTINATION")]
    artifacts_destination: Option<String>,
    /// Where the artefacts of new experiments go; through the server if not given
    #[arg(long, value_name = "URI", env = "MLFLOW_DEFAULT_ARTIFACT_ROOT")]
    default_artifact_root: Option<String>,
    /// Serve artefacts through the server, as is the default
    #[arg(long, overrides_with = "no_serve_artifacts")]
    serve_artifacts: bool,
    /// Serve no artefacts through the server
    #[arg(long, env = "MLFLOW_NO_SERVE_ARTIFACTS", action = ArgAction::SetTrue)]
    no_serve_artifacts: bool,
    /// Serve artefacts and nothing else
    #[arg(long, env = "MLFLOW_ARTIFACTS_ONLY", action = ArgAction::SetTrue)]
    artifacts_only: bool,
    /// Accepted for MLflow's sake: one process serves all
    #[arg(long, short, value_name = "N", env = "MLFLOW_WORKERS")]
    workers: Option<u32>,
    /// Host names that requests may use, with commas; `*` stands for any text
    #[arg(long, value_name = "HOSTS", env = "MLFLOW_SERVER_ALLOWED_HOSTS")]
    allowed_hosts: Option<String>,
    /// Origins whose pages may change something, with commas; `*` stands for any text
    #[arg(long, value_name = "ORIGINS", env = "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS")]
    cors_allowed_origins: Option<String>,
    /// Model versions may only be made of what lies in the run or model that is named
    #[arg(long)]
    strict_sources: bool,
    /// A file of tokens to ask for; `gauntlet registry token` makes its entries
    #[arg(long, value_name = "FILE", env = "GAUNTLET_REGISTRY_TOKENS")]
    tokens: Option<PathBuf>,
    /// Requests per minute that one client may send; no limit if not given
    #[arg(long, value_name = "N")]
    rate_limit: Option<u32>,
    /// Bytes that one artefact may have; no limit if not given
    #[arg(long, value_name = "BYTES")]
    max_artifact_bytes: Option<u64>,
}

/// Makes a token.
#[derive(Debug, Clone, Args)]
pub(crate) struct TokenArgs {
    /// Who will hold it; it stands in the history
    name: String,
    /// What it allows: read, write or promote
    #[arg(long, default_value = "write")]
    role: String,
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::Other { what: error.to_string(), hint: None }
    }
}

/// Prints a new token, and the entry of the tokens file that accepts it.
pub(super) fn token(session: &Session, args: &TokenArgs) -> Result<()> {
    let roles = [Role::Read, Role::Write, Role::Promote];
    let role = roles.into_iter().find(|role| role.as_str() == args.role).ok_or_else(|| {
        Failure::Usage(format!("`{}` is no role: give read, write or promote", args.role))
    })?;
    let token = NewToken::make().map_err(Failure::from)?;
    let table = token.table(&args.name, role);
    let json = serde_json::json!({ "token": token.secret, "entry": table });
    let text =
        format!("token, shown only now:\n{}\n\nentry of the tokens file:\n{table}", token.secret);
    session.print(&json, text.trim_end())
}

/// Serves until the process is told to stop.
pub(super) fn run(session: &Session, args: &ServeArgs) -> Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .init();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(start(session, args))
}

async fn start(session: &Session, args: &ServeArgs) -> Result<()> {
    if let Some(workers) = args.workers {
        tracing::info!(workers, "one process serves all: --workers changes nothing");
    }
    let tokens = tokens(args)?;
    // Waiting for signals begins before anyone can know the address.
    let stop = stop_signal()?;
    let listener = listen(&args.host, args.port, &tokens)
        .await
        .map_err(|error| Failure::Usage(error.to_string()))?;
    let limits = Limits {
        per_minute: args.rate_limit,
        artifact: args.max_artifact_bytes,
        ..Limits::default()
    };
    let guard = Guard::new(args.allowed_hosts.as_deref(), args.cors_allowed_origins.as_deref());
    let sources = if args.strict_sources { Sources::Strict } else { Sources::Lenient };
    let opened = Opened::open(session, args).await?;
    let app = opened.app().tokens(tokens).guard(Some(guard)).sources(sources).limits(limits);
    let address = listener.local_addr()?;
    session.print(
        &serde_json::json!({ "address": format!("http://{address}") }),
        &format!("listening on http://{address}"),
    )?;
    tracing::info!(%address, backend = opened.backend, artifacts = opened.destination, "serving");
    serve(listener, Arc::new(app), stop).await;
    opened.close().await;
    Ok(())
}

/// What the server answers from.
struct Opened {
    registry: Option<(Arc<EmbeddedRegistry>, Store)>,
    files: Option<Arc<dyn FileStore>>,
    root: PathBuf,
    roots: Vec<String>,
    backend: String,
    destination: String,
    follow: Option<tokio::task::JoinHandle<()>>,
}

impl Opened {
    async fn open(session: &Session, args: &ServeArgs) -> Result<Self> {
        let backend = backend(args)?;
        let home = session.home.registry();
        let settings = Settings::read(&home).map_err(Failure::from)?;
        let destination = match (&args.artifacts_destination, &backend) {
            (Some(destination), _) => destination.clone(),
            (None, None) => home.join(&settings.artifacts).display().to_string(),
            (None, Some(_)) => "./mlartifacts".to_owned(),
        };
        let serving = args.serve_artifacts || !args.no_serve_artifacts || args.artifacts_only;
        let files = if serving { Some(files(&destination)?) } else { None };
        let through = "mlflow-artifacts:/".to_owned();
        let named = args.default_artifact_root.clone();
        let named = named.or_else(|| std::env::var("MLFLOW_ARTIFACT_ROOT").ok());
        let default = named.unwrap_or(if serving { through } else { "./mlruns".to_owned() });
        let default_artifact_root = absolute_root(&default)?;
        let mut opened = Self {
            registry: None,
            files,
            root: home.clone(),
            roots: vec![default_artifact_root.clone(), destination.clone()],
            backend: backend
                .as_ref()
                .map_or_else(|| home.display().to_string(), ToString::to_string),
            destination: destination.clone(),
            follow: None,
        };
        if args.artifacts_only {
            return Ok(opened);
        }
        let mut options = Options { database: backend.clone(), ..Options::default() };
        if backend.is_some() || args.artifacts_destination.is_some() {
            let (root, store) = bundles(&destination, &home)?;
            opened.root = root;
            options.store = Some(store);
        }
        let registry =
            EmbeddedRegistry::open(&opened.root, options).await.map_err(Failure::from)?;
        let registry = Arc::new(registry);
        let store =
            Store::new(registry.database().clone(), StoreSettings { default_artifact_root })
                .with_protection(registry.protection().clone());
        store
            .ensure_default_experiment()
            .await
            .map_err(|error| Failure::Other { what: error.to_string(), hint: None })?;
        opened.follow = Some(tokio::spawn(follow(registry.clone(), store.clone())));
        opened.registry = Some((registry, store));
        Ok(opened)
    }

    fn app(&self) -> App {
        let mut artifacts = Artifacts::new();
        if let Some(files) = &self.files {
            artifacts = artifacts.proxied(files.clone());
            if let Some(uri) = files.uri() {
                artifacts = artifacts.mount(&uri, files.clone());
            }
        }
        for root in &self.roots {
            if let Some(folder) = local_root(root).filter(|_| !root.starts_with("mlflow-artifacts"))
            {
                artifacts = artifacts.folder(&folder);
            } else if root.starts_with("s3://")
                && let Ok(files) = files(root)
            {
                artifacts = artifacts.mount(root, files);
            }
        }
        if let Ok(here) = std::env::current_dir() {
            artifacts = artifacts.folder(&here);
        }
        match &self.registry {
            None => App::artifacts_only(artifacts),
            Some((registry, store)) => App::new(store.clone(), artifacts).registry(
                registry.clone(),
                registry.artifacts().clone(),
                &self.root.join("uploads"),
            ),
        }
    }

    async fn close(self) {
        if let Some(follow) = self.follow {
            follow.abort();
        }
        if let Some((registry, _)) = self.registry {
            registry.database().close().await;
        }
    }
}

/// Keeps the published pointers in line with what MLflow's clients do.
async fn follow(registry: Arc<EmbeddedRegistry>, store: Store) {
    let moved = store.aliases_moved();
    loop {
        moved.notified().await;
        if let Err(error) = registry.refresh().await {
            tracing::warn!(%error, "the published pointers are stale");
        }
    }
}

/// The database that was named; `None` for the embedded one.
fn backend(args: &ServeArgs) -> Result<Option<DatabaseUrl>> {
    let usage = |error: String| Failure::Usage(error);
    if let Some(other) = &args.registry_store_uri
        && args.backend_store_uri.as_ref() != Some(other)
    {
        let message = "`--registry-store-uri` has to be the same as `--backend-store-uri`: one database holds both";
        return Err(usage(message.to_owned()).into());
    }
    let parse = |uri: &String| uri.parse::<DatabaseUrl>().map_err(|error| usage(error.to_string()));
    Ok(args.backend_store_uri.as_ref().filter(|uri| !uri.is_empty()).map(parse).transpose()?)
}

/// The files below a destination.
fn files(destination: &str) -> Result<Arc<dyn FileStore>> {
    if destination.starts_with("s3://") {
        let location: Location = destination.parse().map_err(Failure::from)?;
        let config = S3Config::from_env().map_err(Failure::from)?;
        return Ok(Arc::new(S3Files::new(location, &config).map_err(Failure::from)?));
    }
    Ok(Arc::new(LocalFiles::new(std::path::absolute(folder(destination)?)?)))
}

/// The registry's folder and the store of its bundles, where these are not the embedded registry's.
fn bundles(destination: &str, home: &Path) -> Result<(PathBuf, Arc<dyn ArtifactStore>)> {
    if destination.starts_with("s3://") {
        let location: Location = destination.parse().map_err(Failure::from)?;
        let config = S3Config::from_env().map_err(Failure::from)?;
        let cache = home.join("cache");
        let store = S3Store::new(location, &config, cache).map_err(Failure::from)?;
        return Ok((home.to_owned(), Arc::new(store)));
    }
    let folder = std::path::absolute(folder(destination)?)?;
    let (Some(parent), Some(name)) = (folder.parent(), folder.file_name().and_then(|n| n.to_str()))
    else {
        let message = format!("`{destination}` cannot hold artifacts: name a folder of its own");
        return Err(Failure::Usage(message).into());
    };
    let store = LocalStore::new(parent, name).map_err(Failure::from)?;
    Ok((parent.to_owned(), Arc::new(store)))
}

fn folder(destination: &str) -> Result<PathBuf> {
    Ok(local_root(destination).ok_or_else(|| {
        Failure::Usage(format!(
            "`{destination}` names no store: use a folder, file:///path or s3://bucket/prefix"
        ))
    })?)
}

/// The root of new experiments without a slash at its end; a local one absolute, as clients see it.
fn absolute_root(root: &str) -> Result<String> {
    let trimmed = root.trim_end_matches('/');
    if trimmed == "mlflow-artifacts:" {
        return Ok(root.to_owned());
    }
    if root.contains("://") || root.starts_with("file:") {
        return Ok(trimmed.to_owned());
    }
    let path = std::path::absolute(if trimmed.is_empty() { "/" } else { trimmed });
    Ok(path.context("the default artifact root")?.display().to_string())
}

/// The tokens of the file and of the environment.
fn tokens(args: &ServeArgs) -> Result<Tokens> {
    let file = args.tokens.as_deref().map(Tokens::read).transpose().map_err(Failure::from)?;
    let variables = [
        ("GAUNTLET_READ_TOKEN", Role::Read),
        ("GAUNTLET_WRITE_TOKEN", Role::Write),
        ("GAUNTLET_PROMOTE_TOKEN", Role::Promote),
    ];
    let given: Vec<(&str, Role, String)> = variables
        .into_iter()
        .filter_map(|(name, role)| Some((name, role, std::env::var(name).ok()?)))
        .filter(|(_, _, secret)| !secret.is_empty())
        .collect();
    let pairs = given.iter().map(|(name, role, secret)| (*name, *role, secret.as_str()));
    let environment = Tokens::from_pairs(pairs).map_err(Failure::from)?;
    Ok(file.unwrap_or_default().with(environment))
}

/// Ready when the process is told to stop: by Ctrl-C, or by SIGTERM.
#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut term, mut interrupt) =
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => (),
            _ = interrupt.recv() => (),
        }
    })
}

/// Ready when the process is told to stop.
#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the process is simply ended by the system.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
