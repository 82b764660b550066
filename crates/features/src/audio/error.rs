//! What can be wrong with a sound, or with what is said about it.

use std::path::{Path, PathBuf};

/// Why there is no sound, or why it has no features.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] std::io::Error),
    /// Bytes that do not begin as a WAV file does, or whose chunks do not fit together.
    #[error("this is no WAV file: {0}")]
    NotWav(&'static str),
    /// Fewer bytes of samples than the header promises.
    #[error("truncated: the header promises {promised} bytes of samples, {found} are there")]
    Truncated {
        /// Bytes that the header promises.
        promised: u64,
        /// Bytes that there are.
        found: u64,
    },
    /// A WAV file of a kind that is not read.
    #[error("this kind of WAV file is not read: {0}")]
    Unsupported(String),
    /// No samples at all.
    #[error("zero length: there are no samples")]
    Empty,
    /// All samples are equal, as from a microphone that is unplugged.
    #[error("silent: every sample is {0}")]
    Silent(f32),
    /// A channel that the file does not have.
    #[error("there is no channel {index}: the file has {channels}, counted from 0")]
    Channel {
        /// The channel asked for.
        index: usize,
        /// Channels of the file.
        channels: usize,
    },
    /// A clip at another rate than the features are planned for.
    #[error("the sampling rate is {found} Hz where {expected} Hz is expected")]
    Rate {
        /// The rate of the setup.
        expected: u32,
        /// The rate of the clip.
        found: u32,
    },
    /// A clip shorter than one frame.
    #[error("{samples} samples are too few: one frame has {least}")]
    TooShort {
        /// Samples of the clip.
        samples: usize,
        /// Samples of a frame.
        least: usize,
    },
    /// A sample that is not a number.
    #[error("sample {index} is {value}")]
    NotFinite {
        /// Position from 0.
        index: usize,
        /// What stands there.
        value: f32,
    },
    /// An output of another length than the feature vector.
    #[error("room for {found} features where there are {expected}")]
    Output {
        /// Features of the extractor.
        expected: usize,
        /// Length of the output.
        found: usize,
    },
    /// A setup that has no features.
    #[error("`{what}` is {value}: {rule}")]
    Setup {
        /// The setup's key.
        what: &'static str,
        /// Its value.
        value: f64,
        /// What it has to keep to.
        rule: &'static str,
    },
}

/// What is wrong with a file of sound.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct ClipError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub source: AudioError,
}

impl AudioError {
    /// Names the file.
    #[must_use]
    pub fn at(self, path: &Path) -> ClipError {
        ClipError { path: path.to_owned(), source: self }
    }
}
