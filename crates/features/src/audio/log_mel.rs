//! Log-mel spectrograms.

use super::decibels::decibels;
use super::mel::{Bands, TOGETHER};
use super::stft::Stft;
use super::{AudioError, Setup};

/// Makes log-mel spectrograms, with plans and buffers made once.
///
/// They are what `librosa.feature.melspectrogram(power=2.0)` makes and `librosa.power_to_db(ref=1.0, amin=1e-10,
/// top_db=None)` turns to decibels.
#[derive(Clone)]
pub struct LogMel {
    mels: usize,
    n_fft: usize,
    stft: Stft,
    bands: Bands,
    /// Power of the lines of the last frames, `TOGETHER x lines`.
    power: Vec<f64>,
    /// Power of their bands, `TOGETHER x mels`.
    band_power: Vec<f64>,
}

impl LogMel {
    /// Plans spectrograms.
    ///
    /// # Errors
    /// A number of the setup that is zero, an odd `n_fft`, or so many bands that one has no line.
    pub fn new(setup: &Setup) -> Result<Self, AudioError> {
        setup.check()?;
        Ok(Self {
            mels: setup.mels,
            n_fft: setup.n_fft,
            stft: Stft::new(setup),
            bands: Bands::new(setup)?,
            power: vec![0.0; TOGETHER * (setup.n_fft / 2 + 1)],
            band_power: vec![0.0; TOGETHER * setup.mels],
        })
    }

    /// Bands of the spectrogram: values per row.
    #[must_use]
    pub fn mels(&self) -> usize {
        self.mels
    }

    /// Writes the spectrogram of `samples` to `out`, in decibels over power 1: `rows x mels`, one frame after
    /// another. Returns the number of rows, which is one more than there are whole hops.
    ///
    /// # Errors
    /// Fewer samples than a frame has, or a sample that is not finite.
    pub fn frames(&mut self, samples: &[f32], out: &mut Vec<f32>) -> Result<usize, AudioError> {
        self.each(samples, out, |_| ())
    }

    /// As [`LogMel::frames`], and shows `seen` the power of every frame's lines on the way, in order.
    pub(super) fn each(
        &mut self,
        samples: &[f32],
        out: &mut Vec<f32>,
        mut seen: impl FnMut(&[f64]),
    ) -> Result<usize, AudioError> {
        let rows = self.rows(samples)?;
        let lines = self.n_fft / 2 + 1;
        out.clear();
        out.reserve(rows * self.mels);
        for first in (0..rows).step_by(TOGETHER) {
            let count = TOGETHER.min(rows - first);
            for (pair, power) in self.power.chunks_exact_mut(2 * lines).enumerate() {
                let (power, next) = power.split_at_mut(lines);
                self.stft.power(samples, first + 2 * pair, power, next);
            }
            self.power.chunks_exact(lines).take(count).for_each(&mut seen);
            self.bands.apply(&self.power, &mut self.band_power);
            let found = &self.band_power[..count * self.mels];
            out.extend(found.iter().map(|&power| decibels(power) as f32));
        }
        Ok(rows)
    }

    /// Checks `samples`, and counts their frames.
    fn rows(&self, samples: &[f32]) -> Result<usize, AudioError> {
        let (found, least) = (samples.len(), self.n_fft);
        if found < least {
            return Err(AudioError::TooShort { samples: found, least });
        }
        match samples.iter().position(|sample| !sample.is_finite()) {
            Some(index) => Err(AudioError::NotFinite { index, value: samples[index] }),
            None => Ok(self.stft.frames(found)),
        }
    }
}

/// Puts every `context` rows that follow each other side by side, as input of an autoencoder: of `frames`,
/// `rows x width`, to `out`, `(rows - context + 1) x (context width)`. Returns the number of rows.
///
/// None if there are fewer rows than `context`, or if one of the sizes is 0.
pub fn stack(frames: &[f32], width: usize, context: usize, out: &mut Vec<f32>) -> usize {
    out.clear();
    if width == 0 || context == 0 {
        return 0;
    }
    let whole = &frames[..frames.len() / width * width];
    // Side by side is what rows in memory already are.
    for stacked in whole.windows(context * width).step_by(width) {
        out.extend_from_slice(stacked);
    }
    out.len() / (context * width)
}

impl std::fmt::Debug for LogMel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LogMel")
            .field("n_fft", &self.n_fft)
            .field("mels", &self.mels)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_stacked_side_by_side() {
        let frames = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        let mut out = vec![9.0];
        assert_eq!(stack(&frames, 2, 3, &mut out), 2);
        assert_eq!(out, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]);
        assert_eq!(stack(&frames, 2, 5, &mut out), 0);
        assert_eq!(stack(&frames, 0, 5, &mut out), 0);
    }
}
