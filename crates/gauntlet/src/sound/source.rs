//! Finding and loading clips: real ones that are there, else the simulator, said loudly.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::{Origin, Seed};
use gauntlet_data::audio::{self, Clips, Options, Sounds};
use gauntlet_data::simulate::mimii::{self as simulator, Scale};
use gauntlet_data::{Decision, Mode, Source};
use indicatif::ProgressBar;

use super::spec::SoundSpec;
use crate::failure::Failure;
use crate::home::Home;
use crate::progress::Progress;
use crate::stages::source::{DataArgs, simulation_banner};

/// A dataset's clips and how they are laid out.
pub(super) struct Found {
    pub(super) sounds: Sounds,
    pub(super) clips: Clips,
}

/// Beyond where the data is.
#[derive(Debug, Clone)]
pub(crate) struct Wishes<'a> {
    /// How much is simulated, as it was typed.
    pub(crate) scale: &'a str,
    /// Damaged files that are left out.
    pub(crate) skip_damaged: usize,
}

/// Finds and loads the clips of a pipeline.
pub(super) fn find(
    home: &Home,
    progress: Progress,
    spec: &SoundSpec,
    seed: Seed,
    (data, wishes): (&DataArgs, &Wishes<'_>),
) -> Result<Found> {
    let place = home.dataset(&spec.dataset);
    let path = place.join("dataset.toml");
    if !path.is_file() {
        let what = format!("there is no dataset descriptor at {}", path.display());
        let hint = Some("run from the project's root, or pass it with `--root`".to_owned());
        return Err(Failure::Missing { what, hint }.into());
    }
    let sounds = Sounds::read(&path).map_err(Failure::from)?;
    let decision = audio::resolve(&sounds, data.data, data.data_dir.as_deref(), &place.join("raw"));
    let source = match decision.map_err(Failure::from)? {
        Decision::Found(source) => source,
        Decision::Simulate => simulate(progress, &sounds, &place, seed, wishes.scale)?,
        Decision::Absent(absent) if data.data == Mode::Auto && absent.may_simulate() => {
            progress.say("no real data here; its official download is 12 archives to unpack by hand, so it is simulated");
            simulate(progress, &sounds, &place, seed, wishes.scale)?
        }
        Decision::Absent(absent) => {
            return Err(Failure::from(absent.into_sounds_error(&sounds)).into());
        }
    };
    let bar = progress.bar("reading clips", 0);
    let cache = home.work("cache", &spec.dataset);
    let options = Options {
        setup: &spec.clip,
        channel: spec.channel,
        skip_damaged: wishes.skip_damaged,
        cache: Some(&cache),
        progress: &|done, total| tick(&bar, done, total),
    };
    let clips = audio::load(&sounds, &source.path, source.origin, &options);
    bar.finish_and_clear();
    Ok(Found { sounds, clips: clips.map_err(Failure::from)? })
}

fn tick(bar: &ProgressBar, done: u64, total: u64) {
    bar.set_length(total);
    bar.set_position(done);
}

/// Writes simulated clips, unless the very same stand there already.
fn simulate(
    progress: Progress,
    sounds: &Sounds,
    place: &Path,
    seed: Seed,
    scale: &str,
) -> Result<Source> {
    let scale: Scale = scale.parse().map_err(Failure::Usage)?;
    let path = place.join(gauntlet_data::simulate::FOLDER);
    progress.warn(&simulation_banner(&sounds.title));
    let bar = progress.bar("simulating", 0);
    let step = |done, total| tick(&bar, done, total);
    simulator::write(sounds, &path, seed, &scale, &step).map_err(Failure::from)?;
    bar.finish_and_clear();
    Ok(Source { path, origin: Origin::Simulated })
}
