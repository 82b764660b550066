//! `gauntlet registry list`, `show`, `history`, `promote` and `rollback`: what is registered, and moving aliases by hand.

use std::fmt::Write as _;

use anyhow::Result;
use clap::Subcommand;
use gauntlet_core::{Alias, ModelName, Version};
use gauntlet_registry::{Event, Model, ModelVersion, Move, Moved, Registry, Rollback, Selector};

use super::super::{Session, block_on};
use super::{open, who};
use crate::failure::Failure;

/// What concerns models, versions and aliases.
#[derive(Debug, Subcommand)]
pub(crate) enum NamesCommand {
    /// List the registered models and where their aliases point
    #[command(after_help = "Example:\n  gauntlet registry list --json")]
    List,
    /// Show a model's versions, or one version by number or alias
    #[command(after_help = "Example:\n  gauntlet registry show ai4i_classifier@champion")]
    Show {
        /// Name, `name@alias` or `name/version`
        model: String,
    },
    /// Show every move of a model's aliases, oldest first
    #[command(after_help = "Example:\n  gauntlet registry history ai4i_classifier")]
    History {
        /// The model's name
        model: ModelName,
    },
    /// Point an alias at a version
    #[command(
        after_help = "Example:\n  gauntlet registry promote ai4i_classifier 3 --reason 'shadow run was fine'"
    )]
    Promote {
        /// The model's name
        model: ModelName,
        /// The version's number
        version: u32,
        /// The alias
        #[arg(long, default_value = "champion")]
        alias: Alias,
        /// Where the alias is thought to be, `none` for nowhere; the move fails if it is elsewhere
        #[arg(long, value_name = "VERSION")]
        expect: Option<String>,
        /// Promote a version that the gate did not promote; needs a reason, which is recorded
        #[arg(long, requires = "reason")]
        force: bool,
        /// Why, for the history
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Take back the newest move of an alias, after verifying the bundle it returns to
    #[command(
        after_help = "Example:\n  gauntlet registry rollback ai4i_classifier --reason 'false alarms'"
    )]
    Rollback {
        /// The model's name
        model: ModelName,
        /// The alias
        #[arg(long, default_value = "champion")]
        alias: Alias,
        /// Why, for the history
        #[arg(long, default_value = "")]
        reason: String,
    },
}

pub(super) fn run(session: &Session, command: &NamesCommand) -> Result<()> {
    block_on(async {
        let registry = open(&session.home).await?;
        let result = act(session, registry.registry(), command).await;
        registry.close().await;
        result
    })
}

async fn act(session: &Session, registry: &dyn Registry, command: &NamesCommand) -> Result<()> {
    match command {
        NamesCommand::List => {
            let models = registry.models().await.map_err(Failure::from)?;
            session.print(&models, &list(&models))
        }
        NamesCommand::Show { model } => match parse(model)? {
            (name, None) => {
                let versions = registry.versions(&name).await.map_err(Failure::from)?;
                session.print(&versions, &versions_text(&versions))
            }
            (name, Some(which)) => {
                let version = registry.version(&name, &which).await.map_err(Failure::from)?;
                session.print(&version, &version_text(&version))
            }
        },
        NamesCommand::History { model } => {
            let events = registry.history(model).await.map_err(Failure::from)?;
            session.print(&events, &history(&events))
        }
        NamesCommand::Promote { model, version, alias, expect, force, reason } => {
            let expect = match expect.as_deref() {
                None => registry.find_alias(model, alias).await.map_err(Failure::from)?,
                Some("none") => None,
                Some(number) => Some(Version(number.parse().map_err(|_| {
                    Failure::Usage(format!("`--expect {number}` is neither a version nor `none`"))
                })?)),
            };
            let request = Move {
                model: model.clone(),
                alias: alias.clone(),
                to: Version(*version),
                expect,
                force: *force,
                who: who(),
                reason: reason.clone(),
            };
            let moved = registry.move_alias(&request).await.map_err(Failure::from)?;
            session.print(&moved, &moved_text(&moved))
        }
        NamesCommand::Rollback { model, alias, reason } => {
            let request = Rollback {
                model: model.clone(),
                alias: alias.clone(),
                who: who(),
                reason: reason.clone(),
            };
            let moved = registry.rollback(&request).await.map_err(Failure::from)?;
            session.print(&moved, &moved_text(&moved))
        }
    }
}

