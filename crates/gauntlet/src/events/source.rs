//! Finding the log of a run: real tables that are there, a download, or the simulator, said loudly.

use anyhow::Result;
use gauntlet_core::Origin;
use gauntlet_data::events::{EventsError, Found, Log, LogDescriptor, find, load};
use gauntlet_data::{Mode, simulate};

use super::spec::EventsPipeline;
use crate::failure::Failure;
use crate::home::Home;
use crate::progress::Progress;
use crate::stages::source::{DataArgs, banner};

impl From<EventsError> for Failure {
    fn from(error: EventsError) -> Self {
        let (what, hint) = (error.to_string(), error.hint());
        if error.is_missing() { Self::Missing { what, hint } } else { Self::Other { what, hint } }
    }
}

/// Finds and loads the dataset of a pipeline.
pub(super) fn log(
    home: &Home,
    progress: Progress,
    pipeline: &EventsPipeline,
    args: &DataArgs,
) -> Result<Log> {
    let folder = home.dataset(&pipeline.spec.dataset);
    let path = folder.join("dataset.toml");
    if !path.is_file() {
        let what = format!("there is no dataset descriptor at {}", path.display());
        let hint =
            "write one with `gauntlet data init <csv or folder>`, or run from the project's root";
        return Err(Failure::Missing { what, hint: Some(hint.to_owned()) }.into());
    }
    let described = LogDescriptor::read(&path).map_err(Failure::from)?;
    let raw = folder.join("raw");
    let found = match args.data {
        Mode::Simulated => Vec::new(),
        Mode::Real | Mode::Auto => {
            find(&described, args.data_dir.as_deref(), &raw).map_err(Failure::from)?
        }
    };
    if !found.is_empty() {
        return Ok(load(&described, &found, Origin::Real, args.accept_sha).map_err(Failure::from)?);
    }
    if args.data == Mode::Real {
        return Err(absent(&described, &raw).into());
    }
    let source = match simulate::write_log(&described, &folder, pipeline.seed) {
        Ok(source) => source,
        // A dataset of the user's has no simulator: what is missing is its data.
        Err(gauntlet_data::DataError::NoSimulator { .. }) => {
            return Err(absent(&described, &raw).into());
        }
        Err(error) => return Err(Failure::from(error).into()),
    };
    progress.warn(&banner(&[
        "SIMULATED DATA",
        &format!("{}: real data is not here, or simulation was asked for.", described.title),
        "Every number below describes the simulator, not the real machine.",
        "Models register under names that end in _sim.",
    ]));
    let found = [Found { path: source.path, group: described.name.clone(), rule: 0 }];
    Ok(load(&described, &found, Origin::Simulated, None).map_err(Failure::from)?)
}

/// The error of a dataset whose files are nowhere to be found.
pub(super) fn absent(described: &LogDescriptor, raw: &std::path::Path) -> Failure {
    let names: Vec<&str> = described.files.iter().map(|file| file.path.as_str()).collect();
    let what = format!(
        "no real data for `{}`: there is no {} in {}",
        described.name,
        names.join(", "),
        raw.display()
    );
    let urls: Vec<&str> = described
        .download
        .iter()
        .map(|d| d.url.as_str())
        .chain(described.origin.iter().map(|o| o.homepage.as_str()))
        .collect();
    let hint = match urls.first() {
        Some(url) => format!("download it from {url} and pass its folder with `--data-dir`"),
        None => "pass the folder that holds the files with `--data-dir`".to_owned(),
    };
    Failure::Missing { what, hint: Some(hint) }
}
