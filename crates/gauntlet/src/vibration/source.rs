//! Finding and loading recordings: real ones that are there, else the simulator, said loudly.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Result;
use gauntlet_core::{Origin, Seed};
use gauntlet_data::simulate::vibration::{self as simulator, Scale};
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
    /// Judge another described dataset of recordings or features by the same configuration
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<String>,
    /// How much is simulated: everyday, full, or EVERY:SAMPLES, one snapshot in EVERY of so many SAMPLES
    #[arg(long, value_name = "SCALE", default_value = "everyday")]
    pub(crate) scale: ScaleArg,
}

/// How much is simulated, as it is typed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ScaleArg {
    Everyday,
    Full,
    Of(Scale),
}

impl FromStr for ScaleArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "everyday" => return Ok(Self::Everyday),
            "full" => return Ok(Self::Full),
            _ => {}
        }
        let numbers = text.split_once(':').and_then(|(every, samples)| {
            Some(Scale { every: every.parse().ok()?, samples: samples.parse().ok()? })
        });
        numbers.map(Self::Of).ok_or_else(|| {
            format!("`{text}` is not everyday, full, or EVERY:SAMPLES such as 6:4096")
        })
    }
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
    let decision =
        vibration::resolve(&rig, data.data, data.data_dir.as_deref(), &place.join("raw"));
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
            return Err(Failure::from(absent.into_rig_error(&rig)).into());
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
    let scale = match signal.scale {
        ScaleArg::Everyday => Scale::everyday(rig).map_err(Failure::from)?,
        ScaleArg::Full => Scale::full(rig).map_err(Failure::from)?,
        ScaleArg::Of(scale) => scale,
    };
    let path = place.join(gauntlet_data::simulate::FOLDER);
    progress.warn(&simulation_banner(&rig.title));
    let bar = progress.bar("simulating", 0);
    let step = |done, total| tick(&bar, done, total);
    simulator::write(rig, &path, seed, scale, &step).map_err(Failure::from)?;
    bar.finish_and_clear();
    Ok(Source { path, origin: Origin::Simulated })
}
