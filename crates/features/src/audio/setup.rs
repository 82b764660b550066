//! How sound is cut into frames and frequencies into bands.

use serde::{Deserialize, Serialize};

use super::AudioError;

/// How sound becomes a log-mel spectrogram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Samples per second.
    pub sampling_rate_hz: u32,
    /// Samples of a frame; even.
    pub n_fft: usize,
    /// Samples from one frame's begin to the next one's.
    pub hop: usize,
    /// Bands, from 0 Hz to the Nyquist frequency.
    pub mels: usize,
    /// How bands are spaced.
    pub scale: Scale,
}

/// A scale of pitch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Slaney's: linear to 1 kHz, logarithmic above. librosa's default.
    Slaney,
    /// That of HTK: `2595 log10(1 + hz / 700)`.
    Htk,
}

impl Setup {
    pub(super) fn check(&self) -> Result<(), AudioError> {
        let wrong = |what, value, rule| Err(AudioError::Setup { what, value, rule });
        let positive = "it has to be positive";
        if self.sampling_rate_hz == 0 {
            return wrong("sampling_rate_hz", 0.0, positive);
        }
        if self.n_fft < 4 || !self.n_fft.is_multiple_of(2) {
            return wrong("n_fft", self.n_fft as f64, "it has to be even, and at least 4");
        }
        if self.hop == 0 {
            return wrong("hop", 0.0, positive);
        }
        if self.mels == 0 {
            return wrong("mels", 0.0, positive);
        }
        Ok(())
    }
}
