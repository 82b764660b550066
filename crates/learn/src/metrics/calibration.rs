//! How far scores are from being probabilities.

/// Brier score: the mean squared distance of score and outcome, each row counted `weights` times.
#[must_use]
pub fn brier(scores: &[f32], labels: &[bool], weights: &[u32]) -> f64 {
    let (mut sum, mut mass) = (0.0, 0.0);
    for ((&score, &label), &weight) in scores.iter().zip(labels).zip(weights) {
        let distance = f64::from(score) - f64::from(u8::from(label));
        sum += f64::from(weight) * distance * distance;
        mass += f64::from(weight);
    }
    sum / mass
}

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReliabilityBin {
    /// Rows in it.
    pub rows: f64,
    /// Mean score.
    pub score: f64,
    /// Share of positives.
    pub observed: f64,
}

/// Ten bins of equal mass by rising score.
#[must_use]
pub fn reliability(
    scores: &[f32],
    labels: &[bool],
    weights: &[u32],
    rising: &[u32],
) -> Vec<ReliabilityBin> {
    const BINS: usize = 10;
    let total: f64 = weights.iter().map(|&w| f64::from(w)).sum();
    let mut bins = [ReliabilityBin::default(); BINS];
    let mut before = 0.0;
    for &row in rising {
        let row = row as usize;
        let weight = f64::from(weights[row]);
        if weight > 0.0 {
            let middle = before + weight / 2.0;
            let bin = &mut bins[((middle / total * BINS as f64) as usize).min(BINS - 1)];
            bin.rows += weight;
            bin.score += weight * f64::from(scores[row]);
            bin.observed += weight * f64::from(u8::from(labels[row]));
            before += weight;
        }
    }
    bins.into_iter()
        .filter(|bin| bin.rows > 0.0)
        .map(|bin| ReliabilityBin {
            rows: bin.rows,
            score: bin.score / bin.rows,
            observed: bin.observed / bin.rows,
        })
        .collect()
}

/// Expected calibration error over ten bins of equal mass (Naeini et al. 2015, with equal-mass bins).
///
/// `rising` holds the row positions by rising score.
#[must_use]
pub fn expected_calibration_error(
    scores: &[f32],
    labels: &[bool],
    weights: &[u32],
    rising: &[u32],
) -> f64 {
    let bins = reliability(scores, labels, weights, rising);
    let total: f64 = bins.iter().map(|bin| bin.rows).sum();
    bins.iter().map(|bin| bin.rows / total * (bin.score - bin.observed).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brier_of_certainty_is_zero_or_one() {
        assert_eq!(brier(&[1.0, 0.0], &[true, false], &[1, 1]), 0.0);
        assert_eq!(brier(&[1.0, 0.0], &[false, true], &[1, 1]), 1.0);
    }

    #[test]
    fn calibrated_scores_have_no_error_and_confident_nonsense_has_all() {
        let rows: Vec<u32> = (0..20).collect();
        let labels: Vec<bool> = (0..20).map(|i| i % 2 == 0).collect();
        assert!(expected_calibration_error(&[0.5; 20], &labels, &[1; 20], &rows) < 1e-12);
        let error = expected_calibration_error(&[1.0; 20], &[false; 20], &[1; 20], &rows);
        assert!((error - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bins_have_equal_mass() {
        let rows: Vec<u32> = (0..100).collect();
        let scores: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
        let bins = reliability(&scores, &[false; 100], &[1; 100], &rows);
        assert_eq!(bins.len(), 10);
        assert!(bins.iter().all(|bin| bin.rows == 10.0));
    }
}
