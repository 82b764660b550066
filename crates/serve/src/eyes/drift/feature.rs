//! One column of a window against its reference.

use serde::Serialize;

use super::sketch::Sketch;
use super::{autocorrelation, kolmogorov, psi};

/// What a window says about one column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct FeatureDrift {
    /// Rows in the window.
    pub(crate) n: usize,
    /// Independent rows they are worth.
    pub(crate) n_eff: f64,
    /// Kolmogorov-Smirnov distance from training, 0 to 1; of texts over their sorted list.
    pub(crate) ks_statistic: f64,
    /// The chance of that distance if nothing changed. `None` if the window is worth too little to say.
    pub(crate) p_value: Option<f64>,
    /// Population stability index.
    pub(crate) psi: f64,
    /// The index that a window worth as much has on average if nothing changed.
    pub(crate) psi_noise: f64,
}

impl FeatureDrift {
    /// Whether there were too few rows, or rows too much alike, to judge.
    pub(crate) fn is_insufficient(&self) -> bool {
        self.p_value.is_none()
    }
}

/// Judges numbers in the order in which they were taken; NaN is a missing value.
pub(crate) fn assess_values(values: &[f64], sketch: &Sketch, min_samples: usize) -> FeatureDrift {
    let codes: Vec<f32> = values.iter().map(|value| Sketch::number(*value)).collect();
    assess(&codes, sketch, min_samples)
}

/// Judges codes of a window (see [`Sketch::number`] and [`Sketch::text`]) in order.
pub(crate) fn assess(codes: &[f32], sketch: &Sketch, min_samples: usize) -> FeatureDrift {
    if codes.is_empty() {
        let (psi, psi_noise) = (0.0, 0.0);
        return FeatureDrift { n: 0, n_eff: 0.0, ks_statistic: 0.0, p_value: None, psi, psi_noise };
    }
    let mut sorted = codes.to_vec();
    // Missing values first, whatever the sign of their NaN.
    sorted.sort_by(|a, b| b.is_nan().cmp(&a.is_nan()).then_with(|| a.total_cmp(b)));
    let distance = kolmogorov::distance(&sorted, sketch);
    #[expect(clippy::cast_precision_loss, reason = "windows are short")]
    let n = codes.len() as f64;
    // A column that never changed cannot vary by chance, so dependence does not matter.
    let n_eff = if sketch.is_constant() {
        n
    } else {
        let ranks: Vec<f64> = codes.iter().map(|code| sketch.rank(*code)).collect();
        autocorrelation::effective(&ranks)
    };
    // A window that is as close as can be is no drift, however little it is worth.
    let worth = sketch.is_constant() || distance <= 0.0 || n_eff >= autocorrelation::LEAST;
    let enough = worth && codes.len() >= min_samples.max(1);
    // The reference is a sample, too.
    #[expect(clippy::cast_precision_loss, reason = "rows are fewer than 2^53")]
    let rows = sketch.rows() as f64;
    let pooled = n_eff * rows / (n_eff + rows);
    let psi = psi::index(&sorted, n_eff, sketch);
    FeatureDrift {
        n: codes.len(),
        n_eff,
        ks_statistic: distance,
        p_value: enough.then(|| kolmogorov::p_value(distance, pooled)),
        psi: psi.value,
        psi_noise: psi.noise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_that_never_changed_alarms_once_it_often_does() {
        let sketch = Sketch::of_quantiles(&[5.0; 41], 5_000, 0).unwrap();
        let same = assess_values(&[5.0; 40], &sketch, 30);
        assert_eq!((same.ks_statistic, same.p_value), (0.0, Some(1.0)));
        let mut values = vec![5.0; 39];
        values.push(6.0);
        assert!(assess_values(&values, &sketch, 30).p_value.unwrap() > 0.5);
        assert!(assess_values(&[6.0; 40], &sketch, 30).p_value.unwrap() < 1e-6);
    }

    #[test]
    fn a_sensor_that_is_stuck_on_a_usual_value_is_no_evidence() {
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let sketch = Sketch::of_quantiles(&quantiles, 5_000, 0).unwrap();
        let stuck = assess_values(&[20.0; 500], &sketch, 30);
        assert!(stuck.is_insufficient(), "{stuck:?}");
        assert!(stuck.psi > 1.0, "{stuck:?}");
    }

    #[test]
    fn a_flag_that_is_rarely_set_may_stay_unset() {
        let sketch = Sketch::of_counts([(0.0, 9_900), (1.0, 100)], 0).unwrap();
        let drift = assess_values(&[0.0; 60], &sketch, 30);
        assert!(!drift.p_value.is_some_and(|p| p < 0.05), "{drift:?}");
    }

    #[test]
    fn too_few_rows_and_none_are_not_judged() {
        let sketch = Sketch::of_counts([(0.0, 50), (1.0, 50)], 0).unwrap();
        assert!(assess_values(&[1.0; 29], &sketch, 30).is_insufficient());
        assert!(assess_values(&[], &sketch, 0).is_insufficient());
    }

    #[test]
    fn values_that_all_went_missing_are_drift() {
        let quantiles: Vec<f64> = (0..=40).map(f64::from).collect();
        let sketch = Sketch::of_quantiles(&quantiles, 5_000, 0).unwrap();
        let mut values: Vec<f64> = (0..120).map(|i| f64::from(i * 17 % 41)).collect();
        values
            .iter_mut()
            .enumerate()
            .filter(|(i, _)| i * 7 % 3 == 0)
            .for_each(|(_, v)| *v = f64::NAN);
        let drift = assess_values(&values, &sketch, 30);
        assert!(drift.p_value.unwrap() < 0.001, "{drift:?}");
    }
}
