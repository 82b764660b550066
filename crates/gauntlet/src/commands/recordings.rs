//! `gauntlet data` for recordings of rigs, which are folders of many files.

use std::path::Path;

use anyhow::Result;
use gauntlet_core::{Origin, Seed};
use gauntlet_data::simulate::vibration::{self as simulator, Scale};
use gauntlet_data::vibration::{self, Options, Rig};
use gauntlet_data::{Decision, Mode};
use serde_json::json;

use super::Session;
use crate::failure::Failure;

/// Whether recordings of `rig` are in `folder`.
pub(super) fn is_in(rig: &Rig, folder: &Path) -> bool {
    matches!(vibration::resolve(rig, Mode::Real, None, folder), Ok(Decision::Found(_)))
}

/// Archives of recordings are unpacked by hand: where they are and where they go.
pub(super) fn by_hand(session: &Session, rig: &Rig) -> Failure {
    let urls: Vec<&str> = rig.download.iter().map(|download| download.url.as_str()).collect();
    let raw = session.home.dataset(&rig.name).join("raw");
    Failure::Missing {
        what: format!("{} comes as an archive of archives", rig.title),
        hint: Some(format!(
            "download {} and unpack it into {}, or pass its folder with `--data-dir`",
            if urls.is_empty() { "it from its homepage".to_owned() } else { urls.join(" and ") },
            raw.display()
        )),
    }
}

/// Reads every file and says what is there.
pub(super) fn verify(session: &Session, rig: &Rig, data_dir: Option<&Path>) -> Result<()> {
    let raw = session.home.dataset(&rig.name).join("raw");
    let found = vibration::resolve(rig, Mode::Real, data_dir, &raw).map_err(Failure::from)?;
    let Decision::Found(source) = found else { return Err(by_hand(session, rig).into()) };
    let bar = session.progress.bar("reading recordings", 0);
    let step = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let options = Options { skip_damaged: 0, cache: None, progress: &step };
    let read = vibration::load(rig, &source.path, source.origin, &options);
    bar.finish_and_clear();
    let read = read.map_err(Failure::from)?;
    let snapshots: usize = read.series.iter().map(|series| series.hours.len()).sum();
    let notes: Vec<String> = read.notes.iter().map(|note| format!("\nnote: {note}")).collect();
    session.print(
        &json!({
            "dataset": rig.name,
            "path": source.path,
            "digest": read.digest,
            "channels": read.series.len(),
            "snapshots": snapshots,
            "notes": read.notes,
        }),
        &format!(
            "{}: {snapshots} snapshots of {} channels, {}, as described{}",
            rig.name,
            read.series.len(),
            read.digest,
            notes.concat()
        ),
    )
}

/// Draws recordings of the everyday size.
pub(super) fn simulate(session: &Session, rig: &Rig, seed: Seed) -> Result<()> {
    let folder = session.home.dataset(&rig.name).join(gauntlet_data::simulate::FOLDER);
    let scale = Scale::everyday(rig).map_err(Failure::from)?;
    let bar = session.progress.bar("simulating", 0);
    let step = |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    };
    let note = simulator::write(rig, &folder, seed, scale, &step);
    bar.finish_and_clear();
    let note = note.map_err(Failure::from)?;
    session.print(
        &json!({ "dataset": rig.name, "path": folder, "origin": Origin::Simulated }),
        &format!("{}: SIMULATED, {} files in {}", rig.name, note.files, folder.display()),
    )
}