/// `name`, `name@alias` or `name/version`.
fn parse(text: &str) -> Result<(ModelName, Option<Selector>)> {
    let usage = |e: gauntlet_core::NameError| Failure::Usage(e.to_string());
    let (name, which) = match text.split_once(['@', '/']) {
        Some((name, which)) => (name, Some(which.parse().map_err(usage)?)),
        None => (text, None),
    };
    Ok((name.parse().map_err(usage)?, which))
}

fn list(models: &[Model]) -> String {
    if models.is_empty() {
        return "no models are registered: run `gauntlet run pipelines/ai4i.toml`".to_owned();
    }
    let width = models.iter().map(|m| m.model.as_str().len()).max().unwrap_or(0).max(5);
    let mut text = format!("{:width$}  versions  aliases\n", "model");
    for model in models {
        let aliases: Vec<String> =
            model.aliases.iter().map(|(alias, version)| format!("@{alias} -> {version}")).collect();
        let _ =
            writeln!(text, "{:width$}  {:>8}  {}", model.model, model.versions, aliases.join(", "));
    }
    text.trim_end().to_owned()
}

fn versions_text(versions: &[ModelVersion]) -> String {
    let texts: Vec<String> = versions.iter().map(version_text).collect();
    texts.join("\n\n")
}

fn version_text(version: &ModelVersion) -> String {
    let aliases: Vec<String> = version.aliases.iter().map(|a| format!(" @{a}")).collect();
    let mut text = format!("{} version {}{}\n", version.model, version.version, aliases.concat());
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "  {key:10} {value}");
    };
    if let Some(digest) = version.digest {
        line("bundle", digest.to_string());
    }
    if let Some(origin) = version.origin {
        line("data", origin.to_string());
    }
    if let Some(artifact) = &version.artifact {
        line("artifact", artifact.clone());
    }
    for key in ["test_pr_auc", "test_f1", "validation_pr_auc", "validation_f1"] {
        let value = |suffix: &str| version.metrics.get(&format!("{key}{suffix}"));
        if let (Some(value), Some(low), Some(high)) = (value(""), value("_low"), value("_high")) {
            line("", format!("{key} {value:.3} [{low:.3}, {high:.3}]"));
        }
    }
    if let Some(verdict) = &version.verdict {
        line("verdict", verdict.decision.to_string());
        for rule in &verdict.rules {
            line("", format!("{}: {} ({})", rule.name, rule.decision, rule.reason));
        }
    }
    text.trim_end().to_owned()
}

fn history(events: &[Event]) -> String {
    if events.is_empty() {
        return "no alias of this model has moved".to_owned();
    }
    let lines: Vec<String> = events
        .iter()
        .map(|event| {
            let from = event.from.map_or_else(|| "none".to_owned(), |v| v.to_string());
            let to = event.to.map_or_else(|| "none".to_owned(), |v| v.to_string());
            let forced = if event.forced { " FORCED" } else { "" };
            format!(
                "{:>4}  {}  @{} {from} -> {to}  {}{forced}  by {}: {}",
                event.id,
                event.at_ms,
                event.alias,
                event.kind.as_str(),
                event.who,
                event.reason
            )
        })
        .collect();
    lines.join("\n")
}

fn moved_text(moved: &Moved) -> String {
    let from = moved.from.map_or_else(|| "nowhere".to_owned(), |v| format!("version {v}"));
    format!("{}@{} is at version {} (was at {from})", moved.model, moved.alias, moved.to)
}
