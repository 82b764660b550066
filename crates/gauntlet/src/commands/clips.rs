//! `gauntlet data` for sounds of machines, which are folders of clips or tables of features.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::{Origin, Seed};
use gauntlet_data::audio::{self, Options, Sounds};
use gauntlet_data::simulate::mimii::{self as simulator, Scale};
use gauntlet_data::{Decision, Mode};
use gauntlet_features::audio::{Channel, ClipSetup, Pooling, Scale as Pitch, Setup};
use serde_json::json;

use super::Session;
use crate::failure::Failure;

/// Whether clips of `sounds` are in `folder`.
pub(super) fn is_in(sounds: &Sounds, folder: &Path) -> bool {
    matches!(audio::resolve(sounds, Mode::Real, None, folder), Ok(Decision::Found(_)))
}

/// Archives of clips are unpacked by hand: where they are and where they go.
pub(super) fn by_hand(session: &Session, sounds: &Sounds) -> Failure {
    let raw = session.home.dataset(&sounds.name).join("raw");
    Failure::Missing {
        what: format!("{} has to be fetched by hand", sounds.title),
        hint: Some(format!(
            "download it from {} and unpack it into {}, or pass its folder with `--data-dir`",
            sounds.origin.homepage,
            raw.display()
        )),
    }
}

/// Reads every clip and says what is there.
pub(super) fn verify(session: &Session, sounds: &Sounds, data_dir: Option<&Path>) -> Result<()> {
    let raw = session.home.dataset(&sounds.name).join("raw");
    let found = audio::resolve(sounds, Mode::Real, data_dir, &raw).map_err(Failure::from)?;
    let Decision::Found(source) = found else { return Err(by_hand(session, sounds).into()) };
    let bar = session.progress.bar("reading clips", 0);
    let step = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    // Features are of no use here, but a clip is sound only if it has some.
    let options = Options {
        setup: &coarse(sounds),
        channel: Channel::Index(0),
        skip_damaged: 0,
        cache: None,
        progress: &step,
    };
    let read = audio::load(sounds, &source.path, source.origin, &options);
    bar.finish_and_clear();
    let read = read.map_err(Failure::from)?;
    let abnormal = read.rows.iter().filter(|row| row.abnormal).count();
    let notes: Vec<String> = read.notes.iter().map(|note| format!("\nnote: {note}")).collect();
    session.print(
        &json!({
            "dataset": sounds.name,
            "path": source.path,
            "digest": read.digest,
            "clips": read.rows.len(),
            "abnormal": abnormal,
            "notes": read.notes,
        }),
        &format!(
            "{}: {} clips, {abnormal} of them abnormal, {}, as described{}",
            sounds.name,
            read.rows.len(),
            read.digest,
            notes.concat()
        ),
    )
}

/// Few features.
fn coarse(sounds: &Sounds) -> ClipSetup {
    let rate = sounds.recording.as_ref().map_or(16_000, |recording| recording.sampling_rate_hz);
    let setup =
        Setup { sampling_rate_hz: rate, n_fft: 1024, hop: 1024, mels: 16, scale: Pitch::Slaney };
    ClipSetup { setup, coefficients: 0, pooling: vec![Pooling::Mean] }
}

/// Draws clips.
pub(super) fn simulate(
    session: &Session,
    sounds: &Sounds,
    seed: Seed,
    scale: &Scale,
) -> Result<()> {
    let folder = session.home.dataset(&sounds.name).join(gauntlet_data::simulate::FOLDER);
    let bar = session.progress.bar("simulating", 0);
    let step = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let note = simulator::write(sounds, &folder, seed, scale, &step);
    bar.finish_and_clear();
    let note = note.map_err(Failure::from)?;
    session.print(
        &json!({ "dataset": sounds.name, "path": folder, "origin": Origin::Simulated }),
        &format!("{}: SIMULATED, {} clips in {}", sounds.name, note.files, folder.display()),
    )
}
