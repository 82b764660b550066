//! The exponentially weighted moving average (Roberts 1959), cut off so that it has a finite history.

/// Weights of the newest and earlier readings.
#[derive(Debug, Clone)]
pub(super) struct Ewma {
    weights: Vec<f64>,
}

impl Ewma {
    /// Readings that an average of `span` rows looks back on: what is cut off weighs about 0.25 %.
    pub(super) fn reach(span: usize) -> usize {
        3 * span.max(1)
    }

    /// An average with smoothing 2 / (`span` + 1).
    pub(super) fn new(span: usize) -> Self {
        let keep = 1.0 - 2.0 / (span.max(1) as f64 + 1.0);
        let weights = std::iter::successors(Some(1.0), |weight| Some(weight * keep));
        Self { weights: weights.take(Self::reach(span)).collect() }
    }

    /// The average at the last of `readings`, over those that are there; NaN if none is.
    pub(super) fn last(&self, readings: &[f64]) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        // Always from the newest on: the order of a sum decides its last bits.
        for (value, weight) in readings.iter().rev().zip(&self.weights) {
            if value.is_finite() {
                sum += value * weight;
                weights += weight;
            }
        }
        if weights > 0.0 { sum / weights } else { f64::NAN }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_is_its_own_average_and_gaps_do_not_count() {
        let ewma = Ewma::new(5);
        let average = ewma.last(&[f64::NAN, 3.0, f64::NAN, 3.0, 3.0]);
        assert!((average - 3.0).abs() < 1e-12);
        assert!(ewma.last(&[f64::NAN]).is_nan());
    }

    #[test]
    fn newer_readings_weigh_more_and_old_ones_nothing() {
        let ewma = Ewma::new(2);
        let mut readings = vec![0.0; 20];
        readings[0] = 1e9;
        assert_eq!(ewma.last(&readings), 0.0);
        let newest = ewma.last(&[0.0, 0.0, 1.0]);
        assert!(newest > 2.0 * ewma.last(&[0.0, 1.0, 0.0]), "{newest}");
    }
}
