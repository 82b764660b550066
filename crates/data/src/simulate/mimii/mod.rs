//! MIMII, drawn anew: fans, pumps, sliders and valves before eight microphones and the noise of a factory.
//!
//! Every machine has a voice of its own. Its clips are recorded in sessions, each with its own gain, colour and room,
//! so that neighbours sound alike, as they do in the real recordings; faults are of few sessions, and graded. Every
//! clip is drawn from a seed of its own, so that the number of cores changes nothing, and written under each SNR.
//! Transforms use the widest instructions of the processor, so between processors the last bits may differ.

mod bench;
mod clip;
mod curve;
mod factory;
mod fault;
mod note;
mod plan;
mod room;
mod rotor;
mod scale;
mod stroke;
mod wav;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use gauntlet_core::{Digest, Seed};
use rayon::prelude::*;

use super::beside;
use crate::audio::{Sounds, SoundsLayout};
use crate::error::DataError;
use crate::vibration::digest_of;
use clip::Studio;
pub use note::{Note, Session};
use plan::Machine;
use room::Room;
pub use scale::{Clips, Scale};

/// The simulator and its version.
const GENERATOR: &str = "mimii/1";

/// Draws clips of `sounds` by `seed` into `folder`, and returns their note.
///
/// The same seed and scale give the same bytes. Clips of that seed and scale that are there already are left as they
/// are; others that a simulator wrote are replaced. `progress` is called after each recording with the number of
/// files done and of all files.
///
/// # Errors
/// Sounds without a simulator, a scale that cannot be drawn, or a folder that holds other files or cannot be written.
pub fn write(
    sounds: &Sounds,
    folder: &Path,
    seed: Seed,
    scale: &Scale,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Note, DataError> {
    let dataset = &sounds.name;
    if dataset != "mimii" || sounds.layout != SoundsLayout::Mimii {
        return Err(DataError::NoSimulator { dataset: dataset.clone() });
    }
    if let Some(problem) = scale.problem() {
        return Err(DataError::Simulate { dataset: dataset.clone(), problem });
    }
    let machines = plan::machines(scale, seed);
    let sessions = machines.iter().flat_map(|machine| machine.sessions.iter().cloned());
    let sessions: Vec<Session> = sessions.collect();
    let mut note = Note {
        simulated: true,
        dataset: dataset.clone(),
        generator: GENERATOR.to_owned(),
        seed,
        scale: scale.clone(),
        files: sessions.iter().map(|session| session.clips).sum::<usize>() * scale.snrs_db.len(),
        digest: None,
        sessions,
    };
    if let Some(there) = finished(folder, &note)? {
        return Ok(there);
    }
    beside::make_room(dataset, folder)?;
    // The note goes first: files of ours are never without one.
    beside::write(folder, &note)?;
    let writer = Writer {
        folder,
        snrs_db: &scale.snrs_db,
        studios: Mutex::default(),
        done: AtomicU64::new(0),
        total: note.files as u64,
        progress,
    };
    let mut digests = BTreeMap::new();
    for machine in &machines {
        digests.extend(writer.machine(machine)?);
    }
    note.digest = Some(digest_of(&digests));
    beside::write(folder, &note)?;
    Ok(note)
}

/// The note in `folder`, if it is that of the very same clips, all written.
fn finished(folder: &Path, wanted: &Note) -> Result<Option<Note>, DataError> {
    let there: Option<Note> = beside::there(folder)?;
    let same =
        |there: &Note| Note { digest: None, ..there.clone() } == *wanted && there.digest.is_some();
    Ok(there.filter(same))
}

struct Writer<'a> {
    folder: &'a Path,
    snrs_db: &'a [i32],
    /// As many as threads have been at work at once.
    studios: Mutex<Vec<Studio>>,
    done: AtomicU64,
    total: u64,
    progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl Writer<'_> {
    fn machine(&self, machine: &Machine) -> Result<Vec<(String, Digest)>, DataError> {
        let mut written = Vec::new();
        for (number, session) in machine.sessions.iter().enumerate() {
            for &snr_db in self.snrs_db {
                fs_err::create_dir_all(self.folder.join(plan::folder(session, snr_db)))?;
            }
            let seed = machine.seed.derive("session", number as u64);
            let room = self.with_studio(|studio| Room::new(&mut studio.bench, &mut seed.rng()));
            let files: Result<Vec<_>, DataError> = (0..session.clips)
                .into_par_iter()
                .map(|position| {
                    self.with_studio(|studio| {
                        let mut rng = seed.derive("clip", position as u64).rng();
                        let broken = plan::broken(session, position);
                        studio.record(&machine.voice, broken, &room, &mut rng);
                        self.files(studio, session, position)
                    })
                })
                .collect();
            written.extend(files?.into_iter().flatten());
        }
        Ok(written)
    }

    /// Writes what `studio` recorded last under every SNR.
    fn files(
        &self,
        studio: &Studio,
        session: &Session,
        position: usize,
    ) -> Result<Vec<(String, Digest)>, DataError> {
        let mut written = Vec::with_capacity(self.snrs_db.len());
        for &snr_db in self.snrs_db {
            let folder = plan::folder(session, snr_db);
            let relative = format!("{folder}/{:08}.wav", session.first + position);
            let bytes = studio.file(snr_db);
            fs_err::write(self.folder.join(&relative), &bytes)?;
            (self.progress)(self.done.fetch_add(1, Ordering::Relaxed) + 1, self.total);
            written.push((relative, Digest::of(&bytes)));
        }
        Ok(written)
    }

    /// Lends a studio that rests, or a new one.
    fn with_studio<T>(&self, work: impl FnOnce(&mut Studio) -> T) -> T {
        let resting = || self.studios.lock().unwrap_or_else(PoisonError::into_inner);
        let rested = resting().pop();
        let mut studio = rested.unwrap_or_else(Studio::new);
        let done = work(&mut studio);
        resting().push(studio);
        done
    }
}
