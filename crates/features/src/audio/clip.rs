//! The features of one clip.

use serde::{Deserialize, Serialize};

use super::statistics::{NAMES, SPECTRAL, Statistics};
use super::{AudioError, Clip, LogMel, Pooling, Setup, limit_range};

/// The range in decibels of the spectrogram that coefficients are made of: librosa's default.
const RANGE_DB: f32 = 80.0;

/// What the features of a clip are.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClipSetup {
    /// The spectrogram.
    pub setup: Setup,
    /// How many mel-frequency cepstral coefficients there are, the first of which is loudness; usually 13 to 20, or
    /// none.
    pub coefficients: usize,
    /// How frames are pooled, one after another.
    pub pooling: Vec<Pooling>,
}

/// Computes the features of clips, one after another, with plans and buffers made once.
///
/// For each pooling, of all frames: every band in decibels (`mel_00_mean`), every cepstral coefficient
/// (`mfcc_00_mean`), and the statistics `centroid_hz`, `bandwidth_hz`, `rolloff_hz`, `flatness`,
/// `zero_crossing_rate` and `rms`. Frames are librosa's: see [`LogMel`]; coefficients are those of
/// `librosa.feature.mfcc` (DCT-II, orthonormal, of decibels within 80 of the clip's largest), statistics those of
/// `librosa.feature`, with frames of `n_fft` samples and a rolloff of 0.85. Clips do not influence each other.
#[derive(Clone)]
pub struct ClipExtractor {
    rate: u32,
    names: Vec<String>,
    pooling: Vec<Pooling>,
    log_mel: LogMel,
    statistics: Statistics,
    cosines: Vec<Vec<f64>>,
    frames: Vec<f32>,
    spectral: Vec<[f64; SPECTRAL]>,
    /// What is pooled, `values per frame x frames`.
    columns: Vec<f64>,
    sorted: Vec<f64>,
}

impl ClipExtractor {
    /// Plans features.
    ///
    /// # Errors
    /// As [`LogMel::new`]; more coefficients than bands; no pooling, the same one twice, or one that is
    /// impossible.
    pub fn new(setup: &ClipSetup) -> Result<Self, AudioError> {
        let log_mel = LogMel::new(&setup.setup)?;
        let wrong =
            |what, value: usize, rule| Err(AudioError::Setup { what, value: value as f64, rule });
        let (mels, coefficients) = (setup.setup.mels, setup.coefficients);
        if coefficients > mels {
            return wrong("coefficients", coefficients, "there are not more than `mels`");
        }
        if setup.pooling.is_empty() {
            return wrong("pooling", 0, "there has to be one");
        }
        for (index, pooling) in setup.pooling.iter().enumerate() {
            pooling.check()?;
            if setup.pooling[..index].contains(pooling) {
                return wrong("pooling", index, "what stands at this place stood before");
            }
        }
        Ok(Self {
            rate: setup.setup.sampling_rate_hz,
            names: names(setup),
            pooling: setup.pooling.clone(),
            log_mel,
            statistics: Statistics::new(&setup.setup),
            cosines: (0..coefficients).map(|order| cosines(order, mels)).collect(),
            frames: Vec::new(),
            spectral: Vec::new(),
            columns: Vec::new(),
            sorted: Vec::new(),
        })
    }

    /// The names of the features, in order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Writes the features of one clip to `out`, which has as many places as there are names.
    ///
    /// # Errors
    /// Another sampling rate than the setup's, output of the wrong length, fewer samples than a frame has, or a
    /// sample that is not finite.
    pub fn extract(&mut self, clip: &Clip, out: &mut [f64]) -> Result<(), AudioError> {
        if clip.rate != self.rate {
            return Err(AudioError::Rate { expected: self.rate, found: clip.rate });
        }
        let (expected, found) = (self.names.len(), out.len());
        if found != expected {
            return Err(AudioError::Output { expected, found });
        }
        let (statistics, spectral) = (&mut self.statistics, &mut self.spectral);
        spectral.clear();
        let rows = self.log_mel.each(&clip.samples, &mut self.frames, |power| {
            spectral.push(statistics.spectral(power));
        })?;
        self.fill_columns(&clip.samples, rows);

        let per_pooling = self.names.len() / self.pooling.len();
        for (out, &pooling) in out.chunks_exact_mut(per_pooling).zip(&self.pooling) {
            for (out, column) in out.iter_mut().zip(self.columns.chunks_exact(rows)) {
                self.sorted.clear();
                self.sorted.extend_from_slice(column);
                *out = pooling.pool(&mut self.sorted);
            }
        }
        Ok(())
    }

    /// Turns frames to columns: bands, coefficients, statistics.
    fn fill_columns(&mut self, samples: &[f32], rows: usize) {
        let mels = self.log_mel.mels();
        self.columns.clear();
        for band in 0..mels {
            let column = self.frames[band..].iter().step_by(mels);
            self.columns.extend(column.map(|&decibels| f64::from(decibels)));
        }
        limit_range(&mut self.frames, RANGE_DB);
        for cosines in &self.cosines {
            self.columns.extend(self.frames.chunks_exact(mels).map(|frame| {
                frame.iter().zip(cosines).map(|(&x, cosine)| f64::from(x) * cosine).sum::<f64>()
            }));
        }
        for statistic in 0..SPECTRAL {
            self.columns.extend(self.spectral.iter().map(|values| values[statistic]));
        }
        self.statistics.begin(samples);
        let temporal = self.columns.len();
        self.columns.resize(temporal + (NAMES.len() - SPECTRAL) * rows, 0.0);
        for row in 0..rows {
            let values = self.statistics.temporal(samples, row);
            for (index, value) in values.into_iter().enumerate() {
                self.columns[temporal + index * rows + row] = value;
            }
        }
    }
}

fn names(setup: &ClipSetup) -> Vec<String> {
    let numbered = |kind: &'static str, count: usize| {
        let width = count.saturating_sub(1).to_string().len().max(2);
        (0..count).map(move |index| format!("{kind}_{index:0width$}"))
    };
    let per_frame: Vec<String> = numbered("mel", setup.setup.mels)
        .chain(numbered("mfcc", setup.coefficients))
        .chain(NAMES.map(str::to_owned))
        .collect();
    setup
        .pooling
        .iter()
        .flat_map(|pooling| {
            let suffix = pooling.suffix();
            per_frame.iter().map(move |name| format!("{name}_{suffix}"))
        })
        .collect()
}

/// The row of the orthonormal DCT-II that makes coefficient `order` of so many bands.
fn cosines(order: usize, mels: usize) -> Vec<f64> {
    let scale = (if order == 0 { 1.0 } else { 2.0 } / mels as f64).sqrt();
    let turn = std::f64::consts::PI * order as f64 / mels as f64;
    (0..mels).map(|band| scale * libm::cos(turn * (band as f64 + 0.5))).collect()
}

impl std::fmt::Debug for ClipExtractor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClipExtractor")
            .field("rate", &self.rate)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
