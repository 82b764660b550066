//! `gauntlet registry check`, `audit`, `gc`, `backup` and `restore`: looking after a registry.
//!
//! They work on the folder or database that the environment names; of these, a server answers only `audit`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Subcommand;
use gauntlet_registry::{Event, Model, ModelVersion, Registry, RegistryError};
use gauntlet_registry_sql::operate::{self, Audit, Checked, Collected, Garbage};
use gauntlet_registry_sql::{EmbeddedRegistry, Options};
use serde::Serialize;

use super::super::{Session, block_on};
use crate::failure::Failure;
use crate::registries::{self, Opened};

/// What an operator does.
#[derive(Debug, Subcommand)]
pub(crate) enum OperateCommand {
    /// Check that names, bundles, pointers and history agree; every bundle is hashed again
    #[command(after_help = "Example:\n  gauntlet registry check --json")]
    Check,
    /// Print all models, versions, verdicts and moves of aliases as one document
    #[command(after_help = "Example:\n  gauntlet registry audit --json > audit.json")]
    Audit,
    /// Remove bundles that nothing refers to and the files of deleted runs
    #[command(after_help = "Example:\n  gauntlet registry gc --dry-run")]
    Gc {
        /// Only say what would be removed
        #[arg(long)]
        dry_run: bool,
    },
    /// Copy the registry into a folder while it is used
    #[command(after_help = "Example:\n  gauntlet registry backup ~/backups/registry")]
    Backup {
        /// The folder; it must be empty or not there
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Make the project's registry from a backup; nothing that is there is overwritten
    #[command(after_help = "Example:\n  gauntlet --root fresh registry restore ~/backups/registry")]
    Restore {
        /// The backup's folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
}

pub(super) fn run(session: &Session, command: &OperateCommand) -> Result<()> {
    block_on(async {
        let opened = match command {
            OperateCommand::Restore { folder } => restore(session, folder).await?,
            _ => registries::open(&session.home).await?,
        };
        let result = match &opened {
            Opened::Embedded { registry, .. } => act(session, registry, command).await,
            Opened::Remote { registry, .. } => ask(session, registry.as_ref(), command).await,
        };
        opened.close().await;
        result
    })
}

/// A backup goes into the project's folder, whatever the environment names; its bundles may be in a bucket.
async fn restore(session: &Session, folder: &Path) -> Result<Opened> {
    let root = session.home.registry();
    if registries::tracking().is_some() {
        let what = "a backup is restored into the project's folder, but MLFLOW_TRACKING_URI names another registry: unset it";
        return Err(Failure::Usage(what.to_owned()).into());
    }
    let (_, store) = registries::storage(&root)?;
    let options = Options { store: store.clone(), ..Options::default() };
    let registry = operate::restore(folder, &root, options).await.map_err(Failure::from)?;
    Ok(Opened::Embedded { registry, store, root })
}

/// What a server answers an operator: who moved what. The rest needs its files and its database.
async fn ask(session: &Session, registry: &dyn Registry, command: &OperateCommand) -> Result<()> {
    let OperateCommand::Audit = command else {
        return Err(Failure::Usage(
            "MLFLOW_TRACKING_URI names a server, and this command needs the registry itself: run it on the \
             server's machine with the server's database in MLFLOW_TRACKING_URI, or unset the variable"
                .to_owned(),
        )
        .into());
    };
    let models = registry.models().await.map_err(Failure::from)?;
    let (mut versions, mut events) = (Vec::new(), Vec::new());
    for model in &models {
        versions.extend(registry.versions(&model.model).await.map_err(Failure::from)?);
        events.extend(registry.history(&model.model).await.map_err(Failure::from)?);
    }
    let verdicts = versions.iter().filter(|version| version.verdict.is_some()).count();
    let text = audit_text(models.len(), versions.len(), verdicts, events.len());
    let audit = RemoteAudit { models, versions, events };
    session.print(&audit, &text)
}

/// What a server tells of all that happened; each version brings its verdict.
#[derive(Debug, Serialize)]
struct RemoteAudit {
    models: Vec<Model>,
    versions: Vec<ModelVersion>,
    events: Vec<Event>,
}

async fn act(
    session: &Session,
    registry: &EmbeddedRegistry,
    command: &OperateCommand,
) -> Result<()> {
    let failed = |error: RegistryError| Failure::from(error);
    match command {
        OperateCommand::Check | OperateCommand::Restore { .. } => {
            let checked = registry.check().await.map_err(failed)?;
            session.print(&checked, &checked_text(&checked))?;
            if checked.clean() {
                return Ok(());
            }
            Err(Failure::Other {
                what: format!("{} findings", checked.findings.len()),
                hint: Some("register a damaged bundle again, or restore a backup".to_owned()),
            }
            .into())
        }
        OperateCommand::Audit => {
            let audit = registry.audit().await.map_err(failed)?;
            let Audit { models, versions, verdicts, events, .. } = &audit;
            let text = audit_text(models.len(), versions.len(), verdicts.len(), events.len());
            session.print(&audit, &text)
        }
        OperateCommand::Gc { dry_run } => {
            let collected = registry.collect_garbage(*dry_run).await.map_err(failed)?;
            session.print(&collected, &collected_text(&collected))
        }
        OperateCommand::Backup { folder } => {
            let backup = registry.backup(folder).await.map_err(failed)?;
            let text = format!(
                "{} holds the names and {} files of artefacts, {} bytes",
                folder.display(),
                backup.files,
                backup.bytes
            );
            session.print(&backup, &text)
        }
    }
}

fn checked_text(checked: &Checked) -> String {
    let mut text = format!(
        "{} versions, {} bundles, {} aliases, {} events: ",
        checked.versions, checked.bundles, checked.aliases, checked.events
    );
    if checked.clean() {
        text.push_str("all is well");
    }
    for finding in &checked.findings {
        let _ = write!(text, "\n  {}: {}", finding.subject, finding.problem);
    }
    text
}

fn audit_text(models: usize, versions: usize, verdicts: usize, events: usize) -> String {
    format!(
        "{models} models, {versions} versions, {verdicts} verdicts, {events} moves of aliases; \
         `--json` prints them all"
    )
}

fn collected_text(collected: &Collected) -> String {
    let verb = if collected.dry_run { "would be removed" } else { "removed" };
    let mut text = format!("{} {verb}", collected.garbage.len());
    if !collected.dry_run {
        let _ = write!(text, ", {} bytes", collected.bytes);
    }
    for item in &collected.garbage {
        let _ = match item {
            Garbage::Bundle(digest) => write!(text, "\n  bundle {digest}"),
            Garbage::Run(folder) => write!(text, "\n  files of the deleted run {folder}"),
        };
    }
    text
}
