//! From a recording to rows of features, as the trainer did it and the server does it again.

use serde::{Deserialize, Serialize};

use crate::audio::{self, AudioError, Channel, ClipExtractor, ClipSetup, LogMel};
use crate::vibration::{self, Extractor};

/// How a recording becomes rows of features: the table `[signal]` of a bundle's recipe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Signal {
    /// A snapshot of vibration becomes one row.
    Vibration {
        /// Sampling rate, speed and geometry.
        setup: vibration::Setup,
    },
    /// A clip of sound becomes one row.
    Audio {
        /// The channel that is read of a file.
        channel: Channel,
        /// What the features are.
        clip: ClipSetup,
    },
    /// A clip of sound becomes a row for every few frames that follow each other; its score is the mean of theirs.
    AudioFrames {
        /// The channel that is read of a file.
        channel: Channel,
        /// The spectrogram.
        setup: audio::Setup,
        /// Frames of a row.
        context: usize,
    },
}

/// A recording as it was sent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Recording<'a> {
    /// Samples, in the unit of the training data.
    Samples(&'a [f64]),
    /// The bytes of a WAV file.
    Wav(&'a [u8]),
}

/// Why a recording has no features.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// A recording of the other kind.
    #[error("this model hears {expected}, not {found}")]
    Kind {
        /// What it takes.
        expected: &'static str,
        /// What was sent.
        found: &'static str,
    },
    /// Samples without features.
    #[error(transparent)]
    Vibration(#[from] vibration::SignalError),
    /// Sound without features.
    #[error(transparent)]
    Audio(#[from] AudioError),
}

impl Recording<'_> {
    fn kind(self) -> &'static str {
        match self {
            Self::Samples(_) => "`samples`",
            Self::Wav(_) => "`wav`",
        }
    }
}

impl Signal {
    /// Names of the features of a row, in order.
    ///
    /// # Errors
    /// A setup that has no features.
    pub fn names(&self) -> Result<Vec<String>, RecordingError> {
        match self {
            Self::Vibration { setup } => Ok(vibration::names(setup)),
            Self::Audio { clip, .. } => Ok(ClipExtractor::new(clip)?.names().to_vec()),
            Self::AudioFrames { setup, context, .. } => Ok(frame_names(setup.mels, *context)),
        }
    }

    /// Whether the score of a recording is the mean of the scores of its rows.
    #[must_use]
    pub fn pools_scores(&self) -> bool {
        matches!(self, Self::AudioFrames { .. })
    }

    /// Whether a recording is a file.
    #[must_use]
    pub fn hears_files(&self) -> bool {
        !matches!(self, Self::Vibration { .. })
    }

    /// The features of a recording: rows of as many values as there are names, one after another.
    ///
    /// # Errors
    /// A recording of the other kind, or one without features.
    pub fn rows(&self, recording: Recording<'_>) -> Result<Vec<f64>, RecordingError> {
        let kind = |expected| RecordingError::Kind { expected, found: recording.kind() };
        match (self, recording) {
            (Self::Vibration { setup }, Recording::Samples(samples)) => {
                let mut extractor = Extractor::new(setup, samples.len())?;
                let mut row = vec![0.0; extractor.names().len()];
                extractor.extract(samples, &mut row)?;
                Ok(row)
            }
            (Self::Vibration { .. }, Recording::Wav(_)) => Err(kind("`samples`")),
            (Self::Audio { channel, clip }, Recording::Wav(bytes)) => {
                let sound = audio::decode_wav(bytes, *channel)?;
                let mut extractor = ClipExtractor::new(clip)?;
                let mut row = vec![0.0; extractor.names().len()];
                extractor.extract(&sound, &mut row)?;
                Ok(row)
            }
            (Self::AudioFrames { channel, setup, context }, Recording::Wav(bytes)) => {
                let sound = audio::decode_wav(bytes, *channel)?;
                if sound.rate != setup.sampling_rate_hz {
                    let (expected, found) = (setup.sampling_rate_hz, sound.rate);
                    return Err(AudioError::Rate { expected, found }.into());
                }
                let (mut frames, mut stacked) = (Vec::new(), Vec::new());
                LogMel::new(setup)?.frames(&sound.samples, &mut frames)?;
                if audio::stack(&frames, setup.mels, *context, &mut stacked) == 0 {
                    let least = setup.n_fft + setup.hop * context;
                    return Err(AudioError::TooShort { samples: sound.samples.len(), least }.into());
                }
                Ok(stacked.into_iter().map(f64::from).collect())
            }
            (Self::Audio { .. } | Self::AudioFrames { .. }, Recording::Samples(_)) => {
                Err(kind("`wav`"))
            }
        }
    }
}

