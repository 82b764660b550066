//! `gauntlet data` for clips of sound, which are folders of many files.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::{Origin, Seed};
use gauntlet_data::audio::{self, Options, Sounds};
use gauntlet_data::simulate::mimii::{self as simulator, Scale};
use gauntlet_data::{Decision, Mode};
use gauntlet_features::audio::{Channel, ClipSetup, Pooling, Setup};
use serde_json::json;

use super::Session;
use crate::failure::Failure;

/// Whether clips of `sounds` are in `folder`.
pub(super) fn is_in(sounds: &Sounds, folder: &Path) -> bool {
    matches!(audio::resolve(sounds, Mode::Real, None, folder), Ok(Decision::Found(_)))
}

/// Archives of clips are unpacked by hand: where they are and where they go.
pub(super) fn by_hand(session: &Session, sounds: &Sounds) -> Failure {
    let urls: Vec<&str> = sounds.download.iter().map(|download| download.url.as_str()).collect();
    let raw = session.home.dataset(&sounds.name).join("raw");
    Failure::Missing {
        what: format!("{} comes as archives of many files", sounds.title),
        hint: Some(format!(
            "download {} and unpack it into {}, or pass its folder with `--data-dir`",
            if urls.is_empty() { "it from its homepage".to_owned() } else { urls.join(" and ") },
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
    let setup = loudness(sounds);
    let options = Options {
        setup: &setup,
        channel: Channel::Index(0),
        skip_damaged: 0,
        cache: None,
        progress: &step,
    };
    let read = audio::load(sounds, &source.path, source.origin, &options);
    bar.finish_and_clear();
    let read = read.map_err(Failure::from)?;
    let abnormal = read.rows.iter().filter(|row| row.abnormal).count();
    let normal = read.rows.len() - abnormal;
    let notes: Vec<String> = read.notes.iter().map(|note| format!("\nnote: {note}")).collect();
    session.print(
        &json!({
            "dataset": sounds.name,
            "path": source.path,
            "digest": read.digest,
            "normal": normal,
            "abnormal": abnormal,
            "notes": read.notes,
        }),
        &format!(
            "{}: {normal} normal and {abnormal} abnormal clips, {}, as described{}",
            sounds.name,
            read.digest,
            notes.concat()
        ),
    )
}

/// The least that can be computed of a clip: reading it is what verifies it.
fn loudness(sounds: &Sounds) -> ClipSetup {
    let rate = sounds.recording.as_ref().map_or(16_000, |recording| recording.sampling_rate_hz);
    let scale = gauntlet_features::audio::Scale::Slaney;
    let setup = Setup { sampling_rate_hz: rate, n_fft: 1024, hop: 1024, mels: 8, scale };
    ClipSetup { setup, coefficients: 0, pooling: vec![Pooling::Mean] }
}

/// Draws clips of the everyday size.
pub(super) fn simulate(session: &Session, sounds: &Sounds, seed: Seed) -> Result<()> {
    let folder = session.home.dataset(&sounds.name).join(gauntlet_data::simulate::FOLDER);
    let bar = session.progress.bar("simulating", 0);
    let step = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let written = simulator::write(sounds, &folder, seed, &Scale::everyday(), &step);
    bar.finish_and_clear();
    let note = written.map_err(Failure::from)?;
    session.print(
        &json!({ "dataset": sounds.name, "path": folder, "origin": Origin::Simulated }),
        &format!("{}: SIMULATED, {note} in {}", sounds.name, folder.display()),
    )
}
