//! Loading: group by group, clip by clip on all cores, only features are kept.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use gauntlet_core::{Digest, Origin};
use gauntlet_features::audio::{AudioError, Channel, ClipExtractor, ClipSetup};

use super::cache::{Cached, Place};
use super::clips::Clips;
use super::find::{self, FoundClip};
use super::measure::{ClipRead, Worker, Workers};
use super::problem::{ClipsProblem, Damaged};
use super::reader::ClipReader;
use super::sounds::{Sounds, SoundsLayout};
use super::table;
use crate::error::DataError;
use crate::simulate::{beside, mimii::Note};
use crate::vibration::digest_of;

/// How to load.
pub struct Options<'a> {
    /// What is computed of each clip; a table has its own features.
    pub setup: &'a ClipSetup,
    /// Which channel is heard.
    pub channel: Channel,
    /// How many damaged files are left out before it is an error.
    pub skip_damaged: usize,
    /// Where features are kept between runs.
    pub cache: Option<&'a Path>,
    /// Called after each clip with the number of clips done and of all clips.
    pub progress: &'a (dyn Fn(u64, u64) + Sync),
}

impl std::fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { setup, channel, skip_damaged, cache, .. } = self;
        f.debug_struct("Options")
            .field("setup", setup)
            .field("channel", channel)
            .field("skip_damaged", skip_damaged)
            .field("cache", cache)
            .finish_non_exhaustive()
    }
}

/// Reads the clips of `sounds` in `folder`.
///
/// Memory holds one clip a core, and all features. The same folder gives the same clips on any number of cores, with
/// or without a cache: every file is read, for its digest, but features are computed only of those that changed.
///
/// # Errors
/// More damaged files than are tolerated, each named; no clips at all, or two that are the same; a simulated folder
/// given as real, or one that is not what its simulator wrote; a setup that has no features, or is for another
/// sampling rate.
pub fn load(
    sounds: &Sounds,
    folder: &Path,
    origin: Origin,
    options: &Options<'_>,
) -> Result<Clips, DataError> {
    if sounds.layout == SoundsLayout::ClipTable {
        return table::load(sounds, folder, origin);
    }
    let note: Option<Note> = beside::read(folder, origin)?;
    let extractor = ClipExtractor::new(options.setup)?;
    if let Some(recording) = &sounds.recording {
        let (expected, found) = (recording.sampling_rate_hz, options.setup.setup.sampling_rate_hz);
        if expected != found {
            return Err(AudioError::Rate { expected, found }.into());
        }
    }
    let found = find::clips(sounds, folder)?;
    let clips = Clips {
        dataset: sounds.name.clone(),
        origin,
        digest: Digest::of(b""),
        features: extractor.names().to_vec(),
        rows: Vec::with_capacity(found.clips.len()),
        values: Vec::with_capacity(found.clips.len() * extractor.names().len()),
        damaged: Vec::new(),
        notes: found.notes,
    };
    let reader = ClipReader::new(sounds, options.channel);
    let mut loader = Loader {
        options,
        setup: format!(
            "{origin:?} {:?} {:?} {:?}",
            sounds.recording, options.channel, options.setup
        ),
        note,
        total: found.clips.len() as u64,
        done: AtomicU64::new(0),
        digests: BTreeMap::new(),
        workers: Workers::new(Worker { reader, extractor }),
        clips,
    };
    for group in found.clips.chunk_by(|a, b| group(a) == group(b)) {
        loader.group(group)?;
    }
    loader.finish(folder)
}

/// Clips whose features are kept together.
fn group(clip: &FoundClip) -> String {
    let row = &clip.row;
    let set = row.set.map_or(String::new(), |set| format!(" {set:?}"));
    format!("{} {} {}{set}", row.machine, row.id, row.snr.as_deref().unwrap_or("any"))
}

struct Loader<'a> {
    options: &'a Options<'a>,
    /// All that features depend on but the file.
    setup: String,
    note: Option<Note>,
    total: u64,
    done: AtomicU64,
    digests: BTreeMap<String, Digest>,
    workers: Workers,
    clips: Clips,
}

impl Loader<'_> {
    fn group(&mut self, found: &[FoundClip]) -> Result<(), DataError> {
        let width = self.clips.features.len();
        let place = self
            .options
            .cache
            .map(|cache| Place::new(cache, &group(&found[0]), &self.setup, width));
        let cached = place.as_ref().map(Place::read).unwrap_or_default();
        let read = self.workers.read(found, &cached, &|| {
            let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
            (self.options.progress)(done, self.total);
        })?;
        if let Some(place) = place {
            remember(&place, &read, cached.len())?;
        }
        for (clip, read) in found.iter().zip(read) {
            self.keep(clip, read);
        }
        if self.clips.damaged.len() > self.options.skip_damaged {
            let damaged = std::mem::take(&mut self.clips.damaged);
            return Err(DataError::DamagedClips { allowed: self.options.skip_damaged, damaged });
        }
        Ok(())
    }

    fn keep(&mut self, clip: &FoundClip, read: ClipRead) {
        self.digests.insert(clip.relative.clone(), read.digest);
        match read.result {
            Ok(values) => {
                let mut row = clip.row.clone();
                row.session = self.note.as_ref().and_then(|note| note.session(&row));
                self.clips.rows.push(row);
                self.clips.values.extend(values);
            }
            Err(problem) => {
                self.clips.damaged.push(Damaged { path: clip.relative.clone(), problem });
            }
        }
    }

    fn finish(mut self, folder: &Path) -> Result<Clips, DataError> {
        if self.clips.rows.is_empty() {
            let problem = ClipsProblem::NothingReadable;
            return Err(DataError::Clips { path: folder.to_owned(), problem });
        }
        self.clips.digest = digest_of(&self.digests);
        if let Some(note) = &self.note {
            beside::check(folder, note.digest, self.clips.digest)?;
            self.clips.notes.push(note.to_string());
        }
        Ok(self.clips)
    }
}

/// Keeps what was computed, unless all of it was kept already.
fn remember(place: &Place, read: &[ClipRead], kept: usize) -> Result<(), DataError> {
    let known = |clip: &ClipRead| clip.result.as_ref().ok().map(|v| (clip.digest, v.clone()));
    let now: Cached = read.iter().filter_map(known).collect();
    let fresh = read.iter().any(|clip| !clip.remembered && clip.result.is_ok());
    if fresh || now.len() != kept { place.write(&now) } else { Ok(()) }
}
