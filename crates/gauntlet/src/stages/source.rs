//! Finding the data of a run: real bytes that are there, a download, or the simulator, said loudly.

use std::path::PathBuf;

use anyhow::Result;
use gauntlet_core::{Digest, Origin, Seed};
use gauntlet_data::{
    Dataset, Decision, Descriptor, DigestPolicy, Mode, Source, load, resolve, simulate,
};

use gauntlet_fetch::FetchError;

use super::Context;
use crate::commands::data::download;
use crate::failure::Failure;

/// Rows that the simulator draws where a run falls back to it.
const SIMULATED_ROWS: usize = 10_000;

/// Where a user says the data is.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct DataArgs {
    /// real: fail without real data; simulated: simulate; auto: real if it can be had, else simulated
    #[arg(long, default_value = "auto", value_name = "MODE", env = "GAUNTLET_DATA")]
    pub(crate) data: Mode,
    /// Folder that holds the dataset's file, or the file itself
    #[arg(long, value_name = "PATH", env = "GAUNTLET_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// Accept your own copy of the file with this digest
    #[arg(long, value_name = "SHA256")]
    pub(crate) accept_sha: Option<Digest>,
}

/// Finds, loads and verifies the dataset of a pipeline.
pub(crate) fn find(context: &Context, args: &DataArgs) -> Result<(Descriptor, Dataset)> {
    let folder = context.home.dataset(&context.pipeline.spec.dataset);
    let path = folder.join("dataset.toml");
    if !path.is_file() {
        let what = format!("there is no dataset descriptor at {}", path.display());
        let hint = Some("run from the project's root, or pass it with `--root`".to_owned());
        return Err(Failure::Missing { what, hint }.into());
    }
    let descriptor = Descriptor::read(&path).map_err(Failure::from)?;
    let raw = folder.join("raw");
    let data_dir = args.data_dir.as_deref();
    let source = match resolve(&descriptor, args.data, data_dir, &raw).map_err(Failure::from)? {
        Decision::Found(source) => source,
        Decision::Simulate => simulated(context, &descriptor)?,
        Decision::Absent(absent) => {
            context.progress.say("no real data here; trying the official download");
            match download(&descriptor, &raw, None, context.progress) {
                Ok(()) => Source { path: raw.join(&descriptor.file().path), origin: Origin::Real },
                Err(error @ FetchError::UnpackByHand { .. }) => {
                    let (what, hint) = (error.to_string(), error.hint());
                    return Err(Failure::Missing { what, hint }.into());
                }
                Err(error) if error.is_unavailable() => {
                    context.progress.say(&format!("the download failed: {error}"));
                    if !absent.may_simulate() {
                        return Err(Failure::from(absent.into_error(&descriptor)).into());
                    }
                    simulated(context, &descriptor)?
                }
                // Bytes that arrived and are wrong are never a reason to simulate.
                Err(error) => {
                    return Err(
                        Failure::Other { what: error.to_string(), hint: error.hint() }.into()
                    );
                }
            }
        }
    };
    let first_use = Some(context.home.dataset(&descriptor.name).join("first-use.json"));
    let policy = DigestPolicy { accept: args.accept_sha, first_use };
    let dataset = load(&descriptor, &source, &policy).map_err(Failure::from)?;
    Ok((descriptor, dataset))
}

fn simulated(context: &Context, descriptor: &Descriptor) -> Result<Source> {
    let seed = Seed(context.pipeline.seed.0);
    let folder = context.home.dataset(&descriptor.name);
    let source =
        simulate::write(descriptor, &folder, SIMULATED_ROWS, seed).map_err(Failure::from)?;
    let title = &descriptor.title;
    context.progress.warn(&simulation_banner(title));
    Ok(source)
}

/// What is said before anything simulated.
pub(crate) fn simulation_banner(title: &str) -> String {
    banner(&[
        "SIMULATED DATA",
        &format!("{title}: real data is not here, or simulation was asked for."),
        "Every number below describes the simulator, not the real machine.",
        "Models register under names that end in _sim.",
    ])
}

/// Lines in a box that nobody overlooks.
pub(crate) fn banner(lines: &[&str]) -> String {
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let edge = "*".repeat(width + 6);
    let body: Vec<String> = lines.iter().map(|line| format!("*  {line:width$}  *")).collect();
    format!("{edge}\n{}\n{edge}", body.join("\n"))
}
