//! `gauntlet registry check`, `audit`, `gc`, `backup` and `restore`: looking after the registry in the project's root.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use gauntlet_registry::RegistryError;
use gauntlet_registry_sql::EmbeddedRegistry;
use gauntlet_registry_sql::operate::{self, Audit, Checked, Collected, Garbage};

use super::super::{Session, block_on};
use crate::failure::Failure;
use crate::registries;

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
        let registry = match command {
            OperateCommand::Restore { folder } => {
                let root = session.home.registry();
                let options = registries::options(&root)?;
                operate::restore(folder, &root, options).await.map_err(Failure::from)?
            }
            _ => registries::open_here(&session.home).await?,
        };
        let result = act(session, &registry, command).await;
        registry.close().await;
        result
    })
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
            session.print(&audit, &audit_text(&audit))
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

fn audit_text(audit: &Audit) -> String {
    format!(
        "{} models, {} versions, {} verdicts, {} moves of aliases; `--json` prints them all",
        audit.models.len(),
        audit.versions.len(),
        audit.verdicts.len(),
        audit.events.len()
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
