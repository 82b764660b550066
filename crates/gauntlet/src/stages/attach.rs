//! Puts the report's card and plots beside the models in the registry, where MLflow's clients look for them.

use std::path::{Path, PathBuf};

use anyhow::Result;
use bytes::Bytes;
use gauntlet_registry::Selector;

use super::register::NameOutcome;
use crate::commands::registry::open;
use crate::failure::Failure;
use crate::home::Home;
use crate::progress::Progress;
use crate::registries::Opened;

/// Where they go below a run's artefacts.
const FOLDER: &str = "report";

/// Attaches the report to every run behind `outcomes` that has none. A run that was registered before and lost its
/// report to a kill gets it now.
pub(crate) async fn run(
    home: &Home,
    gauntlet: &str,
    progress: Progress,
    outcomes: &[NameOutcome],
) -> Result<()> {
    let opened = open(home).await?;
    let attached = attach(&home.reports(gauntlet), progress, &opened, outcomes).await;
    opened.close().await;
    attached
}

async fn attach(
    reports: &Path,
    progress: Progress,
    opened: &Opened,
    outcomes: &[NameOutcome],
) -> Result<()> {
    let files = pictures(reports)?;
    let bar = progress.bar("attaching the report", outcomes.len() as u64);
    for outcome in outcomes {
        bar.inc(1);
        let Some(version) = outcome.version else { continue };
        let known = opened.registry().version(&outcome.model, &Selector::Number(version)).await;
        let Some(run_id) = known.map_err(Failure::from)?.run_id else { continue };
        let store = opened.run_files(&run_id).await?;
        if !store.list(FOLDER).await.map_err(Failure::from)?.is_empty() {
            continue;
        }
        for (name, path) in &files {
            let bytes = Bytes::from(fs_err::read(path)?);
            let stream = Box::pin(futures_util::stream::iter([Ok(bytes)]));
            store.put(&format!("{FOLDER}/{name}"), stream).await.map_err(Failure::from)?;
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// The card and the plots by name, the card last: where it is, all is.
fn pictures(reports: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(reports.join("plots"))? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        if name.ends_with(".png") || name.ends_with(".svg") {
            files.push((name, path));
        }
    }
    files.sort();
    files.push(("card.md".to_owned(), reports.join("card.md")));
    Ok(files)
}
