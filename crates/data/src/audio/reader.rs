//! Reads clips one after another, and refuses what is not as described.

use std::io::Read as _;
use std::path::Path;

use gauntlet_core::Digest;
use gauntlet_features::audio::{AudioError, Channel, Clip, LogMel, decode_wav, wav_info};

use super::problem::{ClipProblem, Damaged};
use super::sounds::{Recording, Sounds};
use crate::error::DataError;

/// Reads one clip after another, in the memory of the one before.
#[derive(Debug, Clone)]
pub struct ClipReader {
    recording: Option<Recording>,
    channel: Channel,
    bytes: Vec<u8>,
}

impl ClipReader {
    /// A reader of one channel of the clips of `sounds`.
    #[must_use]
    pub fn new(sounds: &Sounds, channel: Channel) -> Self {
        Self { recording: sounds.recording.clone(), channel, bytes: Vec::new() }
    }

    /// Reads the clip at `path`.
    ///
    /// # Errors
    /// A file that cannot be read, is no WAV file, is truncated or silent, or has another sampling rate, number of
    /// channels or length than described. The error names the file.
    pub fn read(&mut self, path: &Path) -> Result<Clip, DataError> {
        self.take(path)?;
        self.decode().map_err(|problem| damaged(path, problem))
    }

    /// Writes the log-mel spectrogram of the clip at `path` to `out`, in decibels, `frames x mels`, and tells how
    /// many frames there are; [`gauntlet_features::audio::stack`] makes an autoencoder's input of it.
    ///
    /// # Errors
    /// As [`ClipReader::read`], or a clip that is shorter than a frame.
    pub fn frames(
        &mut self,
        path: &Path,
        log_mel: &mut LogMel,
        out: &mut Vec<f32>,
    ) -> Result<usize, DataError> {
        let clip = self.read(path)?;
        log_mel.frames(&clip.samples, out).map_err(|error| damaged(path, error.into()))
    }

    /// Takes the bytes of the file at `path`, and tells their digest.
    pub(super) fn take(&mut self, path: &Path) -> Result<Digest, DataError> {
        self.bytes.clear();
        fs_err::File::open(path)?.read_to_end(&mut self.bytes)?;
        Ok(Digest::of(&self.bytes))
    }

    /// The clip of the bytes that were taken last.
    pub(super) fn decode(&self) -> Result<Clip, ClipProblem> {
        if let Some(expected) = &self.recording {
            let found = wav_info(&self.bytes)?;
            if found.channels != expected.channels {
                let (found, expected) = (found.channels, expected.channels);
                return Err(ClipProblem::Channels { found, expected });
            }
            if found.rate != expected.sampling_rate_hz {
                let (found, expected) = (found.rate, expected.sampling_rate_hz);
                return Err(AudioError::Rate { expected, found }.into());
            }
            match expected.samples {
                Some(expected) if expected != found.samples => {
                    return Err(ClipProblem::Length { found: found.samples, expected });
                }
                _ => {}
            }
        }
        Ok(decode_wav(&self.bytes, self.channel)?)
    }
}

fn damaged(path: &Path, problem: ClipProblem) -> DataError {
    let path = path.display().to_string();
    DataError::DamagedClips { allowed: 0, damaged: vec![Damaged { path, problem }] }
}