/// Names of the values of stacked frames, as [`audio::stack`] puts them.
fn frame_names(mels: usize, context: usize) -> Vec<String> {
    let of = |frame| (0..mels).map(move |mel| format!("frame_{frame}_mel_{mel:02}"));
    (0..context).flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIBRATION: &str = r#"
        kind = "vibration"
        setup = { sampling_rate_hz = 20480.0, shaft_hz = 33.3 }
    "#;
    const FRAMES: &str = r#"
        kind = "audio_frames"
        channel = 0
        context = 5
        setup = { sampling_rate_hz = 16000, n_fft = 1024, hop = 512, mels = 64, scale = "slaney" }
    "#;

    fn wav(samples: usize) -> Vec<u8> {
        let spec = hound::WavSpec {
            channels: 1,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut bytes = std::io::Cursor::new(Vec::new());
        let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
        (0..samples).for_each(|i| writer.write_sample((i * 37 % 1999) as i16).unwrap());
        writer.finalize().unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_snapshot_has_the_features_that_training_saw() {
        let signal: Signal = toml::from_str(VIBRATION).unwrap();
        let samples: Vec<f64> = (0..4096).map(|i| f64::from(i * 37 % 101) / 50.0 - 1.0).collect();
        let row = signal.rows(Recording::Samples(&samples)).unwrap();
        let Signal::Vibration { setup } = &signal else { unreachable!("it was written above") };
        let mut extractor = Extractor::new(setup, samples.len()).unwrap();
        let mut expected = vec![0.0; extractor.names().len()];
        extractor.extract(&samples, &mut expected).unwrap();
        assert_eq!(row, expected);
        assert_eq!(signal.names().unwrap(), extractor.names());
    }

    #[test]
    fn a_clip_has_a_row_for_every_few_frames() {
        let signal: Signal = toml::from_str(FRAMES).unwrap();
        assert_eq!(signal.names().unwrap().len(), 320);
        assert_eq!(signal.names().unwrap()[65], "frame_1_mel_01");
        let rows = signal.rows(Recording::Wav(&wav(160_000))).unwrap();
        assert_eq!(rows.len(), 309 * 320);
        assert!(signal.pools_scores());
    }

    #[test]
    fn what_is_no_recording_of_the_kind_is_refused_in_words() {
        let vibration: Signal = toml::from_str(VIBRATION).unwrap();
        let frames: Signal = toml::from_str(FRAMES).unwrap();
        let words = |error: RecordingError| error.to_string();
        let found = words(vibration.rows(Recording::Wav(&wav(10))).unwrap_err());
        assert_eq!(found, "this model hears `samples`, not `wav`");
        let found = words(frames.rows(Recording::Samples(&[0.0])).unwrap_err());
        assert_eq!(found, "this model hears `wav`, not `samples`");
        assert!(words(frames.rows(Recording::Wav(b"RIFF")).unwrap_err()).contains("no WAV file"));
        assert!(words(frames.rows(Recording::Wav(&wav(1500))).unwrap_err()).contains("too few"));
        let same = vibration.rows(Recording::Samples(&[1.0; 4096])).unwrap_err();
        assert!(words(same).contains("constant"));
    }

    #[test]
    fn a_recipe_holds_it_as_a_table() {
        for text in [VIBRATION, FRAMES] {
            let signal: Signal = toml::from_str(text).unwrap();
            let written = toml::to_string(&signal).unwrap();
            assert_eq!(toml::from_str::<Signal>(&written).unwrap(), signal);
        }
        assert!(toml::from_str::<Signal>(&format!("{VIBRATION}\nunknown = 1")).is_err());
    }
}
