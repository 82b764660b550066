//! `gauntlet registry`: one file per thing people do with it.

mod names;
mod operate;
mod serve;
mod transfer;

use anyhow::Result;
use clap::Subcommand;
use gauntlet_registry::RegistryError;

use super::Session;
use crate::failure::Failure;
use crate::home::Home;
use crate::registries::{self, Opened};

/// Subcommands of `gauntlet registry`.
#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Serve the registry over HTTP, in place of `mlflow server`
    #[command(after_help = "Example:\n  gauntlet registry serve --port 5000")]
    Serve(serve::ServeArgs),
    /// Make a token for clients of `gauntlet registry serve`
    #[command(after_help = "Example:\n  gauntlet registry token ann --role promote")]
    Token(serve::TokenArgs),
    #[command(flatten)]
    Names(names::NamesCommand),
    /// Write everything in a registry to a folder, to import it elsewhere
    #[command(
        after_help = "Example:\n  gauntlet registry export --from http://127.0.0.1:5000 backup"
    )]
    Export(transfer::ExportArgs),
    /// Bring an export into a registry, and compare everything at the end
    #[command(after_help = "Example:\n  gauntlet registry import backup --to registry")]
    Import(transfer::ImportArgs),
    #[command(flatten)]
    Operate(operate::OperateCommand),
}

pub(super) fn run(session: &Session, command: &RegistryCommand) -> Result<()> {
    match command {
        RegistryCommand::Serve(args) => serve::run(session, args),
        RegistryCommand::Token(args) => serve::token(session, args),
        RegistryCommand::Names(command) => names::run(session, command),
        RegistryCommand::Export(args) => transfer::run_export(session, args),
        RegistryCommand::Import(args) => transfer::run_import(session, args),
        RegistryCommand::Operate(command) => operate::run(session, command),
    }
}

/// Opens the registry that the environment names, else the one under the project's root.
pub(crate) async fn open(home: &Home) -> Result<Opened> {
    registries::open(home).await
}

/// Who acts, for the history.
pub(crate) fn who() -> String {
    let known = ["GAUNTLET_USER", "USER", "LOGNAME"].into_iter();
    let name = known.filter_map(|key| std::env::var(key).ok()).find(|name| !name.trim().is_empty());
    name.unwrap_or_else(|| "unknown".to_owned())
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        Self::Other { what: error.to_string(), hint: error.hint().map(str::to_owned) }
    }
}
