//! From scores of rows to scores of clips.

use std::collections::BTreeMap;

/// The score of a clip.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipScore {
    /// The clip, as the rows name it.
    pub clip: u32,
    /// The mean score of its rows.
    pub score: f32,
}

/// The mean score of the rows of each clip, by rising clip: a clip of frames has many rows, one of pooled
/// statistics has one.
#[must_use]
pub fn clip_scores(scores: &[f32], clip: &[u32]) -> Vec<ClipScore> {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (score, clip) in scores.iter().zip(clip) {
        let (sum, rows) = sums.entry(*clip).or_default();
        *sum += f64::from(*score);
        *rows += 1.0;
    }
    let mean =
        |(clip, (sum, rows)): (u32, (f64, f64))| ClipScore { clip, score: (sum / rows) as f32 };
    sums.into_iter().map(mean).collect()
}
