//! Finding and loading recordings: real ones that are there, else the simulator, said loudly.

use std::path::{Path, PathBuf};

use anyhow::Result;
use gauntlet_core::{Origin, Seed};
use gauntlet_data::simulate::bearings::{self, Plan, Truth};
use gauntlet_data::vibration::{self, Options, Recordings, Rig};
use gauntlet_data::{Decision, Mode, Source};
use indicatif::ProgressBar;

use crate::failure::Failure;
use crate::home::Home;
use crate::progress::Progress;
use crate::stages::source::{DataArgs, simulation_banner};

/// Beyond where the data is: how much is simulated, and how many damaged files are left out.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct SignalArgs {
    /// Leave out up to N damaged files of recordings, and list them in the report
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) skip_damaged: usize,
    /// Length of simulated recordings, as a share of the real files' 20,480 rows
    #[arg(long, value_name = "SHARE")]
    pub(crate) scale: Option<f64>,
}

/// A dataset's recordings and where they are.
pub(super) struct Found {
    pub(super) rig: Rig,
    pub(super) folder: PathBuf,
    pub(super) recordings: Recordings,
}

/// Finds, loads and measures the recordings of a pipeline.
pub(super) fn find(
    home: &Home,
    progress: Progress,
    dataset: &str,
    seed: Seed,
    (data, signal): (&DataArgs, &SignalArgs),
) -> Result<Found> {
    let place = home.dataset(dataset);
    let path = place.join("dataset.toml");
    if !path.is_file() {
        let what = format!("there is no dataset descriptor at {}", path.display());
        let hint = Some("run from the project's root, or pass it with `--root`".to_owned());
        return Err(Failure::Missing { what, hint }.into());
    }
    let rig = Rig::read(&path).map_err(Failure::from)?;
    let decision = vibration::resolve(&rig, data.data, data.data_dir.as_deref(), &place.join("raw"));
    let source = match decision.map_err(Failure::from)? {
        Decision::Found(source) => source,
        Decision::Simulate => simulate(progress, &rig, &place, seed, signal)?,
        Decision::Absent(absent) if data.data == Mode::Auto && absent.may_simulate() => {
            progress.say(
                "no real data here; its official download is an archive to unpack by hand, so it is simulated",
            );
            simulate(progress, &rig, &place, seed, signal)?
        }
        Decision::Absent(absent) => {
            let urls = rig.download.iter().map(|download| download.url.clone()).collect();
            return Err(Failure::from(absent.into_missing(&rig.name, urls)).into());
        }
    };
    let bar = progress.bar("reading recordings", 0);
    let cache = home.work("cache", dataset);
    let options = Options {
        skip_damaged: signal.skip_damaged,
        cache: Some(&cache),
        progress: &|done, total| tick(&bar, done, total),
    };
    let recordings = vibration::load(&rig, &source.path, source.origin, &options);
    bar.finish_and_clear();
    Ok(Found { rig, folder: source.path, recordings: recordings.map_err(Failure::from)? })
}

fn tick(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}

/// Writes simulated recordings, unless the very same stand there already.
fn simulate(
    progress: Progress,
    rig: &Rig,
    place: &Path,
    seed: Seed,
    signal: &SignalArgs,
) -> Result<Source> {
    let plan = match signal.scale {
        None => Plan::SMALL,
        Some(scale) => Plan::of_scale(scale).map_err(|e| Failure::Usage(e.to_string()))?,
    };
    let path = place.join(gauntlet_data::simulate::FOLDER);
    progress.warn(&simulation_banner(&rig.title));
    let known = Truth::read(&path).map_err(Failure::from)?;
    let stands = known.is_some_and(|truth| truth.is_of(&rig.name, seed, &plan));
    if !stands {
        let bar = progress.bar("simulating", 0);
        let step = |done, total| tick(&bar, done, total);
        bearings::write(&rig.name, &path, seed, &plan, &step).map_err(Failure::from)?;
        bar.finish_and_clear();
    }
    Ok(Source { path, origin: Origin::Simulated })
}
