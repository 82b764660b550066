//! How far scores are from being probabilities.

use super::probability::mean;
use super::score::check_probabilities;
use super::{MetricError, Score, Weights};

const BINS: usize = 10;

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ReliabilityBin {
    /// Weight of the rows in it.
    pub rows: f64,
    /// Mean score.
    pub score: f64,
    /// Share of positives.
    pub observed: f64,
}

/// Ten bins of equal mass by rising score, without the empty ones.
///
/// `rising` holds the row positions by rising score. Equal scores share the bin that the middle of their
/// mass falls in, so that the order of rows cannot matter.
#[must_use]
pub fn reliability<'a, S: Score>(
    scores: &[S],
    labels: &[bool],
    weights: impl Into<Weights<'a>>,
    rising: &[u32],
) -> Vec<ReliabilityBin> {
    let weights = weights.into();
    let total: f64 = (0..scores.len()).map(|row| weights.of(row)).sum();
    let mut bins = [ReliabilityBin::default(); BINS];
    let mut before = 0.0;
    for ties in rising.chunk_by(|&a, &b| scores[a as usize] == scores[b as usize]) {
        let (mut rows, mut positive) = (0.0, 0.0);
        for &row in ties {
            let weight = weights.of(row as usize);
            rows += weight;
            positive += if labels[row as usize] { weight } else { 0.0 };
        }
        if rows > 0.0 {
            let middle = before + rows / 2.0;
            let bin = &mut bins[((middle / total * BINS as f64) as usize).min(BINS - 1)];
            bin.rows += rows;
            bin.score += rows * scores[ties[0] as usize].into();
            bin.observed += positive;
            before += rows;
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

/// Expected calibration error over ten bins of equal mass (Naeini et al. 2015, with equal-mass bins):
/// the mean distance of a bin's mean score from its share of positives, weighted by mass.
///
/// # Errors
/// No rows, lengths that differ, a value outside 0 to 1, weights that are none.
pub fn expected_calibration_error<'a, S: Score>(
    probabilities: &[S],
    labels: &[bool],
    weights: impl Into<Weights<'a>>,
) -> Result<f64, MetricError> {
    let weights = weights.into();
    check_probabilities(probabilities, labels.len(), weights)?;
    Ok(calibration_error(probabilities, labels, weights, &rising(probabilities)))
}

/// Row positions by rising score.
#[must_use]
pub fn rising<S: Score>(scores: &[S]) -> Vec<u32> {
    let score = |row: u32| -> f64 { scores[row as usize].into() };
    let mut rows: Vec<u32> = (0..scores.len() as u32).collect();
    rows.sort_by(|&a, &b| score(a).total_cmp(&score(b)).then(a.cmp(&b)));
    rows
}

/// The expected calibration error, unchecked: NaN where a score is.
pub(super) fn calibration_error<S: Score>(
    scores: &[S],
    labels: &[bool],
    weights: Weights<'_>,
    rising: &[u32],
) -> f64 {
    let bins = reliability(scores, labels, weights, rising);
    let total: f64 = bins.iter().map(|bin| bin.rows).sum();
    bins.iter().map(|bin| bin.rows / total * (bin.score - bin.observed).abs()).sum()
}

/// The line of log odds that outcomes follow over predicted log odds (Cox 1958).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationLine {
    /// Log odds at a predicted probability of one half; 0 if calibrated, below it if too many are called.
    pub intercept: f64,
    /// Slope; 1 if calibrated, below it if predictions are too extreme.
    pub slope: f64,
}

/// Fits the calibration line by maximum likelihood.
///
/// Probabilities are kept one machine epsilon off 0 and 1. The line is NaN where there is none: one class
/// alone, equal predictions, or classes that the predictions separate.
///
/// # Errors
/// As [`expected_calibration_error`].
pub fn calibration_line<'a, S: Score>(
    probabilities: &[S],
    labels: &[bool],
    weights: impl Into<Weights<'a>>,
) -> Result<CalibrationLine, MetricError> {
    const STEPS: usize = 100;
    let weights = weights.into();
    check_probabilities(probabilities, labels.len(), weights)?;
    let odds: Vec<f64> = probabilities
        .iter()
        .map(|&p| p.into().clamp(f64::EPSILON, 1.0 - f64::EPSILON))
        .map(|p| (p / (1.0 - p)).ln())
        .collect();
    let mean = |value: &dyn Fn(usize) -> f64| mean(labels.len(), weights, value);
    let outcome = |row: usize| f64::from(u8::from(labels[row]));
    let loss = |line: CalibrationLine| {
        mean(&|row| {
            let z = line.intercept + line.slope * odds[row];
            z.max(0.0) - z * outcome(row) + (-z.abs()).exp().ln_1p()
        })
    };
    let mut line = CalibrationLine { intercept: 0.0, slope: 1.0 };
    for _ in 0..STEPS {
        let called = |row: usize| 1.0 / (1.0 + (-line.intercept - line.slope * odds[row]).exp());
        let curve = |row: usize| called(row) * (1.0 - called(row));
        let gradient = [
            mean(&|row| called(row) - outcome(row)),
            mean(&|row| (called(row) - outcome(row)) * odds[row]),
        ];
        let [a, b, c] = [
            mean(&curve),
            mean(&|row| curve(row) * odds[row]),
            mean(&|row| curve(row) * odds[row] * odds[row]),
        ];
        let determinant = a * c - b * b;
        if determinant.is_nan() || determinant <= 1e-14 * a * c {
            break;
        }
        let step = [
            (c * gradient[0] - b * gradient[1]) / determinant,
            (a * gradient[1] - b * gradient[0]) / determinant,
        ];
        let (before, mut share) = (loss(line), 1.0);
        let mut next = line;
        while share > 1e-10 {
            next = CalibrationLine {
                intercept: line.intercept - share * step[0],
                slope: line.slope - share * step[1],
            };
            // Rounding of the loss must not stop the last, smallest steps.
            if loss(next) <= before * (1.0 + 1e-14) {
                break;
            }
            share /= 2.0;
        }
        line = next;
        if step[0].abs().max(step[1].abs())
            < 1e-12 * (1.0 + line.slope.abs() + line.intercept.abs())
        {
            return Ok(line);
        }
    }
    Ok(CalibrationLine { intercept: f64::NAN, slope: f64::NAN })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calibrated_scores_have_no_error_and_confident_nonsense_has_all() {
        let labels: Vec<bool> = (0..20).map(|i| i < 10).collect();
        let error = |scores: &[f64], labels: &[bool]| {
            expected_calibration_error(scores, labels, Weights::Equal).unwrap()
        };
        assert!(error(&[0.5; 20], &labels) < 1e-12);
        assert!((error(&[1.0; 20], &[false; 20]) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn bins_have_equal_mass() {
        let scores: Vec<f32> = (0..100).map(|i| i as f32 / 100.0).collect();
        let bins = reliability(&scores, &[false; 100], Weights::Equal, &rising(&scores));
        assert_eq!(bins.len(), 10);
        assert!(bins.iter().all(|bin| bin.rows == 10.0));
    }

    #[test]
    fn the_order_of_rows_with_equal_scores_does_not_matter() {
        let scores = [0.3, 0.3, 0.3, 0.8, 0.8];
        let error =
            |labels: &[bool]| expected_calibration_error(&scores, labels, Weights::Equal).unwrap();
        let one = error(&[true, false, false, true, false]);
        assert_eq!(one, error(&[false, false, true, false, true]));
    }

    #[test]
    fn a_line_undoes_what_was_done_to_calibrated_odds() {
        // Ten rows at each probability, as many positive as it says, then odds doubled and shifted.
        let (mut scores, mut labels) = (Vec::new(), Vec::new());
        for tenth in 1..10 {
            let odds = (f64::from(tenth) / f64::from(10 - tenth)).ln();
            for i in 0..10 {
                scores.push(1.0 / (1.0 + (-2.0 * odds - 1.0).exp()));
                labels.push(i < tenth);
            }
        }
        let line = calibration_line(&scores, &labels, Weights::Equal).unwrap();
        assert!((line.slope - 0.5).abs() < 1e-9, "{line:?}");
        assert!((line.intercept + 0.5).abs() < 1e-9, "{line:?}");
    }

    #[test]
    fn separated_classes_have_no_line() {
        let line =
            calibration_line(&[0.1, 0.2, 0.8, 0.9], &[false, false, true, true], Weights::Equal);
        assert!(line.unwrap().slope.is_nan());
        let line = calibration_line(&[0.5; 4], &[false, false, true, true], Weights::Equal);
        assert!(line.unwrap().slope.is_nan());
    }
}
